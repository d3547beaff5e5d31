"""What other databases' SQL says and Spark says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.repair.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from streamlink_magic.steps.repair.statement import Known

_OTHERS = {"tsql": "SQL Server", "sqlite": "SQLite", "mysql": "MySQL", "postgres": "PostgreSQL"}


_OUTPUTS = (exp.Select, exp.Group, exp.Ordered, exp.AggFunc, exp.Distinct)


def read_otherwise(sql: str) -> tuple[Statement, str] | None:
    """Return a statement that Spark cannot parse, read as another database's, and whose."""
    for dialect, name in _OTHERS.items():
        statement = Statement.parse(sql, dialect)
        text = statement.sql() if statement else None
        again = Statement.parse(text) if text else None
        if again is not None:
            return again, name
    return None


def quote_names(statement: Statement, known: Known) -> Iterator[str]:  # noqa: ARG001
    """Put names into backticks that Spark takes only so, such as Chinese aliases."""
    for name in statement.tree.find_all(exp.Identifier):
        if not name.quoted and not name.name.isascii():
            name.set("quoted", True)
            yield f"{name.name} was put into backticks."


def unquote_columns(statement: Statement, known: Known) -> Iterator[str]:  # noqa: ARG001
    """Read ``T1."name"`` as the column that it is elsewhere; to Spark it is a text."""
    for column in statement.tree.find_all(exp.Column):
        if isinstance(column.this, exp.Literal):
            column.set("this", exp.to_identifier(column.name, quoted=True))
            yield f"{column.name} was read as a column, not as a text."


def unquote_outputs(statement: Statement, known: Known) -> Iterator[str]:
    """Read "Song Name" as the column of that name where a text makes no sense.

    As an output, in an aggregate, in GROUP BY or ORDER BY; and only in double quotes: who wants
    a text there writes it in single ones.
    """
    for view in statement.views(known.tables):
        names = {real for one in view.sources for real in (one.columns or {}).values()}
        spelled = {name.casefold(): name for name in names}
        for literal in list(view.query.find_all(exp.Literal)):
            real = spelled.get(literal.name.casefold()) if literal.is_string else None
            here = literal.find_ancestor(exp.Select, exp.SetOperation) is view.query
            quoted = f'"{literal.name}"' in statement.written
            if real and here and quoted and isinstance(literal.parent, _OUTPUTS):
                literal.replace(exp.column(exp.to_identifier(real, quoted=True)))
                yield f'"{real}" was read as the column {real}, not as a text.'


def replace_functions(statement: Statement, known: Known) -> Iterator[str]:  # noqa: ARG001
    """Say functions that Spark does not have with those that it has."""
    if statement.tree.find(exp.GroupConcat) and "group_concat" in statement.written.casefold():
        yield "GROUP_CONCAT was written as LISTAGG, which Spark has."
    for call in list(statement.tree.find_all(exp.Anonymous)):
        rule = _FUNCTIONS.get(call.name.casefold())
        new = rule(call.expressions) if rule else None
        if new is not None:
            written = call.sql(dialect="spark")
            call.replace(new)
            yield f"{written} was written as {new.sql(dialect='spark')}, which Spark has."


def _renamed(name: str, count: int) -> Callable[[list[exp.Expr]], exp.Expr | None]:
    def rule(arguments: list[exp.Expr]) -> exp.Expr | None:
        if len(arguments) != count:
            return None
        return exp.Anonymous(this=name, expressions=[one.copy() for one in arguments])

    return rule


_PATTERNS = {
    "%Y": "yyyy",
    "%m": "MM",
    "%d": "dd",
    "%H": "HH",
    "%M": "mm",
    "%S": "ss",
    "%j": "DDD",
}


def _strftime(arguments: list[exp.Expr]) -> exp.Expr | None:
    """``strftime('%Y', d)`` gives text: compared with a text it must stay one."""
    if len(arguments) != 2 or not isinstance(arguments[0], exp.Literal):  # noqa: PLR2004
        return None
    pattern, when = arguments[0].name, arguments[1].copy()
    for theirs, ours in _PATTERNS.items():
        pattern = pattern.replace(theirs, ours)
    if "%" in pattern:
        return None
    return exp.Anonymous(this="date_format", expressions=[when, exp.Literal.string(pattern)])


def _julianday(arguments: list[exp.Expr]) -> exp.Expr | None:
    """Only differences of Julian days mean anything, and those are differences of days."""
    if len(arguments) != 1:
        return None
    when = _now(arguments) or exp.Cast(this=arguments[0].copy(), to=exp.DataType.build("timestamp"))
    seconds = exp.Anonymous(this="unix_timestamp", expressions=[when])
    return exp.Paren(this=exp.Div(this=seconds, expression=exp.Literal.number(86400)))


def _now(arguments: list[exp.Expr]) -> exp.Expr | None:
    now = len(arguments) == 1 and arguments[0].is_string and arguments[0].name == "now"
    return exp.CurrentTimestamp() if now else None


_FUNCTIONS: Mapping[str, Callable[[list[exp.Expr]], exp.Expr | None]] = {
    "strftime": _strftime,
    "julianday": _julianday,
    "datetime": _now,
    "average": _renamed("avg", 1),
    "total": _renamed("sum", 1),
    "stdev": _renamed("stddev", 1),
    "getdate": lambda arguments: None if arguments else exp.CurrentTimestamp(),
}
