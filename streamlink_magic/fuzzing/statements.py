"""Statements made from a seed: a small grammar of Spark SQL, then changes to the text.

The grammar makes queries of most shapes that the guard lets through, and some commands; the
changes are those that readers of SQL disagree about: comments, quotes, line ends, brackets.
"""

# ruff: noqa: S608, PLR2004  it makes SQL of chance, and the numbers are the chances

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

OPEN = {
    "sales": ("id", "town", "price", "day", "tags"),
    "towns": ("town", "land"),
}
"""Tables that may be read, and their columns."""

CLOSED = ("vault.pay", "vault.`pay`", "pay")
"""Names that may not be read."""

FUNCTIONS = ("upper", "lower", "abs", "coalesce", "count", "sum", "max", "concat", "length", "nvl")
_FORBIDDEN = ("reflect", "java_method", "`reflect`", "input_file_name", "current_user", "no_such")
_COMMANDS = (
    "DROP TABLE {t}", "INSERT INTO {t} {q}", "DELETE FROM {t}", "SET a = 1", "CACHE TABLE {t}",
    "CREATE TABLE made AS {q}", "EXPLAIN {q}", "EXECUTE IMMEDIATE '{q}'", "BEGIN {q}; END",
    "WITH c AS ({q}) INSERT INTO {t} TABLE c", "FROM {t} INSERT INTO towns {q}",
    "TRUNCATE TABLE {t}", "USE vault",
    "MERGE INTO {t} USING towns ON true WHEN MATCHED THEN DELETE",
)  # fmt: skip
_PIECES = (
    "--", "-- x\n", "/*", "*/", "/* x */", "/* /* x */ */", "/*+ BROADCAST(t) */", "'", '"', "`",
    "\\", "\\\n", "\n", "\r\n", "\t", ";", "(", ")", ",", "''", "r'", "${x}", "$$", "::int", "||",
    " UNION ALL SELECT who FROM vault.pay ", " FROM vault.pay ", ", vault.pay", " WITH ('a'='b') ",
    " LATERAL VIEW explode(tags) e AS tag ", " |> WHERE true ", " STREAM ", " IDENTIFIER('pay') ",
    " TABLESAMPLE (1 ROWS) ", " VERSION AS OF 1 ", ":p", "?", "#", "//", "@", "1e3", ".5", "0x1F",
)  # fmt: skip
_SPACES = (" ", "\n", "\t", "  ", "/**/", " -- c\n", "/* c */", "\r\n")
_DEEP = 3


