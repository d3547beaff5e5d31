"""What an admin tells the gateway: one TOML file, in which nothing unknown is let pass."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from streamlink_magic.errors import GatewayError, PolicyError
from streamlink_magic.governance.endpoints import reaches
from streamlink_magic.governance.tables import Table

_WHOLE = ("requests_per_minute", "tokens_per_hour", "answer_tokens", "answers", "body_bytes")


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """What the gateway enforces.

    Attributes
    ----------
    upstream
        The vLLM server's address, up to and with ``/v1``.
    upstream_key
        Its key, which no user ever sees.
    models
        The models that may be asked; empty: every one that the server lists.
    requests_per_minute, tokens_per_hour
        A user's budgets; tokens are those of prompts and answers together.
    answer_tokens, answers
        The longest answer, and the most answers of one request.
    body_bytes
        The longest request.
    priority
        Whether the server was started with ``--scheduling-policy priority``.
    storage
        Where budgets are counted, as ``limits`` names it: ``async+redis://…`` where several
        gateways share them.
    audit
        The file that gets a line before and after each request; empty: none.
    """

    upstream: str
    upstream_key: str = field(default="", repr=False)
    models: tuple[str, ...] = ()
    requests_per_minute: int = 120
    tokens_per_hour: int = 500_000
    answer_tokens: int = 2048
    answers: int = 8
    body_bytes: int = 1_000_000
    priority: bool = False
    storage: str = "async+memory://"
    audit: str = ""

    @property
    def root(self) -> str:
        """The server's address without ``/v1``."""
        return self.upstream.rstrip("/").removesuffix("/v1")


def read_config(path: Path) -> GatewayConfig:
    """Return what a file says; the server's key is in a file of its own, for root's eyes.

    Raises
    ------
    GatewayError
        When a file cannot be read or understood.
    """
    try:
        return _understand(Table("", tomllib.loads(path.read_text(encoding="utf-8"))))
    except OSError as error:
        raise GatewayError(f"{error.filename} cannot be read: {error.strerror}.", _FIX) from None
    except (ValueError, PolicyError) as error:
        raise GatewayError(f"{path} cannot be understood: {error}", _FIX) from None


_MOST = 10**12
_FIX = "Mend the gateway's configuration; docs/hub.md shows a whole one."


def _understand(document: Table) -> GatewayConfig:
    upstream, key_file = document.text("upstream"), document.text("upstream_key_file")
    reaches(upstream)
    numbers = {name: _whole(name, value) for name, value in document.numbers(_WHOLE).items()}
    texts = {name: value for name in ("storage", "audit") if (value := document.text(name))}
    config = GatewayConfig(
        upstream,
        Path(key_file).read_text(encoding="utf-8").strip() if key_file else "",
        document.names("models") or (),
        priority=document.switch("priority") is True,
        **numbers,  # type: ignore[arg-type]  # names of numbers
        **texts,  # type: ignore[arg-type]  # names of texts
    )
    document.require_empty()
    return config


def _whole(name: str, value: float) -> int:
    if not 1 <= value <= _MOST or value != int(value):
        raise PolicyError(f"{name} is not a whole number from 1 on.")
    return int(value)
