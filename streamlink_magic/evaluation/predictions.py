"""The file that a run writes: one JSON line a question, safe to interrupt and to go on with.

``{"id", "sql", "tokens", "seconds", "status", "model_calls", "badge", "signals"}``, where the
status is ``ok``, ``refused:<rule>`` (SQL was written and the guard stopped it), ``unanswerable``
(no table holds what was asked) or ``error:<ErrorName>``. What the run was made with stands in a
file beside it, so that lines of different settings never mix.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from streamlink_magic.errors import EvaluationError
from streamlink_magic.evaluation.jsonl import Entry, parse_records, read_json_object, read_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from streamlink_magic.settings import Settings

# A local server has another port each time, a key is nobody's business, and recordings are of
# notebooks
_NOT_RECORDED = ("api_key", "base_url", "replay", "notebook", "tape")


@dataclass(frozen=True, slots=True)
class Prediction:
    """What answered a question.

    Attributes
    ----------
    sql
        The last SQL written; empty when there was none.
    tokens
        Prompt and answer tokens of all calls together.
    seconds
        From question to SQL.
    status
        ``ok``, ``refused:<rule>``, ``unanswerable`` or ``error:<ErrorName>``.
    model_calls
        How often the model was asked.
    badge
        How far the answer is to be trusted, as the pipeline said; empty when it said nothing.
    signals
        What the badge rests on, as numbers by name.
    """

    sql: str
    tokens: int = 0
    seconds: float = 0.0
    status: str = "ok"
    model_calls: int = 1
    badge: str = ""
    signals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a run was made with: the set's name and every setting that may change an answer."""

    set_name: str
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """A short digest of the set's name and the settings."""
        text = json.dumps([self.set_name, self.settings], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def describe_run(set_name: str, settings: Settings, **more: str | float) -> RunInfo:
    """Describe a run, without the server's address and key.

    Parameters
    ----------
    more
        What else answers depend on, such as the model's name as the server gave it, or
        ``plain=True``.
    """
    recorded = {**dataclasses.asdict(settings), **more}
    for name in _NOT_RECORDED:
        recorded.pop(name, None)
    # Through JSON, so that it equals what is read back (tuples become lists)
    return RunInfo(set_name, json.loads(json.dumps(recorded)))


def meta_path(out: Path) -> Path:
    """Return where the description of a run is kept."""
    return out.with_name(out.name + ".meta.json")


def read_run_info(out: Path) -> RunInfo:
    """Return the description of the run that wrote a file of predictions."""
    file = meta_path(out)
    entry = Entry(read_json_object(file), str(file))
    settings: dict[str, object] = entry.get("settings", {})
    return RunInfo(entry.text("set"), settings)


def read_predictions(path: Path | str) -> dict[str, Prediction]:
    """Return predictions by question id; of several for one id, the last.

    Raises
    ------
    EvaluationError
        When the file is missing or a line is malformed.
    """
    return {entry.text("id"): _prediction(entry) for entry in read_records(Path(path))}


class PredictionFile:
    """A file of predictions, open to be added to.

    Opening it repairs a last line that an interrupt cut short: the line is dropped, and its
    question counts as not yet asked.

    Parameters
    ----------
    path
        The file; it is made when missing.
    info
        What this run is made with.

    Raises
    ------
    EvaluationError
        When the file holds lines of another set or of other settings, or cannot be written.
    """

    def __init__(self, path: Path, info: RunInfo) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            content = path.read_bytes() if path.exists() else b""
            # Checked before anything is cut off: it may be somebody else's file
            _settle_info(path, info, begun=bool(content))
            whole = content[: content.rfind(b"\n") + 1]
            entries = parse_records(whole.decode(), str(path))
            self.ids = frozenset(entry.text("id") for entry in entries)
            self._path = path
            self._stream = path.open("ab")
            self._stream.truncate(len(whole))
        except (OSError, UnicodeDecodeError) as error:
            message = f"{path} cannot be used: {error}."
            raise EvaluationError(message, "Choose another --out.") from error

    def __enter__(self) -> Self:
        """Return the file itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file; what was added is on disk already."""
        self._stream.close()

    def add(self, question_id: str, prediction: Prediction) -> None:
        """Write one line through to the disk."""
        line = {"id": question_id, **dataclasses.asdict(prediction)}
        line["seconds"] = round(prediction.seconds, 3)
        text = json.dumps(line, ensure_ascii=False) + "\n"
        # A model may write half a character pair; escaped, it is still JSON
        self._stream.write(text.encode(errors="backslashreplace"))
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def sort(self, ids: Sequence[str]) -> None:
        """Bring the lines into this order, others after them; nothing can be added then.

        Questions asked side by side end in any order; sorted, two runs can be read line by line.
        """
        self._stream.close()
        lines = [line for line in self._path.read_text("utf-8").split("\n") if line.strip()]
        places = {question_id: place for place, question_id in enumerate(ids)}
        wanted = sorted(lines, key=lambda line: places.get(json.loads(line)["id"], len(places)))
        if wanted != lines:
            write_atomically(self._path, "".join(f"{line}\n" for line in wanted))


def write_atomically(path: Path, text: str) -> None:
    """Write a whole file or nothing.

    Raises
    ------
    EvaluationError
        When the folder cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}."
        raise EvaluationError(message, "Choose another place for it.") from error
    finally:
        part.unlink(missing_ok=True)


def _prediction(entry: Entry) -> Prediction:
    return Prediction(
        sql=entry.get("sql", ""),
        tokens=entry.get("tokens", 0),
        seconds=entry.get("seconds", 0.0),
        status=entry.get("status", "ok"),
        model_calls=entry.get("model_calls", 1),
        badge=entry.get("badge", ""),
        signals=entry.numbers("signals"),
    )


def _settle_info(path: Path, info: RunInfo, *, begun: bool) -> None:
    """Note what the run is made with, or check it against what was noted."""
    if not begun:
        noted = {"set": info.set_name, "fingerprint": info.fingerprint, "settings": info.settings}
        text = json.dumps(noted, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        write_atomically(meta_path(path), text)
        return
    fix = f"Delete {path} to start anew, or choose another --out."
    if not meta_path(path).exists():
        message = f"{path} holds predictions, and {meta_path(path).name} beside it is missing."
        raise EvaluationError(message, fix)
    old = read_run_info(path)
    if old.fingerprint != info.fingerprint:
        message = f"{path} was begun differently: {_difference(old, info)}."
        raise EvaluationError(message, fix)


def _difference(old: RunInfo, new: RunInfo) -> str:
    before, after = {"set": old.set_name, **old.settings}, {"set": new.set_name, **new.settings}
    names = sorted(before.keys() | after.keys())
    return "; ".join(
        f"{name} was {before.get(name)!r}, is {after.get(name)!r}"
        for name in names
        if before.get(name) != after.get(name)
    )
