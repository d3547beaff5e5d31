"""``python -m streamlink_magic.gateway CONFIG``: run by the hub as a managed service."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from streamlink_magic.errors import StreamlinkError
from streamlink_magic.gateway.app import Gateway
from streamlink_magic.gateway.callers import hub_identify
from streamlink_magic.gateway.config import read_config

_USAGE = 2


def main(arguments: list[str]) -> int:
    """Serve where the hub says, until it is stopped."""
    address = urlsplit(os.environ.get("JUPYTERHUB_SERVICE_URL", ""))
    if len(arguments) != 1 or not address.port:
        sys.stderr.write(
            "Usage: python -m streamlink_magic.gateway CONFIG.toml, as a service of JupyterHub: "
            "it sets JUPYTERHUB_SERVICE_URL and the service's token.\n"
        )
        return _USAGE
    try:
        config = read_config(Path(arguments[0]))
    except StreamlinkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    gateway = Gateway(config, hub_identify())
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/")
    uvicorn.run(
        gateway.app(prefix),
        host=address.hostname or "127.0.0.1",
        port=address.port,
        access_log=False,  # addresses may hold what is nobody's business; the audit has the rest
        server_header=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
