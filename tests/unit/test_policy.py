"""The policy: what it accepts, and that tightening never loosens."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.errors import PolicyError
from streamlink_magic.policy import Policy
from streamlink_magic.steps.guard import functions
from streamlink_magic.steps.guard.agreement import refuses_disagreement
from streamlink_magic.steps.guard.columns import hides, masks
from streamlink_magic.steps.guard.paths import _opens, is_inside
from streamlink_magic.steps.guard.scope import Identity, matches, scope_of

WORDS = st.sampled_from(["a", "b", "C", "*"])
TABLES = st.sampled_from(["t", "T2", "d.t", "d.*", "e.t", "spark_catalog.d.t", "global_temp.t"])
COLUMNS = st.lists(WORDS, min_size=1, max_size=3).map(".".join)
NAMES = st.lists(st.sampled_from(["f", "g", "upper", "BROADCAST", "merge"]), max_size=3).map(tuple)


def some(entries: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(entries, max_size=3).map(tuple)


POLICIES = st.builds(
    Policy,
    tables=st.none() | some(TABLES),
    databases=some(st.sampled_from(["d", "e"])),
    views=some(st.sampled_from(["t", "t2"])),
    denied_tables=some(TABLES),
    columns=st.none() | some(COLUMNS),
    denied_columns=some(COLUMNS),
    masked_columns=some(COLUMNS),
    functions=NAMES,
    denied_functions=NAMES,
    hints=st.none() | NAMES,
    udfs=NAMES,
    max_scan_bytes=st.floats(1, 1e15),
    max_amplification=st.floats(1, 1e6),
    max_sql_chars=st.integers(1, 10**6),
    max_result_bytes=st.floats(1, 1e15),
    on_disagreement=st.sampled_from(["warn", "refuse"]),
    paths=st.none() | some(st.sampled_from(["/a", "/a/b", "s3a://x/a"])),
)
IDENTITIES = st.builds(
    Identity,
    name=st.sampled_from(["t", "t2", "b"]),
    database=st.sampled_from(["", "d", "e"]),
    catalog=st.sampled_from(["", "spark_catalog"]),
)
_LIMITS = ("max_scan_bytes", "max_amplification", "max_sql_chars", "max_check_s")
HERE = {"catalog": "spark_catalog", "database": "d"}


@given(one=POLICIES, other=POLICIES, table=IDENTITIES, column=st.sampled_from(["a", "b", "c"]))
def test_tightening_never_loosens(one: Policy, other: Policy, table: Identity, column: str) -> None:
    """Whatever the tightened policy opens, each of the two opens too."""
    both = one.tightened_by(other)
    scope = scope_of(both, HERE)
    for each in (one, other):
        alone = scope_of(each, HERE)
        assert not scope.allows(table) or alone.allows(table)
        assert not scope.allows_in_view(table) or alone.allows_in_view(table)
        assert hides(both, table, column) or not hides(each, table, column)
        assert masks(both, table, column) or not masks(each, table, column)
        assert functions.hints_of(both) <= functions.hints_of(each)
        assert functions.denied_by(both) >= functions.denied_by(each)
        for names in ("functions", "udfs"):
            mine = {name.lower() for name in getattr(both, names)}
            assert mine <= {name.lower() for name in getattr(each, names)}
        assert refuses_disagreement(both) or not refuses_disagreement(each)
        for place in ("file:///a/c", "file:///a/b/c", "s3a://x/a"):
            assert not _opens(both, place) or _opens(each, place)
        for limit in (*_LIMITS, "max_result_bytes"):
            assert getattr(both, limit) <= getattr(each, limit)


@given(
    one=POLICIES,
    other=POLICIES,
    named=st.sets(st.sampled_from([field.name for field in fields(Policy)][:-1])),
    table=IDENTITIES,
    column=st.sampled_from(["a", "b", "c"]),
)
def test_a_ceiling_that_says_little_loosens_nothing_either(
    one: Policy, other: Policy, named: set[str], table: Identity, column: str
) -> None:
    """What a ceiling states holds, and what it leaves out stays as the policy has it."""
    stated = {name: getattr(other, name) for name in named}
    below = one.under(stated)
    scope = scope_of(below, HERE)
    assert not scope.allows(table) or scope_of(one, HERE).allows(table)
    assert hides(below, table, column) or not hides(one, table, column)
    assert masks(below, table, column) or not masks(one, table, column)
    for limit in (*_LIMITS, "max_result_bytes"):
        most = stated.get(limit, float("inf"))
        assert getattr(below, limit) == min(getattr(one, limit), most)
    if "masked_columns" in stated:
        assert set(other.masked_columns) <= set(below.masked_columns)
    if not named:
        assert below == one


@given(one=POLICIES, other=POLICIES, table=IDENTITIES)
def test_tightening_opens_what_both_open(one: Policy, other: Policy, table: Identity) -> None:
    """A table that both policies open stays open."""
    scopes = [scope_of(each, HERE).allows(table) for each in (one, other)]
    assert scope_of(one.tightened_by(other), HERE).allows(table) == all(scopes)


def test_lifting_the_budget_leaves_that_of_a_ceiling() -> None:
    """The user's word lifts the user's own limits, not those that were set above them."""
    policy = Policy(max_scan_bytes=10).tightened_by(Policy(max_scan_bytes=20))
    lifted = policy.unlimited()
    assert lifted.max_scan_bytes == float("inf")
    assert [ceiling.max_scan_bytes for ceiling in lifted.ceilings] == [20]


@pytest.mark.parametrize(
    "entry",
    [
        {"tables": "sales.orders"},
        {"denied_columns": ["email"]},
        {"udfs": (1,)},
        {"functions": None},
        {"max_scan_bytes": 0},
        {"max_check_s": "10"},
        {"max_sql_chars": True},
        {"ceilings": ("sales",)},
        {"on_disagreement": "ignore"},
        {"paths": "/data"},
        {"paths": ("data/open",)},
        {"max_result_bytes": 0},
    ],
)
def test_an_entry_that_means_nothing_clear_is_refused(entry: dict[str, object]) -> None:
    """A bare text in place of a tuple would open its letters: the error names the field."""
    with pytest.raises(PolicyError, match=f"Policy.{next(iter(entry))}"):
        Policy(**entry)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        (("email",), ("shop", "customers", "Email"), True),
        (("customers", "*"), ("shop", "customers", "email"), True),
        (("hr", "customers", "email"), ("shop", "customers", "email"), False),
        (("hr", "customers", "email"), ("customers", "email"), False),
        ((), ("email",), False),
    ],
)
def test_names_are_compared_from_their_end(
    pattern: tuple[str, ...], name: tuple[str, ...], *, fits: bool
) -> None:
    """A short pattern means the name everywhere; a long one never fits a shorter name."""
    assert matches(pattern, name) is fits


@pytest.mark.parametrize(
    ("place", "folder", "inside"),
    [
        ("file:///data/a/x", "/data/a", True),
        ("file:///data/a", "/data/a/", True),
        ("file:///data/ab", "/data/a", False),
        ("file:///data/a/../b", "/data/a", False),
        ("file:///data/b/../a/x", "/data/a", True),
        ("s3a://bucket/a/x", "s3a://bucket/a", True),
        ("s3a://bucket/a/x", "s3a://bucket/", True),
        ("s3a://bucket/a/x", "/a", False),
        ("s3a://bucket2/a/x", "s3a://bucket/a", False),
        ("s3://bucket/a/x", "s3a://bucket/a", False),
        ("hdfs://name:8020/a", "hdfs://name/a", False),
        ("file:///data/%61/x", "/data/a", False),
        ("FILE:///data/a/x", "file:/data/a", True),
        ("file:///anything", "/", True),
    ],
)
def test_a_place_is_inside_a_folder_by_its_parts(place: str, folder: str, *, inside: bool) -> None:
    """Folders are compared whole, dots resolved, scheme and owner the same."""
    assert is_inside(place, folder) is inside
