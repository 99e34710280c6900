"""What the Serving page says: verdict, warnings, sources, tables, a query's energy."""

from __future__ import annotations

from typing import Any

from app import format as say
from app.components import html
from app.figures.serving import BASELINE, Look
from app.pages.parts import headline, status_line, table
from app.pages.serving.bars import sign
from app.pages.serving.compare import Row, grams, money

Json = dict[str, Any]
MARK_TITLES = {
    "measured": "measured", "published": "published", "second-hand": "second-hand",
    "memory": "from memory", "fitted": "fitted", "assumed": "assumed",
}  # fmt: skip


# --- verdict --------------------------------------------------------------------------


def best_of(rows: list[Row]) -> Row | None:
    """System within the SLO at the fewest watts; none where none is within it."""
    return min((r for r in rows if r.fits), key=lambda r: r.mean_w, default=None)


def look_at(study: Json, rows: list[Row], wanted: str) -> str:
    """Label of the system whose pools are shown: the chosen, the best, the first."""
    labels = [o["label"] for o in study["outcomes"]]
    if wanted in labels:
        return wanted
    best = best_of(rows)
    return best.label if best else (labels[0] if labels else "")


def verdict(
    study: Json, rows: list[Row], *, target_frac: float, unit: str, coarse: bool
) -> list[Any]:
    """Say which system serves this traffic within the SLO at the fewest watts."""
    best = best_of(rows)
    base = next((r for r in rows if r.system == BASELINE), None)
    detail = _detail(study, coarse=coarse)
    if best is not None and base is not None and not base.fits:
        detail = f"The baseline is not within the SLO. {detail}"
    if best is None:
        near = max(rows, key=lambda r: (r.attained or 0.0, -r.mean_w), default=None)
        if near is None:
            return headline("Nothing here serves requests", detail, good=False)
        words = (
            f"No system is within the SLO; nearest: {near.label}, "
            f"{say.percent(near.attained)} of requests, {100 * target_frac:g} % asked"
        )
        return headline(_unbroken(words), detail, good=False)
    power = say.power(best.mean_w, unit)
    if best.system == BASELINE:
        others = (
            "; no system compared needs fewer"
            if len(rows) > 1
            else ("; choose systems to compare")
        )
        words = f"{best.label}: within the SLO at {power}{others}"
        return headline(_unbroken(words), detail, good=True)
    saved = f", {_saved(best, base)}" if base else ""
    words = f"Fewest watts within the SLO: {best.label}, {power}{saved}"
    return headline(_unbroken(words), detail, good=True)


def _unbroken(words: str) -> str:
    """Keep numbers and their units on one line."""
    return words.replace(" %", "\N{NO-BREAK SPACE}%")


def _saved(best: Row, base: Row) -> str:
    change = best.mean_w / base.mean_w - 1.0 if base.mean_w else 0.0
    word = "below" if change <= 0 else "above"
    return f"{say.percent(abs(change), 0)} {word} the baseline"


def _detail(study: Json, *, coarse: bool) -> str:
    asked = study["inputs"]
    base = next((o for o in study["outcomes"] if o["system"] == BASELINE), None)
    arrived = base["arrived"] if base else 0
    slo = asked["slo"]
    firsts = "/".join(
        f"{1e3 * slo[f'ttft_{k}_s']:g}" for k in ("short", "medium", "long")
    )
    load = study["capacity_frac"]
    parts = [
        (f"{arrived:,} requests in {say.duration(study['horizon_s'])} on "
        f"{asked['server_count']} servers"),
        "" if load is None
        else f"{say.percent(load, 0)} of what the baseline keeps up with",
        (f"first token within {firsts} ms by prompt, tokens {1e3 * slo['tbt_s']:g} ms "
        "apart"),
        "a first look at fewer minutes" if coarse else "",
    ]  # fmt: skip
    return "; ".join(p for p in parts if p) + "."


def warnings(study: Json) -> Any:
    """Warnings, each with a sign."""
    return [
        html.P([html.Span("▲ ", className="np-warn-sign"), html.B("Warning: "), text],
               className="np-warning")
        for text in study["warnings"]
    ]  # fmt: skip


# --- where curves are from ------------------------------------------------------------


def badge(mark: str, source: str) -> Any:
    """Draw how far to trust a system: a letter, its source in the tooltip."""
    title = MARK_TITLES.get(mark, mark)
    return html.Span(
        title, className=f"np-trust np-trust-{mark}", tabIndex="0",
        **{"data-tip": f"{source}. Mark: {title}."},
    )  # fmt: skip


def origins(study: Json, look_of: dict[str, Look]) -> Any:
    """Which system and which source every curve is of, with its page."""
    items = [
        html.Li([
            sign(look_of[o["label"]]), html.B(o["label"]), " ",
            badge(o["mark"], o["source"]), html.Span(f" {o['summary']} "),
            html.Span(f"{o['source']} ", className="np-origin-source"),
            html.A(
                f"docs/models/{o['page']}", href=f"/serving/model-pages/{o['page']}",
                target="_blank",
            ),
            *_quiet_notes(o["notes"]),
        ])
        for o in study["outcomes"]
    ]  # fmt: skip
    return html.Ul(items, className="np-origins")


def _quiet_notes(notes: list[str]) -> list[Any]:
    return [html.Span(" Assumed: " + "; ".join(notes) + ".", className="np-quiet")] if (
        notes
    ) else []  # fmt: skip


