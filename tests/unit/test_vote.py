"""Drafts vote by what they return, and the badge tells what speaks for the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.errors import InvalidSqlError
from streamlink_magic.pipeline import Ports, ask, write_sql
from streamlink_magic.records import (
    Column,
    Completion,
    DataProfile,
    GuardedQuery,
    Naming,
    NotebookSnapshot,
    QueryResult,
    Question,
    SqlDraft,
    Turn,
    Vote,
)
from streamlink_magic.settings import Policy, Settings
from streamlink_magic.steps.generate import TEMPERATURE
from streamlink_magic.steps.guard import guard_sql
from streamlink_magic.steps.trust import (
    Signals,
    badge,
    trust_checks,
    unexplained_words,
    wavering,
)
from streamlink_magic.steps.vote import Candidate, result_digest, weigh_readings
from streamlink_magic.testing import FakeModel, FakeWorkbench, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import Message

PETS = table("pets", "name string, age int")


def result(*rows: tuple[object, ...]) -> QueryResult:
    """Return a result of one column."""
    return QueryResult((Column("n", "int"),), rows)


def candidate(sql: str, rows: QueryResult | None, *, greedy: bool = False) -> Candidate:
    """Return a draft that passed."""
    query = guard_sql(sql, FakeWorkbench(), Policy())
    draft = SqlDraft(sql, Completion(sql, "m"))
    return Candidate(draft, query, sql, result=rows, greedy=greedy)


def silent(phase: str, detail: str = "") -> None:
    """Take progress and do nothing with it."""


def ports(model: FakeModel, workbench: FakeWorkbench) -> Ports:
    """Return the world around one question about pets."""
    return Ports(NotebookSnapshot(), workbench, model, CatalogCache())


def test_the_result_that_most_drafts_return_wins() -> None:
    """Two samples that agree outvote the model's first choice."""
    readings = weigh_readings(
        [
            candidate("SELECT 1", result((1,)), greedy=True),
            candidate("SELECT 2", result((2,))),
            candidate("SELECT 2 AS n", result((2,))),
        ]
    )
    assert (readings[0].votes, readings[0].best.draft.sql) == (2, "SELECT 2")


def test_the_first_choice_wins_a_tie() -> None:
    """Of two readings with one draft each, the model's own is taken."""
    readings = weigh_readings(
        [candidate("SELECT 2", result((2,))), candidate("SELECT 1", result((1,)), greedy=True)]
    )
    assert readings[0].best.draft.sql == "SELECT 1"


def test_an_empty_result_and_a_mended_draft_weigh_less() -> None:
    """Both are more often wrong."""
    mended = candidate("SELECT 3", result((3,)), greedy=True)
    mended = replace(mended, draft=replace(mended.draft, repairs=("x was read as y.",)))
    empty = candidate("SELECT 4", result(), greedy=True)
    sound = candidate("SELECT 5", result((5,)), greedy=True)
    assert weigh_readings([mended, empty, sound])[0].best is sound


def test_results_are_the_same_in_any_order_and_by_six_digits() -> None:
    """Rows are a bag; a sum in another order differs in its last digits."""
    assert result_digest(result((1,), (2,))) == result_digest(result((2,), (1,)))
    assert result_digest(result((0.1 + 0.2,))) == result_digest(result((0.3,)))
    assert result_digest(result((1,))) != result_digest(result((1,), (1,)))


@dataclass
class InTurn(FakeModel):
    """Hands its samples out one after another."""

    def sample(self, messages: Sequence[Message], *, count: int, **options: Any) -> Any:  # noqa: ANN401
        """Return the next ``count`` of ``samples``."""
        drawn = super().sample(messages, count=count, **options)
        self.samples = self.samples[count:]
        return drawn


def test_drafts_that_agree_are_run_once_and_as_the_answer() -> None:
    """Equal plans need no comparison."""
    model = InTurn(["SELECT 1"], samples=["SELECT 1", "SELECT 1"])
    workbench = FakeWorkbench(tables=[PETS])
    settings = Settings(two_forms=False, adaptive=False)
    view, _ = ask(Question("How many?"), ports(model, workbench), settings, silent)
    assert workbench.ran == ["SELECT 1"]
    assert view.checks[0].text == "Well supported: 3 of 3 drafts return this."


