"""The bars: what each row measures, in which unit, and where it must lie."""

from __future__ import annotations

from typing import Any

ROW_BARS: dict[str, dict[str, Any]] = {
    "row.kernel_requests_per_s": {"unit": "1/s", "bar": 2e6, "better": "more"},
    "row.day_s": {"unit": "s", "bar": 0.3, "better": "less"},
    "row.six_weeks_s": {"unit": "s", "bar": 15.0, "better": "less"},
    "row.plan_s": {"unit": "s", "bar": 8.0, "better": "less"},
    "row.six_weeks_memory_mb": {"unit": "MB", "bar": 500.0, "better": "less"},
    "row.what_if_p95_s": {"unit": "s", "bar": 0.5, "better": "less"},
    "row.slider_p95_s": {"unit": "s", "bar": 0.4, "better": "less"},
    "row.jump_p95_s": {"unit": "s", "bar": 0.4, "better": "less"},
    "pages.controls_cold_s": {"unit": "s", "bar": 1.0, "better": "less"},
    "pages.change_s": {"unit": "s", "bar": 0.4, "better": "less"},
    "pages.change_p95_s": {"unit": "s", "bar": 0.4, "better": "less"},
    "site.thousand_day_s": {"unit": "s", "bar": 0.8, "better": "less"},
    "site.ten_thousand_day_s": {"unit": "s", "bar": 8.0, "better": "less"},
    "site.ten_thousand_memory_mb": {"unit": "MB", "bar": 700.0, "better": "less"},
    "site.year_s": {"unit": "s", "bar": 5.0, "better": "less"},
    "site.screening_s": {"unit": "s", "bar": 30.0, "better": "less"},
    "site.pairs_s": {"unit": "s", "bar": 60.0, "better": "less"},
    "stabilize.ten_minutes_s": {"unit": "s", "bar": 1.5, "better": "less"},
    "stabilize.gpu_count_ratio": {"unit": "1", "bar": 1.2, "better": "less"},
    "stabilize.hour_s": {"unit": "s", "bar": 10.0, "better": "less"},
    "stabilize.hour_memory_mb": {"unit": "MB", "bar": 1000.0, "better": "less"},
    "stabilize.sizing_s": {"unit": "s", "bar": 60.0, "better": "less"},
    "stabilize.redraw_s": {"unit": "s", "bar": 1.0, "better": "less"},
    "stabilize.settled_s": {"unit": "s", "bar": 2.0, "better": "less"},
    "stabilize.zoom_s": {"unit": "s", "bar": 0.15, "better": "less"},
    "telemetry.ingest_sqlite_per_s": {"unit": "1/s", "bar": 1e5, "better": "more"},
    "telemetry.ingest_postgres_per_s": {"unit": "1/s", "bar": 2e5, "better": "more"},
    "telemetry.ack_p99_s": {"unit": "s", "bar": 0.5, "better": "less"},
    "telemetry.ack_memory_growth_mb": {"unit": "MB", "bar": 30.0, "better": "less"},
    "telemetry.month_open_s": {"unit": "s", "bar": 1.0, "better": "less"},
    "telemetry.agent_cpu_frac": {"unit": "1", "bar": 0.02, "better": "less"},
    "serving.requests_per_s": {"unit": "1/s", "bar": 1e6, "better": "more"},
    "serving.week_exact_s": {"unit": "s", "bar": 600.0, "better": "less"},
    "serving.provisioning_s": {"unit": "s", "bar": 60.0, "better": "less"},
    "scale.campus_day_s": {"unit": "s", "bar": 120.0, "better": "less"},
    "scale.campus_memory_mb": {"unit": "MB", "bar": 4000.0, "better": "less"},
    "scale.request_days_s": {"unit": "s", "bar": 120.0, "better": "less"},
    "scale.row_days_s": {"unit": "s", "bar": 30.0, "better": "less"},
    "scale.overhead_ms": {"unit": "ms", "bar": 2.0, "better": "less"},
    "scale.overhead_cached_ms": {"unit": "ms", "bar": 2.0, "better": "less"},
    "scale.dask_ratio": {"unit": "1", "bar": 1.7, "better": "more"},
    "api.get_per_s": {"unit": "1/s", "bar": 200.0, "better": "more"},
    "api.get_p95_s": {"unit": "s", "bar": 0.05, "better": "less"},
    "api.what_if_per_s": {"unit": "1/s", "bar": 3.0, "better": "more"},
    "api.what_if_p95_s": {"unit": "s", "bar": 1.0, "better": "less"},
    "telemetry.agent_memory_mb": {"unit": "MB", "bar": 60.0, "better": "less"},
}


def judged(row: dict[str, Any]) -> dict[str, Any]:
    """A recorded row held to the bar of today, which may be stricter than its own."""
    return finished(row | ROW_BARS.get(row["id"], {}))


def finished(row: dict[str, Any]) -> dict[str, Any]:
    """Add whether a row's value lies on the right side of its bar."""
    more = row["better"] == "more"
    value, bar = row["value"], row["bar"]
    return row | {"passes": value >= bar if more else value <= bar}
