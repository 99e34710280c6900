"""Tables of the compliance report: compliance, energy, stores, ride-through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app import stabilize_words as words
from app.format import MISSING, number, percent
from app.markup import Markup, sign, table, text

Json = dict[str, Any]
_JOULES_PER_MWH = 3.6e9


def dated(found: Json) -> str:
    """Write the date of a source."""
    return "date unknown" if found["date"] == "unknown" else str(found["date"])


def summary(study: Json) -> str:
    """Write how many rules, critical frequencies and tables are kept."""
    rules = [v["after"]["passes"] for v in words.judged(study)]
    rows = [
        ["Grid rules", _count(rules)],
        ["Rules not judged", str(len(study["verdicts"]) - len(rules))],
        ["Ride-through tables", _count([r["passes"] for r in study["rides"]])],
        ["Critical frequencies",
         _count([m["after"]["passes"] for m in study["modes"]])],
    ]  # fmt: skip
    return table((), rows, kind="pairs")


def _count(kept: list[bool]) -> Markup:
    if not kept:
        return Markup("none asked for")
    kind = "good" if all(kept) else "bad"
    return Markup(f'<b class="{kind}">{sum(kept)} of {len(kept)} kept</b>')


def jobs(study: Json) -> str:
    """Write the jobs as they run."""
    rows = [
        [
            j["name"],
            j["gpu"],
            number(j["gpu_count"]),
            words.watts(j["tdp_w"]),
            f"{j['iteration_s']:.4g} s",
            percent(j["duty"], 0),
            words.moment(j["start_s"]),
            "after the horizon" if j["end_s"] is None else words.moment(j["end_s"]),
        ]
        for j in study["jobs"]
    ]
    head = ("Job", "GPU", "GPUs", "TDP of one", "Iteration", "Compute", "Starts",
            "Ends")  # fmt: skip
    return table(head, rows)


def power(study: Json) -> str:
    """Write the grid's power before and after."""
    rows = [
        [title, *(words.watts(study[side][key]) for side in ("before", "after"))]
        for title, key in (("Highest", "highest_w"), ("Mean", "mean_w"),
                           ("Lowest", "lowest_w"))
    ]  # fmt: skip
    return table(("Power from the grid", "Without measures", "With measures"), rows)


def compliance(study: Json) -> str:
    """Write each rule with its figures, and below it source, date and notes."""
    head = ("Rule", "Result", "Without measures", "With measures", "Limit", "Margin",
            "Worst at", "Strongest line")  # fmt: skip
    return _with_abouts(head, (_rule(v) for v in study["verdicts"]))


def _with_abouts(
    head: Sequence[str], items: Iterable[tuple[Markup, list[str], list[str]]]
) -> str:
    """Write a table whose rows each have a line about them below."""
    cells = "".join(f'<th scope="col">{text(h)}</th>' for h in head)
    body = "".join(
        f'<tbody><tr><th scope="row">{name}</th>'
        + "".join(f"<td>{text(c)}</td>" for c in row)
        + f'</tr><tr class="about"><td colspan="{len(head)}">'
        + text(" · ".join(about)) + "</td></tr></tbody>"
        for name, row, about in items
    )  # fmt: skip
    return f'<table class="rules"><thead><tr>{cells}</tr></thead>{body}</table>'


def _rule(v: Json) -> tuple[Markup, list[str], list[str]]:
    after, before, unit = v["after"], v["before"], v["unit"]
    name = Markup(f"<b>{text(v['authority'])}</b> "
                  f'<span class="key">{text(v["key"])}</span>')  # fmt: skip
    found = after or _UNJUDGED
    cells = [
        sign(good=found["passes"]), words.quantity(before and before["worst"], unit),
        words.quantity(found["worst"], unit),
        words.quantity((after or before or v)["limit"], unit),
        words.points(found["margin_frac"]), words.moment(found["at_s"]),
        words.hertz(found["worst_hz"]),
    ]  # fmt: skip
    where = ", ".join(part for part in (words.KINDS[v["kind"]], words.band(v)) if part)
    about = [v["title"], f"measured: {where}", f"source: {v['source']}, {dated(v)}"]
    about += [found["note"]] if found["note"] else []
    about += [f"not judged: {v['why_not']}"] if v["why_not"] else []
    return name, cells, about


_UNJUDGED: Json = {
    "worst": None, "margin_frac": None, "at_s": None, "worst_hz": None, "passes": None,
    "note": "",
}  # fmt: skip


def books(study: Json) -> str:
    """Write where energy went; the lines add up to what the grid gave."""
    sides = [study[k]["books"] for k in ("before", "after")]
    rows = [
        [title, *(_mwh(weight * side[key]) for side in sides)]
        for key, title, weight in words.BOOKS if any(side[key] for side in sides)
    ]  # fmt: skip
    rows.append(["From the grid", *(_mwh(side["grid_j"]) for side in sides)])
    rows.append(["Unexplained ÷ grid", *(
        _tiny(study[k]["unexplained_frac"]) for k in ("before", "after"))])  # fmt: skip
    return table(("Energy, MWh", "Without measures", "With measures"), rows,
                 kind="sums")  # fmt: skip


def _mwh(value: float) -> str:
    return number(value / _JOULES_PER_MWH, 4) if value else "0"


def _tiny(value: float | None) -> str:
    return MISSING if value is None else f"{value:.0e}".replace("-", "\N{MINUS SIGN}")


