"""
Where instances stand: pools onto servers, servers into rows, watts of both.

An instance takes GPUs of one server, or whole servers where it needs more than one
has. Rows are filled evenly: the next instance goes to the row with the smallest part
of its GPUs taken, there to the first server with room. Host watts follow the GPUs
that are on, as in `run`; consumption is positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.catalogue.servers import Server
from twin.errors import ScenarioError
from twin.serving.fleet.compile import host_share_w
from twin.serving.fleet.parts import Engine, Fleet
from twin.serving.fleet.state import FAILED, OFF
from twin.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """
    Servers in rows.

    Args:
        servers: Type of each server.
        row_of: Row of each server, counted from 0. shape (servers,)
        rows: Name of each row.
    """

    servers: tuple[Server, ...]
    row_of: IntArray
    rows: tuple[str, ...]

    @property
    def gpus(self) -> IntArray:
        """GPUs of each server. shape (servers,)"""
        return np.array([s.gpu_count for s in self.servers], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """
    GPUs of each instance on each server.

    Args:
        hall: The servers.
        gpus: Taken. shape (instances, servers)
        host_gpu_w: Constant host power per GPU of each instance. [W], (instances,)
        host_slope: Server watts per GPU watt of each instance. [1], (instances,)
    """

    hall: Hall
    gpus: IntArray
    host_gpu_w: FloatArray
    host_slope: FloatArray

    @property
    def instance_gpus(self) -> IntArray:
        """GPUs of each instance. shape (instances,)"""
        return np.asarray(self.gpus.sum(axis=1))

    @property
    def row_of(self) -> IntArray:
        """Row of each instance's first server. shape (instances,)"""
        return np.asarray(self.hall.row_of[np.argmax(self.gpus > 0, axis=1)])

    def server_w(self, gpu_w: FloatArray, on: FloatArray) -> FloatArray:
        """
        Power of each server.

        Args:
            gpu_w: GPU power of each instance. [W], shape (instances,)
            on: Part of the time it was on. 0..1, shape (instances,)

        Returns:
            Power. [W], shape (servers,); a server with nothing on draws none.
        """
        per_gpu_w = self.host_gpu_w * on + self.host_slope * gpu_w / self.instance_gpus
        return np.asarray(per_gpu_w @ self.gpus)

    def row_w(self, server_w: FloatArray) -> FloatArray:
        """Power of each row. [W], shape (rows,)"""
        summed = np.bincount(
            self.hall.row_of, weights=server_w, minlength=len(self.hall.rows)
        )
        return summed.astype(np.float64)


def even_hall(server: Server, servers: int, rows: int) -> Hall:
    """Servers of one type in rows as even as they come, one row after the other."""
    return Hall(
        servers=(server,) * servers,
        row_of=np.sort(np.arange(servers) % rows),
        rows=tuple(f"R{r + 1}" for r in range(rows)),
    )


def place_fleet(fleet: Fleet, hall: Hall) -> Placement:
    """
    Place every instance that may ever be on.

    Args:
        fleet: Its pools in order, the instances of each in order.
        hall: The servers.

    Returns:
        The placement, in the order of the run's instances.

    Raises:
        ScenarioError: If an instance finds no room; says how much is missing.
    """
    engines = [pool.engine for pool in fleet.pools for _ in range(pool.largest)]
    free = hall.gpus.copy()
    taken = np.zeros((len(engines), free.size), dtype=np.int64)
    for i, engine in enumerate(engines):
        chosen = _find_room(engine, hall, free)
        if not chosen:
            raise _no_room(engine, engines[i:], hall, free)
        for server, count in chosen:
            taken[i, server] = count
            free[server] -= count
    return Placement(
        hall=hall,
        gpus=taken,
        host_gpu_w=np.array([host_share_w(e) for e in engines]),
        host_slope=np.array([e.server.host_slope.value for e in engines]),
    )


def _find_room(engine: Engine, hall: Hall, free: IntArray) -> list[tuple[int, int]]:
    """Servers and GPUs on each, all in one row; empty where no row has room."""
    kind = np.array([s.key == engine.server.key for s in hall.servers])
    each = engine.server.gpu_count
    whole, part = divmod(engine.gpu_count, each)
    gpus = hall.gpus
    order = _emptiest_rows(hall, free, gpus)
    for row in order:
        here = np.flatnonzero(kind & (hall.row_of == row))
        empty = here[free[here] == each]
        if empty.size < whole:
            continue
        chosen = [(int(s), each) for s in empty[:whole]]
        if part:
            used = {s for s, _ in chosen}
            rest = [s for s in here if free[s] >= part and int(s) not in used]
            if not rest:
                continue
            chosen.append((int(rest[0]), part))
        return chosen
    return []


def _emptiest_rows(hall: Hall, free: IntArray, gpus: IntArray) -> IntArray:
    """Rows by the part of their GPUs that is taken, least first; ties in order."""
    count = len(hall.rows)
    total = np.bincount(hall.row_of, weights=gpus, minlength=count)
    left = np.bincount(hall.row_of, weights=free, minlength=count)
    return np.argsort(1.0 - left / np.maximum(total, 1.0), kind="stable")


def _no_room(
    engine: Engine, waiting: Sequence[Engine], hall: Hall, free: IntArray
) -> ScenarioError:
    key = engine.server.key
    left = sum(int(n) for n, s in zip(free, hall.servers, strict=True) if s.key == key)
    wanted = sum(e.gpu_count for e in waiting if e.server.key == key)
    return ScenarioError("fleet.server_count", f"must leave room for {wanted} more "
                         f"GPUs on {key}, an instance's in one row",
                         f"{left} GPUs free in {len(hall.servers)} servers",
                         "add servers, or take fewer or smaller instances")  # fmt: skip


class PowerReader:
    """
    Mean GPU power of every instance since the last reading, from live records.

    Power holds between two events of an instance, so energy up to now is what was
    booked plus the power times the time since.
    """

    def __init__(self, instances: int) -> None:
        self._energy_j = np.zeros(instances)
        self._at_s = 0.0

    def read(self, now_s: float, inst: np.ndarray) -> FloatArray:
        """Mean since the last reading; at the start the power now. [W]"""
        booked = (
            inst["energy_idle_j"] + inst["energy_prefill_j"] + inst["energy_decode_j"]
        )
        energy_j = booked + inst["power_w"] * (now_s - inst["synced_s"])
        if now_s > self._at_s:
            mean_w = (energy_j - self._energy_j) / (now_s - self._at_s)
        else:
            mean_w = inst["power_w"].copy()
        self._energy_j, self._at_s = energy_j, now_s
        return np.asarray(mean_w)


def is_on(inst: np.ndarray) -> FloatArray:
    """1 where an instance has power, starting and draining ones too."""
    status = inst["status"]
    return np.asarray((status != OFF) & (status != FAILED), dtype=np.float64)
