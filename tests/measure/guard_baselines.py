"""What simpler guards would let through, and what ours does, counted on files of statements.

Usage: ``python tests/measure/guard_baselines.py ATTACKS.jsonl HONEST.jsonl --tables 'db.t,db2.*'
[--world WORLD.py]``. Lines hold ``sql`` and ``db``. WORLD.py makes the tables that the statements
are about: ``start()`` returns a session, ``build(session)`` fills it, and, where it has them,
``add_benchmarks(session)`` adds more and ``fill(sql)`` puts places into a statement. Without it
the rows of our own guard are left out. Nothing is run: the baselines read text, and Spark's
parser runs alone; our guard checks on a session and runs nothing either.
"""

# ruff: noqa: T201  it prints, that is its job

from __future__ import annotations

import argparse
import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

from streamlink_magic.adapters.spark.parser import local_parser
from streamlink_magic.errors import InvalidSqlError
from streamlink_magic.guard import statement_checker
from streamlink_magic.policy import Policy
from streamlink_magic.steps.guard.grammar import check_grammar
from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.strict import check_strict
from streamlink_magic.steps.guard.text import check_text

if TYPE_CHECKING:
    from streamlink_magic.records import Verdict

Design = Callable[[dict[str, Any], Policy], bool]
_WRITES = re.compile(
    r"\b(insert|update|delete|merge|drop|create|alter|truncate|grant|revoke|set|call|load|"
    r"replace|cache|refresh|add|execute)\b",
    re.IGNORECASE,
)
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_STARTS = re.compile(
    r"\s*\(*\s*(select|with|from|values|table|show|describe|explain)\b", re.IGNORECASE
)


def keywords(record: dict[str, Any], _: Policy) -> bool:
    """Let pass what begins like a query and names no writing word outside comments."""
    text = _COMMENTS.sub(" ", record["sql"])
    return bool(_STARTS.match(text)) and not _WRITES.search(re.sub(r"'[^']*'", "''", text))


def usual_sqlglot(record: dict[str, Any], _: Policy) -> bool:
    """Let pass one tree with a query at its root and no node that writes."""
    try:
        trees = sqlglot.parse(record["sql"], dialect="spark")
    except Exception:  # noqa: BLE001  it fails in many ways on what it cannot read
        return False
    writes = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Command)
    return len(trees) == 1 and isinstance(trees[0], exp.Query) and not trees[0].find(*writes)


def strict_sqlglot(record: dict[str, Any], policy: Policy) -> bool:
    """Let pass what the strict rules over sqlglot's tree let pass."""
    try:
        check_strict(check_text(record["sql"], policy.max_sql_chars), policy)
    except (Refusal, RecursionError):
        return False
    return True


def grammar(record: dict[str, Any], policy: Policy) -> bool:
    """Let pass what text rules, Spark's parser and the grammar rules let pass."""
    names = {"catalog": "spark_catalog", "database": record.get("db") or "default"}
    try:
        text = check_text(record["sql"], policy.max_sql_chars)
        check_grammar(local_parser().parse(text, {}, names), policy)
    except (Refusal, InvalidSqlError, RecursionError):
        return False
    return True


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("attacks", type=Path)
    arguments.add_argument("honest", type=Path)
    arguments.add_argument("--tables", default="")
    arguments.add_argument("--world", type=Path)
    given = arguments.parse_args()
    policy = Policy(tables=tuple(given.tables.split(",")) if given.tables else None)
    attacks, honest = _read(given.attacks), _read(given.honest)
    designs: dict[str, Design] = {
        "keywords after stripping comments": keywords,
        "usual sqlglot guard": usual_sqlglot,
        "sqlglot with strict allow-lists": strict_sqlglot,
        "text rules + Spark's parser with allow-lists": grammar,
    }
    if given.world:
        world = _world(given.world)
        for record in (*attacks, *honest):
            record["sql"] = getattr(world, "fill", str)(record["sql"])
        designs["this guard"] = ours(_built(world))
        designs["this guard, and sqlglot must agree"] = agreeing(designs["this guard"])
    print(f"{'design':<46}{'attacks stopped':>18}{'honest refused':>16}")
    for name, design in designs.items():
        stopped = sum(not design(record, policy) for record in attacks)
        refused = sum(not design(record, policy) for record in honest)
        share = f"{stopped} ({stopped / len(attacks):.1%})"
        print(f"{name:<46}{share:>18}{f'{refused} of {len(honest)}':>16}", flush=True)


def ours(session: object) -> Design:
    """Return our guard on a session: each statement is checked in its own database."""
    checkers: dict[str, Callable[[str, Policy], Verdict]] = {}

    def design(record: dict[str, Any], policy: Policy) -> bool:
        database = record.get("db") or ""
        if database not in checkers:
            checkers[database] = statement_checker(session, database)
        return checkers[database](record["sql"], policy).allowed

    return design


def agreeing(design: Design) -> Design:
    """Return the design under a policy that refuses where sqlglot sees other tables."""
    strict = Policy(on_disagreement="refuse")
    return lambda record, policy: design(record, policy.tightened_by(_open(strict, policy)))


def _open(strict: Policy, policy: Policy) -> Policy:
    """Return the strict policy with the other's tables: a ceiling of its own would close them."""
    return replace(strict, tables=policy.tables)


def _world(path: Path) -> Any:  # noqa: ANN401  a module of the caller's
    spec = importlib.util.spec_from_file_location("world", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} cannot be read. Name a Python file with start() and build().")
    world = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(world)
    return world


def _built(world: Any) -> object:  # noqa: ANN401
    session: object = world.start()
    world.build(session)
    if hasattr(world, "add_benchmarks"):
        world.add_benchmarks(session)
    return session


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
