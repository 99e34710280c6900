"""Runs of serving systems, points of SLO against watts, and systems as tables."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from app.format import number, percent
from cli.tables import kilo, listing, make_table, row, say
from twin.types import Document


def print_run(console: Console, run: Document) -> None:
    """Print systems side by side, then what was refused, and warnings."""
    say(console, *(f"warning: {warning}" for warning in run["warnings"]))
    console.print(_table_of(run))
    compared = [one for one in run["outcomes"] if one["baseline"] is not None]
    say(console, *map(_own, compared), *map(refused, run["refused"]))
    load = run["capacity_frac"]
    say(console, f"load: {percent(load, 0)} of what the baseline keeps up with")
    if run["grid"] is not None:
        say(console, _grid(run["grid"]))


def print_pareto(console: Console, run: Document) -> None:
    """Print every system at every server count; `*` marks the front."""
    table = make_table(
        "SLO against watts", "", ("System", "left"), "Servers", "SLO", "Mean kW",
        "Peak kW", "J/token",
    )  # fmt: skip
    for p in sorted(run["pareto"], key=lambda p: p["mean_power_w"]):
        row(
            table, "*" if p["on_front"] else "", p["label"], str(p["server_count"]),
            percent(p["attained_frac"], 2), kilo(p["mean_power_w"]),
            kilo(p["peak_power_w"]), number(p["energy_per_token_j"], 2),
        )  # fmt: skip
    console.print(table)


def print_systems(console: Console, systems: list[Document]) -> None:
    """Print what may be compared."""
    table = listing("Serving systems", "Key", "Acts on", "Does", "Source", "Sure")
    for s in systems:
        row(table, s["key"], s["kind"], s["summary"], s["source"], s["mark"])
    console.print(table)
    for s in systems:
        say(console, f"{s['key']}: {', '.join(map(_knob, s['knobs'])) or 'no knobs'}")


# --- parts ----------------------------------------------------------------------------


def _table_of(run: Document) -> Table:
    table = make_table(
        f"{run['name']}: {_length(run['horizon_s'])}, power of the site",
        "System", "SLO", "Mean kW", "Peak kW", "J/token", "Wh/request", "$/1000",
        "kg CO2", "Energy", "Cost",
    )  # fmt: skip
    for one in run["outcomes"]:
        against = one["against_baseline"] or {}
        row(
            table, one["label"], percent(one["attained_frac"], 2),
            kilo(one["mean_power_w"]), kilo(one["peak_power_w"]),
            number(one["energy_per_token_j"] or None, 2), _each(one),
            number(one["cost_per_1000_usd"], 2), number(one["carbon_g"] / 1e3, 1),
            percent(against.get("energy_frac"), 1, signed=True),
            percent(against.get("cost_frac"), 1, signed=True),
        )  # fmt: skip
    return table


def _length(seconds: float) -> str:
    """Length of the traffic, in minutes below an hour."""
    if seconds < 3600:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h"


def _each(one: Document) -> str:
    """Energy of a unit; what is not a request says what it is."""
    if one["unit"] == "request":
        return number(one["energy_per_unit_wh"], 3)
    return f"{one['energy_per_unit_wh']:.3g}/{one['unit']}"


def _own(one: Document) -> str:
    """Say how a system compares with its paper's own baseline."""
    own, base = one["against_own"], one["baseline"]
    return (
        f"{one['label']} against its own baseline ({base['label']}): energy "
        f"{percent(own['energy_frac'], 1, signed=True)}, cost "
        f"{percent(own['cost_frac'], 1, signed=True)}"
    )


def _grid(grid: Document) -> str:
    filled = grid["carbon_filled_hours"] + grid["price_filled_hours"]
    return (
        f"price and carbon: {grid['name']}, mean price "
        f"{number(grid['energy_usd_per_kwh'], 4)} $/kWh; {filled} empty hours of its "
        "year were filled in"
    )


def refused(one: Document) -> str:
    """Say why a system cannot run here, and what would mend it."""
    got = "" if one["value"] in (None, "") else f", got {one['value']}"
    return (
        f"refused: {one['label']}: {one['field']} {one['rule']}{got}; {one['repair']}"
    )


def _knob(knob: Document) -> str:
    """Say a knob with its default; one made of parts has too many to say."""
    default = knob["default"]
    if any(isinstance(one, dict) for one in (default, *_items(default))):
        return f"{knob['name']} (parts)"
    unit = "" if knob["unit"] in {"", "1", "name"} else f" {knob['unit']}"
    return f"{knob['name']}={'empty' if default is None else f'{default}{unit}'}"


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
