"""How many tokens an answer took, read from its bytes as they pass by."""

from __future__ import annotations

import json
from contextlib import suppress

_DATA, _LAST = b"data:", b"[DONE]"
_LONGEST = 4_000_000


class UsageReader:
    """Reads what the server says it used; nothing is held back for it.

    Parameters
    ----------
    streamed
        Whether the answer comes as events; otherwise it is one JSON object.

    Attributes
    ----------
    ended
        Whether the server has said its last word; some clients hang up on hearing it.
    """

    def __init__(self, *, streamed: bool) -> None:
        self._streamed = streamed
        self._rest = b""
        self._pieces = 0
        self.ended = False
        self.prompt_tokens = 0
        self.completion_tokens = 0

    @property
    def total(self) -> int:
        """Tokens read and written; of an answer that does not say, the pieces that came."""
        return (self.prompt_tokens + self.completion_tokens) or self._pieces

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes of the answer."""
        self._rest += chunk
        if self._streamed:
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                self._read(line.strip())
        self._rest = self._rest[-_LONGEST:]

    def finish(self) -> None:
        """Take the answer to be over."""
        self.ended = True
        if not self._streamed:
            self._take(self._rest)

    def _read(self, line: bytes) -> None:
        if line.startswith(_DATA):
            self.ended = self.ended or line.removeprefix(_DATA).strip() == _LAST
            self._pieces += 1
            if b'"usage"' in line:
                self._take(line.removeprefix(_DATA))

    def _take(self, text: bytes) -> None:
        with suppress(ValueError, AttributeError, TypeError):  # what is no usage says nothing
            usage = json.loads(text).get("usage") or {}
            self.prompt_tokens = int(usage.get("prompt_tokens") or self.prompt_tokens)
            self.completion_tokens = int(usage.get("completion_tokens") or self.completion_tokens)
