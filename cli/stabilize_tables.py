"""Turn runs of training sites, searches and lists of rules into tables."""

from __future__ import annotations

from typing import get_args

import yaml
from rich.console import Console
from rich.table import Table

from app import stabilize_words as words
from app.format import MISSING, percent
from cli.tables import hidden, listing, make_table, row, say
from twin.types import Document

_MOST_FRONT = 15


def print_run(console: Console, run: Document, name: str) -> None:
    """Print a run: verdict, rules, energy, critical frequencies, ride-through."""
    say(console, f"{name}: {words.verdict(run)}")
    say(console, *(f"beside the rules: {said}" for said in words.beside(run)))
    say(console, words.spread(run))
    console.print(_compliance(run))
    for v in run["verdicts"]:
        if v["why_not"]:
            say(console, f"not judged: {v['key']}: {v['why_not']}")
    say(console, *dict.fromkeys(
        f"{v['key']}: {v['after']['note']}" for v in words.judged(run)
        if v["after"]["note"]
    ))  # fmt: skip
    say(console, words.energy(run), *(words.store(s) for s in run["stores"]))
    say(console, *_upstream(run))
    if run["modes"]:
        console.print(_modes(run["modes"]))
    for ride in run["rides"]:
        how = "kept" if ride["passes"] else "not kept"
        say(console, f"{ride['key']} ({ride['authority']}), {ride['event']}: {how}")
        say(console, *(f"  {line}" for line in words.broken(ride)))
    say(console, *(words.rejection(r) for r in run["rejections"]))
    say(console, *(f"note: {note}" for note in run["notes"]))


def print_search(console: Console, sized: Document, name: str) -> None:
    """Print a search: the best, the front, what would change the answer."""
    say(console, f"{name}: {words.best(sized)}")
    say(console, *(f"not judged: {u['key']}: {u['why']}" for u in sized["unjudged"]))
    bare_w = words.bare_w(sized)
    if sized["front"]:
        console.print(_front(sized, bare_w))
        say(console, *hidden(sized["front"], _MOST_FRONT))
    say(console, *(words.turned(s, bare_w) for s in sized["sensitivity"]))
    if sized["best_measures"] is not None:
        measures = short_measures(sized["best_measures"])
        text = yaml.safe_dump({"measures": measures}, sort_keys=False).rstrip()
        say(console, "", "The best for the scenario, under training:", text)


def print_known(console: Console, known: Document) -> None:
    """Print what scenarios may name: rules, ride-through tables, modes."""
    for title, found in (
        ("Grid rules", known["rules"]), ("Ride-through tables", known["tables"]),
    ):  # fmt: skip
        table = listing(title, "Name", "Who", "Asks", "Source", "Date")
        for r in found:
            row(table, r["key"], r["authority"], r["title"], r["source"], r["date"])
        console.print(table)
    modes = listing("Critical frequencies", "Name", "Band", "Swings", "Source", "Date")
    for m in known["modes"]:
        row(modes, m["key"], _band(m), m["title"], m["source"], m["date"])
    console.print(modes)


# --- parts ----------------------------------------------------------------------------


def _band(mode: Document) -> str:
    return f"{mode['low_hz']:g} to {mode['high_hz']:g} Hz"


def _compliance(run: Document) -> Table:
    table = make_table(
        "Rules", "Rule", "Before", "Worst", "Limit", "Margin", "When", "Line",
        ("Kept", "left"),
    )  # fmt: skip
    for v in run["verdicts"]:
        before, after, unit = v["before"], v["after"], v["unit"]
        if after is None:
            limit = words.quantity(v["limit"], unit)
            row(table, v["key"], MISSING, MISSING, limit, *[MISSING] * 3, "not judged")
            continue
        now, then = _kept(after), _kept(before)
        row(
            table, v["key"], words.quantity(before and before["worst"], unit),
            words.quantity(after["worst"], unit), words.quantity(after["limit"], unit),
            words.points(after["margin_frac"]), words.moment(after["at_s"]),
            words.hertz(after["worst_hz"]),
            now if now == then else f"{then} → {now}",
        )  # fmt: skip
    return table


def _kept(judged: Document | None) -> str:
    if judged is None:
        return "not judged"
    return "yes" if judged["passes"] else "NO"


def _modes(modes: list[Document]) -> Table:
    table = make_table(
        "Critical frequencies, amplitude of the strongest line", "Name",
        ("Band", "left"), "Before", "Worst", "Limit", "Margin", "At", ("Kept", "left"),
    )  # fmt: skip
    for m in modes:
        after = m["after"]
        row(
            table, m["key"], _band(m),
            words.watts(m["before"]["amplitude_w"]), words.watts(after["amplitude_w"]),
            words.watts(m["limit_w"]), words.points(after["margin_frac"]),
            words.hertz(after["at_hz"]), _kept(after),
        )  # fmt: skip
    return table


def _upstream(run: Document) -> list[str]:
    """Say what the UPS and gensets do, where there are any."""
    said = [f"UPS: {run['ups']['words']}"] if run["ups"] else []
    if run["generators"]:
        before, after = run["generators"]["before"], run["generators"]["after"]
        said.append(
            f"gensets: frequency down to {_hz(before['lowest_hz'])} before, "
            f"{_hz(after['lowest_hz'])} with measures, load "
            f"{percent(after['load_frac'], 0)} of rating"
        )
    return said


def _hz(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2f} Hz"


def _front(sized: Document, bare_w: float | None) -> Table:
    table = make_table(
        "Pareto front, cost a year in k$", "Combination", "Cost", "Stores", "Energy",
        "Time", "Wasted, %", "Slowdown, %", ("Least margin", "left"),
    )  # fmt: skip
    table.columns[0].no_wrap = False
    table.columns[0].min_width = 40
    order = sorted(sized["front"], key=lambda k: sized["tried"][k]["cost_per_year"])
    for k in order[:_MOST_FRONT]:
        t = sized["tried"][k]
        parts = (t["cost_per_year"], *(t["costs"][c] for c in _COSTS))
        row(
            table, words.choice(t["choice"], bare_w),
            *(f"{part / 1e3:,.0f}" for part in parts),
            f"{100 * (t['wasted_frac'] or 0):.2f}",
            f"{100 * (t['slowdown_frac'] or 0):.3f}",
            f"{words.points(t['worst_margin_frac'])} {t['worst_rule']}",
            style="bold" if k == sized["best"] else None,
        )  # fmt: skip
    return table


_COSTS = ("stores", "energy", "time")


def short_measures(measures: Document) -> Document:
    """Leave out what is at its default, and measures that are none."""
    from twin.scenario.measures import Measures

    found: Document = {}
    for place, part in measures.items():
        kinds = get_args(Measures.model_fields[place].annotation)
        model = next(kind for kind in kinds if kind is not type(None))
        known = {n: info.get_default() for n, info in model.model_fields.items()}
        given = {name: v for name, v in part.items() if v != known[name]}
        if given or place != "scheduling":
            found[place] = given
    return found
