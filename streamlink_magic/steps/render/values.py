"""How one value reads, in every form of an answer."""

from __future__ import annotations

import datetime as dt
import json
import math
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

TEXT_LIMIT = 200
_BYTES_LIMIT = 32
_DEPTH_LIMIT = 8
_PLAIN_DIGITS = 60
_EXACT_FLOATS = 1e15
_TINY_FLOATS = 1e-5
_SIGNIFICANT = 6
_PAIR = 2
# Joiners and direction marks that scripts need; every other invisible character is made visible.
_KEPT_FORMATS = frozenset("\u200c\u200d\u200e\u200f\u061c")
_CONSTANTS = {None: "null", True: "true", False: "false"}
_SPELLED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def format_value(value: object, *, limit: int = TEXT_LIMIT) -> str:
    r"""Return a value as readers see it in a table cell, on one line.

    Parameters
    ----------
    value
        What Spark returned: a scalar, or nested structs (dicts or rows), maps and lists.
    limit
        The longest text in characters; what was cut is said behind it.

    Examples
    --------
    >>> format_value(None), format_value(True), format_value(b"\x01\xff")
    ('null', 'true', '0x01ff')
    >>> format_value({"city": "Åre", "tags": ["a", None]})
    '{"city": "Åre", "tags": ["a", null]}'
    """
    if isinstance(value, str):
        return visible(cut(value, limit))
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return visible(_cut_nested(_nested(value, limit), limit))
    return visible(cut(_scalar(value), limit))


def format_column(values: Sequence[object]) -> list[str]:
    """Return the values of one column; its floats share their number of decimals.

    Examples
    --------
    >>> format_column([25.1234567, 9.5, None])
    ['25.1235', '9.5000', 'null']
    """
    texts = [format_value(value) for value in values]
    known = [text for value, text in zip(values, texts, strict=True) if value is not None]
    # Numbers too small or too large for plain decimals keep their own notation.
    if not all(value is None or isinstance(value, float) for value in values) or not all(
        "." in text and "e" not in text for text in known
    ):
        return texts
    places = _shared_places(known)
    return [f"{value:.{places}f}" if isinstance(value, float) else "null" for value in values]


def _shared_places(numbers: Sequence[str]) -> int:
    """Return the decimals that show six digits of the largest, and never more than are there."""
    wholes = [len(number.partition(".")[0].lstrip("-")) for number in numbers]
    decimals = [len(number.partition(".")[2]) for number in numbers]
    room = max(2, _SIGNIFICANT - max(wholes, default=0))
    return min(max(decimals, default=0), room)


def is_number(value: object) -> bool:
    """Return whether a value belongs on the right of its column."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def is_numeric(values: Iterable[object]) -> bool:
    """Return whether a column's values are numbers, as far as there are any."""
    known = [value for value in values if value is not None]
    return bool(known) and all(map(is_number, known))


def cut(text: str, limit: int) -> str:
    """Return the text, at most ``limit`` characters of it, saying how much is missing."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… (+{len(text) - limit:,} characters)"


def visible(text: str, *, lines: bool = False) -> str:
    r"""Return the text with control and hidden characters spelled out, so that none acts.

    Parameters
    ----------
    lines
        Whether line feeds and tabs stay as they are.

    Examples
    --------
    >>> visible("a\x1b[31m\n")
    'a\\x1b[31m\\n'
    """
    if text.isprintable():
        return text
    kept = "\n\t" if lines else ""
    return "".join(char if char in kept else _spelled(char) for char in text)


def _spelled(char: str) -> str:
    kind = unicodedata.category(char)
    if kind in {"Cc", "Cs", "Zl", "Zp"} or (kind == "Cf" and char not in _KEPT_FORMATS):
        return _SPELLED.get(char) or char.encode("unicode_escape", "surrogatepass").decode()
    return char


def _scalar(value: object) -> str:
    match value:
        case None | bool():
            return _CONSTANTS[value]
        case float():
            return _float(value)
        case Decimal():
            return _decimal(value)
        case dt.datetime():
            return value.isoformat(sep=" ")
        case bytes() | bytearray() | memoryview():
            return _binary(bytes(value))
        case _:
            return str(value)


def _float(value: float) -> str:
    """Return six significant digits, and at least the cents of a larger number."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    size = abs(value)
    if value and not _TINY_FLOATS <= size < _EXACT_FLOATS:
        return f"{value:.{_SIGNIFICANT}g}"
    places = _SIGNIFICANT - 1 - (math.floor(math.log10(size)) if value else 0)
    whole, _, rest = f"{value:.{max(2, places)}f}".partition(".")
    return f"{whole}.{rest.rstrip('0') or '0'}"


def _decimal(value: Decimal) -> str:
    # A decimal keeps its scale; only an exponent far beyond Spark's 38 digits stays an exponent.
    if value.is_finite() and abs(value.adjusted()) < _PLAIN_DIGITS:
        return f"{value:f}"
    return str(value)


def _binary(value: bytes) -> str:
    shown = f"0x{value[:_BYTES_LIMIT].hex()}"
    return shown if len(value) <= _BYTES_LIMIT else f"{shown}… ({len(value):,} bytes)"


def _cut_nested(text: str, limit: int) -> str:
    # Parts past the limit were never spelled out, so how much is missing is not known.
    return text if len(text) <= limit else f"{text[:limit]}…"


def _nested(value: object, room: int, depth: int = 0) -> str:
    """Return structs, maps and lists as compact JSON-like text, little longer than ``room``."""
    if isinstance(value, str):
        return json.dumps(value[: room + 1], ensure_ascii=False)
    if not isinstance(value, (dict, list, tuple, set, frozenset)):
        return _scalar(value)
    if depth > _DEPTH_LIMIT:
        return "…"
    pairs = _pairs(value)
    if pairs is None:
        return f"[{_joined(((None, item) for item in value), room, depth)}]"
    return f"{{{_joined(pairs, room, depth)}}}"


def _pairs(value: Collection[object]) -> Iterable[tuple[object, object]] | None:
    """Return what a struct, a row or a map holds; None for a list."""
    if isinstance(value, dict):
        return value.items()
    names = getattr(value, "__fields__", None)
    if isinstance(names, (list, tuple)):
        return zip(names, value, strict=False)
    # Arrow gives structs as dicts, so pairs in a list are a map's entries.
    if isinstance(value, list) and value and all(_is_pair(item) for item in value):
        return value
    return None


def _is_pair(item: object) -> bool:
    return isinstance(item, tuple) and len(item) == _PAIR and not hasattr(item, "__fields__")


def _joined(pairs: Iterable[tuple[object, object]], room: int, depth: int) -> str:
    parts: list[str] = []
    for key, value in pairs:
        if room < 0:
            parts.append("…")
            break
        name = "" if key is None else f"{_nested(key, room, depth + 1)}: "
        parts.append(name + _nested(value, room, depth + 1))
        room -= len(parts[-1]) + 2
    return ", ".join(parts)
