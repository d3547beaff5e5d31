"""The guard's rules without Spark: text, strict rules, trees made by hand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.errors import InvalidSqlError, SessionError, UnsafeSqlError
from streamlink_magic.guard import check_sql
from streamlink_magic.records import GuardedQuery, PlanNode, TableSize, Verdict
from streamlink_magic.settings import Policy
from streamlink_magic.steps.guard import guard_approved, guard_sql, guard_unproven
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.scope import split_name
from streamlink_magic.steps.guard.text import check_text
from streamlink_magic.steps.guard.tree import STATEMENT, read_tree, walk

LOGICAL = "org.apache.spark.sql.catalyst.plans.logical"
ANALYSIS = "org.apache.spark.sql.catalyst.analysis"
EXECUTION = "org.apache.spark.sql.execution"


def node(kind: str, *children: PlanNode, **fields: object) -> PlanNode:
    return PlanNode(kind, fields, children)


def project(*children: PlanNode) -> PlanNode:
    return node(f"{LOGICAL}.Project", *children)


def relation(name: str) -> PlanNode:
    return node(f"{ANALYSIS}.UnresolvedRelation", multipartIdentifier=f"[{name}]")


def call(name: str, *children: PlanNode) -> PlanNode:
    return node(f"{ANALYSIS}.UnresolvedFunction", *children, nameParts=f"[{name}]")


def number(value: float) -> PlanNode:
    kind = "org.apache.spark.sql.catalyst.expressions.Literal"
    return node(kind, value=str(value), dataType="integer")


def table(name: str, database: str = "shop") -> PlanNode:
    identifier = {"table": name, "database": database, "catalog": "spark_catalog"}
    kind = f"{EXECUTION}.datasources.LogicalRelation"
    return node(kind, catalogTable={"identifier": identifier})


class FakeAnalyzer:
    """Trees made by hand; remembers whether analysis was asked for."""

    def __init__(
        self, parsed: PlanNode, analyzed: PlanNode | None = None, **session: object
    ) -> None:
        self._session = {"catalog": "spark_catalog", "database": "shop", **session}
        self._parsed = parsed
        self._analyzed = analyzed
        self.analyzed = False

    def parse(self, sql: str) -> PlanNode:
        """Return the parsed tree; commands and typing mistakes do not parse."""
        if sql.upper().startswith(("DROP", "SELEC ")):
            raise InvalidSqlError(Verdict(allowed=False, rule="syntax", why="no"))
        return PlanNode(STATEMENT, self._session, (self._parsed,))

    def analyze(self, sql: str) -> tuple[PlanNode, object]:
        """Return the analysed tree and a stand-in for Spark's plan."""
        self.analyzed = True
        assert sql
        assert self._analyzed is not None
        return PlanNode(STATEMENT, self._session, (self._analyzed,)), "the plan"

    def sizes(self, tree: PlanNode, plan: object) -> dict[int, TableSize]:
        """Return no sizes: nothing is known."""
        assert plan == "the plan"
        assert tree.kind == STATEMENT
        return {}


def refusal(parsed: PlanNode, policy: Policy | None = None, **session: object) -> Verdict:
    """Return the verdict on a parsed tree that must be refused before it is analysed."""
    analyzer = FakeAnalyzer(parsed, **session)
    with pytest.raises(UnsafeSqlError) as caught:
        guard_sql("SELECT 1", analyzer, policy or Policy())
    assert not analyzer.analyzed
    return caught.value.verdict


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("", "empty"),
        (" ;\n", "empty"),
        ("SELECT '" + "x" * 100 + "'", "length"),
        ("SELECT 1\x00", "control-character"),
        ("SELECT '\u202eabc'", "control-character"),
        ("SELECT 1 \u2066-- x", "control-character"),
        ("SELECT a\u200db", "control-character"),
        ("SELECT 1 -- a\rFROM t", "control-character"),
        ("SELECT '${x}'", "substitution"),
        ("SELECT 1 --\\\nFROM t", "line-continuation"),
        ("SELECT 1; SELECT 2", "one-statement"),
        ("\u017felect 1", "look-alike"),
        ("SELECT 1 FROM\u00a0t", "look-alike"),
        ("SELECT \uff11", "look-alike"),
        ("SELECT `am\u043eunt` FROM t", "look-alike"),
        ("SELECT " + "(" * 200 + "1", "nesting"),
    ],
)
def test_text_rules(sql: str, rule: str) -> None:
    """Text that two readers could read differently is refused before it is parsed."""
    with pytest.raises(Refusal) as caught:
        check_text(sql, 210 if rule == "nesting" else 100)
    assert caught.value.rule == rule
    assert caught.value.why


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '你好\uff0c世界\uff08全角\uff09' AS `销售 额`, 'Ünïcödé', 'Привет', 'ﬁ', '👩‍🚀'",
        "SELECT a FROM t -- 注释 \u017f\n/* \uff1b; */ WHERE b = 'x;y' AND `c;d` = \"e;f\"",
        "SELECT 'it''s', 'back\\'slash;', r'\\', straße\r\nFROM t",
        "SELECT `колонка`, `Δ` FROM t",
    ],
)
def test_legitimate_text_passes_unchanged(sql: str) -> None:
    """Unicode in literals, comments and quoted names is nobody's business."""
    assert check_text(sql, 1000) == sql
    assert check_text(f"{sql} ;\n", 1000) == sql


