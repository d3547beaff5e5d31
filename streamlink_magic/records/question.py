"""A question, and all that an answer to it may draw on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamlink_magic.records.data import DataProfile

if TYPE_CHECKING:
    from streamlink_magic.records.catalog import CatalogSnapshot, Column, TableSchema


@dataclass(frozen=True, slots=True)
class DataFrameVariable:
    """A Spark DataFrame that a notebook variable holds; ``handle`` is the DataFrame itself."""

    name: str
    columns: tuple[Column, ...]
    handle: object = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class NotebookSnapshot:
    """What the notebook shows: recent cells (oldest first) and DataFrame variables.

    Attributes
    ----------
    cells_known
        Whether the kernel keeps its cells at all.
    """

    cells: tuple[str, ...] = ()
    dataframes: tuple[DataFrameVariable, ...] = ()
    cells_known: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of this notebook and the SQL that answered it.

    Attributes
    ----------
    follows
        Whether that question itself edited the one before it.
    """

    question: str
    sql: str
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the users' own and the Spark SQL expression that it stands for."""

    name: str
    condition: str


@dataclass(frozen=True, slots=True)
class Example:
    """A solved question that the prompt may show.

    Attributes
    ----------
    source
        ``kept`` when a user confirmed it, ``pattern`` when it is one of the built-in patterns.
    key
        The kept answer's id, or the pattern's name.
    """

    question: str
    sql: str
    source: str = "kept"
    key: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it was typed.

    Attributes
    ----------
    text
        The words, untouched.
    tables
        Tables that the user named; empty means: choose.
    """

    text: str
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskContext:
    """Everything a prompt may draw on for one question.

    Attributes
    ----------
    turns
        The earlier questions that this one follows on, the one it edits last; empty when it
        stands by itself.
    terms
        The glossary's terms that the question uses.
    examples
        Solved questions like this one, the most similar last.
    notes
        What the reader should know of all this, a sentence each.
    closed
        Names that the policy closes: no text that is sent may hold them.
    """

    question: Question
    catalog: CatalogSnapshot
    cells: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    terms: tuple[Term, ...] = ()
    examples: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()
    profile: DataProfile = field(default_factory=DataProfile)
    cells_known: bool = True
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LinkedContext:
    """The context narrowed to the tables that matter for the question."""

    context: AskContext
    tables: tuple[TableSchema, ...]
    left_out: int = 0
