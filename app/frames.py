"""Results as the page needs them: plain numbers and words, no components."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app import format as say

Json = dict[str, Any]

DEFAULT_SLO: dict[str, float] = {
    "high_p50_impact_frac": 0.01,
    "high_p99_impact_frac": 0.05,
    "low_p50_impact_frac": 0.05,
    "low_p99_impact_frac": 0.50,
    "max_brakes": 0,
}
BROKEN = 9.99
"""Share of a limit shown where the limit itself is zero and was passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """
    One service level: what was lost, what may be lost, and the share used.

    Args:
        key: "high_p50" and the like.
        title: As text says it.
        impact_frac: Rise of the latency against no control.
        limit_frac: Rise allowed.
        used_frac: Impact ÷ limit; 1 is the limit, never below 0.
        before_s: Latency without control. [s] None where unknown.
        after_s: Latency under the policy. [s]
    """

    key: str
    title: str
    impact_frac: float
    limit_frac: float
    used_frac: float
    before_s: float | None
    after_s: float | None


def levels_frame(run: Json, slo: Json | None = None) -> list[Level]:
    """
    The four latency service levels of a run, high priority first.

    Args:
        run: A run in JSON.
        slo: Limits by field name of `Slo`; the published ones where absent.

    Returns:
        One level for P50 and P99 of either priority.
    """
    limits = DEFAULT_SLO | (slo or {})
    found = []
    for priority in ("high", "low"):
        for quantile in ("p50", "p99"):
            side = run[priority]
            impact = side[f"{quantile}_impact_frac"] or 0.0
            limit = float(limits[f"{priority}_{quantile}_impact_frac"])
            after = side["e2e"][f"{quantile}_s"]
            found.append(
                Level(
                    key=f"{priority}_{quantile}",
                    title=f"{priority}-priority {quantile.upper()}",
                    impact_frac=impact,
                    limit_frac=limit,
                    used_frac=_used(impact, limit),
                    before_s=None if after is None else after / (1.0 + impact),
                    after_s=after,
                )
            )
    return found


def _used(value: float, limit: float) -> float:
    if limit > 0:
        return max(0.0, value / limit)
    return BROKEN if value > 0 else 0.0


