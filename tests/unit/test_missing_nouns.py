"""A noun that no name explains is looked for with the model's help, and its lack refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.errors import ServerRefusedError, UnanswerableError
from streamlink_magic.memory.recall import NOTHING_KEPT, Memory
from streamlink_magic.pipeline import Ports, ask
from streamlink_magic.records import AnswerView, NotebookSnapshot, Question, Term
from streamlink_magic.settings import Settings
from streamlink_magic.testing import FakeModel, FakeWorkbench, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlink_magic.records import Completion, Message

PETS = table("pets", "name string, age int")
WEIGHT = "What is the average weight of the pets?"


def silent(phase: str, detail: str = "") -> None:
    """Take progress and do nothing with it."""


@dataclass
class Looked(FakeModel):
    """Names a column where it is asked for one, and else writes its answers."""

    column: str = "pets.age"

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, grammar: str = ""
    ) -> Iterator[str | Completion]:
        """Yield the column, or the next answer."""
        if "Which column" not in messages[1].content:
            return super().stream(messages, max_tokens=max_tokens, grammar=grammar)
        self.weighed.append(tuple(messages))
        return FakeModel([self.column]).stream(messages, max_tokens=max_tokens)


def answer(model: FakeModel, question: str = WEIGHT, **settings: bool) -> AnswerView:
    """Return the answer to the question about pets, as somebody gets it who taught nothing."""
    return answer_with(NOTHING_KEPT, model, question, **settings)


def answer_with(
    memory: Memory, model: FakeModel, question: str = WEIGHT, **settings: bool
) -> AnswerView:
    """Return the answer with a memory."""
    workbench = FakeWorkbench((PETS,))
    ports = Ports(NotebookSnapshot(), workbench, model, CatalogCache(), memory=memory)
    view, _ = ask(Question(question), ports, Settings(**settings), silent)  # type: ignore[arg-type]
    return view


def drafts(surely: float | None, *, column: str = "pets.age") -> Looked:
    """Return a model whose drafts agree, and that says so surely that a column holds the noun."""
    return Looked(["SELECT 1"], samples=["SELECT 1"], surely=surely, column=column)


def test_a_sure_no_refuses_though_the_drafts_agree() -> None:
    """The refusal names the noun and the nearest tables."""
    with pytest.raises(UnanswerableError, match="No table here holds weight") as refused:
        answer(drafts(-1.5))
    assert "Nearest are pets" in refused.value.hint
    assert refused.value.sql == "SELECT 1"


@pytest.mark.parametrize("surely", [2.0, 0.0, -0.9, None])
def test_a_synonym_is_answered(surely: float | None) -> None:
    """So is a noun of which the model is not sure, or of which the server tells nothing."""
    assert answer(drafts(surely)).sql == "SELECT 1"


def test_a_weak_no_is_enough_where_the_drafts_do_not_agree() -> None:
    """Doubt on both sides."""
    model = Looked(["SELECT 1"], samples=["SELECT nothing"], surely=-0.7)
    workbench = FakeWorkbench((PETS,), invalid={"SELECT nothing": "no such column"})
    ports = Ports(NotebookSnapshot(), workbench, model, CatalogCache())
    with pytest.raises(UnanswerableError):
        ask(Question(WEIGHT), ports, Settings(repair=False), silent)


@pytest.mark.parametrize("column", ["pets.weight", "salaries"])
def test_a_column_that_the_model_makes_up_is_missing(column: str) -> None:
    """Where one holds the noun, it names that."""
    with pytest.raises(UnanswerableError, match="holds weight"):
        answer(drafts(9.0, column=column))


@pytest.mark.parametrize("told", ["It is hard to say.", "", "none", "SELECT weight FROM pets"])
def test_what_is_no_name_says_nothing(told: str) -> None:
    """The model's words go no further; ``none`` is too easily said where the drafts agree."""
    model = drafts(-9.0, column=told)
    assert answer(model).sql == "SELECT 1"
    assert len(model.weighed) == 1


def test_a_value_that_the_drafts_look_for_is_no_noun() -> None:
    """Values are many, and a sample does not know them all."""
    sql = "SELECT age FROM pets WHERE name LIKE '%Weight%'"
    model = Looked([sql], samples=[sql], surely=-9.0)
    assert answer(model).sql == sql
    assert model.weighed == []


def test_a_column_of_another_table_is_one() -> None:
    """A small model mixes up tables."""
    assert answer(drafts(1.0, column="cats.age")).sql == "SELECT 1"


def test_nothing_is_asked_where_every_noun_is_explained() -> None:
    """No second call for most questions."""
    model = drafts(-9.0)
    answer(model, "What is the average age of the pets?")
    assert model.weighed == []


def test_a_term_of_the_glossary_explains() -> None:
    """What the user taught is not looked for."""
    model = drafts(-9.0)
    answer_with(Memory(terms=(Term("weight", "age * 2"),)), model)
    assert model.weighed == []


def test_it_is_part_of_the_refusals_that_can_be_switched_off() -> None:
    """Whoever wants an answer all the same gets one, and nothing more is sent."""
    model = drafts(-9.0)
    answer(model, refuse_unanswerable=False)
    assert model.weighed == []


def test_what_it_was_sent_is_shown() -> None:
    """The two further prompts are among what left the kernel."""
    model = drafts(1.0)
    sent = "".join(part.text for part in answer(model).sent)
    assert len(model.weighed) == 2
    assert all(one.content in sent for messages in model.weighed for one in messages)


def test_a_server_without_probabilities_costs_no_answer() -> None:
    """The drafts stand as they are."""

    class Refusing(Looked):
        """Refuses to tell."""

        def odds(self, messages: Sequence[Message], words: tuple[str, str]) -> float | None:  # noqa: ARG002
            raise ServerRefusedError("logprobs are off", "", status=400)

    assert answer(Refusing(["SELECT 1"], samples=["SELECT 1"])).sql == "SELECT 1"
