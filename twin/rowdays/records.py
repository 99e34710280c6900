"""What a row-day is made of: a library of served days, and what one draw varies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.control import Controller
from twin.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """
    Days of the base row, served request by request without control.

    Args:
        slow: Activity averaged over minutes: traffic, which all servers share.
            0..1, shape (runs, ticks)
        fast: Activity less that: chance, which differs between servers.
        curve: Clocks [MHz], power above idle of servers as busy as before and a
            request's time there, each ÷ the same at full clock. (3, knots)
        levels: Load ÷ the library's at which one more run was served, rising; the
            library's own, 1, is one of them.
        quantiles: Activity at equal steps of probability in each of these.
            (levels, steps)
        rate_per_server_s: Mean requests per server at level 1. [1/s]
        room_per_server_s: Mean requests per server at which the busiest hour leaves
            no room. [1/s]
        server_count: Servers of the base row.
        tick_s: Tick. [s]
    """

    slow: FloatArray
    fast: FloatArray
    curve: FloatArray
    levels: FloatArray
    quantiles: FloatArray
    rate_per_server_s: float
    room_per_server_s: float
    server_count: int
    tick_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One draw, as the kernel takes it.

    Args:
        draw: Scalars, of `kernel.DRAW`.
        blocks: Which run of the library each block of the horizon is taken from.
        level: Activity at this load by activity in the library.
        curve: As the library's, with how much busier slowed servers are. (3, knots)
        controller: The policy.
        warm_up_ticks: Ticks before the horizon, in which control settles.
        tick_count: Ticks of the horizon.
        servers: Servers of low and of high priority.
        provisioned_w: Limit of the row. [W]
    """

    draw: np.void
    blocks: IntArray
    level: FloatArray
    curve: FloatArray
    controller: Controller
    warm_up_ticks: int
    tick_count: int
    servers: tuple[int, int]
    provisioned_w: float
