"""What a result comes to: a digest that equal results share on every machine.

Spark may return equal rows in another order, and a sum of floats may differ in its last digit
from run to run. Neither is a change, so rows are taken as a bag and floats by nine digits.
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_DIGITS = 9
_EXPONENT_DIGITS = 12  # so many decide where a float's digits begin: 0.99… and 1.0 begin alike
_FINEST = -12  # below this many places a float is noise of the terms that cancelled out
# Floats are told apart by buckets. Their borders lie off every short decimal, for such numbers
# are common and may come out as 12.5 or as 12.499999999999998.
_OFFSET = 0.381966


def rows_digest(rows: Iterable[Iterable[object]]) -> str:
    """Return a digest of rows that does not depend on their order.

    Examples
    --------
    >>> rows_digest([(1, 0.1 + 0.2), (2, None)]) == rows_digest([(2, None), (1, 0.3)])
    True
    >>> rows_digest([(1,)]) == rows_digest([(1,), (1,)])
    False
    """
    lines = sorted(json.dumps([_plain(value) for value in row]) for row in rows)
    return text_digest("\n".join(lines))


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: object) -> object:  # noqa: PLR0911  one line a kind of value
    """Return a value as JSON, with its kind where two kinds could look alike."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return ["number", str(value)]
    if isinstance(value, float):
        return ["float", _bucket(value)]
    if isinstance(value, Decimal):
        return ["number", format(value.normalize(), "f") if value.is_finite() else str(value)]
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return ["time", moment.isoformat()]
    if isinstance(value, date | time | timedelta):
        return ["time", str(value)]
    if isinstance(value, dict):
        pairs = ([_plain(key), _plain(one)] for key, one in value.items())
        return ["map", sorted(pairs, key=json.dumps)]
    if isinstance(value, list | tuple):
        return ["list", [_plain(one) for one in value]]
    if isinstance(value, bytes | bytearray | memoryview):
        return ["bytes", bytes(value).hex()]
    return [type(value).__name__, str(value)]


def _bucket(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    exponent = int(f"{value:.{_EXPONENT_DIGITS}e}".partition("e")[2]) if value else 0
    places = max(exponent - _DIGITS + 1, _FINEST)
    scaled = Decimal(value).scaleb(-places) + Decimal(str(_OFFSET))
    bucket = math.floor(scaled)
    return f"{bucket}e{places}" if bucket else "0"
