"""Text from the catalog as a prompt may hold it: plain names, quoted comments, one line each."""

from __future__ import annotations

import re

from streamlink_magic.records import quote_name

_COMMENT_CHARS = 160
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
# Words that Spark's ANSI mode reserves and that people do use as names.
_RESERVED = frozenset(
    """
    all and any as both case cast check collate column constraint create cross current_date
    current_time current_timestamp current_user distinct else end escape except false fetch
    filter for foreign from full grant group having in inner intersect into is join leading
    left natural not null offset on only or order outer overlaps primary references right
    select session_user some table then time to trailing union unique unknown user using
    when where with within
    """.split()  # noqa: SIM905  a list of one word a line says no more
)


def plain_name(name: str) -> str:
    """Return a name as SQL takes it, in backticks only where it needs them.

    >>> plain_name("dep_delay"), plain_name("order"), plain_name("unit price")
    ('dep_delay', '`order`', '`unit price`')
    """
    if _PLAIN_NAME.match(name) and name.lower() not in _RESERVED:
        return name
    return quote_name(name)


def as_data(text: str, limit: int) -> str:
    """Return text from a file on one line, capped, unable to open or close a code fence."""
    return " ".join(UNPRINTABLE.sub(" ", text).replace("```", "").split())[:limit]


def comment_clause(text: str) -> str:
    """Return a comment as a quoted literal: one line, capped, its quotes doubled."""
    clean = UNPRINTABLE.sub(" ", text).strip()
    if not clean:
        return ""
    cut = clean if len(clean) <= _COMMENT_CHARS else clean[:_COMMENT_CHARS] + "…"
    return " COMMENT '" + cut.replace("'", "''") + "'"
