"""Fits to stored telemetry: which bins a kind of fit takes, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from api.tracking_data import Grid, grid_like, grids
from api.tracking_priors import gpu_prior, server_prior
from store.telemetry.levels import SECOND_US
from store.telemetry.reader import Reader
from store.telemetry.registry import Source
from twin.calibrate.conversion_fit import fit_conversion, loss_frac
from twin.calibrate.levels_fit import Mixture, fit_levels
from twin.calibrate.power_fit import (
    INLET_SPAN_K,
    fit_gpu_clock,
    fit_gpu_utilisation,
    fit_server,
    gpu_clock_w,
    gpu_utilisation_w,
    server_from_gpus_w,
)
from twin.calibrate.problem import Data
from twin.calibrate.record import Fit
from twin.calibrate.thermal_fit import EVEN_FRAC, fit_thermal, gpu_temperature_c
from twin.errors import ScenarioError
from twin.types import BoolArray, FloatArray

GPU_KINDS = frozenset({"gpu-utilisation", "gpu-clock", "thermal"})
"""Kinds fitted to one GPU each."""
BUSY_FRAC = 0.9
"""Power goes by the clock where a GPU is busy for at least this part of the time."""
WHOLE_FRAC = 0.5
"""A level is too fine where fewer of its bins have all that a fit needs. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """
    What is to be calibrated.

    Args:
        kind: Which model.
        source: The host.
        device: One of its devices; "" where the kind is of the host.
        start_us: First instant. [µs]
        end_us: End. [µs]
        held_out_frac: Last part that is held out. 0..0.9
        server: Catalogue key of its type, for priors; None looks by the GPUs' names.
        output: Source of a conversion's output.
        output_device: Its device; "" is the host's own meter.
        rated_w: Output that counts as one. [W]
    """

    kind: str
    source: Source
    device: str = ""
    start_us: int
    end_us: int
    held_out_frac: float = 0.3
    server: str | None = None
    output: Source | None = None
    output_device: str = ""
    rated_w: float | None = None

    @property
    def target(self) -> str:
        """What the fit is of."""
        return f"{self.source.name}/{self.device}" if self.device else self.source.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """
    What a fit takes.

    Attributes:
        t_s: Times since 1970. [s], shape (bin,)
        measured: What the model should give, NaN is missing.
        data: The model's inputs by name, NaN is missing.
        settings: Priors and what else the fit was told.
        read: Bins with what the model should give, cut out or not.
    """

    t_s: FloatArray
    measured: FloatArray
    data: dict[str, FloatArray]
    settings: dict[str, Any] = field(default_factory=dict)
    read: int = 0

    @property
    def whole(self) -> BoolArray:
        """Bins in which nothing is missing."""
        good = np.isfinite(self.measured)
        for values in self.data.values():
            good &= np.isfinite(values)
        return good


def gather(reader: Reader, ask: Ask) -> Gathered:
    """
    Read what a fit takes, from the most detailed that has it all.

    Raises:
        ScenarioError: If a device or a field was not read at all.
    """
    best: Gathered | None = None
    for grid in grids(reader, ask.source, ask.start_us, ask.end_us):
        if not grid.devices:
            continue
        found = _KINDS[ask.kind].gather(reader, ask, grid)
        found.settings["level"] = grid.level
        whole = int(found.whole.sum())
        if best is None or whole > best.whole.sum():
            best = found
        read = found.read or int(np.isfinite(found.measured).sum())
        if read and whole >= WHOLE_FRAC * read:
            return found
    if best is None:
        raise ScenarioError("source", "must have readings in the period",
                            ask.source.name,
                            "choose a period in which it reported")  # fmt: skip
    return best


def held_from_us(ask: Ask, found: Gathered) -> int:
    """Where the part that is not learned from begins. [µs]"""
    times = found.t_s[found.whole]
    kept = times.size - int(ask.held_out_frac * times.size)
    return round(float(times[kept]) * SECOND_US) if kept < times.size else ask.end_us


def fitted(ask: Ask, found: Gathered) -> Fit:
    """
    Fit what was gathered.

    Raises:
        ScenarioError: If the readings cannot tell a parameter; says which and what
            would.
    """
    kind = _KINDS[ask.kind]
    return kind.fit(
        ask.target, t_s=found.t_s, held_out_frac=ask.held_out_frac, **kind.given(found)
    )


def modelled(fit: Fit, found: Gathered) -> FloatArray:
    """What a fit gives at the bins gathered; NaN where an input is missing."""
    values = {p.name: p.value for p in fit.parameters}
    said = _KINDS[fit.kind].model(values, found.data | {"measured": found.measured})
    return np.asarray(said, dtype=np.float64)


