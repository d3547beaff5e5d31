"""Mend wrong names in the syntax tree from the catalog, without asking the model.

Half of a small model's mistakes are columns looked for in the wrong place. Where the catalog
leaves exactly one reading, the name is put right; every repair is told in words. The guard sees
the repaired statement like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streamlink_magic.records import SqlDraft, TableSchema


@dataclass(frozen=True, slots=True)
class _Source:
    """A table as one scope sees it: its alias and its columns by folded name."""

    alias: str
    columns: Mapping[str, str]

    def near(self, name: str) -> str | None:
        """Return the one column whose letters and digits are those of the name."""
        found = {column for column in self.columns.values() if _letters(column) == _letters(name)}
        return found.pop() if len(found) == 1 else None


def repair_sql(draft: SqlDraft, tables: Sequence[TableSchema]) -> SqlDraft | None:
    """Return the draft with its column names mended, or None when nothing could be.

    Three mistakes are mended, each only where one reading is left: a name that Spark takes only
    in backticks; a column qualified with a table
    that lacks it, or that is not in the query, while exactly one table of the query has it; a
    name that differs from a real one only in case, underscores or spaces.

    Parameters
    ----------
    tables
        The tables that the model was shown.
    """
    try:
        tree = sqlglot.parse_one(draft.sql, read="spark")
        scopes = list(traverse_scope(tree))
    except (SqlglotError, ValueError):
        return None
    known = {table.name.name.casefold(): table for table in tables}
    aliases = {alias.casefold() for scope in scopes for alias in scope.sources}
    repairs = [done for scope in scopes for done in _mend_scope(scope, known, aliases)]
    repairs += _quote_names(tree)
    if not repairs:
        return None
    return replace(
        draft,
        sql=tree.sql(dialect="spark", pretty=True),
        repairs=(*draft.repairs, *dict.fromkeys(repairs)),
    )


def _quote_names(tree: exp.Expr) -> Iterator[str]:
    """Put names into backticks that Spark takes only so, such as Chinese aliases."""
    for name in tree.find_all(exp.Identifier):
        if not name.quoted and not name.name.isascii():
            name.set("quoted", True)
            yield f"{name.name} was put into backticks."


def _mend_scope(
    scope: Scope, tables: Mapping[str, TableSchema], all_aliases: set[str]
) -> Iterator[str]:
    sources = list(_sources(scope, tables))
    if len(sources) != len(scope.sources):
        return  # a subquery or an unknown table is read too: its columns are not known here
    selects = getattr(scope.expression, "selects", ())
    made_here = {one.alias.casefold() for one in selects if isinstance(one, exp.Alias)}
    for column in scope.columns:
        if not isinstance(column.this, exp.Star) and column.name.casefold() not in made_here:
            yield from _mend(column, sources, all_aliases)


def _sources(scope: Scope, tables: Mapping[str, TableSchema]) -> Iterator[_Source]:
    for alias, source in scope.sources.items():
        table = tables.get(source.name.casefold()) if isinstance(source, exp.Table) else None
        if table is not None:
            yield _Source(alias, {column.name.casefold(): column.name for column in table.columns})


def _mend(column: exp.Column, sources: Sequence[_Source], all_aliases: set[str]) -> Iterator[str]:
    name, qualifier = column.name, column.table.casefold()
    own = [one for one in sources if qualifier in {"", one.alias.casefold()}]
    outside = not own and qualifier in all_aliases  # a table of an outer query
    if outside or any(name.casefold() in one.columns for one in own):
        return
    moved = [one for one in sources if name.casefold() in one.columns]
    if len(moved) == 1 and not _equals_itself(column, moved[0].alias):
        written = column.sql(dialect="spark")
        column.set("table", exp.to_identifier(moved[0].alias))
        yield f"{written} was read from {moved[0].alias}, the table that has it."
        return
    near = [(one, real) for one in own if (real := one.near(name))]
    if len(near) == 1:
        column.set("this", exp.to_identifier(near[0][1]))
        yield f"{name} was read as {near[0][1]}, the column's real name."


def _equals_itself(column: exp.Column, alias: str) -> bool:
    """Return whether the column, read from this table, would be compared with itself."""
    compared = column.parent
    if not isinstance(compared, exp.Binary):
        return False
    other = compared.right if compared.left is column else compared.left
    return (
        isinstance(other, exp.Column)
        and other.name.casefold() == column.name.casefold()
        and other.table.casefold() == alias.casefold()
    )


def _letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
