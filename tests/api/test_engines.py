"""Engines: the same bytes everywhere, and a worker or a scheduler lost for real."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from api.engines import open_engine
from tests.twin.study.conftest import SMALL, Kept
from twin.errors import ScenarioError
from twin.study.points import Cargo
from twin.study.prepare import parse_study, prepare
from twin.study.questions.base import Ground
from twin.study.runner import EngineLostError, run_study

DASK = str(Path(sys.executable).with_name("dask"))
PATIENCE_S = 60.0
STUDY = prepare(
    parse_study({
        "base": SMALL | {"horizon": {"days": 0.02, "tick_s": 2}},
        "axes": [{"field": "policy.t1_frac", "range": {"low": 0.7, "high": 0.85}}],
        "design": {"kind": "random", "points": 60},
    })
)  # fmt: skip


def answered(engine, **more):
    found = run_study(STUDY, Cargo.of(Ground()), engine=engine, stamp="1", **more)
    return [(p.changes, p.outputs) for p in found.points]


@pytest.fixture(scope="module")
def alone():
    return answered(open_engine("serial", workers=1))


class Cluster:
    """A scheduler and workers of dask, as the documentation starts them."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.folder = folder
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker(), self.start_worker()]

    def start_scheduler(self):
        return self._run("scheduler", "--host", "127.0.0.1", "--port", str(self.port))

    def start_worker(self):
        return self._run(
            "worker", self.address, "--nthreads", "1", "--no-nanny",
            "--host", "127.0.0.1", "--local-directory", str(self.folder),
        )  # fmt: skip

    def _run(self, what, *more):
        return subprocess.Popen(
            [DASK, what, *more, "--no-dashboard"], stderr=subprocess.DEVNULL
        )

    def connect(self):
        end_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                return open_engine(self.address, workers=2)
            except ScenarioError:
                if time.monotonic() > end_s:
                    raise
                time.sleep(0.2)

    def stop(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("dask"))
    yield made
    made.stop()


class After:
    """Does something once, when enough points have come."""

    def __init__(self, count, act):
        self.count, self.act, self.seen = count, act, 0

    def __call__(self, points):
        before, self.seen = self.seen, self.seen + len(points)
        if before < self.count <= self.seen:
            self.act()


@pytest.mark.parametrize("name", ["threads", "processes"])
def test_an_engine_of_this_machine_gives_the_same_bytes_as_one_at_a_time(name, alone):
    engine = open_engine(name, workers=2)
    try:
        assert answered(engine) == alone
    finally:
        engine.close()


def test_a_process_killed_at_work_loses_no_point(alone):
    engine = open_engine("processes", workers=2)

    def kill():
        here = psutil.Process()
        workers = [  # children of the fork server, not of ours
            p for p in here.children(recursive=True) if p.ppid() != here.pid
        ]
        workers[0].send_signal(signal.SIGKILL)

    after = After(5, kill)
    try:
        assert answered(engine, on_points=after) == alone
    finally:
        engine.close()
    assert after.seen == len(alone)


def test_dask_gives_the_same_bytes_and_loses_no_point_with_a_worker(cluster, alone):
    engine = cluster.connect()
    after = After(5, cluster.workers[0].kill)
    try:
        assert answered(engine, on_points=after) == alone
    finally:
        engine.close()
        cluster.workers[0].wait()
        cluster.workers[0] = cluster.start_worker()


@pytest.mark.filterwarnings("ignore")  # dask's own, of the connection that broke
def test_a_killed_scheduler_ends_the_study_and_a_new_one_goes_on(cluster, alone):
    engine, cache = cluster.connect(), Kept()
    try:
        with pytest.raises(EngineLostError, match="start the study again"):
            answered(engine, cache=cache, on_points=After(5, cluster.scheduler.kill))
    finally:
        engine.close()
    assert 5 <= len(cache.known) < len(alone)

    cluster.stop()
    cluster.scheduler = cluster.start_scheduler()
    cluster.workers = [cluster.start_worker()]
    engine = cluster.connect()
    try:
        assert answered(engine, cache=cache) == alone
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tcp://127.0.0.1:9", "no scheduler answers there.*dask scheduler"),
        ("cloud", "must be one of serial, threads, processes or the address"),
        ("tcp://nowhere", "must be one of serial"),
    ],
)
def test_an_engine_that_is_not_there_is_refused_before_work_starts(name, said):
    with pytest.raises(ScenarioError, match=said):
        open_engine(name, workers=2)


def test_a_scheduler_without_workers_is_refused(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scheduler = subprocess.Popen(
        [DASK, "scheduler", "--host", "127.0.0.1", "--port", str(port),
         "--no-dashboard"],
        stderr=subprocess.DEVNULL, cwd=tmp_path, env=os.environ.copy(),
    )  # fmt: skip
    end_s = time.monotonic() + PATIENCE_S
    try:
        while True:
            with pytest.raises(ScenarioError) as refused:
                open_engine(f"tcp://127.0.0.1:{port}", workers=1)
            error = refused.value
            if "no scheduler" not in error.rule or time.monotonic() > end_s:
                break
    finally:
        scheduler.kill()
        scheduler.wait()
    assert "has no worker" in error.rule
    assert f"dask worker tcp://127.0.0.1:{port}" in error.repair


def test_processes_serve_a_program_that_came_through_standard_input():
    program = (
        "from api.engines import open_engine\n"
        "engine = open_engine('processes', workers=1)\n"
        "print(engine.submit(pow, 2, 5).result())\n"
        "engine.close()\n"
    )
    said = subprocess.run(
        [sys.executable, "-"], input=program, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip

    assert said.stdout == "32\n", said.stderr


def test_workers_end_with_a_process_that_was_killed(tmp_path):
    program = (
        "import sys, time\n"
        "from api.engines import open_engine\n"
        "if __name__ == '__main__':\n"
        "    engine = open_engine('processes', workers=1)\n"
        "    engine.submit(pow, 2, 5).result()\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    path = tmp_path / "program.py"
    path.write_text(program)
    process = subprocess.Popen([sys.executable, path], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    below = psutil.Process(process.pid).children(recursive=True)
    workers = [p for p in below if p.ppid() != process.pid]
    process.kill()
    process.wait()  # not for the end of its output: the workers hold that too
    process.stdout.close()

    assert workers
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == []
