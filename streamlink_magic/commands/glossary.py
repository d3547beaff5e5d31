"""The project's own words: list, set and remove terms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.errors import AskUsageError
from streamlink_magic.memory.glossary import (
    check_term,
    load_glossary,
    parse_condition,
    remove_term,
    set_term,
)
from streamlink_magic.steps.render import Listing

if TYPE_CHECKING:
    from streamlink_magic.commands.desk import Desk
    from streamlink_magic.records import CatalogSnapshot, Term

_PAIR = re.compile(r"(\"[^\"]+\"|'[^']+'|[^\"'=]+?)\s*=\s*(\S.*)\Z", re.DOTALL)
_USAGE = (
    'Write: %streamlink term "active customer" = "status = \'A\'", '
    'or: %streamlink term --remove "active customer"'
)


def show_terms(desk: Desk, _rest: str) -> Listing:
    """See the glossary: the project's own words and what they mean in SQL."""
    path = desk.terms_path()
    glossary = load_glossary(path)
    rows = tuple((term.name, term.condition) for term in glossary.terms)
    empty = () if rows else (f"No terms yet. {_USAGE}",)
    return Listing(f"Glossary, {path}", ("term", "means"), rows, (*empty, *glossary.problems))


def change_term(desk: Desk, rest: str) -> Listing:
    """Say what a word means in SQL, or remove it."""
    if rest.startswith("--remove"):
        name = _unquoted(rest.removeprefix("--remove"))
        remove_term(desk.terms_path(), name)
        return Listing(f"The term {name!r} is removed.")
    pair = _PAIR.match(rest)
    if pair is None:
        raise AskUsageError(_USAGE)
    term = check_term(_unquoted(pair.group(1)), _unquoted(pair.group(2)))
    set_term(desk.terms_path(), term)
    return Listing(
        f"From now on «{term.name}» means {term.condition}",
        notes=_unknown_columns(term, desk.asks.cache.last),
    )


def _unquoted(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def _unknown_columns(term: Term, catalog: CatalogSnapshot) -> tuple[str, ...]:
    """Warn of columns that no table seen so far has; a typing mistake shows at once."""
    known = {column.name.casefold() for table in catalog.tables for column in table.columns}
    used = parse_condition(term.condition, term.name).find_all(exp.Column)
    missing = sorted({column.name for column in used if column.name.casefold() not in known})
    if not known or not missing:
        return ()
    return (f"No table seen so far has a column {' or '.join(missing)}.",)
