"""What the Stabilize page says: verdict, key numbers, tables, words."""

from __future__ import annotations

from typing import Any

from app import format as say
from app.components import html
from app.figures.stabilize import PLACES, short_power, value_words
from app.frames import figures_of
from app.pages.parts import headline, number_cells, status_line, table

Json = dict[str, Any]
_RANKED = ("band-swing", "range", "change")
_SECONDS_SHOWN = 10.0


# --- verdict --------------------------------------------------------------------------


def judged(study: Json) -> list[Json]:
    """Rules that could be judged, the least margin first."""
    found = [v for v in study["verdicts"] if v["after"]]
    return sorted(found, key=lambda v: _margin(v["after"]))


def _margin(after: Json) -> float:
    margin = after["margin_frac"]
    return float("-inf") if margin is None else float(margin)


def authority(rule: Json) -> str:
    """Name of who asks, short."""
    return str(rule["authority"].split(" /")[0].removeprefix("power "))


def fails_by(after: Json) -> str:
    """Say how far above its limit something is."""
    margin = _margin(after)
    if margin < -1:
        return f"reaches {1 - margin:.1f} × its limit"
    return f"fails by {say.percent(-margin, 0)}"


def when(at_s: float | None) -> str:
    """Say a moment of the run."""
    if at_s is None:
        return "whole run"
    return f"{say.number(at_s, 0 if at_s >= _SECONDS_SHOWN else 1)} s"


def focus_of(study: Json, wanted: str) -> str:
    """Rule that is marked in the charts: the chosen one, or the tightest."""
    keys = [v["key"] for v in study["verdicts"] if v["after"]]
    if wanted in keys:
        return wanted
    timed = [v for v in judged(study) if v["after"]["at_s"] is not None]
    return str(timed[0]["key"]) if timed else ""


def verdict(study: Json, *, coarse: bool) -> list[Any]:
    """Say whether the utility accepts this, and what stops it."""
    ranked = judged(study)
    if not ranked:
        return headline(
            "No rule is judged", "Choose rules, or see below why they are not judged.",
            good=False,
        )  # fmt: skip
    failing = [v for v in ranked if not v["after"]["passes"]]
    tight = ranked[0]
    if failing:
        at = tight["after"]["at_s"]
        moment = f" at {when(at)}" if at is not None else ""
        kept = len(ranked) - len(failing)
        words = (
            f"{kept} of {len(ranked)} rules kept; {authority(tight)} "
            f"{fails_by(tight['after'])}{moment}"
        )
    else:
        words = (
            f"All {len(ranked)} rules kept; tightest is {authority(tight)} with "
            f"{say.percent(_margin(tight['after']), 0)} to spare"
        )
    return headline(words, _detail(study, failing, coarse=coarse), good=not failing)


def _detail(study: Json, failing: list[Json], *, coarse: bool) -> str:
    parts = []
    if failing:
        parts += ["; ".join(
            f"{authority(v)} {value_words(v['after']['worst'], v['unit'], 'MW')}, "
            f"limit {value_words(v['after']['limit'], v['unit'], 'MW')}"
            for v in failing[:3]
        ) + (f"; and {len(failing) - 3} more" if len(failing) > 3 else "")]  # fmt: skip
    unkept = [r for r in study["rides"] if not r["passes"]]
    if unkept:
        names = ", ".join(r["authority"] for r in unkept)
        parts.append(f"Ride-through is not kept: {names}")
    waiting = sum(v["after"] is None for v in study["verdicts"])
    if waiting and coarse:
        parts.append(f"{waiting} wait for finer samples, until the knobs rest")
    elif waiting:
        parts.append(f"{waiting} cannot be judged, see the table")
    return "".join(f"{part}. " for part in parts)


# --- numbers --------------------------------------------------------------------------


