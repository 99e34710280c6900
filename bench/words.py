"""What each row measures, in words; groups in the order of the page."""

from __future__ import annotations

GROUPS: dict[str, str] = {
    "row": "One row, request by request",
    "pages": "All pages, in a browser",
    "site": "A whole site",
    "scale": "Campus and studies",
    "api": "REST",
    "telemetry": "Live telemetry",
    "stabilize": "A training site",
    "serving": "A serving fleet",
}
"""Prefix of a row's id -> title of its group."""

WORDS: dict[str, str] = {
    "row.kernel_requests_per_s": "Requests served by the kernel, one core",
    "row.day_s": "One day, 40 servers, one core",
    "row.six_weeks_s": "Six weeks, 52 servers, one core",
    "row.plan_s": "Plan: 4 policies × 8 server counts",
    "row.six_weeks_memory_mb": "Memory of six weeks",
    "row.what_if_p95_s": "What-if over HTTP, p95",
    "row.slider_p95_s": "Slider to redrawn chart, a step, p95",
    "row.jump_p95_s": "Slider to redrawn chart, put elsewhere by a click, p95",
    "pages.controls_cold_s": "First control in a fresh browser, median of all pages",
    "pages.change_s": "From a page to another by a click, median of all pairs",
    "pages.change_p95_s": "The same, p95 of all pairs",
    "site.thousand_day_s": "1,000 servers, one day at 1 s",
    "site.ten_thousand_day_s": "10,000 servers, one day at 1 s",
    "site.ten_thousand_memory_mb": "Memory of 10,000 servers",
    "site.year_s": "1,000 servers, one year at 60 s",
    "site.screening_s": "Every failure of 10,000 servers",
    "site.pairs_s": "Every pair of failures",
    "scale.campus_day_s": "Campus of a gigawatt, one day at 1 s",
    "scale.campus_memory_mb": "Memory of the campus",
    "scale.request_days_s": "Study: 1,000 days of a row, by request",
    "scale.row_days_s": "Study: 10,000 row-days at control level",
    "scale.overhead_ms": "Study: a point besides its answer",
    "scale.overhead_cached_ms": "Study: a point known before",
    "scale.dask_ratio": "Dask: two workers ÷ one",
    "api.get_per_s": "Small calls, four clients",
    "api.get_p95_s": "Small call, p95",
    "api.what_if_per_s": "What-ifs of a day, two clients",
    "api.what_if_p95_s": "What-if, two at once, p95",
    "telemetry.ingest_sqlite_per_s": "GPU readings taken in, SQLite",
    "telemetry.ingest_postgres_per_s": "GPU readings taken in, PostgreSQL",
    "telemetry.ack_p99_s": "1,000 agents: acknowledged, p99",
    "telemetry.ack_memory_growth_mb": "Growth of the server meanwhile",
    "telemetry.month_open_s": "A month of a GPU, opened",
    "telemetry.agent_cpu_frac": "Agent: part of one core",
    "telemetry.agent_memory_mb": "Agent: memory",
    "stabilize.ten_minutes_s": "Ten minutes, before and after",
    "stabilize.gpu_count_ratio": "A million GPUs ÷ 1,000, in time",
    "stabilize.hour_s": "One hour",
    "stabilize.hour_memory_mb": "Memory of an hour",
    "stabilize.sizing_s": "Cheapest measures that pass",
    "stabilize.redraw_s": "Slider to first redraw",
    "stabilize.settled_s": "Slider to fine answer",
    "stabilize.zoom_s": "Zooming into the spectrum",
    "serving.requests_per_s": "Requests served by the fleet, one core",
    "serving.week_exact_s": "A week of a hall, every request",
    "serving.provisioning_s": "Provisioning of a fleet",
}

HEADLINE: tuple[str, ...] = (
    "row.kernel_requests_per_s", "row.day_s", "row.plan_s", "row.what_if_p95_s",
    "row.slider_p95_s", "row.jump_p95_s", "pages.controls_cold_s", "pages.change_s",
    "site.ten_thousand_day_s", "site.pairs_s", "scale.campus_day_s",
    "scale.request_days_s", "telemetry.ingest_sqlite_per_s", "stabilize.hour_s",
    "serving.requests_per_s", "api.get_per_s",
)  # fmt: skip
"""Rows of the README's table."""


def number(value: float) -> str:
    """Three digits that mean something, thousands apart, no exponents."""
    if value == 0:
        return "0"
    if abs(value) >= 999.5:
        digits = len(str(int(abs(value)))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def short(value: float) -> str:
    """A power of ten for a narrow axis."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def quantity(value: float, unit: str) -> str:
    """A number with its unit; a bare ratio has none."""
    return number(value) if unit == "1" else f"{number(value)} {unit}"


def bar(row: dict[str, object]) -> str:
    """The bar of a row, with its side."""
    sign = "≥" if row["better"] == "more" else "≤"
    return f"{sign} {quantity(float(str(row['bar'])), str(row['unit']))}"
