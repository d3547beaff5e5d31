"""Rules over the bare text, before any parser sees it.

They keep out what two readers could read differently: invisible and direction-changing
characters, letters that look like others, a comment that goes on over a line's end, and
``${...}``, which Spark replaces before it parses.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.refusal import Refusal
from streamlink_magic.steps.guard.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NESTING = 100
QUERY_STARTS = words("SELECT WITH FROM VALUES TABLE MAP REDUCE")
"""What a query begins with, brackets and comments aside."""

_JOINERS = "\u200c\u200d"
_PIECES = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<raw>\b[rR](?:'[^']*(?:'|\Z)|"[^"]*(?:"|\Z)))
    | (?P<string>'(?:[^'\\]|\\.)*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z))
    | (?P<quoted>`[^`]*(?:`|\Z))
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r"\w+")
_CYRILLIC_TWINS = "абвгдеікмнорсԁѕтухјһԛԝАВЕІКМНОРСТУХЈЅԌԚԜ"
_GREEK_TWINS = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ"  # noqa: RUF001  the look-alikes themselves
_TWINS = frozenset(_CYRILLIC_TWINS + _GREEK_TWINS)


def check_text(sql: str, max_chars: int) -> str:
    """Return the statement as Spark's parser will get it, without one final semicolon.

    Raises
    ------
    Refusal
        When the text breaks a rule.

    Examples
    --------
    >>> check_text("SELECT 1 ; ", 100)
    'SELECT 1'
    """
    if len(sql) > max_chars:
        raise Refusal(
            "length", f"The statement has {len(sql)} characters, {max_chars} are allowed."
        )
    _check_characters(sql)
    if "${" in sql:
        raise Refusal("substitution", "Spark replaces ${...} before it parses.", "${")
    if re.search(r"\\\r?\n", sql):
        raise Refusal("line-continuation", "A backslash at a line's end continues a comment.", "\\")
    text = _without_final_semicolon(sql)
    if not text.strip():
        raise Refusal("empty", "There is no statement.")
    _check_code(text)
    return text


def pieces(sql: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the text of each piece: code, comment, raw, string or quoted."""
    start = 0
    for match in _PIECES.finditer(sql):
        if match.start() > start:
            yield "code", sql[start : match.start()]
        yield match.lastgroup or "code", match.group()
        start = match.end()
    if start < len(sql):
        yield "code", sql[start:]


def code_only(sql: str) -> str:
    """Return the statement with comments, strings and quoted names blanked out."""
    return "".join(text if kind == "code" else " " * len(text) for kind, text in pieces(sql))


def first_word(sql: str) -> str:
    """Return the first word of the statement in capitals, comments skipped."""
    match = re.search(r"[^\s(]+", code_only(sql))
    return match.group().upper() if match else ""


def _check_characters(sql: str) -> None:
    for position, char in enumerate(sql):
        if char in "\t\n " or "!" <= char <= "~":
            continue
        if char == "\r":
            if sql[position + 1 : position + 2] != "\n":
                raise Refusal("control-character", "A lone carriage return hides text.")
            continue
        category = unicodedata.category(char)
        hidden = category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} and char not in _JOINERS
        if hidden:
            name = unicodedata.name(char, f"U+{ord(char):04X}")
            raise Refusal("control-character", f"The invisible character {name} is not allowed.")


def _without_final_semicolon(sql: str) -> str:
    text = sql.strip()
    return text[:-1].rstrip() if text.endswith(";") and code_only(text).endswith(";") else text


def _check_code(sql: str) -> None:
    for kind, text in pieces(sql):
        if kind == "code":
            _check_plain_letters(text)
        if kind in {"code", "quoted"}:
            _check_twins(text)
    code = code_only(sql)
    if ";" in code:
        raise Refusal("one-statement", "One statement at a time, and no semicolon inside it.", ";")
    if _nesting(code) > MAX_NESTING:
        raise Refusal("nesting", f"Brackets may be nested {MAX_NESTING} deep.")


def _check_plain_letters(text: str) -> None:
    for char in text:
        if char.isascii():
            continue
        if char in _JOINERS:
            raise Refusal("control-character", "An invisible joiner may stand in quotes only.")
        upper = char.upper()  # the parser turns single characters: not ß, which would become SS
        turned = (
            unicodedata.normalize("NFKC", char) + char.lower() + (upper if len(upper) == 1 else "")
        )
        if any(other.isascii() for other in turned):
            raise Refusal("look-alike", f"{char!r} can be read as another character.", char)


def _check_twins(text: str) -> None:
    for match in _WORD.finditer(text):
        word = match.group()
        if not word.isascii() and _TWINS & set(word) and re.search("[A-Za-z]", word):
            raise Refusal("look-alike", f"{word!r} mixes letters that look the same.", word)


def _nesting(code: str) -> int:
    level = deepest = 0
    for char in code:
        if char in "([":
            level += 1
            deepest = max(deepest, level)
        elif char in ")]":
            level -= 1
    return deepest
