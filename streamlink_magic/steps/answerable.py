"""Notice that no table holds what a question asks for, from what the model makes up.

A small model never says that it does not know. But where a column is missing it tends to write
one of that name all the same, or to give the missing name to something else (``zip AS
population``); over several drafts that tells the questions that cannot be answered from those
that can.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from streamlink_magic.catalog.nearness import folded
from streamlink_magic.catalog.ranking import rank_tables, words_of
from streamlink_magic.errors import UnanswerableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from streamlink_magic.records import Column, TableSchema

_OFTEN, _TABLES_OFTEN = 0.5, 0.25  # shares of the drafts
_SEVERAL = 2
_ROOT = 4  # letters
_FIELD = re.compile(r"[<,]\s*`?(\w+)`?\s*:")
_NEAREST, _NAMED = 3, 3
# Words that name what is done with data and not data; so do most that end like these.
_DOING = frozenset(
    """
    act available begin belong bought buy come common correspond depart do done exactly
    frequent gave get give given got had has have held hold ids keep kept know known land leave
    left lie live lost made make multiple offer often own paid perform play ran retrieve run
    seen sell sent serve sold spent star stay take taken took won work
    bad best better good last least less many next worse worst
    one two three four five six seven eight nine ten eleven twelve hundred thousand million half
    """.split()  # noqa: SIM905
)
_COUNTING = frozenset("average avg count max min no num number of sum the total".split())  # noqa: SIM905
_SUMMARIES = (exp.Min, exp.Max, exp.Sum, exp.Avg)
_DOING_ENDS = ("ed", "ly", "ing")


def require_answerable(
    question: str,
    drafts: Sequence[str],
    tables: Sequence[TableSchema],
    unexplained: Sequence[str],
) -> None:
    """Refuse a question that the tables cannot answer.

    It is refused when at least half of several drafts read names that nothing here is called
    like, when a draft reads a noun of the question that nothing explains, when one gives such a
    noun as a name to a column called otherwise, or when more than a few read from tables that
    there are not. The thresholds were chosen on questions over twelve databases: 3 of 144 that
    can be answered are refused by them, and 69 of 94 that cannot.

    Parameters
    ----------
    drafts
        The SQL as the model wrote it, before anything is mended.
    tables
        All tables that can be asked about.
    unexplained
        Words of the question that no table, column, comment, value or term explains.

    Raises
    ------
    UnanswerableError
        With what is missing, and the nearest tables.

    Examples
    --------
    >>> require_answerable("How many?", ["SELECT count(*) FROM pets"], [], [])
    """
    trees = [tree for tree in map(_parsed, drafts) if tree is not None]
    if not trees:
        return
    nouns = nouns_among(unexplained)
    made_up = [list(_made_up(tree, tables)) for tree in trees]
    sources = [list(_made_up_tables(tree, tables)) for tree in trees]
    renamed = [noun for tree in trees for noun in _given_nouns(tree, nouns)]
    often = _is_often(made_up, _OFTEN) or _is_often(sources, _TABLES_OFTEN)
    names = [name for found in (*sources, *made_up) for name in found]
    written = [noun for noun in nouns if any(noun in words_of(name) for name in names)]
    if often or renamed or written:
        missing = renamed or written or names
        raise unanswerable(question, list(dict.fromkeys(missing)), tables)


def _is_often(found: Sequence[Sequence[str]], share: float) -> bool:
    """Return whether at least this share of the drafts found something, and more than one."""
    drafts = sum(map(bool, found))
    return drafts >= max(_SEVERAL, share * len(found))


def values_named(drafts: Sequence[str]) -> set[str]:
    """Return the words that the drafts look for as values: they name no column.

    >>> sorted(values_named(["SELECT * FROM shops WHERE town LIKE '%new york%'"]))
    ['new', 'york']
    """
    trees = [tree for tree in map(_parsed, drafts) if tree is not None]
    texts = (one.name for tree in trees for one in tree.find_all(exp.Literal) if one.is_string)
    return {word for text in texts for word in words_of(text)}


def nouns_among(words: Iterable[str]) -> list[str]:
    """Return the words that name data, and not what is done with them.

    >>> nouns_among(["weight", "arriving", "had"])
    ['weight']
    """
    return [word for word in words if word not in _DOING and not word.endswith(_DOING_ENDS)]


def _parsed(sql: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(sql, read="spark")
    except (SqlglotError, RecursionError):
        return None


def _made_up(tree: exp.Expr, tables: Sequence[TableSchema]) -> Iterator[str]:
    """Yield the names that a draft reads and that nothing in the catalog is called like."""
    if any(not isinstance(node.this, exp.Identifier) for node in tree.find_all(exp.Table)):
        return  # a table function has columns of its own
    given = set(_given(tree))
    names = [table.name.name for table in tables]
    names += [column.name for table in tables for column in table.columns]
    names += [field for table in tables for column in table.columns for field in _fields(column)]
    known = {folded(name) for name in names}
    words = {word for name in names for word in words_of(name)}
    for node in tree.find_all(exp.Column, exp.Table):
        name = node.name
        if not name or name == "*" or name.casefold() in given or folded(name) in known:
            continue
        if not _made_of(words_of(name), words):
            yield name


def _fields(column: Column) -> list[str]:
    """Return the names of a struct's fields, however deep."""
    return _FIELD.findall(column.type)


