"""
Request arrivals over any horizon, drawn in chunks so that memory stays flat.

Rates come in windows (recorded or generated). Arrivals are a renewal process in
operational time, one stream per client: inter-arrival draws have the window's own
variation, and the rate stretches them. Scaling the load therefore moves the same
arrivals closer together instead of drawing new ones. All draws come from a
counter-based generator keyed by the seed, so neither chunks nor workers change them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.workload import (
    DiurnalArrivals,
    RateArrivals,
    RequestArrivals,
    RequestClass,
    Workload,
)
from twin.serving.draws import Windows, counter_hash, counter_uniform, draw, start
from twin.types import FloatArray, IntArray

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from twin.recording import RecordedPower

WINDOW_S = 600.0
_INSTANT_S = 1e-9
"""A chunk has what arrives at its begin; mirrored, that has to lie before its end."""
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRates:
    """
    Rates over time, per window of `window_s`.

    Args:
        window_s: Length of a window. [s]
        rate_rps: Requests of all clients together. [1/s]
        cv: Variation of inter-arrival times within one client's stream. [1]
        client_count: Clients whose independent streams make up the total. Many
            bursty clients together are far calmer than one, and a row that gets
            only part of each client's requests sees them calmer still.
    """

    window_s: float
    rate_rps: FloatArray
    cv: FloatArray
    client_count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequests:
    """Single requests: arrival [s, from 0, rising], prompt and output [tokens]."""

    arrived_s: FloatArray
    prompt_tokens: IntArray
    output_tokens: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """Datasets by name, read by the caller: the core opens no file."""

    rates: dict[str, RecordedRates]
    requests: dict[str, RecordedRequests]
    power: dict[str, RecordedPower] = field(default_factory=dict)

    @classmethod
    def none(cls) -> Recordings:
        """No recordings: enough for generated traffic."""
        return cls(rates={}, requests={})


class Arrivals(NamedTuple):
    """One chunk of arrivals, sorted by time."""

    arrived_s: FloatArray
    group: IntArray
    prompt: IntArray
    output: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """
    A source of arrivals for one scenario at a reference rate of one request/s.

    Args:
        group_names: (priority, class) per group, low priority first.
        groups_low: How many of them are low priority.
        horizon_s: Length. [s]
        windows: Rates with time-mean 1 and the groups; None for replay.
        replay: Recorded requests; None for windows.
        low_frac: Probability that a replayed request is low priority.
        seed: Seed of the draws.
    """

    group_names: tuple[tuple[str, str], ...]
    groups_low: int
    horizon_s: float
    windows: Windows | None
    replay: RecordedRequests | None
    low_frac: float
    seed: int


# --- building -------------------------------------------------------------------


def build_traffic(
    workload: Workload,
    *,
    low_priority_frac: float,
    horizon_s: float,
    start: dt.datetime,
    time_zone_offset_s: float,
    seed: int,
    recordings: Recordings,
) -> Traffic:
    """
    Turn a workload into a source of arrivals.

    Args:
        workload: Classes, arrivals, load.
        low_priority_frac: Part of the traffic that is low priority. 0..1
        horizon_s: Length of the horizon. [s]
        start: First instant; fixes the hour of the day and the weekday.
        time_zone_offset_s: Site time minus UTC. [s]
        seed: Seed of all draws.
        recordings: The datasets that the workload names.

    Returns:
        Traffic at a mean of one request per second over the horizon.

    Raises:
        ValueError: If a dataset is missing, or a priority has servers but no class.
    """
    arrivals = workload.arrivals
    if isinstance(arrivals, RequestArrivals):
        replay = _named(
            recordings.requests, arrivals.dataset, "workload.arrivals.dataset"
        )
        return Traffic(
            group_names=(("low", "recorded"), ("high", "recorded")),
            groups_low=1, horizon_s=horizon_s, windows=None, replay=replay,
            low_frac=low_priority_frac, seed=seed,
        )  # fmt: skip
    if isinstance(arrivals, RateArrivals):
        recorded = _named(
            recordings.rates, arrivals.dataset, "workload.arrivals.dataset"
        )
        window_s, rate, cv = _repeat(recorded, horizon_s)
        clients = recorded.client_count
        recorded_rps = float(recorded.rate_rps.mean()) or 1.0
        cv = (
            np.clip(cv, 0.1, arrivals.max_cv) if arrivals.bursty else np.ones_like(rate)
        )
    else:
        window_s = WINDOW_S
        rate = _diurnal(arrivals, horizon_s, start, time_zone_offset_s, seed)
        cv = np.full(rate.size, arrivals.burst_cv)
        clients, recorded_rps = 1, 1e-9  # the variation asked for, at any rate
    if not rate.sum() > 0:
        raise ScenarioError("workload.arrivals", "must have traffic over the horizon",
                            "none at all", "lengthen horizon.days, or raise what is "
                            "left of it on weekends")  # fmt: skip
    groups = _groups(workload.classes, low_priority_frac)
    poisson = bool(np.all(cv == 1.0))  # many Poisson streams are one Poisson stream
    windows = _windows(
        window_s, rate / rate.mean(), cv, groups, 1 if poisson else clients,
        recorded_rps, seed, recordings,
    )  # fmt: skip
    return Traffic(
        group_names=tuple((p, c.name) for p, c, _ in groups),
        groups_low=sum(p == "low" for p, _, _ in groups),
        horizon_s=horizon_s, windows=windows, replay=None,
        low_frac=low_priority_frac, seed=seed,
    )  # fmt: skip


def arrivals_between(
    traffic: Traffic, *, rate_rps: float, edges_s: FloatArray
) -> Iterator[Arrivals]:
    """
    Draw the arrivals of consecutive chunks.

    Args:
        traffic: Source.
        rate_rps: Mean rate over the horizon. [1/s], >= 0
        edges_s: Chunk edges, rising. [s], shape (chunks + 1,)

    Yields:
        One `Arrivals` per chunk; times in [edge, next edge).
    """
    if traffic.windows is None:
        yield from _replayed(traffic, rate_rps, edges_s)
        return
    windows = _at_rate(traffic.windows, rate_rps)
    due = np.zeros(windows.clients)
    counters = np.zeros(windows.clients, dtype=np.uint64)
    start(windows, due, counters)
    state = np.array([edges_s[0], 0.0, 0.0])
    for end_s in edges_s[1:]:
        expected = rate_rps * (end_s - state[0])
        parts = []
        while True:
            size = int(expected * 1.2 + 1000)
            chunk = Arrivals(
                np.empty(size), np.empty(size, np.int64),
                np.empty(size, np.int64), np.empty(size, np.int64),
            )  # fmt: skip
            n = draw(windows, rate_rps, state, due, counters, end_s, *chunk)
            at, group, prompt, output = chunk
            parts.append(Arrivals(at[:n], group[:n], prompt[:n], output[:n]))
            if n < size:
                break
        yield parts[0] if len(parts) == 1 else _joined(parts)


def arrivals_before(
    traffic: Traffic, *, rate_rps: float, edges_s: FloatArray
) -> Iterator[Arrivals]:
    """
    Draw arrivals of the time before the horizon.

    Its rates are those of the horizon's beginning, mirrored, so that they run into it
    without a step; the draws are its own. Of a recording the requests are mirrored.

    Args:
        traffic: Source.
        rate_rps: Mean rate over the horizon. [1/s], >= 0
        edges_s: Chunk edges, rising to 0. [s], shape (chunks + 1,)

    Yields:
        One `Arrivals` per chunk; times in [edge, next edge).
    """
    windows = traffic.windows
    if windows is None:
        for begin_s, end_s in pairwise(edges_s):
            (same,) = _replayed(traffic, rate_rps, np.array([-end_s, -begin_s]))
            at_s = -same.arrived_s[::-1] - _INSTANT_S
            yield Arrivals(at_s, same.group[::-1].copy(), same.prompt[::-1].copy(),
                           same.output[::-1].copy())  # fmt: skip
        return
    count = math.ceil(-float(edges_s[0]) / windows.window_s)
    shift_s = count * windows.window_s
    whole = np.pad(np.arange(windows.rate_rps.size), (count, 0), mode="symmetric")
    index = whole[:count]
    earlier = replace(traffic, windows=windows._replace(
        rate_rps=windows.rate_rps[index], excess=windows.excess[index],
        shape=windows.shape[index],
        key=np.uint64(counter_hash(windows.key, np.uint64(8))),
    ))  # fmt: skip
    edges_s = edges_s + shift_s
    for chunk in arrivals_between(earlier, rate_rps=rate_rps, edges_s=edges_s):
        yield chunk._replace(arrived_s=chunk.arrived_s - shift_s)


def _at_rate(windows: Windows, rate_rps: float) -> Windows:
    """
    Set inter-arrival variation for a row that gets part of the recorded traffic.

    Keeping each request with probability p turns a renewal process of squared
    variation c² into one of 1 + p (c² - 1): a small part of bursty traffic is nearly
    Poisson. Traffic above the recorded rate keeps the recorded variation.
    """
    kept = min(1.0, rate_rps / windows.recorded_rps)
    return windows._replace(shape=1.0 / (1.0 + kept * windows.excess))


def rate_shape(traffic: Traffic) -> tuple[float, FloatArray]:
    """Window length [s] and relative rate per window (mean 1) of a source."""
    if traffic.windows is None:
        return traffic.horizon_s, np.ones(1)
    return traffic.windows.window_s, traffic.windows.rate_rps


def peak_part(traffic: Traffic, *, length_s: float) -> tuple[Traffic, float]:
    """
    Cut out the busiest stretch, for finding the load that meets a peak.

    Args:
        traffic: Source.
        length_s: Length of the stretch. [s]

    Returns:
        The stretch as a source whose rates keep their scale, and its start. [s]
    """
    if traffic.windows is None or length_s >= traffic.horizon_s:
        return traffic, 0.0
    windows = traffic.windows
    span = max(1, math.ceil(length_s / windows.window_s))
    sums = np.convolve(windows.rate_rps, np.ones(span), mode="valid")
    first = int(np.argmax(sums))
    cut = windows._replace(
        rate_rps=windows.rate_rps[first : first + span],
        excess=windows.excess[first : first + span],
        shape=windows.shape[first : first + span],
    )
    part = replace(traffic, windows=cut, horizon_s=span * windows.window_s)
    return part, first * windows.window_s


def _named(known: Mapping[str, _R], name: str, field: str) -> _R:
    if name not in known:
        has = ", ".join(sorted(known)) or "none"
        raise ScenarioError(field, f"must be a dataset that is loaded ({has})", name,
                            f"run `nameplate datasets pull {name}`")  # fmt: skip
    return known[name]


def _repeat(
    recorded: RecordedRates, horizon_s: float
) -> tuple[float, FloatArray, FloatArray]:
    """Repeat recorded windows until they cover the horizon."""
    count = max(1, math.ceil(horizon_s / recorded.window_s))
    index = np.arange(count) % recorded.rate_rps.size
    return recorded.window_s, recorded.rate_rps[index], recorded.cv[index]


def _diurnal(
    arrivals: DiurnalArrivals,
    horizon_s: float,
    start: dt.datetime,
    offset_s: float,
    seed: int,
) -> FloatArray:
    """Daily harmonic, lower weekends, log-normal noise that lasts about an hour."""
    count = max(1, math.ceil(horizon_s / WINDOW_S))
    since_epoch = start.timestamp() + offset_s + (np.arange(count) + 0.5) * WINDOW_S
    hour = since_epoch / 3600.0 % 24.0
    weekday = (since_epoch // 86_400 + 3) % 7  # 1 January 1970 was a Thursday
    shape = 1.0 + arrivals.swing_frac * np.cos(
        2 * np.pi * (hour - arrivals.peak_hour) / 24.0
    )
    shape = np.where(weekday >= 5, arrivals.weekend_frac * shape, shape)
    noise = np.random.Generator(np.random.Philox(key=seed)).standard_normal(count)
    persistence = math.exp(-WINDOW_S / 3600.0)
    fresh = math.sqrt(1 - persistence**2)
    drift = accumulate(noise, lambda level, new: persistence * level + fresh * new)
    rate: FloatArray = shape * np.exp(arrivals.noise_frac * np.array(list(drift)))
    return rate


def _groups(
    classes: tuple[RequestClass, ...], low_frac: float
) -> list[tuple[str, RequestClass, float]]:
    """(priority, class, probability), low priority first."""
    low = [(c, c.share * c.low_priority_frac) for c in classes]
    high = [(c, c.share * (1 - c.low_priority_frac)) for c in classes]
    groups: list[tuple[str, RequestClass, float]] = []
    for name, side, part in (("low", low, low_frac), ("high", high, 1 - low_frac)):
        total = sum(w for _, w in side)
        if part > 0 and total == 0:
            raise ScenarioError(
                "fleet.low_priority_frac",
                f"asks for {name}-priority traffic, and no class in workload.classes "
                "has any", low_frac, "change low_priority_frac of a class",
            )  # fmt: skip
        groups += [(name, c, part * w / total) for c, w in side if w > 0 and part > 0]
    return groups


def _windows(
    window_s: float,
    rate: FloatArray,
    cv: FloatArray,
    groups: list[tuple[str, RequestClass, float]],
    clients: int,
    recorded_rps: float,
    seed: int,
    recordings: Recordings,
) -> Windows:
    first, size, prompts, outputs = [], [], [], []
    offset = 0
    for _, c, _ in groups:
        if c.lengths is None:
            first.append(-1)
            size.append(0)
            continue
        recorded = _named(recordings.requests, c.lengths, f"class {c.name!r}.lengths")
        first.append(offset)
        size.append(recorded.prompt_tokens.size)
        prompts.append(recorded.prompt_tokens)
        outputs.append(recorded.output_tokens)
        offset += size[-1]
    edges = np.cumsum([p for _, _, p in groups])
    edges[-1] = 1.0

    def column(kind: str, side: str) -> IntArray:
        ranges = [getattr(c, kind) for _, c, _ in groups]
        if side == "min":
            return np.array([r.min if r else 0 for r in ranges], dtype=np.int64)
        return np.array([r.max - r.min + 1 if r else 0 for r in ranges], dtype=np.int64)

    return Windows(
        window_s=window_s, rate_rps=np.ascontiguousarray(rate, dtype=np.float64),
        excess=np.square(cv) - 1.0, shape=np.ones(cv.size), recorded_rps=recorded_rps,
        group_edge=edges, prompt_min=column("prompt_tokens", "min"),
        prompt_span=column("prompt_tokens", "span"),
        output_min=column("output_tokens", "min"),
        output_span=column("output_tokens", "span"),
        pool_first=np.array(first, dtype=np.int64),
        pool_size=np.array(size, dtype=np.int64),
        pool_prompt=np.concatenate(prompts) if prompts else np.zeros(1, np.int64),
        pool_output=np.concatenate(outputs) if outputs else np.zeros(1, np.int64),
        clients=clients, key=np.uint64(counter_hash(np.uint64(seed), np.uint64(7))),
    )  # fmt: skip


def _joined(parts: list[Arrivals]) -> Arrivals:
    return Arrivals(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _replayed(
    traffic: Traffic, rate_rps: float, edges_s: FloatArray
) -> Iterator[Arrivals]:
    """
    Replay recorded requests at another rate: shifted copies are laid over each other.

    A fractional copy keeps each of its requests with that probability.
    """
    recorded = traffic.replay
    assert recorded is not None  # noqa: S101 - the caller has looked
    n = recorded.arrived_s.size
    length_s = float(recorded.arrived_s[-1]) * n / max(1, n - 1) if n > 1 else 1.0
    copies = rate_rps * length_s / n
    for start_s, end_s in pairwise(edges_s):
        times, picks, marks = [], [], []
        for copy in range(math.ceil(copies)):
            kept = min(1.0, copies - copy)
            first_cycle = max(-1, math.floor(start_s / length_s) - 2)
            for cycle in range(first_cycle, math.ceil(end_s / length_s)):
                rng = np.random.Generator(
                    np.random.Philox(key=traffic.seed, counter=[0, 0, copy, cycle + 1])
                )
                shift_s = 0.0 if copy == 0 else counter_uniform(
                    np.uint64(traffic.seed), np.uint64(1000 + copy)
                ) * length_s  # fmt: skip
                at = recorded.arrived_s + shift_s + cycle * length_s
                if at[-1] < start_s or at[0] >= end_s:
                    continue
                keep = rng.random(n) < kept
                low = rng.random(n) < traffic.low_frac
                keep &= (at >= start_s) & (at < end_s)
                times.append(at[keep])
                picks.append(np.flatnonzero(keep))
                marks.append(np.where(low[keep], 0, 1))
        if not times:
            none = np.zeros(0, np.int64)
            yield Arrivals(np.zeros(0), none, none, none)
            continue
        at_s = np.concatenate(times)
        order = np.argsort(at_s, kind="stable")
        pick = np.concatenate(picks)[order]
        yield Arrivals(
            at_s[order], np.concatenate(marks)[order].astype(np.int64),
            recorded.prompt_tokens[pick], recorded.output_tokens[pick],
        )  # fmt: skip