def numbers(study: Json, *, unit: str) -> list[Any]:
    """Key numbers before and after."""
    before, after = study["before"], study["after"]
    swing = _swing(study)
    lost = after["lost_start_s"]
    life, place = _life(study)
    kept = sum(r["passes"] for r in study["rides"])
    cells = [
        ("peak", "Highest power", short_power(after["highest_w"], unit),
         f"before {short_power(before['highest_w'], unit)}",
         "Highest sample of power from the grid: max P(t) over the run", False),
        ("swing", swing[0], short_power(swing[2], unit),
         f"before {short_power(swing[1], unit)}", swing[3], swing[4]),
        ("mean", "Mean power", short_power(after["mean_w"], unit),
         f"before {short_power(before['mean_w'], unit)}",
         "Energy from the grid ÷ length of the run", False),
        ("wasted", "Wasted energy", say.percent(after["wasted_frac"]),
         "of the jobs' work",
         "Burnt by floor, ballast, ramps and lost in stores ÷ the jobs' own work",
         False),
        ("slow", "Slowdown", say.percent(after["slowdown_frac"], 2),
         "starts aside",
         ("Time the jobs lose while they run ÷ their time: what caps and clocks held "
         "back ÷ mean power of the work above idle"), False),
        ("start", "Lost at a start", say.duration(lost),
         f"{after['starts']} start{'s' if after['starts'] != 1 else ''} in the run",
         ("∫ (wanted - cap) dt over a start ramp ÷ mean power of the work above idle "
         "(docs/models/stabilize.md, 11)"), False),
        ("life", "Store life",
         say.MISSING if life is None else f"{say.number(life, 1)} years", place,
         ("Full cycles it lasts × capacity ÷ energy through it a year, if every day "
         "went on like this run; then a fifth of its capacity is lost"),
         life is not None and life < 1),
        ("ride", "Ride-through",
         f"{kept} of {len(study['rides'])}" if study["rides"] else say.MISSING,
         "tables kept" if study["rides"] else "no table chosen",
         ("Tables whose limits hold through the disturbance ÷ tables chosen; each is "
         "judged on one disturbance"), kept < len(study["rides"])),
    ]  # fmt: skip
    return number_cells("stab", figures_of(cells))


def _swing(study: Json) -> tuple[str, float, float, str, bool]:
    """Title, before, after, meaning and alarm of the swing that a rule measures."""
    for kind in _RANKED:
        for rule in study["verdicts"]:
            if rule["kind"] == kind and rule["after"] and rule["before"]:
                span = f" in {rule['window_s']:g} s" if rule["window_s"] else ""
                return (
                    f"Swing{span}", rule["before"]["worst"], rule["after"]["worst"],
                    f"As {authority(rule)} measures it: {rule['title']}",
                    not rule["after"]["passes"],
                )  # fmt: skip
    before, after = study["before"], study["after"]
    return (
        "Swing", before["highest_w"] - before["lowest_w"],
        after["highest_w"] - after["lowest_w"], "Highest - lowest power", False,
    )  # fmt: skip


def _life(study: Json) -> tuple[float | None, str]:
    worn = [s for s in study["stores"] if s["life_years"] is not None]
    if not study["stores"]:
        return None, "no store"
    if not worn:
        return None, "does not wear"
    least = min(worn, key=lambda s: s["life_years"])
    return least["life_years"], PLACES[least["place"]][0]


# --- compliance -----------------------------------------------------------------------


def compliance(study: Json, *, focus: str, unit: str, coarse: bool) -> Any:
    """Every rule: worst value, limit, margin, when, in which line, before and after."""
    head = [
        ("Rule", ""), ("Worst", "np-right"), ("Limit", "np-right"),
        ("Use of the limit", ""), ("Margin", "np-right"), ("When", "np-right"),
        ("Strongest line", "np-right"), ("Before", "np-right"), ("Source, date", ""),
    ]  # fmt: skip
    rows = [_rule_row(v, focus=focus, unit=unit) for v in judged(study)]
    rows += [
        _unjudged_row(v, coarse=coarse) for v in study["verdicts"] if not v["after"]
    ]
    return html.Table(
        className="np-table np-rules", id="stab-rules-table",
        children=[
            html.Caption("Worst value with measures. Press a rule to see its worst "
                         "moment in the waveform and its band in the spectrum."),
            html.Thead(html.Tr([
                html.Th(text, scope="col", className=kind) for text, kind in head
            ])),
            html.Tbody(rows),
        ],
    )  # fmt: skip