class NamesAside(FakeWorkbench):
    """Takes statements for the same that differ in the names of columns alone."""

    def meaning(self, query: GuardedQuery) -> str:
        """Return the statement without the name."""
        return query.sql.split(" AS ")[0]


def test_what_is_shown_was_returned_by_the_sql_that_is_shown() -> None:
    """Of equal plans the answer's own is run, so that its columns have its names."""
    model = FakeModel(
        ["SELECT 1 AS mine"], samples=["SELECT 1 AS yours", "SELECT 2", "SELECT 1 AS theirs"]
    )
    workbench = NamesAside(tables=[PETS])
    settings = Settings(samples=3, two_forms=False, adaptive=False)
    view, _ = ask(Question("How many?"), ports(model, workbench), settings, silent)
    assert sorted(workbench.ran) == ["SELECT 1 AS mine", "SELECT 2"]
    assert view.sql == "SELECT 1 AS mine"


def test_half_of_the_drafts_are_drawn_over_the_other_form_of_the_tables() -> None:
    """Its own first choice is among them, and what was sent is all there to see."""
    model = FakeModel(["SELECT 1"], samples=["SELECT 1", "SELECT 1"])
    workbench = FakeWorkbench(tables=[PETS])
    settings = Settings(samples=4, adaptive=False)
    view, _ = ask(Question("How many?"), ports(model, workbench), settings, silent)
    fronts = sorted(messages[0].content for messages in model.sampled)
    assert ["- pets.name string" in front for front in fronts] == [False, True, True]
    assert sorted(model.temperatures) == [0.0, TEMPERATURE, TEMPERATURE]
    assert view.checks[0].text == "Well supported: 5 of 5 drafts return this."
    sent = "".join(part.text for part in view.sent)
    for messages in (*model.sent, *model.sampled):
        assert all(message.content in sent for message in messages)


class Echo(FakeWorkbench):
    """Returns for each statement the number in it; for zero nothing."""

    def run(self, query: GuardedQuery, **options: Any) -> QueryResult:  # noqa: ANN401
        """Return what the statement says."""
        number = int(query.sql.split()[-1])
        super().run(query, **options)
        return result((number,)) if number else result()


@pytest.mark.parametrize(
    ("samples", "drawn", "sql"),
    [
        (["SELECT 1", "SELECT 2", "SELECT 2", "SELECT 2"], 2, "SELECT 1"),
        (["SELECT 2", "SELECT 2", "SELECT 1", "SELECT 2"], 5, "SELECT 2"),
        (["SELECT nothing", "SELECT 1", "SELECT 1", "SELECT 1"], 5, "SELECT 1"),
    ],
    ids=["two agree", "two disagree", "one of two cannot be used"],
)
def test_more_is_drawn_only_where_the_first_two_leave_doubt(
    samples: list[str], drawn: int, sql: str
) -> None:
    """Where both say the same, nothing more is asked of the model."""
    model = InTurn(["SELECT 1"], samples=samples)
    workbench = Echo(tables=[PETS], invalid={"SELECT nothing": "no such column"})
    settings = Settings(two_forms=False, repair=False)
    written = write_sql(Question("How many?"), ports(model, workbench), settings, silent)
    assert (written.drawn, written.draft.sql) == (drawn, sql)
    assert written.signals["passed"] == (0.8 if "nothing" in samples[0] else 1.0)