def price(study: Json) -> str:
    """Write what the measures waste, and what they cost the jobs."""
    after = study["after"]
    rows = [
        ["Burnt, and lost in stores ÷ work", percent(after["wasted_frac"], 2)],
        ["Time the jobs lose, starts aside", percent(after["slowdown_frac"], 3)],
        ["Time a job loses at each start", words.moment(after["lost_start_s"])],
        ["Starts and restarts in the horizon", number(after["starts"])],
        ["Burn circuit's life used in a year", percent(after["burn_life_frac"], 1)],
    ]
    return table((), rows, kind="pairs")


def stores(study: Json) -> str:
    """Write what became of the stores."""
    rows = [
        [
            words.PLACES[s["place"]].capitalize(), words.watts(s["power_w"]),
            words.joules(s["energy_j"]), s["control"],
            f"{percent(s['lowest_frac'], 0)} to {percent(s['highest_frac'], 0)}",
            percent(s["full_or_empty_frac"], 1), words.joules(s["lost_j"]),
            number(s["full_cycles"], 2),
            "no wear stated" if s["life_years"] is None
            else f"{number(s['life_years'], 1)} years",
        ]
        for s in study["stores"]
    ]  # fmt: skip
    head = ("Store", "Power of one", "Energy of one", "Control", "Charge",
            "Full or empty", "Lost in all", "Full cycles",
            "Life at this pace")  # fmt: skip
    return table(head, rows)


def modes(study: Json) -> str:
    """Write how strongly each critical frequency is driven, and below it its source."""
    head = ("Critical frequency", "Result", "Without measures", "With measures",
            "Limit", "Margin", "At", "When")  # fmt: skip
    return _with_abouts(head, (_mode(m) for m in study["modes"]))


def _mode(m: Json) -> tuple[Markup, list[str], list[str]]:
    after = m["after"]
    name = Markup(f"<b>{m['low_hz']:g} to {m['high_hz']:g} Hz</b> "
                  f'<span class="key">{text(m["key"])}</span>')  # fmt: skip
    cells = [
        sign(good=after["passes"]), words.watts(m["before"]["amplitude_w"]),
        words.watts(after["amplitude_w"]), words.watts(m["limit_w"]),
        words.points(after["margin_frac"]), words.hertz(after["at_hz"]),
        words.moment(after["at_s"]),
    ]  # fmt: skip
    near = after["nearby_w"]
    beside = [] if near is None else [
        f"just outside: {words.watts(near)} at {words.hertz(after['nearby_hz'])}"
    ]  # fmt: skip
    return name, cells, [m["title"], *beside, f"source: {m['source']}, {dated(m)}"]


def ride(found: Json) -> str:
    """Write every requirement of a ride-through table."""
    rows = [
        [
            f["title"],
            words.span(f["must"], f["unit"]),
            words.span(f["did"], f["unit"]),
            "yes" if f["asked"] else "no",
            sign(good=f["kept"], would=not f["asked"]),
            f["words"],
        ]
        for f in found["findings"]
    ]
    head = ("Requirement", "Asked for", "Site", "In this event", "Result",
            "What happened")  # fmt: skip
    caption = (
        f"{found['authority']}: {found['title']} ({found['key']}). Source: "
        f"{found['source']}, {dated(found)}"
    )
    return table(head, rows, caption=caption, kind="ride whole")


def ride_words(found: Json) -> str:
    """Say what the load did in an event, in a sentence."""
    back = found["recovered_s"]
    return (
        f"Event: {found['event']}. The grid missed up to {words.watts(found['lost_w'])}"
        f" for {words.moment(found['lost_s'])}; the load was "
        + (f"back {words.moment(back)} after the voltage" if back is not None
           else "not back within the run")
        + f"; batteries gave {words.joules(found['battery_j'])}."
    )  # fmt: skip


def gensets(study: Json) -> str:
    """Write what gensets do under the load, before and after."""
    titles = (
        ("Lowest frequency", "lowest_hz", _hz),
        ("Highest frequency", "highest_hz", _hz),
        ("Steepest change of frequency", "rocof_hz_per_s",
         lambda v: MISSING if v is None else f"{number(v, 2)} Hz/s"),
        ("Highest load ÷ rated power", "load_frac", lambda v: percent(v, 1)),
        ("Time above rated power", "overload_s", words.moment),
        ("Time the governor was held back", "fuel_limited_frac",
         lambda v: percent(v, 2)),
    )  # fmt: skip
    sides = [study["generators"][k] for k in ("before", "after")]
    rows = [[title, *(write(s[key]) for s in sides)] for title, key, write in titles]
    return table(("Gensets that carry the site alone", "Without measures",
                  "With measures"), rows)  # fmt: skip


def _hz(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2f} Hz"


def interharmonics(study: Json) -> str:
    """Write the strongest sidebands before and after."""
    rows = [
        [
            name, percent(i["current_frac"], 2), words.hertz(i["modulation_hz"]),
            f"{i['lower_hz']:.2f} and {i['upper_hz']:.2f} Hz",
        ]
        for name, i in zip(("Without measures", "With measures"),
                           study["interharmonics"], strict=True)
    ]  # fmt: skip
    return table(("Strongest pair", "Each ÷ current at mean power", "Swing", "Lies at"),
                 rows)  # fmt: skip
