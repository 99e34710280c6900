"""Small studies: a row of two servers for a few minutes, answered in milliseconds."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from twin.study.points import Answer, Cargo
from twin.study.prepare import parse_study, prepare
from twin.study.questions.base import Ground
from twin.study.runner import run_study

SMALL = {
    "row": {"base_server_count": 4}, "fleet": {"server_count": 4},
    "horizon": {"days": 0.004, "tick_s": 5},
    "workload": {
        "load": {"target_peak_frac": None, "requests_per_server_s": 0.05}
    },
}  # fmt: skip
COUNTS = {"field": "fleet.server_count", "values": [3, 4, 5]}
LEVEL = {"field": "workload.load.level", "range": {"low": 0.5, "high": 1.5, "count": 2}}


class InThread:
    """An engine without a pool that counts what it is asked."""

    name = "here"
    workers = 2

    def __init__(self):
        self.asked = 0
        self.lock = threading.Lock()

    def submit(self, work, /, *given):
        self.asked += len(given[-1])
        done = Future()
        try:
            done.set_result(work(*given))
        except BaseException as error:
            done.set_exception(error)
        return done

    def mend(self, error):
        return True


class Kept:
    """A cache in memory."""

    def __init__(self):
        self.known: dict[str, Answer] = {}

    def find(self, keys):
        return {k: self.known[k] for k in keys if k in self.known}

    def keep(self, answers):
        self.known |= answers


@pytest.fixture
def study():
    def made(**more):
        spec = {"base": SMALL, "axes": [COUNTS, LEVEL], **more}
        return prepare(parse_study(spec))

    return made


@pytest.fixture
def answered():
    def run(study, **more):
        given = {"engine": InThread(), "stamp": "1"} | more
        return run_study(study, Cargo.of(Ground()), **given)

    return run
