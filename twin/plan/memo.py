"""
Remember what many questions share: the traffic's scale and the reference runs.

Moving a threshold changes neither; moving the server count changes only the
reference. Keys are hashes of exactly the inputs that matter, so a remembered answer
is the answer a fresh run would give.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from twin.result import RunResult
from twin.scenario.model import Scenario

T = TypeVar("T")


class Memo:
    """Bounded and safe between threads; the same key is computed once at a time."""

    def __init__(self, limit: int = 256) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Future[Any]] = OrderedDict()

    def rate(self, scenario: Scenario, compute: Callable[[], float]) -> float:
        """Rate per server at load level one, remembered. [1/s]"""
        return self._get("rate:" + load_key(scenario), compute)

    def reference(
        self, scenario: Scenario, compute: Callable[[], RunResult]
    ) -> RunResult:
        """Return the run without any control, remembered."""
        return self._get("reference:" + reference_key(scenario), compute)

    def _get(self, key: str, compute: Callable[[], T]) -> T:
        with self._lock:
            future = self._known.get(key)
            mine = future is None
            if future is None:
                future = self._known[key] = Future()
                while len(self._known) > self._limit:
                    self._known.popitem(last=False)
            else:
                self._known.move_to_end(key)
        if mine:
            try:
                future.set_result(compute())
            except BaseException as error:
                with self._lock:
                    self._known.pop(key, None)
                future.set_exception(error)
        return future.result()  # type: ignore[no-any-return]


def load_key(scenario: Scenario) -> str:
    """Hash of everything the traffic's scale depends on; not count nor policy."""
    body = scenario.model_dump(mode="json")
    return _hash({
        "seed": body["seed"], "site": body["site"]["time_zone"],
        "base": body["row"]["base_server_count"],
        "provisioned_w": body["row"]["provisioned_w"],
        "fleet": {k: v for k, v in body["fleet"].items() if k != "server_count"},
        "classes": body["workload"]["classes"],
        "arrivals": body["workload"]["arrivals"],
        "load": {k: v for k, v in body["workload"]["load"].items() if k != "level"},
        "horizon": body["horizon"],
    })  # fmt: skip


def reference_key(scenario: Scenario) -> str:
    """Hash of everything a run without control depends on."""
    return _hash({
        "load": load_key(scenario),
        "level": scenario.workload.load.level,
        "count": scenario.fleet.server_count,
    })


def scenario_sha256(scenario: Scenario) -> str:
    """Hash of a whole scenario, for provenance."""
    return _hash(scenario.model_dump(mode="json"))


def _hash(body: Any) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
