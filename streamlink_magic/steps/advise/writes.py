"""Statements that are no query, in words: they are never analysed, since that may run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.advise.read import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_WORDS = 3


def say_statement(tree: exp.Expr) -> tuple[str, ...]:
    """Return what a statement that is no query does, a sentence each; empty for a query.

    Examples
    --------
    >>> from streamlink_magic.steps.advise import read_statement
    >>> say_statement(read_statement("DROP TABLE IF EXISTS old").tree)[0]
    'Removes the table old, if it is there.'
    """
    if isinstance(tree, exp.Query):
        return ()
    say = _SAYINGS.get(type(tree), _other)
    return tuple(say(tree))


def _target(tree: exp.Expr) -> str:
    table = tree.this if isinstance(tree.this, exp.Table) else tree.find(exp.Table)
    return ".".join(part.name for part in table.parts) if table is not None else written(tree.this)


def _insert(tree: exp.Expr) -> Iterator[str]:
    if tree.args.get("overwrite"):
        yield f"Replaces what is in {_target(tree)} with new rows; the old rows are gone."
    else:
        yield f"Adds rows to {_target(tree)}; what is there stays. Run twice, it adds them twice."


def _create(tree: exp.Expr) -> Iterator[str]:
    kind = str(tree.args.get("kind") or "object").lower()
    replaces = "Makes or replaces" if tree.args.get("replace") else "Makes"
    exists = ", unless it is there" if tree.args.get("exists") else ""
    filled = " from the rows of a query" if tree.args.get("expression") and kind == "table" else ""
    yield f"{replaces} the {kind} {_target(tree)}{filled}{exists}."
    if tree.args.get("replace") and kind == "table":
        yield "The rows of a table of that name are gone."


def _drop(tree: exp.Expr) -> Iterator[str]:
    kind = str(tree.args.get("kind") or "object").lower()
    yield f"Removes the {kind} {_target(tree)}{', if it is there' * bool(tree.args.get('exists'))}."
    if kind == "table":
        yield "The files of a table that Spark manages are deleted with it."
    if tree.args.get("cascade"):
        yield "All that is in it is removed, too."


def _delete(tree: exp.Expr) -> Iterator[str]:
    where = tree.args.get("where")
    which = f"the rows of {_target(tree)} where {written(where.this)}" if where else ""
    yield f"Deletes {which}." if where else f"Deletes ALL rows of {_target(tree)}: no WHERE."


def _update(tree: exp.Expr) -> Iterator[str]:
    sets = ", ".join(written(one) for one in tree.expressions)
    where = tree.args.get("where")
    which = f" where {written(where.this)}" if where else ", in ALL rows: no WHERE"
    yield f"Changes {_target(tree)}: {sets}{which}."


def _merge(tree: exp.Expr) -> Iterator[str]:
    yield f"Changes {_target(tree)} by the rows of another table: adds, changes or deletes rows."


def _truncate(tree: exp.Expr) -> Iterator[str]:
    names = ", ".join(written(one) for one in tree.expressions)
    yield f"Deletes ALL rows of {names}."


def _alter(tree: exp.Expr) -> Iterator[str]:
    yield f"Changes how {_target(tree)} is made: {written(tree)}."


def _use(tree: exp.Expr) -> Iterator[str]:
    yield f"Looks up names in {written(tree.this)} from now on, in the whole session."


def _set(tree: exp.Expr) -> Iterator[str]:
    yield f"Changes a setting of the session: {written(tree)}."


def _other(tree: exp.Expr) -> Iterator[str]:
    words = " ".join(written(tree).split()[:_WORDS])
    yield f"Runs a command ({words} …), not a query; it may change tables, settings or files."


_SAYINGS: Mapping[type[exp.Expr], Callable[[exp.Expr], Iterator[str]]] = {
    exp.Insert: _insert,
    exp.Create: _create,
    exp.Drop: _drop,
    exp.Delete: _delete,
    exp.Update: _update,
    exp.Merge: _merge,
    exp.TruncateTable: _truncate,
    exp.Alter: _alter,
    exp.Use: _use,
    exp.Set: _set,
}