BROKEN = [
    "SELECT '${a}'",
    "SELECT 1; DROP TABLE t",
    "SELECT 1 \u202e",
    "SELECT `am\u043eunt` FROM t",
    "DROP TABLE t",
    "INSERT INTO t SELECT 1",
    "SELECT reflect('a', 'b')",
    "SELECT * FROM t WHERE `java_method`('a', 'b') = 1",
    "SELECT TRANSFORM(a) USING 'cat' FROM t",
    "SELECT * FROM other.secret",
    "WITH c AS (SELECT * FROM other.secret) SELECT * FROM c",
    "SELECT some_udf(a) FROM t",
    "SELECT * FROM csv.`/etc/passwd`",
]
BLANKS = st.lists(
    st.sampled_from([" ", "\n", "\t", "-- a comment\n", "/* SELECT ';' */", "/**/"]), max_size=4
).map("".join)


@given(sql=st.sampled_from(BROKEN), before=BLANKS, between=BLANKS, upper=st.booleans())
def test_comments_case_and_white_space_never_help(
    *, sql: str, before: str, between: str, upper: bool
) -> None:
    """What is refused stays refused, however it is dressed."""
    dressed = before + sql.replace(" ", f" {between}", 1)
    dressed = dressed.upper() if upper else dressed
    policy = Policy(tables=("t",))
    verdict = guard_unproven(dressed, policy)
    assert not verdict.allowed
    assert verdict.rule != "unproven"
    with pytest.raises(UnsafeSqlError):
        guard_approved(dressed, None, policy)


# ---------------------------------------------------------------- trees


def test_order_is_grammar_before_analysis() -> None:
    """A statement that breaks a grammar rule is never analysed: analysing could run it."""
    verdict = refusal(project(node(f"{ANALYSIS}.UnresolvedExecuteImmediate")))
    assert verdict.rule == "unknown-construct"
    assert "UnresolvedExecuteImmediate" in verdict.why


def test_a_query_that_keeps_the_rules_carries_the_plan_that_was_checked() -> None:
    """The guarded query holds the analyser's own plan object and the tables it reads."""
    analyzer = FakeAnalyzer(project(relation("sales")), project(table("sales")))
    query = guard_sql("SELECT * FROM sales;", analyzer, Policy())
    assert query.plan == "the plan"
    assert query.sql == "SELECT * FROM sales"
    assert query.verdict.tables == ("shop.sales",)


def test_only_the_guard_makes_a_guarded_query() -> None:
    """Without the guard's seal there is no guarded query."""
    with pytest.raises(TypeError, match="guard"):
        GuardedQuery("SELECT 1", Verdict(allowed=True, rule="ok"), plan=None)


@pytest.mark.parametrize(
    ("parsed", "rule"),
    [
        (node("a.b.NewFangled"), "unknown-construct"),
        (project(call("reflect")), "function"),
        (project(call("system, builtin, java_method")), "function"),
        (project(call("elsewhere, upper")), "function"),
        (relation("vault, pay"), "table"),
        (relation("parquet, /data/x"), "path"),
        (project(call("repeat", number(1), number(10**9))), "size"),
        (node(f"{LOGICAL}.Project", unread=("Project.mystery",)), "unreadable"),
    ],
)
def test_grammar_rules(parsed: PlanNode, rule: str) -> None:
    """What is in no list is refused by its name."""
    assert refusal(parsed).rule == rule


def test_relation_options_are_refused() -> None:
    """Options that the analyser found on a relation refuse the statement."""
    assert refusal(relation("sales"), options=("{k=v}",)).rule == "relation-options"


def test_no_policy_allows_reflection() -> None:
    """Listing ``reflect`` in a policy does not open it."""
    policy = Policy(functions=("reflect",), udfs=("reflect",))
    assert refusal(project(call("reflect")), policy).rule == "function"


