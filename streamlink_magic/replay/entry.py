"""One recorded answer: what was asked, of whom, what came of it, and where it held.

It holds no row, no time, no path, no user and no address, so that recording the same answer
twice gives the same bytes. What passes (the day, tokens, seconds) lies beside it, in ``Recorded``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from streamlink_magic.errors import ReplayError
from streamlink_magic.replay.drift import Drift  # noqa: TC001  read from the annotations

VERSION = 1


@dataclass(frozen=True, slots=True)
class Model:
    """The model that wrote the SQL; the digest is empty where its weights are not known."""

    name: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the SQL returned, without a row of it.

    Attributes
    ----------
    columns
        Name and type of each.
    count
        How many rows were fetched; ``more`` when there were further ones.
    ordered
        Whether the query itself says which rows come first.
    """

    columns: tuple[tuple[str, str], ...]
    count: int
    more: bool
    ordered: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a question got no answer: the error's name, its message and its hint."""

    error: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded answer.

    Attributes
    ----------
    key
        What tells requests apart: question, named tables and the questions that it follows on.
    after
        Those questions, the oldest first.
    parameters
        How the model was asked.
    prompt
        A digest of each class of information that was sent, values of rows left out.
    catalog
        Fingerprint of all tables that the model saw.
    schema
        Columns and types of the tables that the SQL reads, by the table's name.
    checks
        What spoke for and against the SQL before it ran: level and text.
    result
        None where it was not run.
    failure
        Why there is no answer; None where there is one.
    drift
        What was not as recorded when it was replayed last.
    """

    key: str
    question: str
    sql: str
    model: Model
    tables: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    prompt: Mapping[str, str] = field(default_factory=dict)
    catalog: str = ""
    schema: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    checks: tuple[tuple[str, str], ...] = ()
    result: Outcome | None = None
    failure: Failure | None = None
    drift: tuple[Drift, ...] = ()


def to_json(entry: Entry) -> dict[str, object]:
    """Return the entry as JSON has it, its version first."""
    found: dict[str, object] = _listed(asdict(entry))
    return {"version": VERSION} | found


def _listed(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: _listed(one) for key, one in value.items()}
    return [_listed(one) for one in value] if isinstance(value, tuple) else value


def from_json(found: object) -> Entry:
    """Return the entry that a JSON value holds.

    Raises
    ------
    ReplayError
        When it is none, or one of a later version.
    """
    if not isinstance(found, dict):
        raise ReplayError("A recorded answer is no JSON object.", _FIX)
    if found.get("version") != VERSION:
        raise ReplayError(
            f"A recorded answer has version {found.get('version')!r}; this release reads "
            f"version {VERSION}.",
            "Use the release that recorded it, or record it anew.",
        )
    try:
        entry: Entry = _read(Entry, {k: v for k, v in found.items() if k != "version"}, "it")
    except (TypeError, ValueError) as error:
        raise ReplayError(f"A recorded answer cannot be read: {error}.", _FIX) from None
    return entry


_FIX = "Take the notebook from version control, or record it anew: streamlink record NOTEBOOK"


def _read(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401
    """Return a JSON value as the annotated kind; nothing else than that passes."""
    arguments = get_args(kind)
    if isinstance(kind, UnionType):
        return None if value is None else _read(arguments[0], value, where)
    if hasattr(kind, "__dataclass_fields__"):
        _require(isinstance(value, dict), where, "an object")
        hints = get_type_hints(kind)
        unknown = sorted(value.keys() - hints.keys())
        _require(not unknown, where, f"no field {', '.join(unknown)}")
        return kind(**{name: _read(hints[name], one, name) for name, one in value.items()})
    if get_origin(kind) is tuple:
        _require(isinstance(value, list), where, "a list")
        if arguments[-1] is Ellipsis:
            return tuple(_read(arguments[0], one, where) for one in value)
        pairs = zip(arguments, value, strict=True)
        return tuple(_read(each, one, where) for each, one in pairs)
    if get_origin(kind) is Mapping:
        _require(isinstance(value, dict), where, "an object")
        return {name: _read(arguments[1], one, where) for name, one in value.items()}
    _require(type(value) is kind, where, kind.__name__)
    return value


def _require(fits: bool, where: str, wanted: str) -> None:  # noqa: FBT001
    if not fits:
        raise ValueError(f"{where} wants {wanted}")