# --- what each kind takes -------------------------------------------------------------


def _gpu_use(_reader: Reader, ask: Ask, grid: Grid) -> Gathered:
    row, column = _device(ask, grid, "utilisation_frac")
    data = {"utilisation_frac": column["utilisation_frac"]}
    inlet_c = grid.inlet_c()
    if _moves(inlet_c) and np.isfinite(column["gpu_c"]).any():
        # else leakage would be held at its prior, and believed
        data |= {"gpu_c": column["gpu_c"], "inlet_c": inlet_c}
    return Gathered(
        t_s=grid.t_s, measured=column["power_mean_w"], data=data,
        settings=_gpu_settings(ask, grid, row),
    )  # fmt: skip


def _gpu_clock(_reader: Reader, ask: Ask, grid: Grid) -> Gathered:
    row, column = _device(ask, grid, "sm_clock_hz")
    settings = _gpu_settings(ask, grid, row)
    power_w, use = column["power_mean_w"], column["utilisation_frac"]
    if np.isfinite(use).any():  # one kind of load: that of a busy GPU
        power_w = np.where(use >= BUSY_FRAC, power_w, np.nan)
    return Gathered(
        t_s=grid.t_s, measured=power_w,
        data={"clock_frac": column["sm_clock_hz"] / settings["highest_hz"]},
        settings=settings,
    )  # fmt: skip


def _server(_reader: Reader, ask: Ask, grid: Grid) -> Gathered:
    gpus = [d.model for d in grid.devices if d.kind == "gpu"]
    for there, rule in (
        (grid.has_meter, "must have a meter of its own (host or psu)"),
        (gpus, "must have GPUs that report"),
    ):
        if not there:
            raise ScenarioError("source", rule, ask.source.name, "read its BMC (IPMI "
                                "or Redfish) beside its GPUs")  # fmt: skip
    prior = server_prior(gpus, ask.server)
    data = {"gpus_w": grid.gpus_w()}
    fans = grid.of(("host",), "fan_frac")
    if np.isfinite(fans).any():
        data["fan_frac"] = np.fmax.reduce(fans, axis=0)
    return Gathered(
        t_s=grid.t_s, measured=grid.host_w(), data=data,
        settings={"host_w": prior.host_w, "slope": prior.slope, "prior": prior.words},
    )  # fmt: skip


def _conversion(reader: Reader, ask: Ask, grid: Grid) -> Gathered:
    if ask.output is None or not ask.rated_w:
        raise ScenarioError("output_source" if ask.output is None else "rated_w",
                            "is needed for a conversion stage", None, "name the source "
                            "that measures its output, and its rating in "
                            "watts")  # fmt: skip
    other = grid
    if ask.output is not ask.source:
        other = grid_like(reader, ask.output, ask.start_us, ask.end_us, grid)
    input_w = _power_w(grid, ask.device)
    output_w = _power_w(other, ask.output_device)
    return Gathered(
        t_s=grid.t_s, measured=(input_w - output_w) / ask.rated_w,
        data={"output_frac": output_w / ask.rated_w},
        settings={"rated_w": ask.rated_w, "output_source": ask.output.name,
                  "output_device": ask.output_device,
                  "prior": "assumed: 1 % of the rating for each of three terms"},
    )  # fmt: skip


def _thermal(_reader: Reader, ask: Ask, grid: Grid) -> Gathered:
    _, column = _device(ask, grid, "gpu_c")
    data = {"power_w": column["power_mean_w"]}
    inlet_c = grid.inlet_c()
    if np.isfinite(inlet_c).any():
        data["inlet_c"] = inlet_c
    found = Gathered(
        t_s=grid.t_s, measured=column["gpu_c"], data=data,
        settings={"prior": "assumed: 0.055 K/W, 45 s"},
    )  # fmt: skip
    step_s = float(np.median(np.diff(grid.t_s))) if grid.t_s.size > 1 else 1.0
    even = np.abs(np.diff(grid.t_s, prepend=grid.t_s[0] - step_s) - step_s)
    cut = _longest(found.whole & (even <= EVEN_FRAC / 2.0 * step_s))
    return Gathered(
        t_s=found.t_s[cut], measured=found.measured[cut],
        data={name: values[cut] for name, values in data.items()}
        | {"step_s": np.full(found.t_s[cut].size, step_s)},
        settings=found.settings, read=int(np.isfinite(found.measured).sum()),
    )  # fmt: skip


def _levels(_reader: Reader, ask: Ask, grid: Grid) -> Gathered:
    return Gathered(
        t_s=grid.t_s, measured=_power_w(grid, ask.device), data={},
        settings={"prior": "one level: the mean"},
    )  # fmt: skip


