"""Which answers are bound to the grammar, by the setting."""

import pytest

from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.evaluation.switches import switched
from streamlink_magic.pipeline import Ports, write_sql
from streamlink_magic.policy import Policy
from streamlink_magic.records import NotebookSnapshot, Question
from streamlink_magic.settings import Grammar, Settings
from streamlink_magic.testing import FakeClock, FakeModel, FakeWorkbench, table

PETS = table("pets", "name string, age int")


def silent(phase: str, detail: str = "") -> None:
    """Take progress."""


def asked(settings: Settings, *, guards: bool = True) -> FakeModel:
    """Ask where the first draft and the only sample fail."""
    model = FakeModel(
        ["SELECT max(name) FROM pets", "SELECT 1"], samples=["SELECT max(name) FROM pets"]
    )
    workbench = FakeWorkbench(
        [PETS], invalid={"SELECT max(name) FROM pets": "no such function"}, guards=guards
    )
    ports = Ports(NotebookSnapshot(), workbench, model, CatalogCache(FakeClock()))
    write_sql(Question("How many?"), ports, settings, silent)
    return model


@pytest.mark.parametrize(
    ("grammar", "first", "again", "samples"),
    [
        ("off", False, False, False),
        ("samples", False, False, True),
        ("retry", False, True, False),
        ("always", True, True, True),
    ],
)
def test_the_setting_says_which_answers_are_bound(
    grammar: Grammar, *, first: bool, again: bool, samples: bool
) -> None:
    """The first choice, the answer that is asked for again, and the further drafts."""
    model = asked(Settings(grammar=grammar, samples=1))
    assert [bool(one) for one in model.grammars] == [first, again]
    assert [bool(one) for one in model.sampled_grammars] == [samples]


def test_without_samples_the_first_answer_is_bound_all_the_same() -> None:
    """The grammar holds the prompt's tables and the policy's functions."""
    settings = Settings(grammar="always", samples=0, policy=Policy(udfs=("age_of",)))
    first, again = asked(settings).grammars
    assert first == again
    assert "TABLE: /pets/i" in first
    assert "age_of" in first


@pytest.mark.parametrize(("grammar", "bound"), [("always", True), ("samples", False)])
def test_a_session_without_proof_is_bound_too(grammar: Grammar, *, bound: bool) -> None:
    """There, the answer is only shown."""
    model = asked(Settings(grammar=grammar), guards=False)
    assert [bool(one) for one in model.grammars] == [bound]


def test_an_evaluation_can_switch_it() -> None:
    """By ``--with grammar=samples`` and ``--without grammar``."""
    assert switched(Settings(), [], ["grammar=samples"]).grammar == "samples"
    assert switched(Settings(grammar="always"), ["grammar"], []).grammar == "off"