def _made_up_tables(tree: exp.Expr, tables: Sequence[TableSchema]) -> Iterator[str]:
    """Yield the tables that a draft reads from and that are none, in any number or spelling."""
    given = set(_given(tree))
    names = [table.name.name for table in tables]
    known = {_spelling(name) for name in names} | {
        " ".join(sorted(words_of(name))) for name in names
    }
    for node in tree.find_all(exp.Table):
        spellings = {_spelling(node.name), " ".join(sorted(words_of(node.name)))}
        if node.name and node.name.casefold() not in given and not spellings & known:
            yield node.name


def _spelling(name: str) -> str:
    return folded(name).removesuffix("s")


def _made_of(parts: Sequence[str], words: Iterable[str]) -> bool:
    """Return whether a name is put together of known words, or of words that begin alike."""
    return bool(parts) and all(
        any(word.startswith(part[:_ROOT]) for word in words) for part in parts
    )


def _given(tree: exp.Expr) -> Iterator[str]:
    """Yield the names that the statement itself gives."""
    for node in tree.find_all(exp.Alias, exp.CTE, exp.TableAlias):
        yield (
            node.alias.casefold() if not isinstance(node, exp.TableAlias) else node.name.casefold()
        )
        for column in node.args.get("columns") or ():
            yield column.name.casefold()


def _given_nouns(tree: exp.Expr, nouns: Sequence[str]) -> Iterator[str]:
    """Yield the nouns that a draft gives as a name to a column that is called otherwise.

    What is counted or computed is another matter: ``cost - price AS loss`` answers.
    """
    for node in tree.find_all(exp.Alias):
        value = node.this.this if isinstance(node.this, _SUMMARIES) else node.this
        if not isinstance(value, exp.Column):
            continue
        words = [word for word in words_of(node.alias) if word not in _COUNTING]
        if words and all(word in nouns for word in words):
            yield from words


def unanswerable(
    question: str, missing: Sequence[str], tables: Sequence[TableSchema]
) -> UnanswerableError:
    """Return the refusal of a question: what is missing, and the nearest tables."""
    nearest = ", ".join(table.name.name for table in rank_tables(question, tables)[:_NEAREST])
    what = " or ".join(missing[:_NAMED])
    return UnanswerableError(
        f"No table here holds {what}.",
        f"Nearest are {nearest}; %streamlink values TABLE shows what one holds. If it is there "
        f'under another name, use that name, or teach it: %streamlink term "{missing[0]}" = "…". '
        "To get an answer all the same: %config AskMagics.refuse_unanswerable = False",
    )
