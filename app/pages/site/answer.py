"""What the site's three views show, drawn from the server's answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app import format as say
from app.components import html
from app.figures import site as figures
from app.figures.one_line import diagram, halls_of, utilisation
from app.pages.knobs import options
from app.pages.parts import headline, number_cell, status_line, table
from app.pages.site import state
from app.site_words import clock

Json = dict[str, Any]
_ROWS_SHOWN = 12


# --- Site -----------------------------------------------------------------------------


def site_verdict(run: Json) -> list[Any]:
    """Say whether the site carries its servers, and what stops it."""
    over = [n for n in run["nodes"] if (utilisation(n) or 0.0) > 1.0]
    throttled = sum(r["throttled_s"] for r in run["racks"])
    good = not over and not run["lost_server_s"] and not throttled
    count = f"{run['server_count']:,} servers"
    ranges = run.get("seed_ranges")
    low, high = ranges["tightest_frac"] if ranges else (0.0, 0.0)
    split = low <= 1.0 < high  # one seed would say yes, another no
    says = "fit in some draws of traffic, not in all" if split else (
        "fit" if good else "do not fit")  # fmt: skip
    more = run["server_count"] / run["provisioned_servers"] - 1
    parts = [
        f"{more:+.0%} on the {run['provisioned_servers']:,} planned for".replace(
            "%", " %"
        ),
        f"{len(over)} nodes pass their limit when one other node is lost" if over
        else "after any single loss every node stays within its limit",
    ]  # fmt: skip
    if ranges and split:
        parts.append(
            f"over {len(ranges['seeds'])} seeds the tightest node is at "
            f"{say.percent(low)} to {say.percent(high)}"
        )
    if throttled:
        parts.append(f"GPUs throttle for {throttled / 3600:,.1f} server hours")
    warnings = "".join(f" Check: {w}." for w in run.get("warnings") or [])
    return headline(
        f"{count} {says}: {run['binding']}", f"{'; '.join(parts)}. {warnings}",
        good=good and not split,
    )  # fmt: skip


def site_numbers(run: Json, *, unit: str) -> list[Any]:
    """Key numbers of the site."""
    limit_w = sum(r["limit_w"] for r in run["rows"])
    it_peak_w = max(run["series"]["it_w"])
    site_peak_w = max(run["series"]["facility_w"])
    worst = max(run["nodes"], key=lambda n: utilisation(n) or 0.0)
    worst_frac = utilisation(worst) or 0.0
    source = next((n for n in run["nodes"] if n["kind"] == "utility"), run["nodes"][0])
    hot = max(run["racks"], key=lambda r: r["gpu_peak_c"])
    warm = max(run["racks"], key=lambda r: r["inlet_peak_c"])
    loss_wh = run["facility_wh"] - run["it_wh"] - run["mechanical_wh"]
    cells = [
        ("servers", "Servers", f"{run['server_count']:,}",
         f"{run['provisioned_servers']:,} planned",
         "Servers of all racks: planned + added", False),
        ("it", "IT peak", say.power(it_peak_w, unit),
         f"{say.percent(it_peak_w / limit_w)} of row limits",
         "Highest record of all racks together ÷ sum of the rows' limits", False),
        ("facility", "Site peak", say.power(site_peak_w, unit),
         "drawn from all sources", "IT + cooling + losses + battery charging", False),
        ("pue", "PUE, this day", say.number(run["pue"], 3),
         f"losses {say.percent(loss_wh / run['it_wh'])}",
         "Energy from all sources ÷ energy of the racks", False),
        ("tight", "Tightest node", say.percent(worst_frac),
         worst["name"], ("Highest of max(peak, load after the worst single loss) ÷ "
         f"limit: {run['binding']}"), worst_frac > 1.0),
        ("stranded", "Stranded at feed", say.power(source["stranded_w"], unit),
         f"of {say.power(source['limit_w'], unit)}",
         ("Limit - max(peak, load after the worst single loss) - room that the rows "
         "below can use"), False),
        ("gpu", "Hottest GPU", f"{say.number(hot['gpu_peak_c'], 1)} °C", hot["name"],
         ("Inlet + thermal resistance × power of the GPU + spread, at its peak "
         "(docs/models/server_thermal.md, 3)"), hot["throttled_s"] > 0),
        ("inlet", "Warmest inlet", f"{say.number(warm['inlet_peak_c'], 1)} °C",
         warm["name"], ("Supply air + recirculation × load of the hall + place in row "
         "(docs/models/server_thermal.md, 2 and 5); ASHRAE allows 32 °C (A1)"),
         warm["inlet_peak_c"] > figures.LIMIT_C["allowable"]),
    ]  # fmt: skip
    ranges = run.get("seed_ranges") or {}
    return [
        number_cell(f"site-number-{key}", title, value, below, tip=told, alarm=alarm)
        for key, title, value, part, tip, alarm in cells
        for below, told in [_ranged(key, part, tip, ranges, unit)]
    ]


_RANGED: dict[str, tuple[str, Callable[[float, str], str]]] = {
    "it": ("it_peak_w", say.power), "facility": ("facility_peak_w", say.power),
    "pue": ("pue", lambda value, _: say.number(value, 3)),
    "tight": ("tightest_frac", lambda value, _: say.percent(value)),
    "gpu": ("hottest_c", lambda value, _: f"{say.number(value, 1)} °C"),
}  # fmt: skip
"""Numbers that range over seeds: their field, and how it is said."""


def _ranged(key: str, part: str, tip: str, ranges: Json, unit: str) -> tuple[str, str]:
    """Second line and tooltip of a number, with its range over seeds if it has one."""
    if key not in _RANGED or not ranges:
        return part, tip
    name, shown = _RANGED[key]
    low, high = (shown(value, unit) for value in ranges[name])
    plain = low.partition(" ")[0]
    span = "the same" if low == high else f"{plain} to {high}"
    over = f"{span} over {len(ranges['seeds'])} seeds"
    return over, f"{tip}; {part}. {over} of traffic, each scaled to the same load"


def losses_words(run: Json, *, unit: str) -> Any:
    """Add up what the feed gives, what reaches the GPUs and where the rest goes."""
    wh: dict[str, float] = {}
    for link in run["losses"]:
        wh[link["to"]] = wh.get(link["to"], 0.0) + link["wh"]
    lost = sum(v for k, v in wh.items() if k.startswith("loss in "))
    supplies = wh.get("loss in supplies", 0.0)
    total = run["facility_wh"]

    def part(value: float) -> str:
        return f"{say.energy(value, unit)} ({say.percent(value / total)})"

    return html.P(
        f"Of {say.energy(total, unit)} from all sources {part(wh.get('GPUs', 0.0))} "
        f"reach the GPUs; {part(wh.get('fans, CPUs, boards', 0.0))} go to fans, CPUs "
        f"and boards, {part(supplies)} to server supplies, {part(lost - supplies)} to "
        f"the power chain, {part(run['mechanical_wh'])} to cooling.",
        className="np-story-words",
    )


_COMPARED: tuple[tuple[str, Callable[[Json, Json], float], str], ...] = (
    ("Servers", lambda run, _: run["server_count"], "count"),
    ("IT peak", lambda run, _: max(run["series"]["it_w"]), "power"),
    ("Site peak", lambda run, _: max(run["series"]["facility_w"]), "power"),
    ("Tightest node after any loss",
     lambda run, _: max(utilisation(n) or 0.0 for n in run["nodes"]), "part"),
    ("Stranded at the feed",
     lambda run, _: sum(n["stranded_w"] or 0.0 for n in run["nodes"]
                        if n["kind"] == "utility"), "power"),
    ("PUE of the day", lambda run, _: run["pue"], "ratio"),
    ("Hottest GPU", lambda run, _: run["hottest_c"], "celsius"),
    ("Rows' brakes", lambda run, _: sum(r["brakes"] for r in run["rows"]), "count"),
    ("Servers lost, worst single failure",
     lambda _, found: max(c["lost_servers"] for c in found["cases"]), "count"),
    ("SLO damage, worst single failure",
     lambda _, found: max(c["slo_damage_frac"] for c in found["cases"]), "part"),
)  # fmt: skip


def compare_table(sites: list[tuple[str, Json, Json]], *, unit: str) -> Any:
    """Put sites side by side; differences are to the first."""
    if len(sites) < 2:
        return html.P(
            "Choose up to three kept sites, or the site as it was planned, to see them "
            "beside this view.", className="np-quiet",
        )  # fmt: skip

    def shown(value: float, kind: str, *, signed: bool = False) -> str:
        if kind == "power":
            return say.power(value, unit, signed=signed)
        if kind == "part":
            return say.percent(value, signed=signed)
        if kind == "celsius":
            return f"{say.number(value, 1, signed=signed)} {'K' if signed else '°C'}"
        return say.number(value, 3 if kind == "ratio" else 0, signed=signed)

    rows = []
    for title, read, kind in _COMPARED:
        values = [read(run, found) for _, run, found in sites]
        cells = [shown(values[0], kind)]
        cells += [
            f"{shown(v, kind)} ({shown(v - values[0], kind, signed=True)})"
            for v in values[1:]
        ]
        rows.append([title, *cells])
    return table(["", *(title for title, _, _ in sites)], rows, "differences to this")


def hall_options(run: Json) -> list[Json]:
    """Options of the hall picker."""
    return options([("", "all halls"), *((h, h) for h in halls_of(run))])


def hall_of(run: Json, view: state.View) -> str:
    """Return the hall looked at: chosen, or the first where all do not fit."""
    halls = halls_of(run)
    if view["hall"] in halls:
        return str(view["hall"])
    return halls[0] if diagram(run)["note"] else ""


def row_of(run: Json, view: state.View, hall: str) -> str:
    """Return the row whose racks are shown: the chosen node's, or the hall's first."""
    rows = [r for r in run["racks"] if not hall or r["hall"] == hall]
    feeds = {n["name"]: n["fed_by"] for n in run["nodes"]}
    for rack in rows:
        above = [f for name in rack["fed_by"] for f in (name, *feeds[name])]
        if view["node"] in (rack["row"], rack["name"], *above):
            return str(rack["row"])
    return str(rows[0]["row"])


def node_rows(run: Json, *, unit: str) -> list[Json]:
    """Rows of the table of nodes."""
    return [
        {
            "name": n["name"], "kind": say.kind_title(n["kind"]), "side": n["side"],
            "limit": say.power(n["limit_w"] or None, unit),
            "provisioned": say.power(n["provisioned_w"], unit),
            "nameplate": say.power(n["nameplate_w"], unit),
            "peak": say.power(n["peak_w"], unit), "mean": say.power(n["mean_w"], unit),
            "failover": say.power(n["failover_w"], unit), "cause": n["failover_cause"],
            "headroom": say.power(n["headroom_w"], unit, signed=True),
            "stranded": say.power(n["stranded_w"], unit),
            "over": say.number(n["oversubscription_ratio"], 2),
            "loss": say.energy(n["loss_wh"], unit),
        }
        for n in run["nodes"]
    ]  # fmt: skip


def fit_panel(found: Json, *, asked: Json) -> Any:
    """Say where servers fit, what is left there, and what would stop more."""
    count, placed = found["asked_servers"], found["placed_servers"]
    rows = found["rows"]
    text = "Each row alone." if not count else (
        f"All {count} servers find a place."
        if placed == count
        else f"{placed} of {count} servers find a place, {count - placed} do not."
    )  # fmt: skip
    first = max(rows, key=lambda r: (r["placed_servers"], r["binding_frac"]))
    told = f"First to stop more: {first['words']}."
    if count and "server_w" in asked:
        told += " Servers of another draw cannot be put into the inputs from here."
    shown = sorted(rows, key=lambda r: -r["placed_servers"])[:_ROWS_SHOWN]
    cells = [
        [r["row"], f"{r['server_count']}", f"{r['more_servers']:+d}",
         f"{r['placed_servers']:+d}" if r["placed_servers"] else say.MISSING,
         f"{r['left_servers']:+d}", r["words"]]
        for r in shown
    ]  # fmt: skip
    head = ["Row", "Servers", "Room", "Put here", "Left then", "Full at"]
    return html.Div(
        [html.P(text, className="np-fit-text"), html.P(told, className="np-quiet"),
         html.Div(table(head, cells, "Room of each row alone, at the worst hour"),
                  className="np-scroll np-fit-table")]
    )  # fmt: skip


def node_story(run: Json, name: str, *, unit: str) -> Any:
    """Everything about one node, each figure with its meaning."""
    node = next((n for n in run["nodes"] if n["name"] == name), None)
    if node is None:
        row = next((r for r in run["rows"] if r["name"] == name), None)
        return _row_story(run, row, unit) if row else _no_story()
    limit = node["limit_w"]
    lost = say.percent(node["loss_wh"] / node["in_wh"] if node["in_wh"] else 0.0)
    below = [n["name"] for n in run["nodes"] if name in n["fed_by"]]
    racks = [r for r in run["racks"] if name in r["fed_by"]]
    cause = node["failover_cause"]
    facts = [
        ("Limit", say.power(limit, unit) if limit else "none",
         "Rating × derating: what may be planned with"),
        ("Nameplate below", say.power(node["nameplate_w"], unit),
         "Rated power of all servers that hang on it, each once"),
        ("Provisioned", say.power(node["provisioned_w"], unit),
         "Sum of what was promised to the racks below"),
        ("Expected peak", say.power(node["peak_w"], unit),
         f"Highest second of the run, {clock(node['peak_t_s'])}"),
        ("After worst loss", say.power(node["failover_w"], unit),
         f"Load at the worst hour when {cause} is lost" if cause
         else "No single loss raises it"),
        ("Headroom", say.power(node["headroom_w"], unit, signed=True),
         "Limit - highest of peak and load after the worst loss"),
        ("Stranded", say.power(node["stranded_w"], unit),
         "Limit that neither the peak nor any single loss needs"),
        ("Oversubscription", f"{say.number(node['oversubscription_ratio'], 2)} ×",
         "Nameplate below ÷ limit; above 1 nameplates would not fit"),
        ("Losses", f"{say.energy(node['loss_wh'], unit)}, {lost}",
         "Energy turned into heat over the horizon, and as part of its input"),
        ("Breaker used up", say.percent(node["trip_heat"]),
         "State of its protection at the worst moment; 100 % trips"),
    ]  # fmt: skip
    return html.Div([
        html.H3([html.B(name), f" {say.kind_title(node['kind'])}", _side(node["side"])],
                className="np-story-title",
                **{"data-kind": node["kind"]}),
        _bar(node, unit),
        _facts(facts, {"Limit": limit, "Expected peak": node["peak_w"],
                       "After worst loss": node["failover_w"]}),
        _phases(node, unit),
        html.P(["fed by ", html.B(", ".join(node["fed_by"]) or "nobody"), "; feeds ",
                html.B(_some(below) if below else f"{len(racks)} racks")],
               className="np-quiet"),
        html.A(f"What if {name} fails?", className="np-story-link",
               href="#", **{"data-fail": name}),
    ])  # fmt: skip


def _row_story(run: Json, row: Json, unit: str) -> Any:
    racks = [r for r in run["racks"] if r["row"] == row["name"]]
    facts = [
        ("Limit", say.power(row["limit_w"], unit),
         "Planned servers × provisioned power"),
        ("Peak", f"{say.power(row['peak_w'], unit)}, {say.percent(row['peak_frac'])}",
         "Highest second of the sum of its feeds"),
        ("Servers", f"{sum(r['server_count'] for r in racks)} in {len(racks)} racks",
         "Deployed"),
        ("Caps", f"{row['caps_low'] + row['caps_high']} sent, {row['brakes']} brakes",
         "Commands of the row's policy"),
        ("Time slowed", say.duration(row["capped_low_s"]),
         "Low priority below full clock"),
        ("Weakest on its path", racks[0]["weakest"],
         "Element that lets least through"),
    ]  # fmt: skip
    return html.Div([
        html.H3([html.B(row["name"]), " row"], className="np-story-title"),
        _facts(facts, {}),
    ])  # fmt: skip


def _no_story() -> Any:
    return html.P(
        "Choose a node of the diagram: its limits, load, headroom and losses.",
        className="np-quiet",
    )


def _side(side: str) -> Any:
    return (
        html.Span(f"side {side}", className=f"np-chip np-chip-{side}") if side else None
    )


def _some(names: list[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _facts(facts: list[tuple[str, str, str]], watts: dict[str, float]) -> Any:
    """Facts with their hints; those in `watts` say amperes, too (oneline.amps.js)."""
    return html.Dl([
        html.Div([html.Dt(k), html.Dd(v)], tabIndex="0",
                 **{"data-tip": tip} | ({"data-w": watts[k]} if watts.get(k) else {}))
        for k, v, tip in facts
    ], className="np-facts")  # fmt: skip


def _bar(node: Json, unit: str) -> Any:
    """Headroom bar: nameplate, load after the worst loss, peak, limit."""
    if not node["limit_w"]:
        return None
    spans = (("nameplate", "nameplate_w"), ("peak", "failover_w"), ("mean", "peak_w"))
    most = max(node["limit_w"], *(node[key] for _, key in spans)) * 1.02
    return html.Div(
        className="np-bar np-bar-story", role="img",
        **{"aria-label": f"peak {say.power(node['peak_w'], unit)} of "
           f"{say.power(node['limit_w'], unit)}"},
        children=[
            *(html.Div(className=f"np-span np-span-{name}",
                       style={"width": f"{100 * node[key] / most:.1f}%"})
              for name, key in spans),
            html.Div(className="np-mark np-mark-limit",
                     style={"left": f"{100 * node['limit_w'] / most:.1f}%"}),
        ],
    )  # fmt: skip


def _phases(node: Json, unit: str) -> Any:
    if not node["phase_w"]:
        return None
    most = max(node["phase_w"]) or 1.0
    rows = [
        html.Div([
            html.Span(name), html.Div(className="np-phase-bar",
                                      style={"width": f"{70 * w / most:.0f}%"}),
            html.Span(say.power(w, unit)),
        ], className="np-phase")
        for name, w in zip("abc", node["phase_w"], strict=True)
    ]  # fmt: skip
    share = say.percent(node["imbalance_frac"])
    return html.Div(
        [*rows, html.P(f"furthest phase {share} from the mean", className="np-quiet")],
        className="np-phases",
    )


# --- Failures -------------------------------------------------------------------------


def case_rows(found: Json) -> list[Json]:
    """Rows of the table of cases."""
    return [
        {
            "failed": " + ".join(c["failed"]), "names": ",".join(c["failed"]),
            "order": len(c["failed"]), "lost": c["lost_servers"], "trips": c["trips"],
            "slo": round(100 * c["slo_damage_frac"], 1),
            "first": say.duration(c["first_trip_s"]),
            "worst": round(100 * c["worst_frac"], 1), "node": c["worst_node"],
            "race": c["race"],
        }
        for c in found["cases"]
    ]  # fmt: skip


def story_document(run: Json, story: Json, hall: str, *, unit: str) -> Json:
    """What the browser needs to show a failure frame by frame."""
    case = story["case"]
    return {
        "diagram": diagram(run, hall=hall, unit=unit), "frames": story["frames"],
        "before": story["before_w"], "failed": case["failed"],
    }  # fmt: skip


def story_words(story: Json) -> Any:
    """How a failure ends."""
    case = story["case"]
    lost, slowed = case["lost_servers"], case["slowed_servers"]
    return html.P([
        html.B(" and ".join(case["failed"]) + " lost: "),
        f"{lost:,} servers lost" if lost else "no server is lost",
        f", {slowed:,} slowed by the cap" if slowed else "",
        f", {_trips(case['trips'])}" if case["trips"] else "",
        "".join(f", {f['label']} after {say.duration(f['t_s'])}"
                for f in story["frames"] if " is too hot" in f["label"]),
        f". {case['race'].capitalize() if not case['race_node'] else case['race']}.",
    ], className="np-story-words")  # fmt: skip


def _trips(count: int) -> str:
    return f"{count} breakers trip" if count > 1 else "1 breaker trips"


def affected_table(run: Json, story: Json, *, unit: str) -> Any:
    """Nodes that a failure moves, and why; the rest stay out."""
    limit = {n["name"]: n["limit_w"] for n in run["nodes"]}
    failed = story["case"]["failed"]
    trips = {
        f["label"].split(" trips")[0]: f
        for f in story["frames"]
        if " trips" in f["label"]
    }
    rows = []
    for name, before in story["before_w"].items():
        values = [f["out_w"][name] for f in story["frames"]]
        last = values[-1]
        most = max((v for v in values if v is not None), default=None)
        if before is None or (
            last is not None and abs(most - before) < 5e-3 * before + 1
        ):
            continue
        rows.append((
            _order(last, most, limit[name]),
            [name, say.power(before, unit), say.power(most, unit),
             say.percent(most / limit[name]) if most and limit[name] else say.MISSING,
             _why(name, failed, trips, last, most, before)],
        ))  # fmt: skip
    rows.sort(key=lambda r: r[0])
    head = ["Node", "Before", "Highest after", "of limit", "Why"]
    caption = f"{len(rows)} of {len(story['before_w'])} nodes change"
    return table(head, [r for _, r in rows], caption)


def _order(last: float | None, most: float | None, limit: float | None) -> float:
    if last is None:
        return -2.0
    return -(most or 0.0) / limit if limit else 0.0


def _why(
    name: str, failed: list[str], trips: Json, last: float | None, most: float | None,
    before: float,
) -> str:  # fmt: skip
    if name in failed:
        return "failed"
    if name in trips:
        return f"tripped after {trips[name]['t_s']:.0f} s"
    if last is None:
        return "nothing feeds it any more"
    return "takes over load" if (most or 0.0) > before else "carries less"


def events_table(run: Json) -> Any:
    """What happened, in order, without the many commands."""
    loud = [e for e in run["events"] if e["kind"] not in ("command", "landed")]
    rows = [
        [_clock_s(e["t_s"]), e["kind"], e["target"],
         say.number(e["value"], 2) if e["value"] else say.MISSING]
        for e in loud[:60]
    ]  # fmt: skip
    quiet = len(run["events"]) - len(loud)
    more = f", {len(loud) - 60} more" if len(loud) > 60 else ""
    caption = f"{len(loud)} events{more}; {quiet} cap commands are left out"
    return table(["Time", "What", "Where", "Value"], rows, caption)


def _clock_s(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def timeline_words(run: Json, base: Json) -> Any:
    """What the failures on the timeline cost against the same day without them."""
    lost_s = run["lost_server_s"]
    trips = sum(1 for e in run["events"] if e["kind"] == "trip")
    throttled = sum(r["throttled_s"] for r in run["racks"])
    hotter = say.number(run["hottest_c"] - base["hottest_c"], 1, signed=True)
    hours = f"{lost_s / 3600:,.1f} server hours lost"
    parts = [
        hours if lost_s else "no server loses power",
        _trips(trips) if trips else "no breaker trips",
        f"hottest GPU {say.number(run['hottest_c'], 1)} °C ({hotter} K)",
        f"{throttled / 3600:,.1f} server hours throttled" if throttled
        else "no throttling",
    ]  # fmt: skip
    text = ", ".join(parts)
    return html.P(f"{text[0].upper()}{text[1:]}.", className="np-story-words")


def status(answer: Json, name: str) -> list[Any]:
    """Provenance of the numbers on screen, and their age."""
    provenance = answer.get("provenance") or {}
    sha = str(provenance.get("scenario_sha256") or "")[:12]
    took = (answer.get("timing") or {}).get("computed_s")
    return status_line(f"site-age-{name}", (
        f"seed {provenance.get('seed', say.MISSING)}",
        f"model {provenance.get('model_version', say.MISSING)}",
        f"scenario {sha}" if sha else "",
        f"computed in {took:.2f} s" if isinstance(took, float) else "",
    ))  # fmt: skip
