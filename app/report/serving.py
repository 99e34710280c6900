"""Report of serving systems: which one keeps its limits at the fewest watts."""

from __future__ import annotations

from typing import Any

from app import format as say
from app.markup import Markup, listed, sign, table, text
from app.report import charts, origin, validation
from app.report.assumptions import (
    MARK_WORDS,
    assumed_table,
    catalogue_table,
    given_table,
    inputs_of,
)
from app.report.inputs import given_only, model_of
from app.report.page import Html, Report, Section, Tile, code, figure, quiet, tiles
from app.report.units import said, scale_of
from app.svg import Axis, Figure, Series
from twin.catalogue import SERVERS
from twin.scenario.serving import ServingInput

Json = dict[str, Any]
TARGET_FRAC = 0.99
"""Part of requests inside every limit that this report asks for. Assumed."""
_LATENCIES = (("ttft", "first token"), ("tbt", "between tokens"), ("e2e", "whole"))
LEFT_OUT = (
    "Faults of servers and networks, and the time to repair them.",
    "Queues before the site: what arrives is what was sent.",
)


def serving_report(study: Json) -> Report:
    """Lay out the report of serving systems."""
    shown = [o for o in study["outcomes"] if not o["own_terms"]]
    kept = [o for o in shown if _keeps(o)]
    best = min(kept, key=lambda o: o["mean_power_w"], default=None)
    base = next((o for o in shown if o["system"] == "baseline"), None)
    if best is None:
        near = max(shown, key=lambda o: o["attained_frac"] or 0.0, default=None)
        answer = f"0 of {len(shown)} systems"
        rest = f"keep their limits for {TARGET_FRAC:.0%} of requests".replace("%", " %")
        if near is not None:
            rest += (
                f"; nearest is {near['label']}, {say.percent(near['attained_frac'])}"
            )
    else:
        answer = scale_of("W", [best["mean_power_w"]]).text(best["mean_power_w"])
        rest = (
            f"is the least mean power within the limits: {best['label']}, "
            f"{say.percent(best['attained_frac'], 2)} of requests inside every limit"
            f"{_saved(best, base)}"
        )
    return Report(
        kind="Serving systems", title=str(study["name"]), answer=answer, rest=rest,
        good=best is not None, sections=tuple(_sections(study, best)),
    )  # fmt: skip


def _keeps(one: Json) -> bool:
    return (one["attained_frac"] or 0.0) >= TARGET_FRAC


def _saved(best: Json, base: Json | None) -> str:
    if base is None or best is base or not base["mean_power_w"]:
        return ""
    change = best["mean_power_w"] / base["mean_power_w"] - 1.0
    word = "below" if change <= 0 else "above"
    return f", {say.percent(abs(change))} {word} {base['label']}"


def _sections(study: Json, best: Json | None) -> list[Section]:
    asked = model_of(ServingInput, study["inputs"])
    found: list[Section] = [
        ("What was asked", _asked(study, asked)),
        ("Key figures", _numbers(study, best)),
        ("Systems side by side", _systems(study)),
        ("Latency", _latency(study)),
    ]
    if any(o["timeline"] for o in study["outcomes"]):
        found.append(("Power over time", _power(study)))
    if len(study["pareto"]) > 1:
        found.append(("Watts against limits kept", _pareto(study)))
    if study["refused"]:
        found.append(("What could not run here", _refused(study)))
    keys = [o["system"] for o in study["outcomes"]]
    suites = ["row", *validation.suites_of_systems(keys)]
    found += [
        ("Assumptions", _assumptions(study, asked)),
        ("Validation", validation.status(suites, "Systems without a suite of their own "
         "rest on the fleet's model alone.")),
        ("What is not modelled", listed(LEFT_OUT)),
        ("Provenance", origin.provenance(study.get("provenance") or {})),
        ("How to reproduce it", _again(study, asked)),
    ]  # fmt: skip
    return found


