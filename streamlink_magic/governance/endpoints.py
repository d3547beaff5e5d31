"""Addresses of model servers, compared as what they reach and not as they are spelt."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streamlink_magic.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Collection

LOCAL = "local"
"""Stands for the server of ``streamlink serve``."""

_PORTS = {"http": 80, "https": 443}


def reaches(address: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path.

    Raises
    ------
    PolicyError
        When it is no whole HTTP address, or one that holds a login, query or fragment.

    Examples
    --------
    >>> reaches("HTTPS://Box/v1/") == reaches("https://box:443/v1")
    True
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise _no_address(address) from None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    odd = "@" in parts.netloc or parts.query or parts.fragment or "\\" in address
    if scheme not in _PORTS or not host or odd:
        raise _no_address(address)
    return scheme, host, port or _PORTS[scheme], parts.path.rstrip("/")


def is_among(address: str, allowed: Collection[str]) -> bool:
    """Return whether an address reaches one of those allowed.

    >>> is_among("http://box:8000/v1/", ["local", "http://BOX:8000/v1"])
    True
    """
    try:
        wanted = reaches(address)
    except PolicyError:
        return False
    return any(one != LOCAL and reaches(one) == wanted for one in allowed)


def _no_address(address: str) -> PolicyError:
    return PolicyError(
        f"{address!r} is no address of a model server.",
        "Write it whole and without a login: https://hub.example.org/services/model/v1",
    )
