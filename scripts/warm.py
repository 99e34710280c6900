"""
Compile the kernels once, before tests share them out.

A clean checkout has no compiled kernels. Test processes that start together would each
compile the same ones: two processes that divide them up take a third of the work.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from store.grid_files import critical_modes, grid_rules, ride_tables
from twin.compliance.study import Known
from twin.plan.memo import Memo
from twin.study.points import parse_base
from twin.study.questions import find_question
from twin.study.questions.base import Ground

TINY = {
    "horizon": {"days": 0.003, "tick_s": 5},
    "workload": {"load": {"target_peak_frac": None, "requests_per_server_s": 0.05}},
}
SITE = TINY | {
    "facility": {
        "template": {"halls": 1, "rows_per_hall": 1, "racks_per_row": 2},
        "events": [{"t_s": 60, "kind": "utility-outage", "duration_s": 60}],
    }
}  # fmt: skip


def row() -> None:
    """Compile one row and its days."""
    ask("row", TINY)
    ask("row", TINY | {"policy": {"name": "one-threshold-all"}})
    ask("row-day", TINY)


def site() -> None:
    """Compile a site: run, failures, room, reliability, a year, places of servers."""
    for question in ("site", "failures", "room"):
        ask(question, SITE)
    ask("cooling-year", {})
    for question in ("reliability", "placement"):
        ask(question, {"scenario": SITE})


def campus() -> None:
    """Compile a campus of two halls."""
    facility = {"template": {"halls": 2, "rows_per_hall": 1, "racks_per_row": 2}}
    ask("campus", TINY | {"facility": facility})


def serving() -> None:
    """Compile the serving fleet with its pools and transfers, and workflows."""
    traffic = {"length_s": 60, "rate_rps": 5}
    for system in ("splitwise", "dynamollm", "modserve", "murakkab"):
        ask("serving", {"traffic": traffic, "systems": [{"key": system}]})


def training() -> None:
    """Compile a training site behind its measures."""
    measures = {"smoothing": {}, "ballast": {}}
    training = {"jobs": [{"gpu_count": 512}], "horizon_s": 30, "sample_s": 0.005}
    ask("stabilize", {"training": training | {"measures": measures}})


PARTS = (site, serving, training, campus, row)
"""The longest first."""


def ask(question: str, base: dict[str, object]) -> None:
    """Ask a question once; what it compiles on its way is kept on disk."""
    found = find_question(question)
    known = Known(
        rules=grid_rules(None), tables=ride_tables(None), modes=critical_modes(None)
    )
    found.evaluate(parse_base(found, base), Ground(known=known), Memo())


def timed(part: int) -> str:
    """Run one part and say how long it took."""
    started_s = time.perf_counter()
    PARTS[part]()
    return f"{PARTS[part].__name__} {time.perf_counter() - started_s:.0f} s"


def main() -> None:
    """Compile everything in two processes."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        print("kernels:", ", ".join(pool.map(timed, range(len(PARTS)))))


if __name__ == "__main__":
    main()