@pytest.mark.parametrize(
    ("samples", "logprob", "drawn", "badge"),
    [
        (["SELECT 2"], -1.0, 2, "check this"),
        (["SELECT nothing"], -1.0, 2, "check this"),
        (["SELECT 2"], -4.0, 5, "check this"),
        (["SELECT 2"], None, 5, "well supported"),
    ],
    ids=["another answer", "one that cannot be used", "not sure", "not told"],
)
def test_a_first_choice_that_the_model_was_sure_of_needs_no_more(
    samples: list[str], logprob: float | None, drawn: int, badge: str
) -> None:
    """How likely it held the names and values in it says as much as further drafts do."""
    model = InTurn(["SELECT 1"], samples=[*samples, *["SELECT 1"] * 3], logprob=logprob)
    workbench = Echo(tables=[PETS], invalid={"SELECT nothing": "no such column"})
    settings = Settings(two_forms=False, repair=False)
    written = write_sql(Question("How many?"), ports(model, workbench), settings, silent)
    assert (written.drawn, written.draft.sql) == (drawn, "SELECT 1")
    assert written.signals.get("naming") == logprob
    assert written.badge == badge


def test_a_sure_first_choice_that_returns_nothing_leaves_doubt() -> None:
    """A model may be sure of a condition that no row meets."""
    model = InTurn(["SELECT 0"], samples=["SELECT 2"] * 4, logprob=-1.0)
    workbench = Echo(tables=[PETS])
    settings = Settings(two_forms=False)
    written = write_sql(Question("How many?"), ports(model, workbench), settings, silent)
    assert (written.drawn, written.draft.sql) == (5, "SELECT 2")


def test_a_draft_that_looks_for_what_no_row_has_weighs_less() -> None:
    """A count of nothing is a row, and no answer."""
    lost = replace(candidate("SELECT 0", result((0,)), greedy=True), absent=("No row has x.",))
    found = candidate("SELECT 7", result((7,)))
    assert weigh_readings([lost, found])[0].best is found


def test_two_that_agree_on_nothing_leave_doubt() -> None:
    """Rows that are not there are what a wrong condition returns, too."""
    model = InTurn(["SELECT 00"], samples=["SELECT 0", "SELECT 3", "SELECT 3", "SELECT 3"])
    workbench = Echo(tables=[PETS])
    settings = Settings(two_forms=False)
    written = write_sql(Question("How many?"), ports(model, workbench), settings, silent)
    assert (written.drawn, written.draft.sql) == (5, "SELECT 3")


def test_no_statement_is_run_twice() -> None:
    """What the first two returned is remembered when more are drawn."""
    model = InTurn(["SELECT 1"], samples=["SELECT 2", "SELECT 1", "SELECT 2", "SELECT 2"])
    workbench = Echo(tables=[PETS])
    ask(Question("How many?"), ports(model, workbench), Settings(two_forms=False), silent)
    assert sorted(workbench.ran) == ["SELECT 1", "SELECT 2"]


def test_a_first_draft_that_fails_is_replaced_by_a_sample() -> None:
    """No second call to the model is needed."""
    model = FakeModel(["SELECT max(name) FROM pets"], samples=["SELECT 2"])
    workbench = FakeWorkbench(
        tables=[PETS], invalid={"SELECT max(name) FROM pets": "no such function"}
    )
    written = write_sql(Question("How many?"), ports(model, workbench), Settings(), silent)
    assert (written.draft.sql, len(model.sent)) == ("SELECT 2", 1)


def test_when_no_draft_passes_the_model_is_asked_once_more() -> None:
    """With Spark's message, as without a vote; then the error is raised."""
    model = FakeModel(["SELECT max(name) FROM pets"], samples=["SELECT max(name) FROM pets"])
    workbench = FakeWorkbench(
        tables=[PETS], invalid={"SELECT max(name) FROM pets": "no such function"}
    )
    with pytest.raises(InvalidSqlError):
        write_sql(Question("How many?"), ports(model, workbench), Settings(), silent)
    assert len(model.sent) == 2


def test_a_follow_up_that_repeats_the_query_is_asked_again_and_told() -> None:
    """Every draft is the query before: one more call asks for the change; then it is said."""
    model = FakeModel(["SELECT 1"], samples=["SELECT 1"])
    workbench = FakeWorkbench(tables=[PETS])
    around = replace(ports(model, workbench), turns=(Turn("How many pets?", "SELECT  1"),))
    view, _ = ask(Question("And only the old ones?"), around, Settings(), silent)
    assert len(model.sent) == 2
    assert any(check.level == "warning" and "unchanged" in check.text for check in view.checks)


