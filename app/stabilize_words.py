"""A training site's answer in words, in units people read: MW, MW/min, per cent."""

from __future__ import annotations

from typing import Any

from app.format import MISSING, number, percent

Json = dict[str, Any]
_MEGA = 1e6
_KILO = 1e3
_MINUTE_S = 60.0
_JOULES_PER_MWH = 3.6e9
_JOULES_PER_KWH = 3.6e6
_HALF_MEGA = 5e4
_CLOSE = 1e-6
PLACES = {
    "psu": "supply stores", "rack": "rack stores", "row": "row stores",
    "site": "site store",
}  # fmt: skip
KINDS = {
    "band-swing": "swing inside a band", "band-share": "share of a band",
    "change": "change", "ramp": "ramp", "range": "dynamic range",
    "voltage-change": "voltage change", "pst": "flicker, short term",
    "plt": "flicker, long term", "tdd": "current distortion",
    "thd": "voltage distortion",
}  # fmt: skip
BOOKS = (
    ("work_j", "Work of the jobs' GPUs", 1.0),
    ("lacked_j", "Kept from them by caps, ramps and ceilings", -1.0),
    ("burnt_j", "Burnt by floors, ballast and ramps", 1.0),
    ("host_j", "Servers beside their GPUs", 1.0),
    ("supply_loss_j", "Lost in server supplies", 1.0),
    ("store_loss_j", "Lost in stores", 1.0),
    ("store_gain_j", "Charge of stores, end less begin", 1.0),
    ("ups_loss_j", "Lost in the UPS", 1.0),
    ("ups_gain_j", "Energy in the UPS, end less begin", 1.0),
    ("cooling_j", "Cooling", 1.0),
    ("other_j", "Other load at the meter", 1.0),
)
"""Accounts of energy, in words, with the sign they have in the grid's sum."""


def quantity(value: float | None, unit: str) -> str:
    """Write a rule's value: W as MW or kW, W/s by the minute, shares as per cent."""
    if value is None:
        return MISSING
    if unit == "W":
        return watts(value)
    if unit == "W/s":
        return f"{watts(value * _MINUTE_S)}/min"
    if unit == "1":
        return percent(value, 2)
    return f"{number(value, 3)} {unit}"


def watts(value: float | None) -> str:
    """Write a power in the unit that fits it."""
    if value is None:
        return MISSING
    if abs(value) >= _HALF_MEGA:
        return f"{number(value / _MEGA, 2)} MW"
    if abs(value) >= _KILO:
        return f"{number(value / _KILO, 1)} kW"
    return f"{number(value)} W"


def joules(value: float | None) -> str:
    """Write an energy in MWh, kWh or J."""
    if value is None:
        return MISSING
    if abs(value) >= _JOULES_PER_MWH / 10:
        return f"{number(value / _JOULES_PER_MWH, 2)} MWh"
    if abs(value) >= _JOULES_PER_KWH / 10:
        return f"{number(value / _JOULES_PER_KWH, 2)} kWh"
    return f"{number(value)} J"


def hertz(value: float | None) -> str:
    """Write a frequency with three digits."""
    return MISSING if value is None else f"{value:.3g} Hz"


def moment(at_s: float | None) -> str:
    """Write when something happened, in the waveform's own time."""
    return MISSING if at_s is None else f"{number(at_s, 1)} s"


def points(frac: float | None) -> str:
    """Write a margin as signed whole per cent."""
    return percent(frac, 0, signed=True)


def money(per_year: float | None) -> str:
    """Write a cost of a year in thousands."""
    return MISSING if per_year is None else f"{number(per_year / _KILO)} k$"


def band(rule: Json) -> str:
    """Write the band and window of a rule; empty where it has neither."""
    parts = []
    if rule["high_hz"]:
        parts.append(f"{rule['low_hz']:g} to {rule['high_hz']:g} Hz")
    if rule["window_s"]:
        parts.append(f"any {rule['window_s']:g} s")
    if rule["up_w_per_s"]:
        up, down = (quantity(rule[k], "W/s") for k in ("up_w_per_s", "down_w_per_s"))
        parts.append(f"baseline +{up}, \N{MINUS SIGN}{down}")
    return ", ".join(parts)