def pools_words(one: Json | None) -> Any:
    """Say whose pools are drawn, and where that system is from."""
    if one is None:
        return ""
    return [html.B(one["label"]), " ", badge(one["mark"], one["source"]),
            (f" mean {say.power(one['mean_power_w'], 'kW')}, "
            f"{say.number(one['gpu_hours'], 0)} GPU-hours")]  # fmt: skip


def status(study: Json, *, coarse: bool) -> list[Any]:
    """Provenance of the numbers on screen, and their age."""
    provenance = study["provenance"]
    grid = study["grid"]
    return status_line("serv-age", (
        f"{say.duration(study['horizon_s'])} of traffic"
        + (", the whole follows when the knobs rest" if coarse else ""),
        f"prices and carbon of {grid['name']}" if grid else "",
        f"seed {study['inputs']['seed']}", f"model {provenance['model_version']}",
        f"study {str(provenance['scenario_sha256'])[:12]}",
    ))  # fmt: skip


# --- tables ---------------------------------------------------------------------------


def figures_table(study: Json, *, unit: str) -> Any:
    """Every figure of every system, the table beside the charts."""
    head = ["System", "Unit", "Arrived", "Finished", "Refused", "Under way",
            "Within the SLO", "First token P50", "P99", "Between tokens P50", "P99",
            "Mean power", "Peak power", "J per token", "Wh per unit", "GPU-hours",
            "Cost", "Carbon", "Quality"]  # fmt: skip
    rows = [_figures(o, unit) for o in study["outcomes"]]
    return table(head, rows, "Site values: host, cooling and losses are in them")


def _figures(o: Json, unit: str) -> list[str]:
    def late(key: str, name: str) -> str:
        return say.latency((o["latency_s"].get(key) or {}).get(name))

    return [
        o["label"], o["unit"], say.number(o["arrived"]), say.number(o["finished"]),
        say.number(sum(o["refused"].values())), say.number(o["in_flight"]),
        say.percent(o["attained_frac"], 2), late("ttft", "p50"), late("ttft", "p99"),
        late("tbt", "p50"), late("tbt", "p99"), say.power(o["mean_power_w"], unit),
        say.power(o["peak_power_w"], unit), say.number(o["energy_per_token_j"], 2),
        say.number(o["energy_per_unit_wh"], 3), say.number(o["gpu_hours"], 1),
        money(o["cost_usd"]), grams(o["carbon_g"]), say.percent(o["quality_frac"], 0),
    ]  # fmt: skip


def further(study: Json) -> Any:
    """Further figures that systems report, by name."""
    rows = [
        [o["label"], name.replace("_", " "), "–" if value is None else f"{value:,.6g}"]
        for o in study["outcomes"] for name, value in o["figures"].items()
    ]  # fmt: skip
    if not rows:
        return None
    return table(["System", "Figure", "Value"], rows, "Further figures of each system")


# --- a query --------------------------------------------------------------------------


def query_words(found: Json) -> list[Any]:
    """Say what a query takes, with its scatter, and what a day of the fleet does."""
    typical, long = found["typical"]["energy_wh"], found["long"]["energy_wh"]
    fleet, after = found["fleet"], found["fleet_after"]
    return [
        html.P([
            html.B(f"{typical['p50']:.2f} Wh "),
            f"a typical query ({typical['p5']:.2f} to {typical['p95']:.2f}), ",
            html.B(f"{long['p50']:.2f} Wh "),
            (f"a long one ({long['p5']:.2f} to {long['p95']:.1f}), "
            f"{found['long_ratio']:.0f} times as much."),
        ], className="np-best"),
        html.P(f"{found['title']}; P5 to P95 over {found['draws']:,} draws. A typical "
               f"query: {grams(found['typical']['carbon_g']['p50'])} CO2, "
               f"{found['typical']['water_ml']['p50']:.2g} mL of water, "
               f"${found['typical']['cost_usd']['p50']:.2g}. A day of the fleet: "
               f"{fleet['energy_gwh']:.2f} GWh, {after['energy_gwh']:.2f} GWh with "
               "each pathway on its share of the fleet; "
               f"all combined divide a typical query by {_combined(found)}.",
               className="np-quiet"),
    ]  # fmt: skip


def _combined(found: Json) -> str:
    for one in found["savings"]:
        if one["name"] == "combined" and "typical" in one["reduction"]:
            reduction = one["reduction"]["typical"]
            return (
                f"{reduction['p50']:.1f} ({reduction['p5']:.1f} to "
                f"{reduction['p95']:.1f})"
            )
    return say.MISSING


def query_sources(found: Json) -> Any:
    """What a preset's inputs rest on."""
    rows = [
        [s["field"], s["said"], MARK_TITLES.get(s["mark"], s["mark"]), s["source"]]
        for s in found["sources"]
    ]
    return table(["Input", "Value", "Mark", "Source"], rows,
                 f"Inputs of {found['title']}")  # fmt: skip


def query_table(queries: dict[str, Json], titles: dict[str, str]) -> Any:
    """Percentiles of every preset, the table beside the chart."""
    rows = [
        [f"{titles.get(preset, preset)}, {kind}",
         *(f"{found[kind]['energy_wh'][q]:.3g}" for q in ("p5", "p25", "p50", "p75",
                                                          "p95", "mean"))]
        for preset, found in queries.items() for kind in ("typical", "long")
    ]  # fmt: skip
    return table(["Preset, query", "P5", "P25", "Median", "P75", "P95", "Mean"], rows,
                 "Energy of a query in Wh")  # fmt: skip
