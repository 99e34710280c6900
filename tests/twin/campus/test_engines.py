"""The answer depends on the scenario alone: not on engine, partition or window."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from concurrent.futures import (
    BrokenExecutor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)

import numpy as np
import pytest

from tests.twin.campus.conftest import (
    assembled,
    behind_one_transformer,
    campus_scenario,
)
from twin.campus.answer import run_campus
from twin.campus.run import Engine
from twin.errors import Cancelled, EngineLostError

OUTAGE = {"t_s": 1500, "kind": "utility-outage", "duration_s": 240}
LOCKSTEP = Engine(longest_s=1.0, shortest_s=1.0)


def digest(result) -> str:
    """Every byte of an answer."""
    told = hashlib.sha256(json.dumps(result.document(), sort_keys=True).encode())
    for part in (result.nodes, result.racks):
        for name in part.__dataclass_fields__:
            told.update(np.asarray(getattr(part, name)).tobytes())
    return told.hexdigest()


@pytest.fixture(scope="module")
def bound(weather):
    """A contract that binds, is cut for ten minutes, cooling in short supply."""
    campus = {
        "contract_w": 640e3, "cooling_capacity_w": 620e3, "make_up_kg_s": 0.4,
        "curtailments": [{"t_s": 2000, "duration_s": 600, "contract_w": 500e3}],
    }  # fmt: skip
    return assembled(
        campus_scenario(campus=campus, events=(OUTAGE,), policy="no-cap"), weather
    )


@pytest.fixture(scope="module")
def reference(bound):
    """All halls in step, tick by tick: nothing is ever assumed for longer."""
    result, effort = run_campus(bound, LOCKSTEP)
    assert effort.windows == effort.passes == bound.tick_count
    assert result.contract.ceiling_s > 0.0
    return digest(result)


@pytest.mark.parametrize("longest_s", [60.0, 250.0, 3600.0])
@pytest.mark.parametrize("shortest_s", [None, 97.0, 3600.0])
def test_windows_do_not_show(bound, reference, longest_s, shortest_s):
    engine = Engine(longest_s=longest_s, shortest_s=shortest_s)
    result, effort = run_campus(bound, engine)

    assert digest(result) == reference
    assert effort.passes >= effort.windows


@pytest.mark.parametrize("partitions", [1, 2, None])
def test_threads_and_partitions_do_not_show(bound, reference, partitions):
    with ThreadPoolExecutor(2) as executor:
        result, _ = run_campus(bound, Engine(executor=executor, partitions=partitions))

    assert digest(result) == reference


def test_processes_do_not_show(bound, reference):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        result, _ = run_campus(bound, Engine(executor=executor, shortest_s=900.0))

    assert digest(result) == reference


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # dask's own sockets
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_dask_does_not_show(bound, reference):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        result, _ = run_campus(bound, Engine(executor=executor, shortest_s=900.0))

    assert digest(result) == reference


def test_a_trip_that_nobody_foresaw_is_the_same_in_step_and_in_windows(weather):
    scenario = behind_one_transformer(0.8 * 180 * 4000.0, policy="no-cap", hours=0.2)
    a = assembled(scenario, weather)
    in_step, _ = run_campus(a, LOCKSTEP)
    in_windows, effort = run_campus(a, Engine(longest_s=3600.0, shortest_s=3600.0))

    assert in_step.trips == 1
    assert digest(in_windows) == digest(in_step)
    assert effort.windows == 1
    assert effort.passes > 1


class Losing:
    """An executor that answers, but for tasks of some numbers: their worker is lost."""

    def __init__(self, *lost):
        self.lost, self.sent = set(lost), 0

    def submit(self, work, /, *given):
        future = Future()
        self.sent += 1
        if self.sent in self.lost:
            future.set_exception(BrokenExecutor("a worker is gone"))
        else:
            future.set_result(work(*given))
        return future


def test_what_a_lost_worker_had_is_sent_again_alone(bound, reference):
    executor, seen = Losing(2, 8), []
    engine = Engine(
        executor=executor, mend=lambda error: not seen.append(error), shortest_s=900.0
    )
    result, effort = run_campus(bound, engine)
    _, calm = run_campus(bound, Engine(executor=Losing(), shortest_s=900.0))

    assert digest(result) == reference
    assert effort.lost == len(seen) == 2
    assert effort.hall_ticks == calm.hall_ticks


def test_a_pool_that_takes_no_work_is_mended_and_asked_again(bound, reference):
    class Refusing(Losing):
        refused = False

        def submit(self, work, /, *given):
            if self.sent == 1 and not self.refused:
                self.refused = True
                raise BrokenExecutor("no work is taken")
            return super().submit(work, *given)

    engine = Engine(executor=Refusing(), mend=lambda _: True, shortest_s=900.0)
    result, effort = run_campus(bound, engine)

    assert digest(result) == reference
    assert effort.lost == 2  # the second hall of the first window, and the third


def test_a_hall_that_ends_each_worker_is_given_up(bound):
    engine = Engine(executor=Losing(1, 4, 5), mend=lambda _: True)
    with pytest.raises(EngineLostError, match="took its worker down 3 times"):
        run_campus(bound, engine)


@pytest.mark.parametrize("mend", [None, lambda _: False])
def test_an_engine_that_cannot_be_mended_is_said(bound, mend):
    with pytest.raises(EngineLostError, match=r"the engine is gone.*run it again"):
        run_campus(bound, Engine(executor=Losing(1), mend=mend))


def test_a_failure_of_a_hall_itself_is_no_loss_of_a_worker(bound, monkeypatch):
    def broken(_):
        raise ZeroDivisionError("of the model")

    monkeypatch.setattr("twin.campus.hall.run_hall", broken)
    with pytest.raises(ZeroDivisionError, match="of the model"):
        run_campus(bound, Engine(executor=Losing(), mend=lambda _: True))


def test_a_stop_is_heard_while_workers_are_at_work(bound):
    class Never(Losing):
        def submit(self, work, /, *given):
            del work, given
            self.future = Future()
            return self.future

    asked, executor = iter([False, False, True]), Never()
    with pytest.raises(Cancelled):
        run_campus(bound, Engine(executor=executor), cancelled=lambda: next(asked))
    assert executor.future.cancelled()
