"""What this server tells Prometheus about itself and the site."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.caller import CALLER, ROUTE

log = logging.getLogger("nameplate.api")

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """
    The site at this instant; what is not known is left out.

    Attributes:
        site_power_w: Drawn by everything measured. [W]
        node_power_w: Drawn below each node. [W]
        node_limit_w: What each node may carry. [W]
        agent_last_seen_age_s: Time since each agent was heard of. [s]
    """

    site_power_w: float | None = None
    node_power_w: Mapping[str, float] = field(default_factory=dict)
    node_limit_w: Mapping[str, float] = field(default_factory=dict)
    agent_last_seen_age_s: Mapping[str, float] = field(default_factory=dict)


class Metrics:
    """
    Counters of one server, in a registry of their own.

    Labels are route templates, statuses, reasons from fixed lists, and names of the
    site's own nodes and agents: never anything a request brings along.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        counter = partial(Counter, registry=registry)
        gauge = partial(Gauge, registry=registry)
        self._requests = counter(
            "nameplate_http_requests", "Requests answered",
            ("method", "route", "status"),
        )  # fmt: skip
        self._seconds = Histogram(
            "nameplate_http_request_seconds", "Time until an answer begins",
            ("route",), buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.page_failed = counter(
            "nameplate_page_faults", "Questions of pages ended by a fault of ours"
        ).inc
        self._batches = counter(
            "nameplate_telemetry_batches", "Batches stored, repeated ones too"
        )
        self._readings = counter("nameplate_telemetry_readings", "Readings stored")
        self._duplicates = counter(
            "nameplate_telemetry_duplicates", "Readings known before"
        )
        self._refused = counter(
            "nameplate_telemetry_refused", "Readings left out", ("reason",)
        )
        self.queue = gauge(
            "nameplate_telemetry_queue_batches", "Batches waiting to be stored"
        ).set
        self.fold_lag = gauge(
            "nameplate_telemetry_fold_lag_seconds",
            "Age of the oldest readings not yet in the rollups",
        ).set
        self._alerts = gauge("nameplate_alerts_firing", "Alerts firing", ("severity",))
        self._deliveries = counter(
            "nameplate_alert_deliveries", "Webhook deliveries", ("outcome",)
        )
        self._read: Callable[[], Live] | None = None
        registry.register(_Site(self))

    def page(self) -> bytes:
        """Return the text that Prometheus reads."""
        return generate_latest(self.registry)

    # --- requests -----------------------------------------------------------------

    def answered(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count a request."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(took_s)

    # --- telemetry ----------------------------------------------------------------

    def batch_stored(self, readings: int, duplicates: int) -> None:
        """Count a batch: readings stored, and readings that were there before."""
        self._batches.inc()
        self._readings.inc(readings)
        self._duplicates.inc(duplicates)

    def refused(self, reason: str, count: int) -> None:
        """Count readings left out; the reason comes from a fixed list of ours."""
        self._refused.labels(reason).inc(count)

    def live_from(self, read: Callable[[], Live]) -> None:
        """Ask this for the site whenever Prometheus asks us."""
        self._read = read

    # --- alerts -------------------------------------------------------------------

    def alerts_firing(self, by_severity: Mapping[str, int]) -> None:
        """Say how many alerts fire."""
        for severity, count in by_severity.items():
            self._alerts.labels(severity).set(count)

    def delivered(self, outcome: str) -> None:
        """Count a webhook delivery: "delivered", "retried" or "given up"."""
        self._deliveries.labels(outcome).inc()

    def live(self) -> Live:
        """Read the site; a reader that fails costs its gauges, not the page."""
        if self._read is None:
            return Live()
        try:
            return self._read()
        except Exception:
            log.exception("the live figures could not be read")
            return Live()


class _Site:
    """Gauges that are read when Prometheus asks, so none goes on showing the past."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def describe(self) -> Iterator[Metric]:
        """Name the gauges without reading them."""
        yield from _families(Live())

    def collect(self) -> Iterator[Metric]:
        """Read them."""
        yield from _families(self._metrics.live())


def _families(live: Live) -> Iterator[Metric]:
    site = GaugeMetricFamily("nameplate_site_power_watts", "Drawn by the whole site")
    if live.site_power_w is not None:
        site.add_metric([], live.site_power_w)
    yield site
    for name, doc, label, values in (
        ("nameplate_node_power_watts", "Drawn below a node", "node", live.node_power_w),
        ("nameplate_node_limit_watts", "What a node may carry", "node",
         live.node_limit_w),
        ("nameplate_agent_last_seen_age_seconds", "Time since an agent was heard of",
         "agent", live.agent_last_seen_age_s),
    ):  # fmt: skip
        family = GaugeMetricFamily(name, doc, labels=[label])
        for key, value in values.items():
            family.add_metric([key], value)
        yield family


class Measured:
    """ASGI middleware that counts and times what comes in from outside."""

    def __init__(self, app: ASGIApp, metrics: Callable[[], Metrics | None]) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note when its answer began."""
        metrics = self._metrics()
        if scope["type"] != "http" or CALLER in scope or metrics is None:
            await self._app(scope, receive, send)
            return
        started_s = time.perf_counter()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                took_s = time.perf_counter() - started_s
                route = scope.get(ROUTE, "unknown")
                metrics.answered(scope["method"], route, message["status"], took_s)
            await send(message)

        await self._app(scope, receive, noted)
