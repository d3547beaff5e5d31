"""Numbers for Prometheus; no user's name is among them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """What the gateway has done since it started."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "streamlink_gateway_requests_total",
            "Requests, by route and status.",
            ("route", "status"),
            registry=self._registry,
        )
        self.tokens = Counter(
            "streamlink_gateway_tokens_total",
            "Tokens read (prompt) and written (completion).",
            ("kind",),
            registry=self._registry,
        )
        self.running = Gauge(
            "streamlink_gateway_running_requests",
            "Requests under way, by class.",
            ("kind",),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "streamlink_gateway_request_seconds",
            "How long whole requests took, by class.",
            ("kind",),
            registry=self._registry,
            buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300),
        )
        self.first_byte = Histogram(
            "streamlink_gateway_first_byte_seconds",
            "How long the server took to begin its answer, by class.",
            ("kind",),
            registry=self._registry,
            buckets=(0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60),
        )

    def text(self) -> bytes:
        """Return the numbers as Prometheus reads them."""
        return generate_latest(self._registry)
