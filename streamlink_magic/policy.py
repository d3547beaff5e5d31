"""What the guard lets a query read and how much it may cost: one frozen record."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from streamlink_magic.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Policy:
    """What the guard lets a query read.

    Names are compared without regard to case. In the names that are denied, masked or of columns,
    ``*`` stands for any database, table or column, and a name without its front part means that
    name everywhere: ``"email"`` is the column of every table.

    Parameters
    ----------
    tables
        Dotted names that may be read: ``db.table``, or ``db.*`` for a whole database; a name
        without a database is one of the current database or a temporary view; ``catalog.*.*``
        is a whole catalog. None lets
        everything be read that the catalog shows in the current database, in ``databases``
        and among the temporary views. Only a list here bounds what views may read in their turn.
    databases
        Databases that may be read beside the current one when ``tables`` is None.
    views
        Temporary views that may be read beside ``tables``, and no table of the same name;
        ``*`` means all of them.
    denied_tables
        Tables and views that no query may read, not even through a view.
    columns
        Dotted names ``table.column`` or ``db.table.column``: a table named here opens only those
        of its columns, other tables stay open whole. None leaves all columns open.
    denied_columns
        Columns that no query may use in any clause, through a view or in ``SELECT *`` either.
    masked_columns
        Columns whose values stay hidden: a query may only count them, ``count(email)`` or
        ``count(DISTINCT email)``.
    functions
        Names of functions allowed beyond Spark's own safe ones.
    denied_functions
        Names of functions that may not be called, though the guard knows them to be safe.
    hints
        The hints that may be used, of those that the guard knows; None means all of them.
    udfs
        Names of user-defined functions that may be called. None are by default.
    paths
        Folders below which the files of tables and views must lie, as ``/data/open``,
        ``s3a://bucket/open``; a path without a scheme is on the driver's own disk. Links in the
        file system are not followed. None opens whatever the tables' rules open.
    max_sql_chars
        The longest statement accepted, in characters.
    max_plan_nodes
        The largest analysed plan accepted, in nodes, views written out.
    max_scan_bytes
        How many bytes of tables a query may read after partitions are pruned, by Spark's estimate.
    max_scan_files, max_scan_partitions
        How many files and partitions it may read.
    max_amplification
        How many rows may be made for each row read. A query that makes less than a hundred
        million rows is never stopped by this.
    max_result_bytes
        How many bytes of a result may be fetched, whatever a setting says.
    on_disagreement
        What happens to a statement in which another reader of SQL, sqlglot, sees other tables
        than Spark found: ``"warn"`` says so, ``"refuse"`` refuses it, and what sqlglot cannot
        read at all.
    max_check_s
        How long the cost of one plan may be worked out, in seconds.
    ceilings
        Policies that must allow a query too; ``tightened_by`` fills it.

    Raises
    ------
    PolicyError
        When a list of names is a bare text, or a number is not positive.

    Examples
    --------
    >>> Policy(tables=("sales.orders", "ref.*"), masked_columns=("email",)).tables
    ('sales.orders', 'ref.*')
    """

    tables: tuple[str, ...] | None = None
    databases: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    denied_tables: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None
    denied_columns: tuple[str, ...] = ()
    masked_columns: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    denied_functions: tuple[str, ...] = ()
    hints: tuple[str, ...] | None = None
    udfs: tuple[str, ...] = ()
    paths: tuple[str, ...] | None = None
    max_sql_chars: int = 20_000
    max_plan_nodes: int = 50_000
    max_scan_bytes: float = 1e12
    max_scan_files: float = 100_000
    max_scan_partitions: float = 10_000
    max_amplification: float = 1_000.0
    max_check_s: float = 10.0
    max_result_bytes: float = float("inf")
    on_disagreement: str = "warn"
    ceilings: tuple[Policy, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_value(field.name, getattr(self, field.name))

    def tightened_by(self, other: Policy) -> Policy:
        """Return a policy that allows only what both allow; nothing is ever loosened.

        Examples
        --------
        >>> mine = Policy(udfs=("score", "shout"), max_scan_bytes=1e9)
        >>> both = mine.tightened_by(Policy(udfs=("score",), denied_columns=("email",)))
        >>> both.udfs, both.max_scan_bytes, both.denied_columns
        (('score',), 1000000000.0, ('email',))
        """
        limits: dict[str, Any] = {
            name: min(getattr(self, name), getattr(other, name)) for name in _LIMITS
        }
        return replace(
            self,
            denied_tables=_either(self.denied_tables, other.denied_tables),
            denied_columns=_either(self.denied_columns, other.denied_columns),
            masked_columns=_either(self.masked_columns, other.masked_columns),
            denied_functions=_either(self.denied_functions, other.denied_functions),
            functions=_both(self.functions, other.functions),
            udfs=_both(self.udfs, other.udfs),
            hints=_both_or_all(self.hints, other.hints),
            on_disagreement=max(self.on_disagreement, other.on_disagreement, key=_STRICTER.index),
            ceilings=(*self.ceilings, other),
            **limits,
        )

    def under(self, stated: Mapping[str, Any]) -> Policy:
        """Return the policy below a ceiling that decides on the fields stated, and on no other.

        Parameters
        ----------
        stated
            What a ceiling says, by the names of the fields.

        Examples
        --------
        >>> below = Policy(udfs=("score",), max_scan_bytes=1e9).under({"max_scan_bytes": 1e6})
        >>> below.udfs, below.max_scan_bytes
        (('score',), 1000000.0)
        """
        if not stated:
            return self
        without: dict[str, Any] = dict.fromkeys(_LIMITS, float("inf"))
        return self.tightened_by(replace(self, ceilings=(), **without | dict(stated)))

    def unlimited(self) -> Policy:
        """Return the policy without its own budget, for a query that the user wants run anyway.

        The budgets of its ceilings stay.
        """
        unlimited: dict[str, Any] = dict.fromkeys(_BUDGET, float("inf"))
        return replace(self, **unlimited)


_BUDGET = ("max_scan_bytes", "max_scan_files", "max_scan_partitions", "max_amplification")
_LIMITS = ("max_sql_chars", "max_plan_nodes", *_BUDGET, "max_check_s", "max_result_bytes")
_STRICTER = ("warn", "refuse")
_OPTIONAL = ("tables", "columns", "hints", "paths")
_WHOLE_PATH = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*:/")


def _check_value(name: str, value: object) -> None:
    if name in _LIMITS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise PolicyError(f"Policy.{name} is {value!r}.", "Give a number greater than 0.")
        return
    if name == "on_disagreement":
        if value not in _STRICTER:
            raise PolicyError(f"Policy.{name} is {value!r}.", "Give 'warn' or 'refuse'.")
        return
    if value is None and name in _OPTIONAL:
        return
    kind: type = Policy if name == "ceilings" else str
    if not isinstance(value, tuple) or not all(isinstance(one, kind) for one in value):
        raise PolicyError(
            f"Policy.{name} is {value!r}.", f'Give a tuple of names: Policy({name}=("…",)).'
        )
    if name == "paths" and not all(map(_WHOLE_PATH.match, value)):
        raise PolicyError(
            f"Policy.paths is {value!r}.", "Write each from its root: /data/open, s3a://bucket/open"
        )


def _either(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    known = {name.lower() for name in other}
    return tuple(name for name in one if name.lower() in known)


def _both_or_all(
    one: tuple[str, ...] | None, other: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    if one is None or other is None:
        return one if other is None else other
    return _both(one, other)
