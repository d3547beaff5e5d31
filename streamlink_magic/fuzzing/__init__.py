"""A differential fuzzer: what the guard allows and sqlglot reads differently than Spark."""

from __future__ import annotations

from streamlink_magic.fuzzing.run import FuzzReport, fuzz

__all__ = ["FuzzReport", "fuzz"]