class Statements:
    """A source of statements.

    Parameters
    ----------
    chance
        Where every choice comes from: the same seed makes the same statements.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def next(self) -> str:
        """Return the next statement."""
        roll = self._chance.random()
        sql = self._command() if roll < 0.1 else self._query(0)
        for _ in range(self._chance.choice((0, 0, 1, 1, 2, 3))):
            sql = self._changed(sql)
        return sql

    def _pick(self, *options: str) -> str:
        return self._chance.choice(options)

    def _command(self) -> str:
        text = self._chance.choice(_COMMANDS)
        return text.replace("{t}", self._table()).replace("{q}", self._query(_DEEP))

    def _query(self, level: int) -> str:
        if level >= _DEEP:
            return f"SELECT {self._pick('1', '*', 'town')} FROM {self._table()}"
        shapes = (
            self._select, self._select, self._select, self._set, self._with, self._bracketed,
            self._piped, self._values,
        )  # fmt: skip
        return self._chance.choice(shapes)(level)

    def _select(self, level: int) -> str:
        count = self._chance.randint(1, 3)
        columns = ", ".join(self._column(level) for _ in range(count))
        parts = [
            f"SELECT {self._pick('', '', 'DISTINCT ')}{columns}",
            f"FROM {self._from(level)}",
            self._pick("", f"WHERE {self._condition(level)}"),
            self._pick("", "", f"GROUP BY {self._name()}"),
            self._pick("", "", f"ORDER BY {self._name()} DESC"),
            self._pick("", "", "LIMIT 5"),
        ]
        return " ".join(part for part in parts if part)

    def _set(self, level: int) -> str:
        word = self._pick("UNION", "UNION ALL", "EXCEPT", "INTERSECT", "MINUS")
        return f"{self._query(level + 1)} {word} {self._query(level + 1)}"

    def _with(self, level: int) -> str:
        name = self._pick("a", "b", "sales", "pay")
        return f"WITH {name} AS ({self._query(level + 1)}) SELECT * FROM {name}, {self._table()}"

    def _bracketed(self, level: int) -> str:
        return f"({self._query(level + 1)})"

    def _piped(self, level: int) -> str:
        return f"FROM {self._table()} |> WHERE {self._condition(level + 1)} |> LIMIT 3"

    def _values(self, level: int) -> str:
        return f"VALUES ({self._expression(level)}, {self._pick('1', 'NULL')})"

    def _from(self, level: int) -> str:
        first = self._source(level)
        if self._chance.random() < 0.6:
            return first
        join = self._pick("JOIN", "LEFT JOIN", "CROSS JOIN", "LEFT ANTI JOIN", "NATURAL JOIN")
        on = "" if join in {"CROSS JOIN", "NATURAL JOIN"} else " ON true"
        return f"{first} {join} {self._source(level)}{on}"

    def _source(self, level: int) -> str:
        if self._chance.random() < 0.2:
            return f"({self._query(level + 1)}) AS s"
        return f"{self._table()}{self._pick('', ' t', ' AS `t`')}"

    def _table(self) -> str:
        if self._chance.random() < 0.08:
            return self._chance.choice(CLOSED)
        name = self._chance.choice(tuple(OPEN))
        return self._pick(name, name, f"shop.{name}", f"`{name}`", name.upper())

    def _name(self) -> str:
        name = self._chance.choice(self._chance.choice(tuple(OPEN.values())))
        return self._pick(name, name, f"`{name}`", name.upper())

    def _column(self, level: int) -> str:
        return f"{self._expression(level)}{self._pick('', '', ' AS x', ' `a b`')}"

    def _expression(self, level: int) -> str:
        options: list[Callable[[], str]] = [
            self._name,
            self._name,
            lambda: self._pick("1", "'a'", "NULL", "DATE'2024-01-01'", '"b"', "1.5", "'it''s'"),
        ]
        if level < _DEEP:
            options += [self._call(level), self._case(level), self._subquery(level)]
        return self._chance.choice(options)()

    def _call(self, level: int) -> Callable[[], str]:
        def make() -> str:
            rare = self._chance.random() < 0.04
            name = self._chance.choice(_FORBIDDEN if rare else FUNCTIONS)
            return f"{name}({self._expression(level + 1)})"

        return make

    def _case(self, level: int) -> Callable[[], str]:
        return lambda: f"CASE WHEN {self._condition(level + 1)} THEN 1 ELSE 2 END"

    def _subquery(self, level: int) -> Callable[[], str]:
        return lambda: f"(SELECT max(town) FROM {self._table()} WHERE {self._condition(level + 1)})"

    def _condition(self, level: int) -> str:
        if level < _DEEP and self._chance.random() < 0.25:
            start = self._pick("town IN", "EXISTS", "town NOT IN")
            return f"{start} ({self._query(level + 1)})"
        sign = self._pick("=", "<>", ">", "LIKE", "<=>", "IS NOT DISTINCT FROM")
        return f"{self._expression(level + 1)} {sign} {self._expression(level + 1)}"

    def _changed(self, sql: str) -> str:
        at = self._chance.randrange(len(sql) + 1)
        change = self._chance.randrange(7)
        if change == 0:
            spaces = self._chance.choice(_SPACES)
            return sql.replace(" ", spaces, self._chance.randint(1, 4))
        if change == 1:
            return sql.swapcase()
        if change == 2:
            end = min(len(sql), at + self._chance.randint(1, 6))
            return sql[:at] + sql[end:]
        if change == 3:
            hidden = f"--\\\n/*\n{self._chance.choice(_PIECES)}-- */"
            return f"{sql} {hidden}"
        return sql[:at] + self._chance.choice(_PIECES) + sql[at:]
