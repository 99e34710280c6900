"""
The busiest window of the traffic: what SinglePool is sized for, and is judged in.

A window is a period of the cluster manager, counted from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from twin.errors import ScenarioError
from twin.serving.dynamollm.profiles import FEWEST
from twin.serving.dynamollm.schedule import too_much, unmet_limits
from twin.serving.fleet.parts import Fleet, FleetClass, Plan, Pool, Requests
from twin.serving.fleet.run import FleetResult, run_fleet
from twin.serving.systems.loads import fewest_holding, largest_part
from twin.types import FloatArray

BUSIEST = "busiest"
"""Last word of the name of a class whose requests arrive in the busiest window."""
HALVINGS = 7
"""Steps of the search for the rate that fits: to 1 % of the traffic."""

Keeps = Callable[[int, float], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `start_s` up to, not with, `end_s`. [s]"""

    start_s: float
    end_s: float

    def holds(self, arrived_s: FloatArray) -> np.ndarray:
        """Which of these are inside."""
        return np.asarray((arrived_s >= self.start_s) & (arrived_s < self.end_s))


def busiest_window(requests: Requests, *, length_s: float, horizon_s: float) -> Window:
    """Window in which most requests arrive; the first of several."""
    arrived_s = requests.arrived_s[requests.chain == 0]
    counts = np.bincount((arrived_s // length_s).astype(np.int64))
    start_s = float(np.argmax(counts)) * length_s
    return Window(start_s=start_s, end_s=min(start_s + length_s, horizon_s))


def mark_busiest(
    classes: tuple[FleetClass, ...], requests: Requests, window: Window
) -> tuple[tuple[FleetClass, ...], Requests]:
    """
    Count the requests of a window apart.

    Args:
        classes: Of the ground.
        requests: `klass` is the place in `classes`.
        window: Of their arrival.

    Returns:
        The classes and again each of them, alike but for the name, and the requests
        with those of the window in the second half.
    """
    twice = (*classes, *(replace(c, name=f"{c.name} {BUSIEST}") for c in classes))
    klass = requests.klass + len(classes) * window.holds(requests.arrived_s)
    return twice, replace(requests, klass=klass)


def attained_by_class(
    classes: tuple[FleetClass, ...], result: FleetResult
) -> dict[str, float]:
    """
    Share inside the limits of each class, all the time and in the busiest window.

    Args:
        classes: Of the ground, not marked.
        result: Of a fleet whose classes are marked; what follows " to " in their names
            is where they were sent.

    Returns:
        "attained_frac <class>" and "attained_frac <class> busiest"; only what was seen.
    """
    met, known = dict[str, int](), dict[str, int]()
    for one in result.classes.values():
        name = one.name.partition(" to ")[0]
        for key in {name, name.removesuffix(f" {BUSIEST}")}:
            met[key] = met.get(key, 0) + one.attained
            known[key] = known.get(key, 0) + one.known
    names = [n for c in classes for n in (c.name, f"{c.name} {BUSIEST}")]
    return {f"attained_frac {n}": met[n] / known[n] for n in names if known.get(n)}


def keeps_limits(
    pool: Pool, classes: tuple[FleetClass, ...], requests: Requests, window: Window,
    *, slo_frac: float, stop: Callable[[], bool] | None,
) -> Keeps:  # fmt: skip
    """
    Trial of a pool on a window.

    Args:
        pool: Its count is what is tried.
        classes: All served by it.
        requests: `klass` is the place in `classes`.
        window: Requests that arrive in it are offered, to an empty pool.
        slo_frac: Requests of each class that must be inside their limits; a class of
            fewer than 20 says nothing. 0..1
        stop: As `run_fleet`.

    Returns:
        Of a number of instances and how many times as fast requests arrive.
    """
    inside = window.holds(requests.arrived_s)
    offered = requests.taken(inside)
    since_s = offered.arrived_s - window.start_s

    def keeps(count: int, speed: float) -> bool:
        fleet = Fleet(pools=(replace(pool, count=count),), classes=classes)
        result = run_fleet(
            Plan(fleet=fleet), [replace(offered, arrived_s=since_s / speed)],
            horizon_s=(window.end_s - window.start_s) / speed, stop=stop,
        )  # fmt: skip
        each = result.classes.values()
        enough = min(FEWEST, max(c.known for c in each))
        return all(c.attained >= slo_frac * c.known for c in each if c.known >= enough)

    return keeps


def fewest(keeps: Keeps, *, at_hand: int, speed: float, mean_rps: float) -> int:
    """
    Fewest instances that keep the limits.

    Args:
        keeps: See `keeps_limits`; one instance fewer than the answer does not.
        at_hand: Instances that the servers hold.
        speed: Times as fast as the traffic comes.
        mean_rps: Rate of the traffic, for the refusal. [1/s]

    Returns:
        The number, by halving.

    Raises:
        ScenarioError: If all at hand do not keep them; names the rate that fits.
    """
    if not keeps(at_hand, speed):
        raise _refusal(keeps, at_hand, speed, mean_rps)
    return fewest_holding(at_hand, lambda count: keeps(count, speed))


def _refusal(
    keeps: Keeps, at_hand: int, speed: float, mean_rps: float
) -> ScenarioError:
    fits = largest_part(lambda part: keeps(at_hand, part * speed), HALVINGS)
    if fits == 0.0:
        return unmet_limits()
    return too_much(int(np.ceil(at_hand / fits)), at_hand, fits * mean_rps)