# --- the fits -------------------------------------------------------------------------


def _conversion_given(found: Gathered) -> dict[str, Any]:
    rated_w = found.settings["rated_w"]
    output_w = found.data["output_frac"] * rated_w
    input_w = output_w + found.measured * rated_w
    return {"input_w": input_w, "output_w": output_w, "rated_w": rated_w}


def _told(found: Gathered, *names: str) -> dict[str, Any]:
    return {name: found.settings[name] for name in names}


def _nearest_level(values: Mapping[str, float], data: Data) -> FloatArray:
    """The level that each reading most probably rests at. [W]"""
    count = sum(name.startswith("share_") for name in values)
    level, spread, share = (
        np.array([values[pattern.format(k + 1)] for k in range(count)])
        for pattern in ("level_{}_w", "spread_{}_w", "share_{}")
    )
    mixture = Mixture(level_w=level, spread_w=spread, share=share)
    power_w = data["measured"]
    near = level[mixture.nearest(np.nan_to_num(power_w))]
    return np.where(np.isfinite(power_w), near, np.nan)


class _Kind(NamedTuple):
    """What bins a kind of fit takes, the fit, what it is given of them, its model."""

    gather: Callable[[Reader, Ask, Grid], Gathered]
    fit: Callable[..., Fit]
    given: Callable[[Gathered], dict[str, Any]]
    model: Callable[[Mapping[str, float], Data], FloatArray]


_KINDS = {
    "gpu-utilisation": _Kind(
        _gpu_use, fit_gpu_utilisation,
        lambda f: {"power_w": f.measured, **f.data, **_told(f, "idle_w", "full_w")},
        gpu_utilisation_w,
    ),
    "gpu-clock": _Kind(
        _gpu_clock, fit_gpu_clock,
        lambda f: {
            "power_w": f.measured, "sm_clock_hz": f.data["clock_frac"],
            "highest_hz": 1.0, **_told(f, "idle_w", "full_w"),
        },
        gpu_clock_w,
    ),
    "server": _Kind(
        _server, fit_server,
        lambda f: {"server_w": f.measured, **f.data, **_told(f, "host_w", "slope")},
        server_from_gpus_w,
    ),
    "conversion": _Kind(_conversion, fit_conversion, _conversion_given, loss_frac),
    "thermal": _Kind(
        _thermal, fit_thermal,
        lambda f: {
            "gpu_c": f.measured, "power_w": f.data["power_w"],
            "inlet_c": f.data.get("inlet_c"),
        },
        gpu_temperature_c,
    ),
    "levels": _Kind(
        _levels, fit_levels, lambda f: {"power_w": f.measured}, _nearest_level
    ),
}  # fmt: skip


# --- parts ----------------------------------------------------------------------------


def _device(ask: Ask, grid: Grid, needed: str) -> tuple[int, dict[str, FloatArray]]:
    """Place of the device, and its columns; one of them must have been read."""
    row = grid.row(ask.device)
    column = {name: values[row] for name, values in grid.columns.items()}
    if not np.isfinite(column[needed]).any():
        raise ScenarioError(f"{ask.target}.{needed}", "must have been read",
                            "none in the period",
                            f"let its agent or exporter send {needed}")  # fmt: skip
    return row, column


def _gpu_settings(ask: Ask, grid: Grid, row: int) -> dict[str, Any]:
    prior = gpu_prior(
        grid.devices[row].model, ask.server, grid.columns["power_mean_w"][row],
        grid.columns["sm_clock_hz"][row],
    )  # fmt: skip
    return {
        "idle_w": prior.idle_w, "full_w": prior.full_w, "highest_hz": prior.highest_hz,
        "prior": prior.words,
    }  # fmt: skip


def _moves(inlet_c: FloatArray) -> bool:
    """Whether an inlet moves enough to tell leakage."""
    known = inlet_c[np.isfinite(inlet_c)]
    if not known.size:
        return False
    low, high = np.percentile(known, [5.0, 95.0])
    return bool(high - low >= INLET_SPAN_K)


def _power_w(grid: Grid, device: str) -> FloatArray:
    if device:
        return np.asarray(grid.columns["power_mean_w"][grid.row(device)])
    return grid.host_w()


def _longest(good: BoolArray) -> slice:
    """The longest stretch without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int8), [0]])))
    if not edges.size:
        return slice(0, 0)
    starts, ends = edges[::2], edges[1::2]
    best = int(np.argmax(ends - starts))
    return slice(int(starts[best]), int(ends[best]))
