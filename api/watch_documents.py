"""Arrays of the live view, and the documents they become."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.documents import numbers
from api.problems import Refusal
from store.telemetry.levels import BY_NAME, SECOND_US, Level
from store.telemetry.reader import MOST_POINTS, level_for
from store.telemetry.registry import SUM, Source
from twin.errors import ScenarioError
from twin.power.network import Network
from twin.telemetry.rollup import COLUMNS, COUNTED, Rollup, coarsen, joined
from twin.types import Document

STALE_S = 90
"""A reading older than this no longer counts as now."""
LOST_S = 300
METERED = ("host", "psu")
"""Kinds that measure a whole host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The watched scenario's tree, with its racks' places."""

    scenario_id: str
    version: int
    network: Network
    limit_w: np.ndarray
    kinds: tuple[str, ...]

    @property
    def racks(self) -> list[str]:
        """Names of the racks, in the network's order."""
        return [n.name for n in self.network.nodes[self.network.rack_first :]]

    def above(self, name: str) -> set[str]:
        """All nodes that feed a node or rack, itself included."""
        nodes, index = self.network.nodes, self.network.index
        seen, waiting = {name}, [name]
        while waiting:
            fresh = set(nodes[index[waiting.pop()]].fed_by) - seen
            seen |= fresh
            waiting += fresh
        return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Stored ids of all devices, and which host each counts for."""

    generation: int
    hosts: tuple[Source, ...]
    ids: np.ndarray
    keys: tuple[str, ...]
    host: np.ndarray
    kind: np.ndarray
    is_meter: np.ndarray


def per_host(fleet: Fleet, power_w: np.ndarray) -> np.ndarray:
    """
    Power of hosts from their devices': the first kind of `COUNTED` that is known.

    Args:
        fleet: The devices.
        power_w: [W], shape (device, time).

    Returns:
        [W], shape (host, time); NaN where nothing is known.
    """
    shape = (len(fleet.hosts), power_w.shape[1])
    out = np.full(shape, np.nan)
    for kinds in COUNTED:
        which = np.flatnonzero(np.isin(fleet.kind, kinds))
        if not which.size:
            continue
        part, known = np.zeros(shape), np.zeros(shape, np.bool_)
        np.add.at(part, fleet.host[which], np.nan_to_num(power_w[which]))
        np.logical_or.at(known, fleet.host[which], np.isfinite(power_w[which]))
        out = np.where(np.isnan(out) & known, part, out)
    return out


def hosts_now(fleet: Fleet, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What each host's devices say together. Arrays of shape (host,)."""
    count = len(fleet.hosts)
    gpu = fleet.kind == "gpu"
    host = fleet.host[gpu]
    use = columns["utilisation_frac"][gpu]
    bits = np.nan_to_num(columns["throttle_reasons"][gpu]).astype(np.int64)
    hottest_c, raised = np.full(count, np.nan), np.zeros(count, np.int64)
    np.fmax.at(hottest_c, host, columns["gpu_c"][gpu])
    np.bitwise_or.at(raised, host, bits)
    known = np.isfinite(use)
    with np.errstate(invalid="ignore", divide="ignore"):
        use_frac = np.bincount(host[known], use[known], count) / np.bincount(
            host[known], minlength=count
        )
    limit_w = np.nan_to_num(columns["power_limit_w"][gpu])
    read = np.isfinite(columns["power_w"]) | np.isfinite(columns["power_average_w"])
    own = np.isin(fleet.kind, METERED) & read  # an agent names its host in any case
    return {
        "gpus": np.bincount(host, minlength=count), "hottest_c": hottest_c,
        "utilisation_frac": use_frac, "throttle_reasons": raised,
        "limit_w": np.bincount(host, limit_w, count),
        "metered": np.bincount(fleet.host[own], minlength=count) > 0,
    }  # fmt: skip


def counts_below(tree: Tree, count: dict[str, int]) -> list[int]:
    """Hosts below every node, each once though it has two cords."""
    found = [0] * len(tree.network.nodes)
    for rack, number in count.items():
        for name in tree.above(rack):
            found[tree.network.index[name]] += number
    return found


