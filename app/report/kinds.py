"""Which report suits a document, told from what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.report.compare import compare_report
from app.report.cooling import cooling_report
from app.report.measured import measured_report
from app.report.page import Html, Report, written
from app.report.plan import plan_report
from app.report.row import run_report, what_if_report
from app.report.serving import serving_report
from app.report.site import failures_report, site_report
from app.report.stabilize import stabilize_report
from app.report.study import study_report
from twin.errors import ScenarioError

Json = dict[str, Any]
_HOLDS = {
    "what-if": ("run", "baseline", "reference"),
    "plan": ("cells", "best", "baseline"),
    "failures": ("cases", "single", "pairs"),
    "cooling": ("pue_by_hour", "ride_throughs"),
    "measured": ("now", "series", "sources", "period_us"),
    "site": ("nodes", "racks", "rows", "binding"),
    "stabilize": ("verdicts", "window", "spectrum"),
    "serving": ("outcomes", "pareto", "inputs"),
    "study": ("question", "axes", "points", "spec"),
    "comparison": ("items", "outputs", "baseline"),
    "run": ("policy", "server_count", "slo_breaches", "above"),
}
"""Kind -> keys that only it has all of."""


def kind_of(document: Json) -> str | None:
    """Kind of a document, None for none that has a report."""
    for kind, keys in _HOLDS.items():
        if all(key in document for key in keys):
            return kind
    return None


def report_of(
    document: Json,
    *,
    scenario: Json | None = None,
    plan: Json | None = None,
    run: Json | None = None,
    failures: Json | None = None,
    points: Sequence[Json] = (),
    asked: Json | None = None,
) -> Html:
    """
    Write the report of any answer.

    Args:
        document: A what-if, a stored run's or plan's result, a run of a site, its
            failures or its year of cooling, a study of a training site, serving
            systems, a study, a comparison, or what was measured.
        scenario: What was asked, where the document does not hold it: of a stored
            run, a site or a training site.
        plan: Search for the most servers, told with a what-if.
        run: Run of a site, told with its failures.
        failures: Screening of a site's failures, told with its run.
        points: Points of a study.
        asked: What was sent for a comparison, or `it_frac` of a year of cooling.

    Returns:
        One HTML file that needs nothing else and runs no script.

    Raises:
        ScenarioError: If the document is none of these.
    """
    kind = kind_of(document)
    if kind == "stabilize":
        title = (scenario or {}).get("name") or "Training power and grid rules"
        return stabilize_report(document, str(title), scenario=scenario)
    makers: dict[str, Any] = {
        "what-if": lambda: what_if_report(document, plan),
        "plan": lambda: plan_report(document),
        "site": lambda: site_report(document, failures, scenario),
        "cooling": lambda: cooling_report(document, scenario, asked),
        "measured": lambda: measured_report(document),
        "serving": lambda: serving_report(document),
        "study": lambda: study_report(document, points),
        "comparison": lambda: compare_report(document, asked),
        "run": lambda: run_report(document, scenario),
    }
    if run is not None:
        makers["failures"] = lambda: failures_report(document, run, scenario)
    if kind not in makers:
        raise _unknown(document, kind)
    report: Report = makers[kind]()
    return written(report)


def _unknown(document: Json, kind: str | None) -> ScenarioError:
    repair = (
        "give the run of the site; its failures are told with it"
        if kind == "failures"
        else "give the answer of a what-if, run, plan, site, cooling, stabilize, "
        "serving, study or comparison"
    )
    return ScenarioError(
        field="document", rule="must be an answer that has a report",
        value=", ".join(list(document)[:6]) or "no keys", repair=repair,
    )  # fmt: skip
