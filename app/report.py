"""One self-contained HTML file that answers a row's question, to be sent around."""

from __future__ import annotations

import datetime as dt
import html
import json
from typing import Any

import plotly.offline

from app import frames
from app.figures.latency import latency_figure
from app.figures.power import DEFAULT_START, power_figure
from app.figures.risk import risk_figure, risk_table
from app.figures.template import Figure
from twin.scenario.model import Scenario

Json = dict[str, Any]
UNIT = "kW"
_PLOTLY: Any = plotly.offline
_LIMITS = (
    "Every figure is modelled. Not modelled: cooling, the power tree above the row, "
    "failures, networks between servers."
)

_STYLE = """
body{font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;
color:#1b1f24;background:#fff;max-width:1040px;margin:32px auto;padding:0 24px;
font-variant-numeric:tabular-nums}
h1{font-size:24px;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:16px;margin:28px 0 6px}
p{margin:4px 0}.quiet,caption,figcaption{color:#57606a;font-size:12px;text-align:left}
table{border-collapse:collapse;width:100%;font-size:13px;margin:4px 0}
th,td{text-align:right;padding:4px 10px;border-bottom:1px solid #dfe2e6;
font-weight:400;vertical-align:top}th:first-child{text-align:left;padding-left:0}
thead th{color:#57606a;font-size:12px}
table.text td,table.text th{text-align:left}
figure{margin:8px 0;break-inside:avoid}figure>div{width:100%}
pre{font:12px/1.4 ui-monospace,"DejaVu Sans Mono",monospace;background:#f6f7f8;
padding:12px;white-space:pre-wrap;overflow-wrap:anywhere}
.good .sign{color:#00704f}.bad .sign{color:#b3261e}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}
tr{break-inside:avoid}details{display:none}}
"""


def render_report(whatif: Json, plan: Json | None) -> str:
    """
    Write the report of one answer.

    Args:
        whatif: Answer of the what-if call, series included.
        plan: Plan document with its `cells`; None leaves the search out.

    Returns:
        One HTML file: figures drawn by a script inside it, nothing fetched.
    """
    verdict = frames.verdict_frame(whatif, unit=UNIT)
    run = whatif["run"]
    scenario = whatif.get("scenario") or {}
    slo = scenario.get("slo")
    tone, sign = ("good", "✓") if verdict.fits else ("bad", "✕")
    headline = _text(verdict.headline)
    body = [
        f'<h1 class="{tone}"><span class="sign">{sign}</span> {headline}</h1>',
        f"<p>{_text(verdict.detail)}.</p>",
        f'<p class="quiet">{_text(_about(scenario, run))}</p>',
        _numbers(whatif),
        *_charts(whatif, scenario, slo),
        *(_plan(plan, run, slo) if plan and plan.get("cells") else []),
        *_assumptions(scenario),
        *_provenance(whatif, scenario),
    ]
    title = _text(f"{scenario.get('name') or 'Row'}: {verdict.headline}")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style>"
        f"<script>{_PLOTLY.get_plotlyjs()}</script></head><body>" + "\n".join(body)
        + "</body></html>\n"
    )  # fmt: skip


def _text(value: Any) -> str:
    return html.escape(str(value))


def _about(scenario: Json, run: Json) -> str:
    site = (scenario.get("site") or {}).get("name", "")
    row = (scenario.get("row") or {}).get("name", "")
    place = ", ".join(p for p in (scenario.get("name", ""), site, row) if p)
    days = run["horizon_s"] / 86_400
    return f"{place} · {days:g} d simulated in ticks of {run['tick_s']:g} s"


