"""Sample tables as a question would read them: through the guard, bounded, never in full.

The statement is ours, its names are quoted, and the guard decides on it like on any other, so a
sample never shows what a question may not. A view that would have to be computed before its
first row is there (a join, an aggregate, a filter, a sort) is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.catalog.personal import without_personal
from streamlink_magic.catalog.values import TEXT_CHARS
from streamlink_magic.disclosure import hidden_values
from streamlink_magic.errors import StreamlinkError
from streamlink_magic.records import TableSample, quote_name
from streamlink_magic.steps.guard import guard_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streamlink_magic.protocols import Workbench
    from streamlink_magic.records import Column, PlanNode, TableName, TableSchema
    from streamlink_magic.settings import Policy, Settings

_PLANS = "org.apache.spark.sql.catalyst.plans.logical."
# Plans that hand on rows as they come; what is no logical operator is a relation.
_HANDED_ON = frozenset(
    f"{_PLANS}{name}" for name in ("Project", "SubqueryAlias", "View", "LocalRelation", "Range")
)
_TEXT = ("string", "char", "varchar")
_SIMPLE = (*_TEXT, "tinyint", "smallint", "int", "bigint", "decimal", "double", "float", "date")
_TIMES = ("timestamp", "boolean")


class GuardedSampler:
    """``ValueReader`` over a workbench.

    Parameters
    ----------
    rows
        The most rows that are read of a table.
    timeout_s
        Wall-clock limit of one table's sample, in seconds; then its job is cancelled.
    hidden
        Tells the columns whose values must not be seen.
    drop_personal
        Whether columns are left out in which a value looks like personal data.
    """

    def __init__(
        self,
        workbench: Workbench,
        policy: Policy,
        *,
        rows: int = 10_000,
        timeout_s: float = 20.0,
        hidden: Callable[[TableName, str], bool] = lambda _table, _column: False,
        drop_personal: bool = False,
    ) -> None:
        self._workbench = workbench
        self._policy = policy
        self._rows = rows
        self._timeout_s = timeout_s
        self._hidden = hidden
        self._drop_personal = drop_personal

    def sample(self, table: TableSchema) -> TableSample | str:
        """Return the first rows of a table, or why there are none."""
        columns = tuple(self._open(table))
        if not columns:
            return "it has no column whose values may be shown"
        if not self._workbench.guards:
            return "on Spark Connect nothing can be proven about a read"
        try:
            return self._read(table, columns)
        except StreamlinkError as error:
            return error.message

    def _open(self, table: TableSchema) -> Iterator[Column]:
        for column in table.columns:
            simple = column.type.startswith((*_SIMPLE, *_TIMES))
            hidden = column.counted_only or self._hidden(table.name, column.name)
            if simple and not hidden:
                yield column

    def _read(self, table: TableSchema, columns: tuple[Column, ...]) -> TableSample | str:
        sql = sample_sql(table.name, columns)
        query = guard_sql(sql, self._workbench, self._policy)
        tree, _ = self._workbench.analyze(sql)
        if costly := _costly(tree):
            return f"its first row needs all rows ({costly})"
        result = self._workbench.run(
            query, row_limit=self._rows, timeout_s=self._timeout_s, progress=_silent
        )
        sample = TableSample(table.name, columns, result.rows, complete=not result.more)
        return without_personal(sample) if self._drop_personal else sample


def open_sampler(workbench: Workbench, settings: Settings) -> GuardedSampler:
    """Return what reads the first rows of tables, as far as the settings let it."""
    return GuardedSampler(
        workbench,
        settings.policy,
        rows=settings.sample_rows,
        hidden=hidden_values(workbench, settings.policy),
        drop_personal=settings.drop_personal,
    )


def sample_sql(table: TableName, columns: tuple[Column, ...]) -> str:
    """Return the statement that reads the columns, long texts cut.

    >>> from streamlink_magic.records import Column, TableName
    >>> sample_sql(TableName("pets"), (Column("age", "int"), Column("name", "string")))
    'SELECT `age`, left(`name`, 101) AS `name` FROM `pets`'
    """
    selected = ", ".join(map(_selected, columns))
    return f"SELECT {selected} FROM {table.sql}"  # noqa: S608  every name is in backticks


def _selected(column: Column) -> str:
    name = quote_name(column.name)
    if column.type.startswith(_TEXT):
        return f"left({name}, {TEXT_CHARS + 1}) AS {name}"
    return name


def _costly(tree: PlanNode) -> str:
    """Return the operator that reads all of its input before it gives a row; empty for none."""
    if tree.kind.startswith(_PLANS) and tree.kind not in _HANDED_ON:
        return tree.kind.removeprefix(_PLANS)
    return next(filter(None, map(_costly, tree.children)), "")


def _silent(phase: str, detail: str = "") -> None:
    """Take progress and do nothing with it."""
