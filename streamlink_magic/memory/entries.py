"""One kept answer: a question, the SQL that a user confirmed, and where it held."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass

from streamlink_magic.errors import MemoryFileError

_ID_CHARS = 8
_LONGEST = 20_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_FIX = "Correct that line, or delete it; the other lines are not touched."


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A question and its SQL, as a user kept them.

    Attributes
    ----------
    author
        Who kept it.
    date
        The day, as ``2026-11-25``.
    tables
        Dotted names of the tables that the SQL reads.
    schema
        Fingerprint of those tables' columns at that time.

    Examples
    --------
    >>> KeptAnswer("How many pets?", "SELECT count(*) FROM pets").id
    '3d57500e'
    """

    question: str
    sql: str
    author: str = ""
    date: str = ""
    tables: tuple[str, ...] = ()
    schema: str = ""

    @property
    def id(self) -> str:
        """A short name that follows from question and SQL alone, the same for everybody."""
        text = json.dumps([self.question, self.sql], ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_CHARS]


def to_line(entry: KeptAnswer) -> str:
    """Return the entry as one line of JSON, the id first."""
    return json.dumps({"id": entry.id} | asdict(entry), ensure_ascii=False)


def from_line(line: str, where: str) -> KeptAnswer:
    """Return the entry that a line holds.

    Parameters
    ----------
    where
        File and line, for the complaint.

    Raises
    ------
    MemoryFileError
        When the line is not such an entry; the message says where and why.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MemoryFileError(f"{where} is no JSON: {error}.", _FIX) from None
    if not isinstance(record, dict):
        raise MemoryFileError(f"{where} is no JSON object.", _FIX)
    if problem := _problem(record):
        raise MemoryFileError(f"{where} {problem}.", _FIX)
    return KeptAnswer(
        question=record["question"],
        sql=record["sql"],
        author=record.get("author", ""),
        date=record.get("date", ""),
        tables=tuple(record.get("tables", ())),
        schema=record.get("schema", ""),
    )


def _problem(record: dict[str, object]) -> str:
    for name in ("question", "sql"):
        text = record.get(name)
        if not isinstance(text, str) or not text.strip():
            return f"lacks {name!r}"
        if len(text) > _LONGEST:
            return f"holds more than {_LONGEST:,} characters in {name!r}"
    for name in ("author", "date", "schema"):
        if not isinstance(record.get(name, ""), str):
            return f"needs text in {name!r}"
    if (day := record.get("date")) and not _DAY.match(str(day)):
        return "needs a day such as 2026-11-25 in 'date'"
    tables = record.get("tables", [])
    if not isinstance(tables, list) or not all(isinstance(one, str) for one in tables):
        return "needs a list of names in 'tables'"
    return ""