def test_a_follow_up_prefers_a_draft_that_changes_something() -> None:
    """One changed draft outweighs any number of repetitions."""
    model = FakeModel(["SELECT 1"], samples=["SELECT 1", "SELECT 2"])
    workbench = FakeWorkbench(tables=[PETS])
    around = replace(ports(model, workbench), turns=(Turn("How many pets?", "SELECT 1"),))
    view, _ = ask(Question("And only the old ones?"), around, Settings(), silent)
    assert (view.sql, len(model.sent)) == ("SELECT 2", 1)


def test_nothing_is_run_when_only_the_sql_is_wanted() -> None:
    """Drafts that differ are then told apart by their plans alone."""
    model = FakeModel(["SELECT 1"], samples=["SELECT 2", "SELECT 2"])
    workbench = FakeWorkbench(tables=[PETS])
    view, _ = ask(Question("How many?"), ports(model, workbench), Settings(), silent, run=False)
    assert workbench.ran == []
    assert view.sql == "SELECT 2"


def test_without_samples_nothing_is_drawn() -> None:
    """The setting is a switch."""
    model = FakeModel(["SELECT 1"], samples=["SELECT 2"])
    workbench = FakeWorkbench(tables=[PETS])
    ask(Question("How many?"), ports(model, workbench), Settings(samples=0), silent)
    assert model.sampled == []


def test_the_badge_has_three_states() -> None:
    """Agreement makes it sure, doubts make it not; there is no percentage."""
    assert badge(Signals(agreement=1.0)) == "well supported"
    assert badge(Signals(agreement=0.6)) == "check this"
    assert badge(Signals(agreement=1.0, mended=1.0)) == "check this"
    assert badge(Signals(agreement=0.3)) == "do not trust"
    assert badge(Signals(agreement=0.6, empty=1.0)) == "do not trust"
    assert badge(Signals(agreement=1.0, naming=-1.5)) == "well supported"
    assert badge(Signals(agreement=1.0, naming=-2.5)) == "check this"
    assert badge(Signals(agreement=0.6, naming=-4.0)) == "check this"
    assert badge(Signals(agreement=0.6, naming=-6.0)) == "do not trust"


def test_two_close_readings_are_both_shown() -> None:
    """The reader decides, instead of false certainty."""
    votes = [Vote("SELECT 1", 3, 3.0), Vote("SELECT\n2", 2, 2.0)]
    told = trust_checks(
        "check this",
        votes,
        drawn=5,
        mended=False,
        asked_again=False,
        unexplained=["wings"],
        wavered=["age", "'old'"],
    )
    assert [check.text for check in told] == [
        "Check this: 3 of 5 drafts return this.",
        "Another reading, 2 of 5 drafts: SELECT 2",
        "No table, column or value explains: wings.",
        "The model was in two minds about: age, 'old'.",
    ]


def test_agreement_alone_is_told_not_to_be_enough() -> None:
    """Two that agree, and are to be checked: the reader is told why."""
    votes = [Vote("SELECT 1", 2, 2.0)]
    told = trust_checks(
        "check this", votes, drawn=2, mended=False, asked_again=False, unexplained=[], naming=-2.5
    )
    assert [check.text for check in told] == [
        "Check this: 2 of 2 drafts return this, the model was not sure of all names."
    ]


def test_what_the_model_wavered_at_is_told_where_it_names_data() -> None:
    """Names that the statement gives itself are nobody's business."""
    naming = Naming(-9.0, ("T1", "`Age`", "pets", "total", "'old'", "3"))
    assert wavering(naming, [PETS]) == ("`Age`", "pets", "'old'", "3")
    assert wavering(None, [PETS]) == ()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is the average age of the pets?", ()),
        ("How many pets have green wings?", ("green", "wing")),
        ("有多少只宠物?", ()),
    ],
)
def test_words_that_no_table_explains_are_named(question: str, words: tuple[str, ...]) -> None:
    """Words that ask, count or compare name no data; other scripts are left alone."""
    assert unexplained_words(question, [PETS], DataProfile())[0] == words
