"""The SQL of a failed cell, found in its source without running any of it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SQL_CELL = re.compile(r"\s*%%\w*sql\w*\b[^\n]*\n(?P<body>.*)\Z", re.DOTALL | re.IGNORECASE)
_OWN_CELL = re.compile(r"\s*%%(?:ask|explain)\b(?P<line>[^\n]*)\n(?P<body>.*)\Z", re.DOTALL)
_OWN_LINE = re.compile(r"\s*%explain\s+(?P<body>\S.*)\Z", re.DOTALL)
_STARTS = re.compile(r"\s*(?:--[^\n]*\n\s*)*\(*\s*(?:SELECT|WITH|FROM|VALUES)\b", re.IGNORECASE)


def find_sql(sources: Sequence[str], fragment: str, variables: Mapping[str, object]) -> str:
    """Return the statement that failed; empty where none is found.

    Parameters
    ----------
    sources
        Cells, the one that failed first, then those before it, newest first: a lazy query fails
        where it is used and not where it is written.
    fragment
        The part of the statement that Spark points at; empty where it points at none.
    variables
        The notebook's variables: a statement may be held in one.

    Examples
    --------
    >>> find_sql(["spark.sql('SELECT wing FROM pets').show()"], "wing", {})
    'SELECT wing FROM pets'
    """
    for place, source in enumerate(sources):
        found = list(_statements(source, variables))
        fitting = [sql for sql in found if _squeezed(fragment) in _squeezed(sql)]
        if fitting and (fragment or not place):
            return fitting[-1].strip().rstrip(";")
    return ""


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _statements(source: str, variables: Mapping[str, object]) -> Iterator[str]:
    """Yield the statements of a cell; those that are surely run, through ``sql(…)``, last."""
    cell = _SQL_CELL.match(source) or _OWN_LINE.match(source)
    own = _OWN_CELL.match(source)
    if own and (source.lstrip().startswith("%%explain") or "--sql" in own["line"]):
        cell = own
    if cell:
        yield cell["body"]
        return
    tree = _parsed(source)
    nodes = list(ast.walk(tree)) if tree is not None else []
    pieces = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    texts = [_text(node, variables) for node in nodes if id(node) not in pieces]
    yield from (text for text in texts if text and _STARTS.match(text))
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            text = _text(node.args[0], variables) if node.args else ""
            if node.func.attr == "sql" and text:
                yield text


def _parsed(source: str) -> ast.AST | None:
    plain = "\n".join(
        "" if line.lstrip()[:1] in {"%", "!"} else line for line in source.split("\n")
    )
    try:
        return ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _text(node: ast.AST, variables: Mapping[str, object]) -> str:
    """Return the text that an expression surely is: a literal, a variable, or both put together."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            held = variables.get(name)
            return held if isinstance(held, str) else ""
        case ast.JoinedStr(values=parts):
            return "".join(_part(part, variables) for part in parts)
        case _:
            return ""


def _part(part: ast.AST, variables: Mapping[str, object]) -> str:
    if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
        held = variables.get(part.value.id)
        # Only plain values: to format anything else could run code of its own.
        return str(held) if type(held) in {str, int, float} and not part.format_spec else ""
    return _text(part, variables)
