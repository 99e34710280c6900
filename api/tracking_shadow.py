"""
The twin beside the site: what calibrated models say every host and node should draw.

A GPU's power follows from its own utilisation or clock, a host's from its GPUs, a
node's from its racks through the power tree. A host without a calibration is expected
to go on as it did; that is said, and drift is not looked for there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from api.tracking_data import Grid, read_grid
from api.tracking_fits import BUSY_FRAC
from store.models_tracking import CalibrationRow
from store.telemetry.levels import DAY_US, HOURS, MINUTES, SECOND_US
from store.telemetry.registry import Source
from twin.calibrate.power_fit import gpu_clock_w, gpu_utilisation_w, server_from_gpus_w
from twin.calibrate.record import Fit
from twin.errors import ScenarioError
from twin.telemetry.tree import node_power_w
from twin.tracking.drift import Baseline, baseline
from twin.tracking.settled import settle
from twin.types import FloatArray

if TYPE_CHECKING:
    from api.telemetry_service import TelemetryService
    from api.watch_documents import Tree

HISTORY_US = 7 * DAY_US
"""Time before a shadow that says what an uncalibrated host will draw. Assumed."""
CALIBRATED, EXPECTED, MIXED, NONE = "calibrated", "expected", "mixed", "none"
NO_HISTORY = "no calibration is active and there is too little history to expect any"
NO_METER = "its meter needs a calibration of kind server; its GPUs alone have one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """
    Active calibrations of one host.

    Attributes:
        use: By GPU key: power by utilisation.
        clock: By GPU key: power by clock, and the clock that counts as one. [Hz]
        server: Power by GPUs, or None.
        held_us: Time that all of them were judged on and not fitted to. [µs]
    """

    use: Mapping[str, Fit] = field(default_factory=dict)
    clock: Mapping[str, tuple[Fit, float]] = field(default_factory=dict)
    server: Fit | None = None
    held_us: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """
    Measured and predicted power on the minutes of a period.

    Attributes:
        t_s: End of each minute since 1970. [s], shape (minute,)
        hosts: Names of the hosts.
        measured_w: [W], NaN is missing, shape (host, minute).
        predicted_w: [W], NaN where nothing can be said.
        basis: What each host's prediction rests on.
        notes: By host: what a reader should know.
    """

    t_s: FloatArray
    hosts: tuple[str, ...]
    measured_w: FloatArray
    predicted_w: FloatArray
    basis: tuple[str, ...]
    notes: Mapping[str, str]


def models_of(rows: Sequence[CalibrationRow]) -> dict[str, Models]:
    """Active power calibrations by host."""
    found: dict[str, Models] = {}
    for row in rows:
        if row.kind not in {"gpu-utilisation", "gpu-clock", "server"} or not row.fit:
            continue
        fit, known = Fit.from_json(row.fit), found.get(row.source, Models())
        use, clock, server = dict(known.use), dict(known.clock), known.server
        if row.kind == "gpu-utilisation":
            use[row.device] = fit
        elif row.kind == "gpu-clock":
            clock[row.device] = fit, float(row.settings["highest_hz"])
        else:
            server = fit
        held_us = int(row.settings["held_from_us"]), row.end_us
        if known.held_us != (0, 0):
            held_us = (max(known.held_us[0], held_us[0]),
                       min(known.held_us[1], held_us[1]))  # fmt: skip
        found[row.source] = Models(use=use, clock=clock, server=server, held_us=held_us)
    return found


# --- hosts ----------------------------------------------------------------------------


def compare_hosts(
    telemetry: TelemetryService, models: Mapping[str, Models], start_us: int,
    end_us: int, *, calibrated_only: bool = False,
) -> Compared:  # fmt: skip
    """
    Read what hosts drew in a period and say what they should have drawn.

    Args:
        telemetry: Where readings are.
        models: Active calibrations by host.
        start_us: First instant. [µs]
        end_us: End. [µs]
        calibrated_only: Leave the other hosts out.
    """
    first = start_us // MINUTES.bin_us
    start_us = first * MINUTES.bin_us
    count = -(-end_us // MINUTES.bin_us) - first
    hosts = [
        s for s in telemetry.hosts()
        if not s.is_meter and (s.name in models or not calibrated_only)
    ]  # fmt: skip
    measured, predicted = (np.full((len(hosts), count), np.nan) for _ in range(2))
    basis, notes = [NONE] * len(hosts), {}
    plain = [s for s in hosts if s.name not in models]
    drawn = _sums(telemetry, plain, start_us, end_us, count)
    for i, host in enumerate(hosts):
        if host.name in models:
            grid = read_grid(telemetry.reader, host, start_us, end_us, MINUTES)
            measured[i], predicted[i], note = predict(grid, models[host.name])
            if np.isfinite(predicted[i]).any():
                basis[i] = CALIBRATED
        else:
            measured[i] = drawn[host.id]
            level_w, note = _expected_w(telemetry, host, start_us)
            predicted[i] = level_w
            basis[i] = EXPECTED if np.isfinite(level_w) else NONE
        if note:
            notes[host.name] = note
    return Compared(
        t_s=np.arange(first + 1.0, first + 1.0 + count) * (MINUTES.bin_us / SECOND_US),
        hosts=tuple(h.name for h in hosts), measured_w=measured, predicted_w=predicted,
        basis=tuple(basis), notes=notes,
    )  # fmt: skip


def predict(grid: Grid, models: Models) -> tuple[FloatArray, FloatArray, str]:
    """
    Say what a calibrated host should draw.

    Args:
        grid: What was read of it.
        models: Its calibrations.

    Returns:
        Measured and predicted power [W], shape (bin,), and what a reader should know.
    """
    gpus = [i for i, d in enumerate(grid.devices) if d.kind == "gpu"]
    said = [_gpu_w(grid, i, models) for i in gpus]
    without = [grid.devices[i].key for i, one in zip(gpus, said, strict=True)
               if one is None]  # fmt: skip
    missing = np.full(grid.start_us.size, np.nan)
    if gpus and not without:
        gpus_w = np.sum([one for one in said if one is not None], axis=0)
        note = ""
    else:
        gpus_w = grid.gpus_w()
        note = f"from measured GPU power: {len(without)} GPUs have no calibration"
    if models.server is not None:
        values = {p.name: p.value for p in models.server.parameters}
        data = {"gpus_w": gpus_w}
        if "fan_full_w" in values:
            data["fan_frac"] = np.fmax.reduce(grid.of(("host",), "fan_frac"), axis=0,
                                              initial=np.nan)  # fmt: skip
        return grid.host_w(), server_from_gpus_w(values, data), note
    if without or not gpus:
        return grid.host_w(), missing, "its GPUs have no calibration"
    if grid.has_meter:
        return grid.gpus_w(), gpus_w, f"GPUs alone: {NO_METER}"
    return grid.gpus_w(), gpus_w, "GPUs alone: the host has no meter"


def _gpu_w(grid: Grid, row: int, models: Models) -> FloatArray | None:
    """What a GPU should draw; None where it has no calibration. [W]"""
    key = grid.devices[row].key
    column = {name: values[row] for name, values in grid.columns.items()}
    power_w: FloatArray | None = None
    if key in models.use:
        values = {p.name: p.value for p in models.use[key].parameters}
        data = {"utilisation_frac": column["utilisation_frac"]}
        if "leakage_per_k" in values:
            data["inlet_c"] = grid.inlet_c()
        power_w = gpu_utilisation_w(values, data)
    if key in models.clock:
        fit, highest_hz = models.clock[key]
        values = {p.name: p.value for p in fit.parameters}
        use = column["utilisation_frac"]
        busy = ~np.isfinite(use) | (use >= BUSY_FRAC)
        clock = {"clock_frac": column["sm_clock_hz"] / highest_hz}
        by_clock = np.where(busy, gpu_clock_w(values, clock), np.nan)
        power_w = by_clock if power_w is None else np.where(
            np.isfinite(power_w), power_w, by_clock
        )  # fmt: skip
    return power_w


def _sums(
    telemetry: TelemetryService, hosts: Sequence[Source], start_us: int, end_us: int,
    count: int,
) -> dict[int, FloatArray]:  # fmt: skip
    """Power of hosts in each minute, as far as it is folded."""
    found = {h.id: np.full(count, np.nan) for h in hosts}
    for key, sums in telemetry.reader.sums(hosts, start_us, end_us, MINUTES).items():
        place = (sums.start_us - start_us) // MINUTES.bin_us
        found[key][place] = sums.columns["power_mean_w"]
    return found


def _expected_w(
    telemetry: TelemetryService, host: Source, start_us: int
) -> tuple[float, str]:
    """What a host without calibration is expected to draw, and on what grounds. [W]"""
    before = telemetry.reader.sums([host], start_us - HISTORY_US, start_us, HOURS)
    if host.id not in before:
        return float("nan"), NO_HISTORY
    past = before[host.id]
    try:
        known = settle(
            past.start_us / SECOND_US, past.columns["power_mean_w"], name=host.name
        )
    except ScenarioError:
        return float("nan"), NO_HISTORY
    return float(known.power_w.mean()), (
        f"no calibration is active: the mean of its last {known.power_w.size} h is "
        "expected to go on, and drift is not looked for"
    )


# --- nodes ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCurves:
    """
    Measured and predicted power of the nodes of a tree.

    Attributes:
        names: Of the nodes, in the tree's order.
        measured_w: [W], NaN is missing, shape (node, minute).
        predicted_w: [W], same shape.
        basis: What each prediction rests on.
        metered: Nodes measured by a meter of their own.
        hosts: Hosts below each node.
        compared: Those of them with a prediction.
    """

    names: tuple[str, ...]
    measured_w: FloatArray
    predicted_w: FloatArray
    basis: tuple[str, ...]
    metered: frozenset[str]
    hosts: Mapping[str, tuple[str, ...]]
    compared: Mapping[str, int]


def node_curves(
    tree: Tree, placed: Mapping[str, str], found: Compared,
    meters: Mapping[str, FloatArray],
) -> NodeCurves:  # fmt: skip
    """
    Sum hosts up through the tree.

    A minute in which a host has only one of the two, measured and predicted, is left
    out on both sides; a node's own meter counts where all below it can be predicted.

    Args:
        tree: The watched tree.
        placed: Node by source.
        found: Its hosts.
        meters: Power by a node's own meters. [W], shape (minute,)
    """
    racks, index = tree.racks, tree.network.index
    place = {name: i for i, name in enumerate(racks)}
    shape = (len(racks), found.t_s.size)
    both = np.isfinite(found.measured_w) & np.isfinite(found.predicted_w)
    measured, predicted = np.zeros(shape), np.zeros(shape)
    any_there, whole = np.zeros(shape, np.bool_), np.ones(shape, np.bool_)
    own: dict[str, list[int]] = {}
    for i, host in enumerate(found.hosts):
        rack = placed.get(host, "")
        if rack not in place:
            continue
        own.setdefault(rack, []).append(i)
        r = place[rack]
        measured[r] += np.where(both[i], found.measured_w[i], 0.0)
        predicted[r] += np.where(both[i], found.predicted_w[i], 0.0)
        any_there[r] |= both[i]
        whole[r] &= both[i]
    up_measured = node_power_w(tree.network, measured)
    up_predicted = node_power_w(tree.network, predicted)
    below = _racks_below(tree)
    names = tuple(n.name for n in tree.network.nodes)
    basis, hosts, compared, metered = [], {}, {}, set()
    for name in names:
        rows = [place[r] for r in below[name]]
        mine = [i for r in below[name] for i in own.get(r, ())]
        k = index[name]
        up_measured[k, ~any_there[rows].any(axis=0)] = np.nan
        if name in meters and mine:
            all_there = whole[rows].all(axis=0)
            up_measured[k] = np.where(all_there, meters[name], np.nan)
            metered.add(name)
        hosts[name] = tuple(found.hosts[i] for i in mine)
        said = [found.basis[i] for i in mine if found.basis[i] != NONE]
        compared[name] = len(said)
        basis.append(said[0] if len(set(said)) == 1 else MIXED if said else NONE)
    up_predicted[~np.isfinite(up_measured)] = np.nan
    return NodeCurves(
        names=names, measured_w=up_measured, predicted_w=up_predicted,
        basis=tuple(basis), metered=frozenset(metered), hosts=hosts, compared=compared,
    )  # fmt: skip


def _racks_below(tree: Tree) -> dict[str, list[str]]:
    """Racks fed by each node, themselves included."""
    found: dict[str, list[str]] = {n.name: [] for n in tree.network.nodes}
    for rack in tree.racks:
        for name in tree.above(rack):
            found[name].append(rack)
    return found


def usual_of(
    t_s: FloatArray, residual_w: FloatArray, held_us: tuple[int, int], name: str
) -> Baseline | str:
    """How a residual behaves on time held out, or why that is not known."""
    inside = (t_s * SECOND_US > held_us[0]) & (t_s * SECOND_US <= held_us[1])
    try:
        return baseline(residual_w[inside], name=name)
    except ScenarioError as error:
        return f"drift is not looked for: {error.rule}, got {error.value}"