def judged(study: Json) -> list[Json]:
    """Return the rules that could be judged with the measures."""
    return [v for v in study["verdicts"] if v["after"] is not None]


def verdict(study: Json) -> str:
    """Say whether the site passes, and what is furthest off, in a sentence."""
    found = judged(study)
    aside = len(study["verdicts"]) - len(found)
    left = f"; {aside} could not be judged" if aside else ""
    if not found:
        return f"could not be judged: no rule could be{left}"
    worst = min(found, key=lambda v: _margin(v["after"]))
    after, unit = worst["after"], worst["unit"]
    where = (
        f"{worst['key']}, {quantity(after['worst'], unit)} against "
        f"{quantity(after['limit'], unit)}"
    )
    failing = sum(not v["after"]["passes"] for v in found)
    if failing:
        return f"fails {failing} of {len(found)} rules, worst: {where}{left}"
    return f"keeps all {len(found)} rules, nearest: {where}{left}"


def beside(study: Json) -> list[str]:
    """Say what is not as it should be, though no grid rule says so."""
    rides = [r["key"] for r in study["rides"] if not r["passes"]]
    modes = [m["key"] for m in study["modes"] if not m["after"]["passes"]]
    said = [f"ride-through is not kept under {', '.join(rides)}"] if rides else []
    if modes:
        said.append(f"lines above the limit at {', '.join(modes)}")
    peak_w, contract_w = study["after"]["highest_w"], study["contract_w"]
    if peak_w > contract_w * (1.0 + _CLOSE):
        said.append(
            f"peak of {watts(peak_w)} above the {contract(study)} of "
            f"{watts(contract_w)}"
        )
    return said


def contract(study: Json) -> str:
    """Name what stands for the contracted power: it, or the bare site's peak."""
    given = any(
        a["path"] == "training.connection.contract_w" and a["value"] is not None
        for a in study["assumptions"]
    )
    return "contracted power" if given else "peak without measures"


def _margin(found: Json) -> float:
    margin = found["margin_frac"]
    return float("inf") if margin is None else float(margin)


def energy(study: Json) -> str:
    """Say what the measures waste, and what they cost the jobs."""
    after, before = study["after"], study["before"]
    lost = after["lost_start_s"] or 0.0
    starts = f" and {number(lost, 1)} s at each start" if lost else ""
    more = _ratio(after["books"]["grid_j"], before["books"]["grid_j"])
    return (
        f"wasted {percent(after['wasted_frac'], 2)} of the work, "
        f"jobs slowed by {percent(after['slowdown_frac'], 2)}{starts}; "
        f"grid energy {percent(more, 1, signed=True)}"
    )


def _ratio(now: float, then: float) -> float | None:
    return now / then - 1.0 if then else None


def spread(study: Json) -> str:
    """Say how far the grid's power swings, before and after."""
    before, after = (
        f"{watts(study[k]['lowest_w'])} to {watts(study[k]['highest_w'])}"
        for k in ("before", "after")
    )
    return f"grid power {before} before, {after} with measures"


def store(found: Json) -> str:
    """Say what became of the stores of a place."""
    life = found["life_years"]
    lasts = "no wear stated" if life is None else f"life {number(life, 1)} years"
    out = found["full_or_empty_frac"]
    held = f", full or empty {percent(out, 1)} of the time" if out else ""
    return (
        f"{PLACES[found['place']]} ({joules(found['energy_j'])}, "
        f"{watts(found['power_w'])} each, {found['control']}): charge "
        f"{percent(found['lowest_frac'], 0)} to {percent(found['highest_frac'], 0)}, "
        f"{number(found['full_cycles'], 2)} full cycles, {lasts} at this pace{held}"
    )


def broken(ride: Json) -> list[str]:
    """Say each requirement of a table that is not kept, and whether it was asked."""
    return [
        f"{f['title']}: {f['words']}" if f["asked"]
        else f"{f['title']}: the event does not ask it; by the settings "
        f"{span(f['did'], f['unit'])}"
        for f in ride["findings"] if not f["kept"]
    ]  # fmt: skip