def limit_used_frac(run: Json, slo: Json | None = None) -> float:
    """Share of the tightest service level a run uses; brakes count as one level."""
    limits = DEFAULT_SLO | (slo or {})
    brakes = _used(float(run["brakes"]), float(limits["max_brakes"]))
    return max(brakes, *(level.used_frac for level in levels_frame(run, slo)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer in words."""

    fits: bool
    headline: str
    detail: str


def verdict_frame(whatif: Json, *, unit: str) -> Verdict:
    """
    Say whether the servers fit, and what binds.

    Args:
        whatif: Answer of the what-if call.
        unit: "W", "kW" or "MW".

    Returns:
        Headline and the binding constraint.
    """
    run = whatif["run"]
    slo = (whatif.get("scenario") or {}).get("slo")
    added, base = (
        run["server_count"] - run["base_server_count"],
        run["base_server_count"],
    )
    breaches = list(run["slo_breaches"])
    fits = not breaches
    more = f" ({say.percent(added / base, 0, signed=True)})" if added else ""
    policy = say.policy_title(run["policy"])
    under = "with the brake alone" if run["policy"] == "no-cap" else f"under {policy}"
    headline = (
        f"{run['server_count']} servers{more} {'fit' if fits else 'do not fit'} {under}"
    )
    peak = (
        f"peak {say.percent(run['peak_frac'])} of "
        f"{say.power(run['provisioned_w'], unit)}, {_brakes(run['brakes'])}"
        f"{_filling(whatif)}"
    )
    if not fits:
        others = len(breaches) - 1
        rest = f" and {others} more" if others else ""
        return Verdict(
            fits=False,
            headline=headline,
            detail=f"{peak}; broken: {_spaced(breaches[0])}{rest}",
        )
    tightest = max(levels_frame(run, slo), key=lambda level: level.used_frac)
    binding = (
        f"tightest: {tightest.title} {say.percent(tightest.impact_frac, signed=True)} "
        f"of {say.percent(tightest.limit_frac, 0)} allowed"
        if tightest.used_frac >= 0.005
        else "no service level is touched"
    )
    return Verdict(fits=True, headline=headline, detail=f"{peak}; {binding}")


def _filling(whatif: Json) -> str:
    """Say how high the row goes as it fills from empty, where only that brakes."""
    control = (whatif.get("scenario") or {}).get("control") or {}
    reached = whatif["run"].get("warm_up_peak_frac") or 0.0
    limit = control.get("brake_threshold_frac", 1.0)
    if whatif["run"]["brakes"] or reached <= limit:
        return ""
    return f", {say.percent(reached, 0)} while it fills from empty"


def _spaced(text: str) -> str:
    """Set a space before per cent, as everywhere on the page."""
    return re.sub(r"(?<=\d)%", " %", text)


def _brakes(count: int) -> str:
    if not count:
        return "no brakes"
    return f"{count:,} brake{'s' if count > 1 else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One key number: its part, and its change against the base row or a remark."""

    key: str
    title: str
    value: str
    part: str
    tooltip: str
    delta: str = ""
    note: str = ""
    alarm: bool = False


def figures_of(cells: Iterable[tuple[str, str, str, str, str, bool]]) -> list[Figure]:
    """Key numbers of key, title, value, part, tooltip and alarm; none has a change."""
    return [
        Figure(key=key, title=title, value=value, part=part, tooltip=tip, alarm=alarm)
        for key, title, value, part, tip, alarm in cells
    ]


def numbers_frame(whatif: Json, *, unit: str) -> list[Figure]:
    """
    The key numbers of an answer, each with its change against the base row.

    Args:
        whatif: Answer of the what-if call.
        unit: "W", "kW" or "MW".

    Returns:
        Eight numbers in the order shown.
    """
    run, base = whatif["run"], whatif["baseline"]
    limit_w = run["provisioned_w"]
    spare_w, spare_base_w = limit_w - run["peak_w"], limit_w - base["peak_w"]
    tokens = _tokens_per_s(run)
    tokens_base = _tokens_per_s(base)
    days = run["horizon_s"] / 86_400
    over = next((a for a in reversed(run["above"]) if a["name"] != "provisioned"), None)
    return [
        Figure(
            key="peak", title="Peak row power", value=say.power(run["peak_w"], unit),
            part=f"{say.percent(run['peak_frac'])} of limit",
            delta=say.power(run["peak_w"] - base["peak_w"], unit, signed=True),
            tooltip="Highest mean over one control tick "
            f"({run['tick_s']:g} s). Sum of server powers: host + slope × GPU power.",
            alarm=run["peak_frac"] > 1.0,
        ),
        Figure(
            key="headroom", title="Headroom", value=say.power(spare_w, unit),
            part=f"{say.percent(spare_w / limit_w)} of limit",
            delta=say.power(spare_w - spare_base_w, unit, signed=True),
            tooltip="Provisioned row power minus peak row power.",
            alarm=spare_w < 0,
        ),
        Figure(
            key="mean", title="Mean row power", value=say.power(run["mean_w"], unit),
            part=f"{say.percent(run['mean_frac'])} of limit",
            delta=say.power(run["mean_w"] - base["mean_w"], unit, signed=True),
            tooltip="Energy over the horizon ÷ its length.",
        ),
        Figure(
            key="throughput", title="Throughput", value=f"{say.number(tokens)} tok/s",
            part="output tokens", delta=_relative(tokens, tokens_base),
            tooltip="Output tokens finished ÷ horizon, both priorities.",
        ),
        Figure(
            key="energy", title="Energy per day",
            value=say.energy(run["energy_wh"] / days, unit),
            part=f"{say.number(run['energy_per_token_j'], 1)} J/token, "
            + _relative(run["energy_per_token_j"], base["energy_per_token_j"]),
            delta=_relative(run["energy_wh"], base["energy_wh"]),
            tooltip="Row energy ÷ days; below it row energy ÷ output tokens, and its "
            "change against the base row.",
        ),
        Figure(
            key="above", title=_above_title(over),
            value=say.duration(over["above_s"] if over else 0.0),
            part=say.percent((over["above_s"] if over else 0) / run["horizon_s"])
            + " of time",
            note=f"{_count(over['crossings'] if over else 0)} crossings",
            tooltip="Time with row power above the highest threshold of the policy.",
        ),
        Figure(
            key="caps", title="Cap commands",
            value=_count(run["caps_low"] + run["caps_high"]),
            part=f"{_count(run['caps_low'])} low · {_count(run['caps_high'])} high",
            note="capped " + ", ".join(
                f"{side} {say.percent(run[side]['capped_s'] / run['horizon_s'], 0)}"
                for side in ("low", "high") if side == "low" or run[side]["capped_s"]
            ),
            tooltip="Commands that lower a clock; none is sent again in flight.",
        ),
        Figure(
            key="brakes", title="Power brakes", value=_count(run["brakes"]),
            part=f"{say.duration(run['brake_s'])} held", note="allowed "
            + _count(int(_slo(whatif)["max_brakes"])),
            tooltip="Times the row passed the brake threshold and every GPU was slowed "
            "to its brake clock.",
            alarm=run["brakes"] > _slo(whatif)["max_brakes"],
        ),
    ]  # fmt: skip


def _slo(whatif: Json) -> Json:
    return DEFAULT_SLO | ((whatif.get("scenario") or {}).get("slo") or {})


def _tokens_per_s(run: Json) -> float:
    return float(
        run["low"]["throughput_tokens_per_s"] + run["high"]["throughput_tokens_per_s"]
    )


def _above_title(over: Json | None) -> str:
    if over is None:
        return "Time above threshold"
    level = say.percent(over["level_frac"], 0)
    return (
        f"Above {level}"
        if over["name"] == "threshold"
        else (f"Above {over['name']} ({level})")
    )


def _count(value: int) -> str:
    return say.number(value)


def _relative(now: float | None, before: float | None, suffix: str = "") -> str:
    if not now or not before:
        return say.MISSING
    return say.percent(now / before - 1, signed=True) + suffix


# --- headroom -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """
    Row power levels on one scale, as fractions of the scale's end.

    Args:
        nameplate_w: Rated power of every deployed server, or None if unknown. [W]
        scale_w: Right end of the bar. [W]
        peak_w, mean_w, limit_w, baseline_peak_w: Levels. [W]
    """

    nameplate_w: float | None
    scale_w: float
    peak_w: float
    mean_w: float
    limit_w: float
    baseline_peak_w: float

    def at(self, watts: float) -> float:
        """Position of a level on the bar, 0..1."""
        return min(1.0, max(0.0, watts / self.scale_w))


def headroom_frame(whatif: Json, rated_w: float | None) -> Headroom:
    """
    Levels of the headroom bar.

    Args:
        whatif: Answer of the what-if call.
        rated_w: Nameplate power of one server, from the catalogue. [W]

    Returns:
        Levels and a common scale.
    """
    run = whatif["run"]
    nameplate = None if rated_w is None else rated_w * run["server_count"]
    top = max(run["provisioned_w"], run["peak_w"], nameplate or 0.0)
    return Headroom(
        nameplate_w=nameplate, scale_w=1.02 * top, peak_w=run["peak_w"],
        mean_w=run["mean_w"], limit_w=run["provisioned_w"],
        baseline_peak_w=whatif["baseline"]["peak_w"],
    )  # fmt: skip


# --- tables ---------------------------------------------------------------------------

KIND_TITLES = {
    "command": "cap sent", "landed": "cap in force",
    "brake-command": "brake sent", "brake-landed": "brake in force",
}  # fmt: skip


def events_frame(run: Json, *, limit: int = 300) -> list[Json]:
    """
    Control events as table rows, first ones first.

    Args:
        run: A run in JSON.
        limit: Most rows.

    Returns:
        Rows of time, what happened, to whom, and the value in words.
    """
    rows = []
    for event in run["events"][:limit]:
        brake = event["kind"].startswith("brake")
        released = event["value"] == 0
        title = KIND_TITLES.get(event["kind"], event["kind"])
        rows.append(
            {
                "t": clock_text(event["t_s"]),
                "event": title.replace("cap", "release") if released and not brake
                else title.replace("brake", "brake release") if released else title,
                "target": {"low": "low priority", "high": "high priority"}.get(
                    event["target"], "all servers"
                ),
                "value": "uncapped" if released and not brake
                else say.MISSING if brake else f"{event['value']:,.0f} MHz",
            }
        )  # fmt: skip
    return rows


def clock_text(seconds: float) -> str:
    """Time from the horizon's start as `[d+]hh:mm:ss`."""
    whole = int(seconds)
    days, rest = divmod(whole, 86_400)
    clock = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return f"{days} d {clock}" if days else clock


def hourly_frame(run: Json, *, unit: str) -> list[list[str]]:
    """
    Row power by hour, the table beside the chart.

    Args:
        run: A run in JSON, with its series.
        unit: "W", "kW" or "MW".

    Returns:
        Hour, lowest, mean, highest power and share of the limit.
    """
    series = run["series"]
    step_s = max(3600.0, run["horizon_s"] / 48)
    bins: dict[int, list[int]] = {}
    for index, t_s in enumerate(series["t_s"]):
        bins.setdefault(int(t_s // step_s), []).append(index)
    rows = []
    for number, members in sorted(bins.items()):
        low = min(series["row_min_w"][i] for i in members)
        mean = sum(series["row_mean_w"][i] for i in members) / len(members)
        high = max(series["row_max_w"][i] for i in members)
        rows.append([
            clock_text(number * step_s)[:-3], say.power(low, unit),
            say.power(mean, unit), say.power(high, unit),
            say.percent(high / run["provisioned_w"]),
        ])  # fmt: skip
    return rows


def levels_table(run: Json, slo: Json | None) -> list[list[str]]:
    """Latency by priority as rows: before, after, change, allowed."""
    return [
        [
            level.title, say.latency(level.before_s), say.latency(level.after_s),
            say.percent(level.impact_frac, 2, signed=True),
            say.percent(level.limit_frac, 0, signed=True),
            say.percent(level.used_frac, 0),
        ]
        for level in levels_frame(run, slo)
    ]  # fmt: skip
