"""What Prometheus sees of HTTP: rate, errors and duration by route template."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

UNMATCHED: Final = "unmatched"  # one label for every path we do not know: labels stay few
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def new_registry() -> CollectorRegistry:
    """Return a registry with what is worth knowing of any Python process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


class HttpMetrics:
    """Counts requests; the children of each label set are kept at hand, finding them is what costs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._requests = Counter(
            "submarine_http_requests", "Requests answered", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "submarine_http_request_seconds",
            "Time to answer",
            ("method", "route"),
            registry=registry,
            buckets=_BUCKETS,
        )
        self._counts: dict[tuple[str, str, int], Callable[[], None]] = {}
        self._times: dict[tuple[str, str], Callable[[float], None]] = {}

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Offer the number that *read* returns when asked."""
        Gauge(f"submarine_http_{name}", text, registry=self.registry).set_function(read)

    def record(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count one answer; *seconds* is None for a stream, whose length says nothing about us."""
        if method not in _METHODS:
            method = "OTHER"
        count = self._counts.get((method, route, status))
        if count is None:
            count = self._counts[method, route, status] = self._requests.labels(
                method, route, str(status)
            ).inc
        count()
        if seconds is None:
            return
        observe = self._times.get((method, route))
        if observe is None:
            observe = self._times[method, route] = self._seconds.labels(method, route).observe
        observe(seconds)