def chosen_level(start_us: int, end_us: int, name: str) -> Level:
    """The level asked for, or the finest that is not too long."""
    if not name:
        return level_for(start_us, end_us)
    level = BY_NAME[name]
    most = 20 * MOST_POINTS
    if (end_us - start_us) > level.bin_us * most:
        raise ScenarioError("level", f"gives at most {most} bins", name,
                            "ask for a shorter period or a coarser level")  # fmt: skip
    return level


def of_device(found: Rollup, device: str) -> Rollup:
    """Bins of one device by its key; all for "*"."""
    if device == "*":
        return found
    keys = [d.key for d in found.devices]
    if device not in keys:
        raise Refusal(404, f"The source has no device {device[:80]!r} in that period")
    return found.take(np.flatnonzero(found.device == keys.index(device)))


def binned(total_w: np.ndarray, first_s: int, level: Level) -> Rollup:
    """Seconds of power put into bins."""
    per_bin = level.bin_us // SECOND_US
    known = np.flatnonzero(np.isfinite(total_w))
    if not known.size:
        return Rollup.none(level.bin_us)
    value_w = total_w[known]
    bin_no = (first_s + known) // per_bin
    starts = np.flatnonzero(np.diff(bin_no, prepend=-1))
    covered_s = np.add.reduceat(np.ones(known.size), starts)
    columns = {name: np.full(starts.size, np.nan) for name in COLUMNS}
    columns |= {
        "power_least_w": np.minimum.reduceat(value_w, starts),
        "power_mean_w": np.add.reduceat(value_w, starts) / covered_s,
        "power_highest_w": np.maximum.reduceat(value_w, starts),
        "energy_j": np.add.reduceat(value_w, starts), "covered_s": covered_s,
        "readings": covered_s,
    }  # fmt: skip
    return Rollup(
        devices=(SUM,), device=np.zeros(starts.size, np.int64),
        start_us=bin_no[starts] * level.bin_us, bin_us=level.bin_us, columns=columns,
    )  # fmt: skip


def followed_by(parts: list[Rollup], tail: Rollup, level: Level) -> Rollup:
    """Stored bins, then those of memory; a bin that both begin is put together."""
    known = [p for p in (*parts, tail) if len(p)]
    return coarsen(joined(known), level.bin_us) if known else Rollup.none(level.bin_us)


_SHOWN = (
    "power_least_w", "power_mean_w", "power_highest_w", "energy_j", "covered_s",
    "sm_clock_hz", "utilisation_frac", "gpu_c", "memory_c", "inlet_c", "power_limit_w",
    "throttle_reasons",
)  # fmt: skip


def series_document(of: str, level: Level, found: Rollup) -> Document:
    """Bins as a document."""
    columns = {
        name: numbers(found.columns[name])
        for name in _SHOWN
        if np.isfinite(found.columns[name]).any() or name.startswith("power_")
    }
    document = {
        "of": of, "level": level.name, "bin_s": level.bin_us / SECOND_US,
        "time_us": found.start_us.tolist(), "columns": columns, "limit_w": None,
    }  # fmt: skip
    if len(found.devices) > 1 and len(found):
        document["device"] = [found.devices[i].key for i in found.device.tolist()]
    return document


def curves_document(
    of: str, level: Level, times: np.ndarray, curves: dict[str, np.ndarray],
    covered_s: np.ndarray,
) -> Document:  # fmt: skip
    """Curves of a node as a document."""
    columns = {name: numbers(values) for name, values in curves.items()}
    return {
        "of": of, "level": level.name, "bin_s": level.bin_us / SECOND_US,
        "time_us": times.tolist(),
        "columns": columns | {"covered_s": numbers(covered_s)},
    }  # fmt: skip


def number(value: float) -> float | None:
    """A value for JSON: three decimals, null where missing."""
    return round(value, 3) if np.isfinite(value) else None


def state_of(age_s: float) -> str:
    """How a host is, by the age of its newest reading."""
    return "ok" if age_s <= STALE_S else "stale" if age_s <= LOST_S else "lost"