def _table(
    head: list[str], rows: list[list[str]], caption: str, *, kind: str = ""
) -> str:
    cells = "".join(f'<th scope="col">{_text(h)}</th>' for h in head)
    lines = "".join(
        f'<tr><th scope="row">{_text(row[0])}</th>'
        + "".join(f"<td>{_text(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )  # fmt: skip
    return (
        f'<table class="{kind}"><caption>{_text(caption)}</caption>'
        f"<thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>"
    )


def _numbers(whatif: Json) -> str:
    base = whatif["baseline"]["server_count"]
    rows = [[f.title, f.value, f.part, f.delta] for f in
            frames.numbers_frame(whatif, unit=UNIT)]  # fmt: skip
    caption = f"Change against the base row of {base} servers without control"
    return _table(["Quantity", "Value", "Part", "Change"], rows, caption)


def _figure(figure: Figure, name: str, caption: str, height_px: int) -> str:
    figure.arrange(height=height_px)
    # a closing tag inside the data would end the script early
    data = figure.to_json().replace("</", "<\\/")
    return (
        f'<figure><div id="{name}"></div><figcaption>{_text(caption)}</figcaption>'
        f"</figure><script>(function(){{var f={data};Plotly.newPlot('{name}',f.data,"
        "f.layout,{responsive:true,displaylogo:false});})();</script>"
    )


def _charts(whatif: Json, scenario: Json, slo: Json | None) -> list[str]:
    run = whatif["run"]
    start = str((scenario.get("horizon") or {}).get("start") or DEFAULT_START)
    power = power_figure(run, whatif["baseline"], dark=False, unit=UNIT, start=start)
    return [
        "<h2>Row power</h2>",
        _figure(
            power, "power",
            "Line: mean; band: lowest to highest control tick of each record; dotted: "
            "base row without control. Below: where each priority was capped.", 360,
        ),
        "<h2>Latency impact by priority</h2>",
        _figure(
            latency_figure(run, slo=slo, dark=False), "latency",
            "Rise of end-to-end latency against the same traffic on the same servers "
            "without control, as a share of the rise allowed.", 250,
        ),
        _table(
            ["Service level", "No control", "Policy", "Rise", "Allowed", "Used"],
            frames.levels_table(run, slo), "End-to-end latency, median and P99",
        ),
        _table(
            ["From start", "Lowest", "Mean", "Highest", "Highest ÷ limit"],
            frames.hourly_frame(run, unit=UNIT), "Row power by hour",
        ),
    ]  # fmt: skip


def _plan(plan: Json, run: Json, slo: Json | None) -> list[str]:
    added = run["server_count"] - run["base_server_count"]
    figure = risk_figure(
        plan["cells"], policy=run["policy"], added=added, dark=False, slo=slo
    )
    head = ["Policy", "Added", "Peak ÷ limit", "Brakes", "High P99", "Low P99",
            "Limit used", "Service levels"]  # fmt: skip
    return [
        "<h2>Server count and risk</h2>",
        _figure(
            figure, "risk",
            "Share of the tightest service level used. A cross breaks a service level; "
            "points past the end of the axis are drawn at its end.", 320,
        ),
        _table(head, risk_table(plan["cells"], slo), "Worst over the seeds"),
    ]  # fmt: skip


def _assumptions(scenario: Json) -> list[str]:
    if not scenario:
        return []
    rows = [[path, value, unit, source] for path, value, unit, source in
            assumptions(scenario)]  # fmt: skip
    return [
        "<h2>Inputs, assumptions and sources</h2>",
        _table(["Input", "Value", "Unit", "Meaning and source of the default"], rows,
               "The source speaks of the default, where the value differs from it",
               kind="text"),
    ]  # fmt: skip


def assumptions(scenario: Json) -> list[tuple[str, str, str, str]]:
    """
    Inputs of a scenario with what the scenario model says on each.

    Args:
        scenario: The scenario in JSON.

    Returns:
        Path, value, unit and meaning, for every plain value of the known sections.
    """
    schema = Scenario.model_json_schema()
    found = []
    for section in ("row", "fleet", "control", "slo", "horizon", "policy"):
        values = scenario.get(section) or {}
        fields = _fields(schema, section, values)
        for name, value in values.items():
            spec = fields.get(name, {})
            if isinstance(value, dict | list) or name in ("name", "source"):
                continue
            words = str(spec.get("description", "")).split(" [")[0].rstrip(".")
            source = spec.get("source")
            shown = "from the catalogue" if value is None else _plain(value)
            found.append((
                f"{section}.{name}", shown, str(spec.get("unit", "")),
                words + (f". Source: {source}" if source else ""),
            ))  # fmt: skip
    return found


def _plain(value: Any) -> str:
    return f"{value:,g}" if isinstance(value, float) else str(value)


def _fields(schema: Json, section: str, values: Json) -> Json:
    names = {"slo": "Slo", "policy": _POLICY_MODELS.get(str(values.get("name")), "")}
    model = names.get(section, section.title())
    return dict((schema["$defs"].get(model) or {}).get("properties") or {})


_POLICY_MODELS = {
    "no-cap": "NoCap", "one-threshold-low": "OneThreshold",
    "one-threshold-all": "OneThreshold", "polca": "Polca", "user": "UserPolicy",
}  # fmt: skip


def _provenance(whatif: Json, scenario: Json) -> list[str]:
    known = whatif.get("provenance") or whatif["run"].get("provenance") or {}
    rows = [[str(k).replace("_", " "), str(v)] for k, v in known.items()]
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    rows.append(["report written", now])
    text = _text(json.dumps(scenario, indent=1, ensure_ascii=False))
    return [
        "<h2>Provenance</h2>",
        _table(["", ""], rows, "The same scenario and seed give the same numbers",
               kind="text"),
        f"<details><summary>Whole scenario</summary><pre>{text}</pre></details>",
        f'<p class="quiet">{_LIMITS}</p>',
    ]  # fmt: skip
