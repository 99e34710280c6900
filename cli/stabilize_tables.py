"""Turn studies of training sites, searches and lists of rules into tables."""

from __future__ import annotations

from typing import Literal, get_args

import yaml
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app import stabilize_words as words
from app.format import MISSING, percent
from cli.serve_study_tables import say
from twin.scenario.measures import Measures
from twin.types import Document

Side = Literal["left", "right"]
_MOST_FRONT = 15


def print_study(console: Console, study: Document, name: str) -> None:
    """Print a study: verdict, rules, energy, critical frequencies, ride-through."""
    say(console, f"{name}: {words.verdict(study)}")
    say(console, *(f"beside the rules: {said}" for said in words.beside(study)))
    say(console, words.spread(study))
    console.print(_compliance(study))
    for v in study["verdicts"]:
        if v["why_not"]:
            say(console, f"not judged: {v['key']}: {v['why_not']}")
    say(console, *dict.fromkeys(
        f"{v['key']}: {v['after']['note']}" for v in words.judged(study)
        if v["after"]["note"]
    ))  # fmt: skip
    say(console, words.energy(study), *(words.store(s) for s in study["stores"]))
    say(console, *_upstream(study))
    if study["modes"]:
        console.print(_modes(study["modes"]))
    for ride in study["rides"]:
        how = "kept" if ride["passes"] else "not kept"
        say(console, f"{ride['key']} ({ride['authority']}), {ride['event']}: {how}")
        say(console, *(f"  {line}" for line in words.broken(ride)))
    say(console, *(words.rejection(r) for r in study["rejections"]))
    say(console, *(f"note: {note}" for note in study["notes"]))


def print_search(console: Console, sized: Document, name: str) -> None:
    """Print a search: the best, the front, what would change the answer."""
    say(console, f"{name}: {words.best(sized)}")
    say(console, *(f"not judged: {u['key']}: {u['why']}" for u in sized["unjudged"]))
    bare_w = words.bare_w(sized)
    if sized["front"]:
        console.print(_front(sized, bare_w))
        hidden = len(sized["front"]) - _MOST_FRONT
        if hidden > 0:
            say(console, f"and {hidden} more; --json has all")
    say(console, *(words.turned(s, bare_w) for s in sized["sensitivity"]))
    if sized["best_measures"] is not None:
        measures = short_measures(sized["best_measures"])
        text = yaml.safe_dump({"measures": measures}, sort_keys=False).rstrip()
        say(console, "", "The best for the scenario, under training:", text)


def print_known(console: Console, known: Document) -> None:
    """Print what scenarios may name: rules, ride-through tables, modes."""
    rules = _table(
        "Grid rules", ("Name", "left"), ("Who", "left"), ("Asks", "left"),
        ("Source", "left"), ("Date", "left"), wrap=True,
    )  # fmt: skip
    for r in known["rules"]:
        _row(rules, r["key"], r["authority"], r["title"], r["source"], r["date"])
    tables = _table(
        "Ride-through tables", ("Name", "left"), ("Who", "left"), ("Asks", "left"),
        ("Source", "left"), ("Date", "left"), wrap=True,
    )  # fmt: skip
    for t in known["tables"]:
        _row(tables, t["key"], t["authority"], t["title"], t["source"], t["date"])
    modes = _table(
        "Critical frequencies", ("Name", "left"), ("Band", "left"),
        ("Swings", "left"), ("Source", "left"), ("Date", "left"), wrap=True,
    )  # fmt: skip
    for m in known["modes"]:
        edges = f"{m['low_hz']:g} to {m['high_hz']:g} Hz"
        _row(modes, m["key"], edges, m["title"], m["source"], m["date"])
    for table in (rules, tables, modes):
        console.print(table)


# --- parts ----------------------------------------------------------------------------


def _table(title: str, *columns: tuple[str, Side], wrap: bool = False) -> Table:
    table = Table(
        title=Text(title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for k, (name, justify) in enumerate(columns):
        table.add_column(name, justify=justify, no_wrap=not wrap or k == 0)
    return table


def _row(table: Table, *cells: str, style: str | None = None) -> None:
    """Add a row of plain text: brackets in a name are no markup."""
    table.add_row(*(Text(cell) for cell in cells), style=style)


def _compliance(study: Document) -> Table:
    table = _table(
        "Rules", ("Rule", "left"), ("Before", "right"), ("Worst", "right"),
        ("Limit", "right"), ("Margin", "right"), ("When", "right"), ("Line", "right"),
        ("Kept", "left"),
    )  # fmt: skip
    for v in study["verdicts"]:
        before, after, unit = v["before"], v["after"], v["unit"]
        if after is None:
            limit = words.quantity(v["limit"], unit)
            _row(table, v["key"], MISSING, MISSING, limit, *[MISSING] * 3, "not judged")
            continue
        now, then = _kept(after), _kept(before)
        _row(
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
    table = _table(
        "Critical frequencies, amplitude of the strongest line", ("Name", "left"),
        ("Band", "left"), ("Before", "right"), ("Worst", "right"), ("Limit", "right"),
        ("Margin", "right"), ("At", "right"), ("Kept", "left"),
    )  # fmt: skip
    for m in modes:
        after = m["after"]
        _row(
            table, m["key"], f"{m['low_hz']:g} to {m['high_hz']:g} Hz",
            words.watts(m["before"]["amplitude_w"]), words.watts(after["amplitude_w"]),
            words.watts(m["limit_w"]), words.points(after["margin_frac"]),
            words.hertz(after["at_hz"]), _kept(after),
        )  # fmt: skip
    return table


def _upstream(study: Document) -> list[str]:
    """Say what the UPS and gensets do, where there are any."""
    said = [f"UPS: {study['ups']['words']}"] if study["ups"] else []
    if study["generators"]:
        before, after = study["generators"]["before"], study["generators"]["after"]
        said.append(
            f"gensets: frequency down to {_hz(before['lowest_hz'])} before, "
            f"{_hz(after['lowest_hz'])} with measures, load "
            f"{percent(after['load_frac'], 0)} of rating"
        )
    return said


def _hz(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2f} Hz"


def _front(sized: Document, bare_w: float | None) -> Table:
    table = _table(
        "Pareto front, cost a year in k$", ("Combination", "left"), ("Cost", "right"),
        ("Stores", "right"), ("Energy", "right"), ("Time", "right"),
        ("Wasted, %", "right"), ("Slowdown, %", "right"), ("Least margin", "left"),
    )  # fmt: skip
    table.columns[0].no_wrap = False
    table.columns[0].min_width = 40
    order = sorted(sized["front"], key=lambda k: sized["tried"][k]["cost_per_year"])
    for k in order[:_MOST_FRONT]:
        t = sized["tried"][k]
        parts = (t["cost_per_year"], *(t["costs"][c] for c in _COSTS))
        _row(
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
    found: Document = {}
    for place, part in measures.items():
        kinds = get_args(Measures.model_fields[place].annotation)
        model = next(kind for kind in kinds if kind is not type(None))
        known = {n: info.get_default() for n, info in model.model_fields.items()}
        given = {name: v for name, v in part.items() if v != known[name]}
        if given or place != "scheduling":
            found[place] = given
    return found