def _asked(study: Json, asked: ServingInput | None) -> Html:
    had = study["inputs"]
    load = study["capacity_frac"]
    words = (
        f"{had['traffic']['rate_rps']:g} requests a second over "
        f"{say.duration(study['horizon_s'])} of {had['model']} on "
        f"{had['server_count']} {had['server']}"
        + ("" if load is None else f", {say.percent(load, 0)} of what the baseline "
           "keeps up with")
        + f"; {len(study['outcomes'])} systems on the same requests. The inputs that "
        "differ from their defaults:"
    )  # fmt: skip
    body = f"<p>{text(words)}</p>"
    warned = listed(study["warnings"]) if study["warnings"] else ""
    if asked is None:
        return body + "<p>They cannot be read by this version.</p>" + warned
    leave = ("systems",)
    rows = [
        [o["label"], Markup(code(o["system"])), o["summary"]] for o in study["outcomes"]
    ]
    return (
        body + given_table(inputs_of(asked, leave=leave))
        + table(("System", "Key", "What it does"), rows, kind="text") + warned
    )  # fmt: skip


def _numbers(study: Json, best: Json | None) -> Html:
    one = best or study["outcomes"][0]
    watts = scale_of("W", [one["peak_power_w"]])
    e2e = one["latency_s"].get("e2e") or {}
    found = [
        Tile(name="System", value=one["label"], part=one["system"]),
        Tile(name="Mean power", value=watts.text(one["mean_power_w"]),
             part=f"peak {watts.text(one['peak_power_w'])}"),
        Tile(name="Inside every limit", value=say.percent(one["attained_frac"], 2),
             part=f"{TARGET_FRAC:.0%} asked".replace("%", " %"),
             alarm=not _keeps(one)),
        Tile(name="Energy per token",
             value=f"{say.number(one['energy_per_token_j'], 2)} J",
             part="site energy ÷ output tokens"),
        Tile(name="Whole answer, median", value=say.latency(e2e.get("p50")),
             part=f"P99 {say.latency(e2e.get('p99'))}"),
        Tile(name="Cost of 1,000 requests",
             value=_dollars(one["cost_per_1000_usd"]), part="rent and energy"),
        Tile(name="Carbon", value=said(one["carbon_g"], "g"),
             part="over the horizon"),
        Tile(name="Requests", value=say.number(one["arrived"]),
             part=f"{say.number(one['finished'])} finished"),
    ]  # fmt: skip
    return tiles(found)


def _dollars(value: float | None) -> str:
    return say.MISSING if value is None else f"{say.number(value, 2)} USD"


def _systems(study: Json) -> Html:
    outcomes = study["outcomes"]
    watts = scale_of("W", [o["peak_power_w"] for o in outcomes])
    items = [
        charts.Bar(
            name=o["label"], low=0.0, middle=o["mean_power_w"] / watts.per,
            high=max(o["mean_power_w"], o["peak_power_w"]) / watts.per,
            words=watts.text(o["mean_power_w"]),
            colour=charts.BLUE if _keeps(o) else charts.RED,
        )
        for o in outcomes
    ]  # fmt: skip
    drawn = charts.bars(
        "Mean and peak power of each system", items,
        Axis(title=watts.title("Site power"), low=0.0,
             high=1.1 * max(i.high for i in items)),
    )  # fmt: skip
    rows = [
        [
            o["label"], sign(good=_keeps(o)) if not o["own_terms"]
            else Markup('<span class="unknown">own terms</span>'),
            say.percent(o["attained_frac"], 2), watts.text(o["mean_power_w"]),
            watts.text(o["peak_power_w"]),
            f"{say.number(o['energy_per_token_j'], 2)} J",
            _dollars(o["cost_per_1000_usd"]),
            say.percent(
                (o["against_baseline"] or {}).get("mean_power_frac"), signed=True),
            say.percent(o["quality_frac"], 0),
        ]
        for o in outcomes
    ]  # fmt: skip
    head = ("System", "Limits", "Inside", "Mean power", "Peak power", "Per token",
            "1,000 requests", "Mean against baseline", "Quality")  # fmt: skip
    return figure(
        drawn, "Dark: mean. Pale: up to the largest mean over a control tick. Red: "
        f"does not keep its limits for {100 * TARGET_FRAC:g} % of requests.",
    ) + table(head, rows)  # fmt: skip


def _latency(study: Json) -> Html:
    rows = []
    for o in study["outcomes"]:
        for key, title in _LATENCIES:
            found = o["latency_s"].get(key) or {}
            values = [say.latency(found.get(p)) for p in ("p50", "p90", "p99")]
            rows.append([f"{o['label']}, {title}", *values])
    return table(("System", "Median", "P90", "P99"), rows)


