"""Settings changed for one run by name, so that a step's worth can be measured."""

from __future__ import annotations

import dataclasses
import difflib
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from streamlink_magic.errors import EvaluationError
from streamlink_magic.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Where a question is asked and what it may read is no step of answering it
_NO_SWITCH = frozenset(
    {"base_url", "api_key", "model", "session", "create_session", "policy"}
    | {"replay", "notebook", "tape"}
)
# Zero rows, tokens or seconds would be a limit of nothing, and a path is a place: no steps
_NO_STEP = ("rows", "_tokens", "_chars", "_s", "_path", "_file", "_dir")
_TRUTH = {"true": True, "on": True, "yes": True, "1": True}
_TRUTH |= {"false": False, "off": False, "no": False, "0": False}
_OFF = "off"
_ALSO = {"vote": "samples", "values": "sample_values"}
"""What steps are called beside the settings that switch them."""


def switched(settings: Settings, without: Sequence[str], given: Sequence[str]) -> Settings:
    """Return the settings with some steps left out and some values changed.

    Parameters
    ----------
    without
        Names of switches: a truth value becomes False, a number 0, a word ``off``.
    given
        ``NAME=VALUE`` for any setting that is no address, key or policy.

    Raises
    ------
    EvaluationError
        For a name that is none, named twice, or a value that does not fit; the hint lists the
        names.

    Examples
    --------
    >>> switched(Settings(), ["retries"], ["rows=9"]).rows
    9
    """
    changes: dict[str, object] = {}
    for name in (_ALSO.get(one, one) for one in without):
        _note(changes, name, _off(name))
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise EvaluationError(f"--with {text} has no value.", f"Write --with {text}=VALUE.")
        _note(changes, name, _read(name, value))
    return dataclasses.replace(settings, **changes)  # type: ignore[arg-type]  # checked by name


def describe_switches(without: Sequence[str], given: Sequence[str]) -> str:
    """Return the changes as one short text, the same whatever order they were given in.

    >>> describe_switches(["retries"], ["rows=9"])
    'without retries, rows=9'
    """
    return ", ".join([*(f"without {name}" for name in sorted(without)), *sorted(given)])


def switches() -> tuple[str, ...]:
    """Return the names that ``--without`` takes."""
    own = (name for name, kind in _kinds().items() if _off_value(name, kind) is not None)
    return (*own, *_ALSO)


def _note(changes: dict[str, object], name: str, value: object) -> None:
    if name in changes:
        raise EvaluationError(f"{name} is changed twice.", "Name each setting once.")
    changes[name] = value


def _off(name: str) -> object:
    kind = _kinds().get(name)
    value = None if kind is None else _off_value(name, kind)
    if value is None:
        raise _unknown(f"--without {name}", name, switches())
    return value


def _off_value(name: str, kind: Any) -> object:  # noqa: ANN401  a type, or a form of typing's
    """Return what stands for a step left out; None where the setting is no switch."""
    if name.endswith(_NO_STEP):
        return None
    if kind is bool:
        return False
    if kind is int:
        return 0
    if kind is str or (get_origin(kind) is Literal and _OFF in get_args(kind)):
        return _OFF
    return None


def _read(name: str, text: str) -> object:
    kinds = _kinds()
    if name not in kinds:
        raise _unknown(f"--with {name}", name, tuple(kinds))
    kind, wanted = kinds[name], _wanted(kinds[name])
    try:
        if kind is bool:
            return _TRUTH[text.strip().lower()]
        if kind in {int, float}:
            return kind(text)
    except (KeyError, ValueError):
        raise _unfit(name, text, wanted) from None
    if get_origin(kind) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if get_origin(kind) is Literal and text not in get_args(kind):
        raise _unfit(name, text, wanted)
    return text


def _wanted(kind: Any) -> str:  # noqa: ANN401
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, get_args(kind)))}"
    return {bool: "true or false", int: "a whole number", float: "a number"}.get(kind, "text")


def _unfit(name: str, text: str, wanted: str) -> EvaluationError:
    return EvaluationError(
        f"--with {name} wants {wanted}, not {text!r}.", f"Write --with {name}=VALUE."
    )


def _unknown(option: str, name: str, names: Sequence[str]) -> EvaluationError:
    near = difflib.get_close_matches(name, names, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    return EvaluationError(f"{option} names no setting.", f"{guess}There are: {', '.join(names)}.")


@cache
def _kinds() -> Mapping[str, Any]:
    """Return the settings that a run may change, with their types."""
    hints = get_type_hints(Settings)
    return {name: kind for name, kind in hints.items() if name not in _NO_SWITCH}
