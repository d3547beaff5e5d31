"""How surely the model wrote the names and values of a statement."""

from __future__ import annotations

import pytest

from streamlink_magic.records import Message, Prompt, TokenLogprob
from streamlink_magic.steps.generate import generate_sql
from streamlink_magic.steps.generate.likelihood import weigh_naming
from streamlink_magic.testing import FakeModel


def told(*tokens: tuple[str, float]) -> list[TokenLogprob]:
    """Return tokens with their log-probabilities."""
    return [TokenLogprob(text, logprob) for text, logprob in tokens]


def test_names_and_values_count_and_the_rest_does_not() -> None:
    """Keywords, functions and what stands around the statement are left out."""
    sql = "SELECT count(T1.age) FROM pets AS T1 WHERE name = 'Ann' LIMIT 3"
    tokens = told(
        *[("```sql\n", -7.0), ("SELECT", -7.0), (" count", -7.0), ("(", -7.0)],
        *[("T", -0.1), ("1", -0.1), (".", -7.0), ("age", -0.25), (")", -7.0), (" FROM", -7.0)],
        *[(" p", -0.5), ("ets", -0.25), (" AS", -7.0), (" T1", -0.1), (" WHERE", -7.0)],
        *[(" name", -0.1), (" =", -7.0), (" '", -0.1), ("Ann", -0.8), ("'", -0.1)],
        *[(" LIMIT", -7.0), (" ", -7.0), ("3", -0.2), (";", -7.0)],
    )
    naming = weigh_naming(sql, tokens)
    assert naming is not None
    assert naming.logprob == pytest.approx(-2.6)
    assert naming.wavered == ("pets", "'Ann'")


def test_a_token_that_two_names_share_counts_once() -> None:
    """Some tokens hold a point and what follows it."""
    naming = weigh_naming("SELECT a.b", told(("SELECT ", 0.0), ("a.b", -1.0)))
    assert naming is not None
    assert naming.logprob == pytest.approx(-1.0)
    assert naming.wavered == ("a", "b")


@pytest.mark.parametrize(
    "tokens",
    [[], told(("SELECT", -0.1)), told(("SELECT ", -0.1), ("\ufffd", -0.1))],
    ids=["not told", "cut", "a letter in pieces"],
)
def test_tokens_that_do_not_tell_give_nothing(tokens: list[TokenLogprob]) -> None:
    """Nothing is guessed."""
    assert weigh_naming("SELECT 猫", tokens) is None


def test_what_cannot_be_read_is_not_taken_for_sure() -> None:
    """A statement whose names are not known would otherwise have none to waver at."""
    assert weigh_naming("SELECT 'open", told(("SELECT 'open", -3.0))) is None
    assert weigh_naming("SELECT count(*)", told(("SELECT count(*)", -3.0))) is None


def test_a_draft_carries_how_surely_it_was_named() -> None:
    """From the answer's own tokens."""
    prompt = Prompt((Message("user", "?"),), tokens=1, parts=())
    model = FakeModel(["```sql\nSELECT age FROM pets;\n```"], logprob=-0.5)
    draft = generate_sql(prompt, model, max_tokens=9, progress=lambda *_: None)
    assert draft.naming is not None
    assert draft.naming.logprob == pytest.approx(-1.0)