def span(value: float | None, unit: str) -> str:
    """Write a requirement's number; none is without end."""
    if value is None:
        return "without end"
    return f"{value:.3g}" + (f" {unit}" if unit != "1" else "")


def rejection(found: Json) -> str:
    """Say whether load on batteries can come back slowly and soon enough."""
    ramp = quantity(found["ramp_w_per_s"], "W/s")
    limit = quantity(found["limit_w_per_s"], "W/s")
    first = (
        f"{found['rule']} with {found['table']}: {watts(found['step_w'])} leaves at "
        f"once and comes back at {ramp}, allowed {limit}"
    )
    least, most = found["least_walk_in_s"], found["most_walk_in_s"]
    if not found["possible"] and most is not None and most < 0:
        return f"{first}; no walk-in is back in time, lower retransfer_s"
    if not found["possible"]:
        return f"{first}; no walk-in keeps both"
    until = "" if most is None else f" to {most:.3g}"
    return f"{first}; a walk-in of {least or 0:.3g}{until} s keeps both"


def choice(found: Json, bare_w: float | None = None) -> str:
    """
    Say a combination of measures.

    Args:
        found: The combination.
        bare_w: Highest power without measures; None leaves the store's power relative.
    """
    parts = []
    if found["floor_frac"]:
        parts.append(f"GPU floor {percent(found['floor_frac'], 0)} of TDP")
    if found["ballast_frac"]:
        parts.append(f"ballast to {percent(found['ballast_frac'], 0)} of TDP")
    if found["ramp_s"]:
        parts.append(f"ramps of {found['ramp_s']:g} s")
    if found["psu_j_per_gpu"]:
        parts.append(f"{found['psu_j_per_gpu']:g} J per GPU in supplies")
    if found["rack_kwh"]:
        parts.append(f"{found['rack_kwh']:g} kWh per rack")
    if found["site_power_frac"]:
        parts.append(_site_store(found, bare_w))
    return ", ".join(parts) or "no measure"


def _site_store(found: Json, bare_w: float | None) -> str:
    frac, hours = found["site_power_frac"], found["site_hours"]
    how = f"{hours:g} h, filter {found['site_filter_s']:g} s"
    if bare_w is None:
        return f"site store {percent(frac, 0)} of the peak, {how}"
    return f"site store {watts(frac * bare_w)}, {how}"


def bare_w(sized: Json) -> float | None:
    """Highest power without measures, where a search tried that. [W]"""
    for tried in sized["tried"]:
        if not any(tried["choice"].values()):
            return float(tried["highest_w"])
    return None


def best(sized: Json) -> str:
    """Say the best of a search in a sentence."""
    index, count = sized["best"], len(sized["tried"])
    if index is None:
        near = max(sized["tried"], key=_worst_margin)
        return (
            f"none of {count} combinations passes; nearest: "
            f"{choice(near['choice'], bare_w(sized))} "
            f"({near['worst_rule']} {points(near['worst_margin_frac'])})"
        )
    found = sized["tried"][index]
    return (
        f"{sized['passing']} of {count} combinations pass; least {sized['objective']}: "
        f"{choice(found['choice'], bare_w(sized))}: "
        f"{money(found['cost_per_year'])} a year, wasted "
        f"{percent(found['wasted_frac'], 2)}, jobs slowed by "
        f"{percent(found['slowdown_frac'], 3)}, least margin "
        f"{points(found['worst_margin_frac'])} ({found['worst_rule']})"
    )


def _worst_margin(tried: Json) -> float:
    margin = tried["worst_margin_frac"]
    return float("-inf") if margin is None else float(margin)


def turned(found: Json, bare: float | None = None) -> str:
    """Say what a change does to the best of a search."""
    if found["best"] is None:
        return f"{found['what']}: nothing passes"
    cost = money(found["best"]["cost_per_year"])
    if found["same"]:
        return f"{found['what']}: the same, {cost} a year"
    other = choice(found["best"]["choice"], bare)
    return f"{found['what']}: otherwise: {other}, {cost} a year"
