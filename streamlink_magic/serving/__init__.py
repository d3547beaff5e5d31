"""A local vLLM server: its environment, its model, its start, its end."""

from streamlink_magic.serving.options import Endpoint, ServeOptions, ServeProgress
from streamlink_magic.serving.plan import is_prepared, server_command
from streamlink_magic.serving.server import find_server, run_apart, start_server, stop_server

__all__ = [
    "Endpoint",
    "ServeOptions",
    "ServeProgress",
    "find_server",
    "is_prepared",
    "run_apart",
    "server_command",
    "start_server",
    "stop_server",
]