def _power(study: Json) -> Html:
    shown = [o for o in study["outcomes"] if o["timeline"]][: len(charts.COLOURS)]
    watts = scale_of("W", [o["peak_power_w"] for o in shown])
    minutes = study["horizon_s"] / 60.0
    lines = tuple(
        Series(
            name=o["label"], x=[t / 60.0 for t in o["timeline"]["time_s"]],
            low=[
                None if v is None else v / watts.per for v in o["timeline"]["power_w"]
            ],
            colour=charts.COLOURS[k], dash=charts.DASHES[k],
        )
        for k, o in enumerate(shown)
    )  # fmt: skip
    highest = max(v for one in lines for v in one.low if v is not None)
    drawn = Figure(
        title="Site power of each system over time",
        x=Axis(title="Time, min", low=0.0, high=minutes),
        y=Axis(title=watts.title("Site power"), low=0.0, high=1.1 * highest),
        series=lines, height=320,
    ).svg()  # fmt: skip
    left = len([o for o in study["outcomes"] if o["timeline"]]) - len(shown)
    rest = f" {left} systems more are not drawn." if left > 0 else ""
    return figure(drawn, f"Means of records.{rest}")


def _pareto(study: Json) -> Html:
    points = study["pareto"]
    watts = scale_of("W", [p["mean_power_w"] for p in points])
    groups = []
    for k, label in enumerate(dict.fromkeys(p["label"] for p in points)):
        mine = sorted((p for p in points if p["label"] == label),
                      key=lambda p: p["mean_power_w"])  # fmt: skip
        groups.append(charts.Dots(
            name=label, x=[p["mean_power_w"] / watts.per for p in mine],
            y=[100 * (p["attained_frac"] or 0.0) for p in mine],
            words=[f"{p['server_count']}" for p in mine],
            colour=charts.COLOURS[k % len(charts.COLOURS)], line=True, size=4.0,
        ))  # fmt: skip
    drawn = charts.dots(
        "Requests inside every limit against mean power", groups,
        charts.axis_over([p["mean_power_w"] / watts.per for p in points],
                         watts.title("Mean site power")),
        charts.axis_over([100 * (p["attained_frac"] or 0.0) for p in points]
                         + [100.0], "Requests inside every limit, %"),
        level=(100 * TARGET_FRAC, f"{100 * TARGET_FRAC:g} % asked"),
    )  # fmt: skip
    return figure(drawn, "Figures beside points: servers. Up and left is better; the "
                  "axes do not begin at zero.")  # fmt: skip


def _refused(study: Json) -> Html:
    rows = [[r["label"], f"{r['field']} {r['rule']}", str(r["repair"])]
            for r in study["refused"]]  # fmt: skip
    return table(("System", "Why", "What would help"), rows, kind="text")


def _assumptions(study: Json, asked: ServingInput | None) -> Html:
    rows = [
        [o["label"], Markup(f'<b class="mark">{text(_mark(o["mark"]))}</b>: '
                            f"{text(o['source'])}"), o["page"]]
        for o in study["outcomes"]
    ]  # fmt: skip
    systems = table(("System", "How sure its mechanism is, and source",
                     "Page in docs/models"), rows, kind="text")  # fmt: skip
    if asked is None:
        return systems
    server = SERVERS.get(asked.server)
    shown = quiet("Defaults that were left as they are, the least sure first.")
    shown += assumed_table(inputs_of(asked, leave=("systems",)))
    if server is None:
        return systems + shown
    head = f"<h3>From the catalogue: {text(server.label)}</h3>"
    return systems + shown + head + catalogue_table(server)


def _mark(mark: str) -> str:
    return MARK_WORDS.get(mark, mark) or "no mark"


def _again(study: Json, asked: ServingInput | None) -> Html:
    return origin.again(
        commands=["nameplate serving serving.yaml --out out/",
                  "nameplate report study.yaml --out report.html"],
        calls=[("/serving/run", '{"serving": …}, the inputs as JSON')],
        inputs=study["inputs"] if asked is None else given_only(asked),
        file="serving.yaml",
    )  # fmt: skip