def _rule_row(rule: Json, *, focus: str, unit: str) -> Any:
    after, before = rule["after"], rule["before"] or {}
    good = after["passes"]
    used = 1.0 - _margin(after)
    hertz = after["worst_hz"]
    chosen = rule["key"] == focus
    source = f"{rule['source']}. {after['note']}".rstrip(". ")
    short = rule["source"].split("(")[0].split(",")[0].strip()[:40]
    return html.Tr(
        className=f"np-rule np-{'good' if good else 'bad'}"
        + (" np-chosen-row" if chosen else ""),
        **{"data-rule": rule["key"], "data-at": after["at_s"],
           "data-span": rule["window_s"]},
        children=[
            html.Th(scope="row", children=[
                html.Button(
                    [html.Span("✓" if good else "✕", className="np-sign",
                               title="kept" if good else "not kept"),
                     html.B(authority(rule))],
                    type="button", className="np-rule-name",
                    **{"aria-pressed": "true" if chosen else "false",
                       "aria-label": f"{authority(rule)}, {rule['title']}: "
                       + ("kept" if good else "not kept")},
                ),
                html.Span(rule["title"], className="np-rule-title"),
            ]),
            html.Td(html.B(value_words(after["worst"], rule["unit"], unit)),
                    className="np-right"),
            html.Td(value_words(after["limit"], rule["unit"], unit),
                    className="np-right"),
            html.Td(_use_bar(used, good=good)),
            html.Td(say.percent(_margin(after), 0, signed=True),
                    className="np-right np-margin"),
            html.Td(when(after["at_s"]), className="np-right"),
            html.Td(f"{hertz:.3g} Hz" if hertz else say.MISSING, className="np-right"),
            html.Td(value_words(before.get("worst"), rule["unit"], unit),
                    className="np-right np-quiet"),
            html.Td(
                html.Span(f"{short}, {_date(rule)}", className="np-source",
                          **{"data-tip": f"{source}. Text: {_date(rule)}."},
                          tabIndex="0"),
            ),
        ],
    )  # fmt: skip


def _date(rule: Json) -> str:
    return "undated" if rule["date"] == "unknown" else str(rule["date"])


def _use_bar(used: float, *, good: bool) -> Any:
    """Value ÷ limit, the limit at half the bar; longer ones are cut."""
    return html.Div(
        className="np-use", role="img",
        **{"aria-label": f"{used:.2g} of the limit"},
        children=[
            html.Div(className="np-use-fill" + ("" if good else " np-over"),
                     style={"width": f"{min(100.0, max(0.5, 50 * used)):.1f}%"}),
            html.Div(className="np-use-limit"),
            html.Span(f"{used:.1f} ×" if used > 2 else "", className="np-use-cut"),
        ],
    )  # fmt: skip


def _unjudged_row(rule: Json, *, coarse: bool) -> Any:
    why = "judged when the knobs rest" if coarse else str(rule["why_not"])
    return html.Tr(className="np-rule np-unjudged", children=[
        html.Th(scope="row", children=[
            html.Span("?", className="np-sign", title="not judged"),
            html.B(authority(rule)),
            html.Span(rule["title"], className="np-rule-title"),
        ]),
        html.Td(f"not judged: {why}", colSpan=8),
    ])  # fmt: skip


# --- ride-through, words --------------------------------------------------------------


def rides(study: Json, *, unit: str) -> Any:
    """Findings of each table."""
    return html.Div([_ride(ride, unit=unit) for ride in study["rides"]])


