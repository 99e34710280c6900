"""
Where does it fit? How many more servers each row can take, and what stops the next.

A row is full when one more server would put a node above its limit, normally or under
the loss of any single other node, or the hall above its cooling. Loads are the site's
worst hour; a new server draws there what the row's servers draw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.errors import ABOVE_ZERO, check_values
from twin.facility import cascade
from twin.facility.assemble import Assembled
from twin.facility.cascade import Stage
from twin.facility.screening import losses_of_one, normal_w
from twin.power.network import Network
from twin.types import FloatArray, IntArray

MOST_SERVERS = 10_000
_MOVED = 1.0 + 1e-9
_STEPS = 40
"""Servers asked for are placed in at most this many rounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRoom:
    """
    What one row can still take, alone.

    Args:
        row: Its name.
        hall: Its hall.
        server_count: Servers in it.
        server_w: What one more server is taken to draw at the worst hour. [W]
        more_servers: Servers it can take; none of the other rows takes any.
        placed_servers: Servers of the ones asked for that are put there.
        left_servers: Servers it can take once all of those asked for are in place.
        binding: What the next server would overload: a node, "cooling of H1" or
            "inlets of H1A1".
        binding_frac: Its load ÷ limit with `more_servers` in place.
        lost: The node whose loss makes it bind, "" for none.
    """

    row: str
    hall: str
    server_count: int
    server_w: float
    more_servers: int
    placed_servers: int
    left_servers: int
    binding: str
    binding_frac: float
    lost: str

    @property
    def words(self) -> str:
        """The constraint in words."""
        when = f" on loss of {self.lost}" if self.lost else ""
        return f"{self.binding} at {100 * self.binding_frac:.0f} %{when}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """
    Where servers fit.

    Args:
        rows: Rows, most room first.
        asked_servers: Servers to place.
        placed_servers: Servers that find a place together.
        unplaced_servers: Servers that do not.
    """

    rows: tuple[RowRoom, ...]
    asked_servers: int
    placed_servers: int
    unplaced_servers: int


def where_it_fits(
    a: Assembled, stage: Stage, *, servers: int = 0, server_w: float | None = None,
    keep_losses: bool = True, keep_cooling: bool = True,
) -> Fit:  # fmt: skip
    """
    Find every row's room, and a place for servers asked for.

    Servers asked for go, a few at a time, to the row with the most room left.

    Args:
        a: The site.
        stage: Loads of its worst hour.
        servers: Servers to place. 0..10,000
        server_w: Draw of a new server at the worst hour; None means what the row's
            servers draw there. [W]
        keep_losses: Whether the loss of any single node must be survived.
        keep_cooling: Whether cooling and inlets must keep their limits.

    Returns:
        Rows and placement.

    Raises:
        ValueError: If a figure is out of range.
    """
    if not 0 <= servers <= MOST_SERVERS:
        raise ValueError(f"servers must be 0 to {MOST_SERVERS}, got {servers}")
    if server_w is not None:
        check_values(ABOVE_ZERO, server_w=server_w)
    finder = _Finder(
        a, stage, server_w, keep_losses=keep_losses, keep_cooling=keep_cooling
    )
    alone = [finder.room(k) for k in range(len(a.rows))]
    placed = np.zeros(len(a.rows), dtype=np.int64)
    left = servers
    while left > 0:
        rooms = [finder.room(k) for k in range(len(a.rows))] if placed.any() else alone
        best = max(range(len(rooms)), key=lambda k: rooms[k].more_servers)
        count = min(left, rooms[best].more_servers, max(1, servers // _STEPS))
        if count == 0:
            break
        finder.put(best, count)
        placed[best] += count
        left -= count
    after = [finder.room(k) for k in range(len(a.rows))] if placed.any() else alone
    rows = [
        replace(room, placed_servers=int(n), left_servers=then.more_servers)
        for room, n, then in zip(alone, placed, after, strict=True)
    ]
    rows.sort(key=lambda r: (-r.more_servers, r.row))
    return Fit(
        rows=tuple(rows), asked_servers=servers, placed_servers=servers - left,
        unplaced_servers=left,
    )  # fmt: skip


class _Finder:
    """Loads so far, and what is above every row."""

    def __init__(
        self, a: Assembled, stage: Stage, server_w: float | None, *,
        keep_losses: bool, keep_cooling: bool,
    ) -> None:  # fmt: skip
        self._a, self._stage = a, stage
        self._keep_losses, self._keep_cooling = keep_losses, keep_cooling
        self._rack_w = stage.rack_w.copy()
        self._work = cascade.scratch(stage)
        index = {row.name: k for k, row in enumerate(a.rows)}
        self._row_of = np.array([index[rack.row] for rack in a.racks])
        self._hall_of = a.site.rack_hall
        self._server_w = [
            self._draw(k) if server_w is None else server_w for k in range(len(a.rows))
        ]
        self._above = [_above(a.network, self._racks(k)) for k in range(len(a.rows))]
        self._losses = self._relevant()

    def _racks(self, k: int) -> IntArray:
        found: IntArray = np.flatnonzero(self._row_of == k)
        return found

    def _draw(self, k: int) -> float:
        """What a server of the row draws; the site's mean where the row is empty."""
        for racks in (self._racks(k), slice(None)):
            count = self._stage.servers[racks].sum()
            if count:
                return float(self._stage.rack_w[racks].sum() / count)
        return float(self._a.servers[0].full_w)

    def _relevant(self) -> list[IntArray]:
        """Losses that move load onto something above each row; -1 is none."""
        # a watt everywhere, so that empty rows show what would move too
        lit = self._stage._replace(rack_w=self._stage.rack_w + 1.0)
        base_w = normal_w(lit)
        found: list[list[int]] = [[-1] for _ in self._above]
        if not self._keep_losses:
            return [np.array(losses, dtype=np.int64) for losses in found]
        for lost, out_w, _ in losses_of_one(self._a.network, lit):
            more = out_w > base_w * _MOVED
            for k, above in enumerate(self._above):
                if more[above].any():
                    found[k].append(lost)
        return [np.array(losses, dtype=np.int64) for losses in found]

    def put(self, k: int, count: int) -> None:
        """Add servers to a row, spread over its racks."""
        self._rack_w = self._with(k, count)

    def _with(self, k: int, count: int) -> FloatArray:
        racks, rack_w = self._racks(k), self._rack_w.copy()
        rack_w[racks] += count * self._server_w[k] / racks.size
        return rack_w

    def _check(self, k: int, count: int) -> tuple[float, int, int]:
        """Highest load ÷ limit above the row, its node, and the loss behind it."""
        stage = self._stage._replace(rack_w=self._with(k, count))
        worst, node, lost = cascade.worst_above(
            stage, self._work, self._losses[k], self._above[k]
        )
        return float(worst), int(node), int(lost)

    def _cooling(self, k: int, count: int) -> float:
        """Heat of the row's hall ÷ what its cooling takes out."""
        hall = self._hall_of[self._racks(k)[0]]
        heat_w = self._with(k, count)[self._hall_of == hall].sum()
        return float(heat_w / max(1e-9, self._stage.cooling_able_w[hall]))

    def _inlet(self, k: int, count: int) -> float:
        """Rise of the row's warmest inlet above supply air ÷ what is allowed."""
        site, stage = self._a.site, self._stage
        racks = self._racks(k)
        aisle = site.rack_aisle[racks[0]]
        here = site.rack_aisle == aisle
        full_w = float(site.aisle_full_w[aisle]) + count * self._a.servers[0].full_w
        heat_w = float(self._with(k, count)[here].sum())
        load = min(1.0, heat_w / full_w)
        drawn_w = full_w * (site.idle_air + (1.0 - site.idle_air) * load)
        short = max(0.0, drawn_w / max(1e-9, site.aisle_air_w[aisle]) - 1.0)
        rise_k = site.recirculation_k * load + short * site.air_rise_k
        rise_k += float(site.position_k[racks].max())
        supply_c = stage.supply_c[self._hall_of[racks[0]]]
        return float(rise_k / max(0.1, site.inlet_limit_c - supply_c))

    def _heat(self, k: int, count: int) -> tuple[float, str]:
        """Nearer to its limit: the hall's cooling or the aisle's inlets; its name."""
        if not self._keep_cooling:
            return 0.0, ""
        row = self._a.rows[k]
        aisle = self._a.racks[self._racks(k)[0]].aisle
        return max(
            (self._cooling(k, count), f"cooling of {row.hall}"),
            (self._inlet(k, count), f"inlets of {aisle or row.hall}"),
        )

    def _fits(self, k: int, count: int) -> bool:
        return self._check(k, count)[0] <= 1.0 and self._heat(k, count)[0] <= 1.0

    def room(self, k: int) -> RowRoom:
        """Most servers the row takes on top of the loads so far."""
        low, high = 0, 1
        if self._fits(k, 1):
            while high < MOST_SERVERS and self._fits(k, high):
                low, high = high, 2 * high
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self._fits(k, middle) else (low, middle)
        row = self._a.rows[k]
        # the next server says what binds; the load shown is without it
        _, node, lost = self._check(k, low + 1)
        heat, name = self._heat(k, low + 1)
        if heat > 1.0 >= self._check(k, low + 1)[0]:
            frac, cause = self._heat(k, low)[0], ""
        else:
            name, cause = self._name(node), self._name(lost)
            frac = self._load_frac(k, low, node, lost)
        return RowRoom(
            row=row.name, hall=row.hall,
            server_count=int(self._stage.servers[self._racks(k)].sum()),
            server_w=self._server_w[k], more_servers=low, placed_servers=0,
            left_servers=low,
            binding=name, binding_frac=frac, lost=cause,
        )  # fmt: skip

    def _load_frac(self, k: int, count: int, node: int, lost: int) -> float:
        stage = self._stage._replace(rack_w=self._with(k, count))
        worst, _, _ = cascade.worst_above(
            stage, self._work, np.array([lost]), np.array([node])
        )
        return float(worst)

    def _name(self, node: int) -> str:
        return self._a.network.nodes[node].name if node >= 0 else ""


def _above(network: Network, racks: IntArray) -> IntArray:
    """Nodes on any way from a source to these racks."""
    wiring, found = network.wiring, set()
    waiting = [network.rack_first + int(r) for r in racks]
    while waiting:
        i = waiting.pop()
        for e in range(wiring.first[i], wiring.first[i + 1]):
            feed = int(wiring.feed[e])
            if feed not in found:
                found.add(feed)
                waiting.append(feed)
    return np.array(sorted(found), dtype=np.int64)
