"""SHOW, DESCRIBE and EXPLAIN: what is read as a question, and what is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.errors import UnsafeSqlError
from streamlink_magic.pipeline import Ports, ask
from streamlink_magic.policy import Policy
from streamlink_magic.records import CatalogRows, NotebookSnapshot, Question
from streamlink_magic.settings import Settings
from streamlink_magic.steps.guard import guard_sql
from streamlink_magic.steps.guard.questions import CatalogQuestion, read_question
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.testing import FakeLookup, FakeModel, FakeWorkbench, table


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        ("show tables", CatalogQuestion("tables")),
        ("SHOW TABLES FROM a.`b c` 'x*|y'", CatalogQuestion("tables", ("a", "b c"), "x*|y")),
        ('SHOW VIEWS LIKE "v*"', CatalogQuestion("views", (), "v*")),
        ("SHOW SCHEMAS", CatalogQuestion("databases")),
        ("SHOW COLUMNS IN t FROM d", CatalogQuestion("columns", ("d", "t"))),
        ("SHOW SYSTEM FUNCTIONS", CatalogQuestion("functions")),
        ("SHOW FUNCTIONS LIKE 'date*'", CatalogQuestion("functions", (), "date*")),
        ("-- a\nDESC /* b */ d.t", CatalogQuestion("describe table", ("d", "t"))),
        ("DESCRIBE SCHEMA d", CatalogQuestion("describe database", ("d",))),
        ("DESCRIBE FUNCTION EXTENDED upper", CatalogQuestion("describe function", ("upper",))),
        ("DESCRIBE FROM t", CatalogQuestion("describe query", query="FROM t")),
        ("EXPLAIN COST SELECT  1 -- x", CatalogQuestion("explain", query="SELECT  1 -- x")),
    ],
)
def test_questions_are_read_by_a_small_grammar(sql: str, question: CatalogQuestion) -> None:
    """The forms that can be answered safely are understood, comments and quotes included."""
    assert read_question(sql) == question


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW",
        "SHOW TABLES IN a b",
        "SHOW TABLES LIKE 'a\\'b'",
        "SHOW TABLES IN IDENTIFIER('a')",
        "SHOW TABLES IN 'a'",
        "SHOW FUNCTIONS",
        "SHOW USER FUNCTIONS LIKE 'f*'",
        "SHOW CREATE TABLE t",
        "SHOW TBLPROPERTIES t",
        "SHOW PARTITIONS t",
        "SHOW CURRENT NAMESPACE",
        "SHOW CATALOGS",
        "DESCRIBE EXTENDED t",
        "DESCRIBE FORMATTED t",
        "DESCRIBE TABLE EXTENDED t AS JSON",
        "DESCRIBE t PARTITION (p = 1)",
        "DESCRIBE DATABASE EXTENDED d",
        "DESCRIBE `",
    ],
)
def test_what_could_tell_a_secret_is_refused_with_a_way_on(sql: str) -> None:
    """Whatever is not in the grammar is refused, and the hint says what to ask instead."""
    with pytest.raises(Refusal) as caught:
        read_question(sql)
    assert caught.value.rule == "catalog-question"
    assert caught.value.hint


WORDS = st.sampled_from(
    [
        "SHOW", "DESCRIBE", "EXPLAIN", "TABLES", "IN", "LIKE", "t", ".", "'x'", "`q`", "SELECT",
        "EXTENDED", "AS", "JSON", "(", ")", "CREATE", "TABLE", "DROP", "FUNCTION", "hr",
    ]
)  # fmt: skip


@given(rest=st.lists(WORDS, max_size=6), start=st.sampled_from(["SHOW", "DESC", "EXPLAIN"]))
def test_no_words_get_through_but_those_of_a_question(rest: list[str], start: str) -> None:
    """Any mixture of words is one of the known questions, or is refused."""
    try:
        question = read_question(" ".join([start, *rest]))
    except Refusal:
        return
    assert question.kind in {
        "tables", "views", "databases", "columns", "functions", "describe table",
        "describe database", "describe function", "describe query", "explain",
    }  # fmt: skip


def bench() -> FakeWorkbench:
    lookup = FakeLookup({"shop": ("sales", "secrets"), "vault": ("pay",)}, ("recent",))
    return FakeWorkbench((table("sales", "town string"),), lookup=lookup)


def rows(sql: str, policy: Policy) -> tuple[tuple[object, ...], ...]:
    query = guard_sql(sql, bench(), policy)
    assert query.verdict.rule == "catalog-answer"
    assert isinstance(query.plan, CatalogRows)
    return query.plan.rows


def test_only_what_the_policy_opens_is_listed() -> None:
    """Names outside the policy are left out; a closed database is refused."""
    policy = Policy(denied_tables=("secrets",))
    assert rows("SHOW TABLES", policy) == (("shop", "sales", False), ("", "recent", True))
    assert rows("SHOW DATABASES", policy) == (("shop",),)
    with pytest.raises(UnsafeSqlError, match="vault"):
        guard_sql("SHOW TABLES IN vault", bench(), policy)
    with pytest.raises(UnsafeSqlError, match="lake"):
        guard_sql("SHOW TABLES IN lake.shop", bench(), policy)


def test_denied_functions_are_not_listed() -> None:
    """The list of functions is the guard's own, without what the policy closes."""
    listed = rows("SHOW SYSTEM FUNCTIONS LIKE 'upp*|reflect'", Policy())
    assert listed == (("upper",),)
    closed = replace(Policy(), denied_functions=("UPPER",))
    assert rows("SHOW SYSTEM FUNCTIONS LIKE 'upp*'", closed) == ()


def test_a_question_about_the_catalog_goes_the_whole_way() -> None:
    """A model that answers with SHOW TABLES gets its answer shown like any other."""
    model = FakeModel(["```sql\nSHOW TABLES;\n```"])
    ports = Ports(NotebookSnapshot(), bench(), model, CatalogCache())
    view, query = ask(Question("Which tables are there?"), ports, Settings(), lambda *_: None)
    assert query is not None
    assert view.verdict.rule == "catalog-answer"
    assert view.result is not None