def _ride(ride: Json, *, unit: str) -> Any:
    asked = [f for f in ride["findings"] if f["asked"]]
    others = [f for f in ride["findings"] if not f["asked"]]
    tone = "good" if ride["passes"] else "bad"
    back = ride["recovered_s"]
    summary = (
        f"misses {short_power(ride['lost_w'], unit)} at most, back after "
        f"{say.number(back, 1)} s"
        if back is not None
        else f"misses {short_power(ride['lost_w'], unit)}, never back by itself"
    )
    return html.Div(className=f"np-ride np-{tone}", children=[
        html.P([
            html.Span("✓" if ride["passes"] else "✕", className="np-sign"),
            html.B(f"{ride['authority']}: "), ride["title"],
        ], className="np-ride-title"),
        html.P(f"{ride['event']}: {summary}. Text of {ride['date']}.",
               className="np-quiet"),
        _findings(asked, "What this event asks"),
        html.Details(className="np-fold-plain", children=[
            html.Summary(f"{len(others)} more that it does not ask, by the settings",
                         className="np-quiet"),
            _findings(others, "By the settings of the protection"),
        ]) if others else None,
    ])  # fmt: skip


def _findings(found: list[Json], caption: str) -> Any:
    rows = [
        ["✓" if f["kept"] else "✕", f["title"], _amount(f["must"], f["unit"]),
         _amount(f["did"], f["unit"]), f["words"]]
        for f in found
    ]  # fmt: skip
    head = ["", "Requirement", "Must", "Did", "What happened"]
    return html.Div(table(head, rows, caption), className="np-scroll np-findings")


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return say.MISSING
    return f"{value:.4g} {unit}".strip() if unit != "1" else say.percent(value)


def notes(study: Json) -> Any:
    """What a reader must know, and what UPS and gensets do."""
    words = [str(n) for n in study["notes"]]
    if study["ups"]:
        words.append(f"UPS: {study['ups']['words']}.")
    if study["generators"]:
        after = study["generators"]["after"]
        before = study["generators"]["before"]
        words.append(
            f"Gensets: {after['lowest_hz']:.2f} to {after['highest_hz']:.2f} Hz with "
            f"measures, {before['lowest_hz']:.2f} to {before['highest_hz']:.2f} Hz "
            f"without; at most {say.percent(after['load_frac'], 0)} of their rating."
        )
    return html.Ul([html.Li(w) for w in words], className="np-notes")


def assumptions(study: Json) -> Any:
    """Every number the answer rests on."""
    rows = [
        [a["path"].removeprefix("training."), a["meaning"], _shown(a["value"]),
         a["unit"], a["source"]]
        for a in study["assumptions"]
    ]  # fmt: skip
    head = ["Field", "Meaning", "Value", "Unit", "Source"]
    return table(head, rows, "Given: set by you or the stored scenario")


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, list):
        return ", ".join(str(v) for v in value)
    return f"{value:,}" if isinstance(value, int) and value > 9999 else str(value)


def status(study: Json, *, coarse: bool) -> list[Any]:
    """Provenance of the numbers on screen, and their age."""
    provenance = study["provenance"]
    return status_line("stab-age", (
        f"samples of {1e3 * study['sample_s']:g} ms"
        + (", finer ones follow when the knobs rest" if coarse else ""),
        f"{study['horizon_s']:,.0f} s run in {study['timing']['computed_s']:.2f} s",
        f"seed {provenance.get('seed', 1)}",
        f"model {provenance['model_version']}",
        f"scenario {str(provenance['scenario_sha256'])[:12]}",
    ))  # fmt: skip


def window_words(window: Json) -> str:
    """Say what the waveform shows: span and sample."""
    span = window["to_s"] - window["from_s"]
    shown = f"{span:.4g} s" if span < 1e4 else say.duration(span)
    return f"{shown} in view, samples of {1e3 * window['sample_s']:.3g} ms"
