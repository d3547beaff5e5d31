"""Text from the catalog as a prompt may hold it: plain names, quoted comments, one line each."""

from __future__ import annotations

import re

from streamlink_magic.records import quote_name

_COMMENT_CHARS = 160
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
# Chat templates turn these into the marks between messages.
MARKS = re.compile(r"<(?=\|)|(?<=\|)>")
# Where data lie and how they are reached is nobody's business but Spark's.
_PLACES = re.compile(
    r"\b(?:jdbc:|[a-z][a-z0-9+.-]*:/)[^\s'\"`,;)\]]+|(?<![\w.`/])/(?:[\w.=-]+/)+[\w.=-]*",
    re.IGNORECASE,
)
_SECRETS = re.compile(
    r"\b((?:password|passwd|pwd|secret|token|api_?key|access_?key|credential)s?\W{1,4})[^\s,;)]+",
    re.IGNORECASE,
)
_NAME_CHARS = 200
_TYPE_CHARS = 1_000
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
    if len(name) <= _NAME_CHARS and _PLAIN_NAME.match(name) and name.lower() not in _RESERVED:
        return name
    # What is changed here is a name that no model could write anyway.
    return quote_name(plain(name)[:_NAME_CHARS])


def plain_type(text: str) -> str:
    """Return a type as one line, capped: the fields of a struct have free names."""
    return plain(text)[:_TYPE_CHARS]


def plain(text: str) -> str:
    """Return text on one line, without hidden characters and marks between messages."""
    return MARKS.sub(" ", _UNPRINTABLE.sub(" ", text))


def redacted(error: str) -> str:
    """Return an error's text as one line of data that holds no place and no secret.

    >>> redacted("no file s3://bucket/part-0, password=xyz")
    'no file (a place), password=(a secret)'
    """
    line = plain(error).replace("```", "'" * 3)
    return _SECRETS.sub(r"\1(a secret)", _PLACES.sub("(a place)", line))


def as_data(text: str, limit: int) -> str:
    """Return text from a file on one line, capped, unable to open or close a code fence."""
    return " ".join(plain(text).replace("```", "").split())[:limit]


def comment_clause(text: str) -> str:
    """Return a comment as a quoted literal: one line, capped, its quotes doubled."""
    clean = plain(text).strip()
    if not clean:
        return ""
    cut = clean if len(clean) <= _COMMENT_CHARS else clean[:_COMMENT_CHARS] + "…"
    return " COMMENT '" + cut.replace("'", "''") + "'"