@pytest.mark.parametrize(
    ("analyzed", "rule"),
    [
        (project(table("pay", "vault")), "table"),
        (node(f"{EXECUTION}.datasources.LogicalRelation"), "path"),
        (node("a.b.SomeCommand"), "unknown-construct"),
        (node("org.apache.spark.sql.catalyst.expressions.PythonUDF", name="f"), "udf"),
        (node(f"{EXECUTION}.LogicalRDD", isStreaming=True), "stream"),
        (node(f"{LOGICAL}.Project", unread=("Project.mystery",)), "unreadable"),
    ],
)
def test_analysis_rules(analyzed: PlanNode, rule: str) -> None:
    """What Spark made of the names is checked again, whatever the text said."""
    analyzer = FakeAnalyzer(project(relation("sales")), analyzed)
    with pytest.raises(UnsafeSqlError) as caught:
        guard_sql("SELECT * FROM sales", analyzer, Policy())
    assert caught.value.verdict.rule == rule


def test_a_temporary_view_does_not_pass_for_a_table() -> None:
    """A listed ``shop.sales`` does not open a temporary view that took its name."""
    identifier = {"table": "sales"}
    view = node(f"{LOGICAL}.View", table("sales"), desc={"identifier": identifier}, isTempView=True)
    analyzer = FakeAnalyzer(relation("sales"), view)
    with pytest.raises(UnsafeSqlError) as caught:
        guard_sql("SELECT * FROM sales", analyzer, Policy(tables=("shop.sales",)))
    assert caught.value.verdict.rule == "table"


def test_what_is_no_query_is_told_from_a_typing_mistake() -> None:
    """A command is unsafe; a query that does not parse is invalid."""
    analyzer = FakeAnalyzer(project())
    with pytest.raises(UnsafeSqlError) as caught:
        guard_sql("DROP TABLE sales", analyzer, Policy())
    assert (caught.value.verdict.rule, caught.value.verdict.clause) == ("not-a-query", "DROP")


# ---------------------------------------------------------------- reading trees


def test_a_tree_within_a_field_becomes_a_child() -> None:
    """Subqueries and named queries, which Spark writes into fields, are not overlooked."""
    inner = [{"class": "p.Inner", "num-children": 0, "secret": None}]
    outer = [
        {
            "class": "p.Top",
            "num-children": 1,
            "child": 0,
            "pairs": [{"product-class": "T", "_2": inner}],
        },
        {"class": "p.Leaf", "num-children": 0, "deep": [[inner], inner]},
    ]
    tree = read_tree(json.dumps(outer))
    assert sorted(each.kind for each in walk(tree)) == [
        "p.Inner", "p.Inner", "p.Inner", "p.Leaf", "p.Top",
    ]  # fmt: skip
    unread = [each.fields["unread"] for each in walk(tree) if each.kind == "p.Inner"]
    assert unread == [("Inner.secret",)] * 3


@pytest.mark.parametrize("text", ["{}", "[]", '[{"class": "a", "num-children": 1}]'])
def test_half_a_tree_is_no_tree(text: str) -> None:
    """A malformed text raises instead of passing for a small tree."""
    with pytest.raises(ValueError, match="tree"):
        read_tree(text)


@pytest.mark.parametrize(
    ("dotted", "parts"),
    [("a.b", ("a", "b")), ("`a.b`.c", ("a.b", "c")), ("`x``y`", ("x`y",)), ("db.*", ("db", "*"))],
)
def test_policy_names_may_be_quoted(dotted: str, parts: tuple[str, ...]) -> None:
    """A table whose name holds dots or backticks can be listed."""
    assert split_name(dotted) == parts


# ---------------------------------------------------------------- without a parser


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a, count(*) AS n FROM t WHERE b IN (1, 2) GROUP BY a ORDER BY n DESC LIMIT 3",
        "WITH c AS (SELECT * FROM t) SELECT upper(a) FROM c JOIN t USING (a)",
        "SELECT a FROM t UNION ALL SELECT CASE WHEN b > 1 THEN 'x' END FROM t",
    ],
)
def test_on_connect_nothing_is_allowed_but_can_be_approved(sql: str) -> None:
    """The strict rules never allow by themselves; the user's word does."""
    policy = Policy(tables=("t",))
    verdict = guard_unproven(sql, policy)
    assert (verdict.allowed, verdict.rule) == (False, "unproven")
    approved = guard_approved(sql, "plan", policy)
    assert approved.verdict.rule == "approved-by-user"
    assert approved.verdict.tables == ("t",)


def test_check_sql_wants_a_session() -> None:
    """Something that is no session is a SessionError, not a verdict."""
    with pytest.raises(SessionError):
        check_sql("SELECT 1", session=object())
