"""
The adapter of prometheus-client: the metrics of requests, and the text that Prometheus reads.

An application has a registry of its own. Where several processes share their numbers through a folder, as
prometheus-client does it if `PROMETHEUS_MULTIPROC_DIR` names one, those of all of them are written.
"""

import os
from collections.abc import Sequence
from typing import Any, Final

from covet._extras import require_extra
from covet.exceptions import ConfigurationError

_LIBRARY: Final = "prometheus-client"


class PrometheusExporter:
    """
    The metrics of an application, for Prometheus.

    Args:
        registry: A `CollectorRegistry` that has them; a new one by default, with those of the process and of Python.
        buckets: The upper limits that durations are sorted by, in seconds.

    Raises:
        MissingDependencyError: If prometheus-client is not installed.
        ConfigurationError: If the buckets cannot be, or the registry has metrics of these names.

    Example:
        >>> exporter = PrometheusExporter()
        >>> exporter.begin()
        >>> exporter.finish("GET", "/users/{user_id}", 200, 0.02)
        >>> content, media_type = exporter.write("text/plain")
        >>> b'http_requests_total{method="GET",route="/users/{user_id}",status="200"} 1.0' in content
        True
    """

    # Any: a registry of prometheus-client, which is imported only here.
    def __init__(self, registry: Any = None, *, buckets: Sequence[float] = (0.1, 1.0, 10.0)) -> None:
        self._client = client = require_extra(
            "prometheus_client", extra="metrics", needed_for="covet.metrics", library=_LIBRARY
        )
        values = require_extra(
            "prometheus_client.values", extra="metrics", needed_for="covet.metrics", library=_LIBRARY
        )
        self.is_shared = bool(values.ValueClass._multiprocess)  # noqa: SLF001 - as its own metrics ask it
        self.registry: Any = client.CollectorRegistry() if registry is None else registry
        if registry is None and not self.is_shared:
            for collector in (client.ProcessCollector, client.PlatformCollector, client.GCCollector):
                collector(registry=self.registry)
        try:
            self._requests = client.Counter(
                "http_requests_total",
                "Requests that were answered or cut short.",
                ("method", "route", "status"),
                registry=self.registry,
            )
            self._durations = client.Histogram(
                "http_request_duration_seconds",
                "Seconds from the first look at a request until the last byte of its answer.",
                ("method", "route"),
                buckets=buckets,
                registry=self.registry,
            )
            self._under_way = client.Gauge(
                "http_requests_in_progress",
                "Requests that are under way.",
                registry=self.registry,
                multiprocess_mode="livesum",
            )
        except ValueError as exc:
            raise ConfigurationError(
                f"The metrics of requests cannot be made: {exc}.",
                hint="Write buckets that ascend, and give each application a registry of its own.",
            ) from exc

    def begin(self) -> None:
        """Count a request as under way."""
        self._under_way.inc()

    def finish(self, method: str, route: str, status: int, seconds: float) -> None:
        """
        Count a request that is over.

        Args:
            method: Its method.
            route: The path of its route, with the names of the parameters.
            status: The status of the answer.
            seconds: How long it took.
        """
        self._under_way.dec()
        self._requests.labels(method, route, status).inc()
        self._durations.labels(method, route).observe(seconds)

    def write(self, accept: str) -> tuple[bytes, str]:
        """
        Write all metrics; it reads files, and is for a thread.

        Args:
            accept: The header `Accept` of whoever asks.

        Returns:
            The text, and its `Content-Type`.
        """
        exposition = require_extra(
            "prometheus_client.exposition", extra="metrics", needed_for="covet.metrics", library=_LIBRARY
        )
        registry = self.registry
        if self.is_shared:
            registry = self._client.CollectorRegistry()
            self._find_multiprocess().MultiProcessCollector(registry)
        encode, media_type = exposition.choose_encoder(accept)
        content: bytes = encode(registry)
        return content, media_type

    def close(self) -> None:
        """Take what is under way in this process out of the numbers that processes share; it works on files, too."""
        if self.is_shared:
            self._find_multiprocess().mark_process_dead(os.getpid())

    # Any: the module of a library without a contract of ours.
    def _find_multiprocess(self) -> Any:
        return require_extra(
            "prometheus_client.multiprocess", extra="metrics", needed_for="covet.metrics", library=_LIBRARY
        )


__all__ = ["PrometheusExporter"]
