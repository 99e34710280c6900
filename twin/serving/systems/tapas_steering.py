"""
Rows and heat around instances, and the controller that steers requests by them.

Power of every instance is read each period, rows are added up, GPU temperatures follow
their first-order law (docs/models/server_thermal.md); instances at risk are avoided.
Temperatures in Celsius, differences in kelvin; consumption is positive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.catalogue.cooling import ServerThermal, server_thermal
from twin.cooling.server import supply_c
from twin.scenario.base import Model, quantity
from twin.serving.fleet.parts import Action, View
from twin.serving.fleet.placement import Placement, PowerReader, is_on
from twin.serving.systems.base import Ground
from twin.types import BoolArray, FloatArray, IntArray

RISK_FRAC = 0.93
"""Share of a limit from which a lever acts. Assumed."""
CALM_FRAC = 0.85
"""Share below which a configuration is taken back. Assumed."""
NEAR_LIMIT_K = 25.0
"""Temperature slack that counts as full. Assumed."""
STREAM = 641
"""Number of this system's stream of draws."""
DAY_S = 86400.0
CALM_K = 3.0
"""An instance comes back this far below the temperature it left at. Assumed."""
PLACE_K = 1.0
"""Ends of a row, and higher places, are each up to this much warmer. Assumed."""


class TapasRouterParameters(Model):
    """Hall, neighbours, limits and thresholds."""

    rows: int = quantity(
        4, "Rows that the servers stand in.", unit="rows", source="assumed", ge=1,
        le=100,
    )  # fmt: skip
    opaque_frac: float = quantity(
        0.5, "Servers of the rows rented out whole, which nobody steers.",
        source="TAPAS, from memory: half and half", ge=0.0, le=0.95,
    )  # fmt: skip
    added_frac: float = quantity(
        0.3, "Servers beyond those the rows' power was planned for.",
        source="TAPAS: up to 0.4, second-hand", ge=0.0, le=2.0,
    )  # fmt: skip
    outdoor_c: float = quantity(
        30.0, "Air outside; the supply follows it.", unit="C", source="assumed",
        ge=-40.0, le=55.0,
    )  # fmt: skip
    risk_frac: float = quantity(
        RISK_FRAC, "Share of a row's limit from which it is avoided.", example=0.93,
        source="assumed, as in tapas.md", gt=0.0, le=1.0,
    )  # fmt: skip
    calm_frac: float = quantity(
        CALM_FRAC, "Share of a row's limit below which instances come back.",
        example=0.85, source="assumed, as in tapas.md", gt=0.0, le=1.0,
    )  # fmt: skip
    risk_gpu_c: float | None = quantity(
        None, "GPU temperature from which an instance is avoided; empty: 25 K below "
        "the limit.", unit="C", example=60.0,
        source="assumed: where tapas.md counts slack as used", gt=0.0, le=120.0,
    )  # fmt: skip
    full_frac: float = quantity(
        0.5, "Part of the largest batch that instances left open may reach; beyond it "
        "none is avoided more.", source="assumed", gt=0.0, le=1.0,
    )  # fmt: skip
    clock_step_frac: float = quantity(
        0.9, "One step of a row's clock; 1: clocks stay.", source="assumed", gt=0.5,
        le=1.0,
    )  # fmt: skip
    least_clock_frac: float = quantity(
        0.65, "Lowest clock ÷ highest.", source="assumed: 945 of 1410 MHz in tapas.md",
        gt=0.2, le=1.0,
    )  # fmt: skip
    period_s: float = quantity(
        10.0, "Time between decisions.", unit="s", source="assumed", ge=1.0, le=600.0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """
    What stands around the instances.

    Args:
        placement: Instances on servers.
        limit_w: Power limit of each row. [W], (rows,)
        other_w: Power of rented servers by step of `step_s`. [W], (steps, rows)
        step_s: Length of a step. [s]
        warmer_k: Inlet of each server above the supply. [K], (servers,)
        offset_k: Hottest GPU of each server above its mean one. [K], (servers,)
        full_w: Power of all servers at full load. [W]
        thermal: Thermal data of a server.
    """

    placement: Placement
    limit_w: FloatArray
    other_w: FloatArray
    step_s: float
    warmer_k: FloatArray
    offset_k: FloatArray
    full_w: float
    thermal: ServerThermal

    def others_w(self, now_s: float) -> FloatArray:
        """Power of rented servers by row. [W]"""
        step = min(int(now_s // self.step_s), self.other_w.shape[0] - 1)
        return np.asarray(self.other_w[step])


def make_surroundings(
    ground: Ground, given: TapasRouterParameters, placement: Placement
) -> Surroundings:
    """
    Draw who else is in the rows, and where it is warmer.

    Rented servers fall on rows by chance; each row's follow a day of their own, with
    peak, swing and noise as in docs/models/tapas.md.
    """
    p, hall = given, placement.hall
    rng = np.random.default_rng((ground.seed, STREAM))
    rows, own = len(hall.rows), len(hall.servers)
    opaque = round(own * p.opaque_frac / (1.0 - p.opaque_frac))
    count = np.bincount(rng.integers(0, rows, opaque), minlength=rows)
    step_s = 300.0
    at_s = np.arange(max(1, math.ceil(ground.horizon_s / step_s))) * step_s
    peak, swing = rng.uniform(0.45, 0.95, rows), rng.uniform(0.3, 0.6, rows)
    day = np.cos(2 * np.pi * (at_s[:, None] / DAY_S - rng.random(rows)))
    noise = 1.0 + 0.08 * rng.standard_normal((at_s.size, rows))
    load = np.clip(peak * (1.0 - 0.5 * swing * (1.0 - day)) * noise, 0.0, 1.0)
    server = ground.server
    each_w = server.idle_w + (server.full_w - server.idle_w) * load
    planned = (np.bincount(hall.row_of, minlength=rows) + count) / (1.0 + p.added_frac)
    thermal = server_thermal(server)
    return Surroundings(
        placement=placement, limit_w=planned * server.provisioned_w.value,
        other_w=each_w * count, step_s=step_s,
        warmer_k=rng.uniform(0.0, 2.0 * PLACE_K, own),
        offset_k=rng.uniform(0.5, 1.0, own) * thermal.position_spread_k,
        full_w=(own + opaque) * server.full_w, thermal=thermal,
    )  # fmt: skip


class Steering:
    """
    Reads power and temperature each period; with `acts`, keeps requests away.

    Attributes:
        peak_row_w: Highest mean of a period of the row nearest to its limit, and
            `peak_row_frac` that ÷ its limit.
        hottest_c: Hottest GPU.
        over_s: Time with a row above its limit.
        avoided_s: Instances avoided × time.
        lowest_clock_frac: Lowest clock asked for ÷ highest.
    """

    def __init__(
        self, ground: Ground, given: TapasRouterParameters, around: Surroundings, *,
        acts: bool,
    ) -> None:  # fmt: skip
        self.period_s, self.given, self.around = given.period_s, given, around
        self.acts, self.engine = acts, ground.engine
        n, rows = around.placement.gpus.shape[0], around.limit_w.size
        self.outdoor_c = given.outdoor_c
        self.risk_c = given.risk_gpu_c or around.thermal.limit_c - NEAR_LIMIT_K
        self.reader = PowerReader(n)
        self.row = around.placement.row_of
        self.first = np.argmax(around.placement.gpus > 0, axis=1)
        self.gpu_c: FloatArray = np.zeros(n)
        self.hot = np.zeros(n, dtype=bool)
        self.avoided = np.zeros(n, dtype=bool)
        self.clock = np.ones(rows)
        self.peak_row_w, self.peak_row_frac = 0.0, 0.0
        self.hottest_c, self.over_s, self.avoided_s = -math.inf, 0.0, 0.0
        self.lowest_clock_frac = 1.0

    # --- reading ---

    def decide(self, now_s: float, view: View) -> list[Action]:
        """Note the last period; say which instances to avoid from now on."""
        place = self.around.placement
        gpu_w = self.reader.read(now_s, view.inst)
        each_w = place.server_w(gpu_w, is_on(view.inst))
        before_s = max(0.0, now_s - self.period_s)
        row_w = place.row_w(each_w) + self.around.others_w(before_s)
        self._warm(gpu_w / place.instance_gpus, row_w, now_s)
        if now_s > 0.0:
            self._note(row_w)
        return self._steer(now_s, view, gpu_w, row_w) if self.acts else []

    def _warm(self, each_w: FloatArray, row_w: FloatArray, now_s: float) -> None:
        """Move the hottest GPU of every instance towards its settled temperature."""
        a, t = self.around, self.around.thermal
        supply = supply_c(self.outdoor_c, float(row_w.sum()) / a.full_w)
        goal = supply + (a.warmer_k + a.offset_k)[self.first] + t.r_k_per_w * each_w
        if now_s == 0.0:
            self.gpu_c = goal
            return
        self.gpu_c = goal + (self.gpu_c - goal) * math.exp(-self.period_s / t.tau_s)

    def _note(self, row_w: FloatArray) -> None:
        frac = row_w / self.around.limit_w
        nearest = int(np.argmax(frac))
        if frac[nearest] > self.peak_row_frac:
            self.peak_row_frac = float(frac[nearest])
            self.peak_row_w = float(row_w[nearest])
        self.hottest_c = max(self.hottest_c, float(self.gpu_c.max()))
        self.over_s += self.period_s * float((frac > 1.0).any())
        self.avoided_s += self.period_s * float(self.avoided.sum())
        self.lowest_clock_frac = min(self.lowest_clock_frac, float(self.clock.min()))

    # --- acting ---

    def _steer(
        self, now_s: float, view: View, gpu_w: FloatArray, row_w: FloatArray
    ) -> list[Action]:
        """Avoid what must be, give back what may be, then look at clocks."""
        p, a = self.given, self.around
        place = a.placement
        idle_w = self.engine.gpu.idle_w.value * place.instance_gpus
        above_w = place.host_slope * np.maximum(gpu_w - idle_w, 0.0)
        before = self.avoided.copy()
        self.hot = (self.gpu_c > self.risk_c) | (
            self.hot & (self.gpu_c > self.risk_c - CALM_K)
        )
        may_close = self._may_close(view)
        short = np.zeros(a.limit_w.size, dtype=bool)
        for row in np.argsort(-row_w / a.limit_w, kind="stable"):
            here = np.flatnonzero(self.row == row)
            wanted = self._wanted(here, row_w[row], row, above_w)
            for i in here[np.argsort(-self.gpu_c[here], kind="stable")]:
                if wanted[i] and not self.avoided[i]:
                    if may_close <= 0:
                        break
                    may_close -= 1
                if self.avoided[i] and not wanted[i]:
                    may_close += 1
                self.avoided[i] = bool(wanted[i])
            left_w = above_w[here][self.avoided[here]].sum()
            short[row] = row_w[row] - left_w > p.risk_frac * a.limit_w[row]
        moved = np.flatnonzero(self.avoided != before)
        actions = [
            Action(
                at_s=now_s, name="avoid", instance=int(i), value=float(self.avoided[i])
            )
            for i in moved
        ]
        return actions + self._clocks(now_s, row_w, short)

    def _may_close(self, view: View) -> int:
        """Instances that may still be avoided before the others get too full."""
        on = is_on(view.inst) > 0.0
        batch = self.given.full_frac * self.engine.table.max_batch
        needed = max(1, math.ceil(float(view.inst["requests_load"][on].sum()) / batch))
        return int(np.count_nonzero(on & ~self.avoided)) - needed

    def _wanted(
        self, here: IntArray, row_w: float, row: int, above_w: FloatArray
    ) -> dict[int, bool]:
        """
        Which instances of a row should be avoided.

        An avoided one still empties: its watts above idle count as gone already. One
        comes back a period where the row stays calm with it at work.
        """
        p, limit_w = self.given, self.around.limit_w[row]
        wanted = {int(i): bool(self.avoided[i] or self.hot[i]) for i in here}
        expected_w = row_w - sum(above_w[i] for i in here if wanted[int(i)])
        for i in here[np.argsort(-self.gpu_c[here], kind="stable")]:
            if expected_w <= p.risk_frac * limit_w:
                break
            if not wanted[int(i)]:
                wanted[int(i)] = True
                expected_w -= above_w[i]
        busy_w = float(above_w.max(initial=0.0))
        for i in here[np.argsort(self.gpu_c[here], kind="stable")]:
            if wanted[int(i)] and not self.hot[i]:
                if expected_w + busy_w < p.calm_frac * limit_w:
                    wanted[int(i)] = False
                break
        return wanted

    def _clocks(
        self, now_s: float, row_w: FloatArray, short: BoolArray
    ) -> list[Action]:
        """Step the clock of rows down that stay above the risk; up where calm."""
        p, a = self.given, self.around
        step = p.clock_step_frac
        calm = row_w < p.calm_frac * a.limit_w
        lower = np.maximum(self.clock * step, p.least_clock_frac)
        higher = np.minimum(self.clock / step, 1.0)
        clock = np.where(short, lower, np.where(calm, higher, self.clock))
        top = self.engine.gpu.clock_max_mhz.value
        actions = [
            Action(
                at_s=now_s,
                name="clock",
                instance=int(i),
                value=0.0 if clock[row] >= 1.0 else top * float(clock[row]),
            )
            for row in np.flatnonzero(clock != self.clock)
            for i in np.flatnonzero(self.row == row)
        ]
        self.clock = clock
        return actions
