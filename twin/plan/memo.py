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
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from twin.errors import Cancelled
from twin.recording import RecordedPower
from twin.result import RunResult
from twin.scenario.model import Scenario
from twin.serving.traffic import RecordedRates, RecordedRequests, Recordings

T = TypeVar("T")
MODEL_BYTES = 1000
"""A pydantic model beside its texts. Measured: 61,609 nodes and racks take 92 MB."""
MOST_BYTES = 64_000_000
"""Numbers a memo keeps: a row's answer has megabytes, a campus's tens of them."""


class Memo:
    """
    Bounded and safe between threads; the same key is computed once at a time.

    Args:
        limit: Most answers that are kept; the one asked for longest ago goes first.
        most_bytes: Most bytes of their arrays; the newest answer stays in any case.
    """

    def __init__(self, limit: int = 256, most_bytes: int = MOST_BYTES) -> None:
        self._limit, self._most_bytes = limit, most_bytes
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Future[Any]] = OrderedDict()
        self._bytes: dict[str, int] = {}

    def rate(
        self, scenario: Scenario, recordings: Recordings, compute: Callable[[], float]
    ) -> float:
        """Rate per server at load level one, remembered. [1/s]"""
        return self._get("rate:" + load_key(scenario, recordings), compute)

    def reference(
        self,
        scenario: Scenario,
        recordings: Recordings,
        compute: Callable[[], RunResult],
    ) -> RunResult:
        """Return the run without any control, remembered."""
        return self._get("reference:" + reference_key(scenario, recordings), compute)

    def known_reference(
        self, scenario: Scenario, recordings: Recordings
    ) -> RunResult | None:
        """Return the run without any control where it is remembered, else None."""
        found: RunResult | None = self.known(
            "reference:" + reference_key(scenario, recordings)
        )
        return found

    def run(
        self,
        scenario: Scenario,
        recordings: Recordings,
        compute: Callable[[], RunResult],
    ) -> RunResult:
        """Return the run under its policy, remembered."""
        key = f"run:{scenario_sha256(scenario)}:{_digest(recordings)}"
        return self._get(key, compute)

    def activity(
        self, scenario: Scenario, recordings: Recordings, compute: Callable[[], T]
    ) -> T:
        """Return how busy one row's servers are, whatever they draw; remembered."""
        fleet = scenario.fleet.model_copy(update={"server_power_frac": 1.0})
        plain = scenario.model_copy(update={"fleet": fleet})
        return self._get("activity:" + reference_key(plain, recordings), compute)

    def site(
        self, scenario: Scenario, recordings: Recordings, compute: Callable[[], T]
    ) -> T:
        """Return a whole site's answer, remembered."""
        key = f"site:{scenario_sha256(scenario)}:{_digest(recordings)}"
        return self.remember(key, compute)

    def remember(
        self, key: str, compute: Callable[[], T], *, most: int | None = None
    ) -> T:
        """
        Return anything else, remembered by a key of the caller's own.

        Args:
            key: Its kind, a colon, and all that it depends on.
            compute: Called where it is not known.
            most: Of one kind, keep so many, the last ones asked for; large ones.
        """
        found = self._get(key, compute)
        if most is not None:
            self._forget(key.partition(":")[0] + ":", most)
        return found

    def known(self, key: str) -> Any:
        """Return what is remembered under a key, or None."""
        with self._lock:
            future = self._known.get(key)
        return future.result() if future is not None and future.done() else None

    def forget(self, *, but: int = 0) -> None:
        """Forget every answer that is there, but so many of the newest."""
        with self._lock:
            self._shrink(0, least=but)

    def make_room(self, byte_count: int) -> None:
        """Forget the oldest answers until so many bytes more would fit."""
        with self._lock:
            self._shrink(self._most_bytes - byte_count, least=0)

    def _forget(self, kind: str, most: int) -> None:
        with self._lock:
            same = [key for key in self._known if key.startswith(kind)]
            for key in same[: max(0, len(same) - most)]:
                self._drop(key)

    def _drop(self, key: str) -> None:
        del self._known[key]
        self._bytes.pop(key, None)

    def _shrink(self, most_bytes: int, least: int) -> None:
        """Forget the oldest that are done; as many as `least` stay."""
        for key in list(self._bytes)[: max(0, len(self._bytes) - least)]:
            if sum(self._bytes.values()) <= most_bytes:
                return
            self._drop(key)

    def _get(self, key: str, compute: Callable[[], T]) -> T:
        while True:
            future, mine = self._claim(key)
            if mine:
                self._fill(key, future, compute)
                return future.result()  # type: ignore[no-any-return]
            try:
                return future.result()  # type: ignore[no-any-return]
            except Cancelled:
                continue  # whoever computed it gave up; that was not our wish

    def _claim(self, key: str) -> tuple[Future[Any], bool]:
        """Return the key's future, and whether the caller has to fill it."""
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                if key in self._bytes:
                    self._bytes[key] = self._bytes.pop(key)
                return known, False
            future = self._known[key] = Future()
            while len(self._known) > self._limit:
                self._drop(next(iter(self._known)))
            return future, True

    def _fill(self, key: str, future: Future[Any], compute: Callable[[], T]) -> None:
        try:
            future.set_result(compute())
        except BaseException as error:
            with self._lock:
                if self._known.get(key) is future:
                    self._drop(key)
            future.set_exception(error)
            return
        with self._lock:
            if self._known.get(key) is future:
                self._bytes[key] = array_bytes(future.result())
                self._shrink(self._most_bytes, least=1)


def array_bytes(value: Any) -> int:
    """
    Bytes of the arrays, texts and models an answer is made of, each counted once. [B]

    Args:
        value: Any nesting of records, mappings and sequences.
    """
    seen: set[int] = set()

    def count(part: Any) -> int:
        if isinstance(part, float | int | bool | None) or id(part) in seen:
            return 0
        seen.add(id(part))
        if isinstance(part, np.ndarray):
            return count(part.base) if part.base is not None else part.nbytes
        if isinstance(part, bytes | str):
            return len(part)
        if isinstance(part, BaseModel):
            return MODEL_BYTES + sum(map(count, vars(part).values()))
        if is_dataclass(part):
            return sum(count(getattr(part, f.name, None)) for f in fields(part))
        if isinstance(part, Mapping):
            return sum(map(count, part.values()))
        if isinstance(part, tuple | list):
            return 8 * len(part) + sum(map(count, part))
        return 0

    return count(value)


def load_key(scenario: Scenario, recordings: Recordings) -> str:
    """
    Hash of everything the traffic's scale depends on; not count nor policy.

    Recordings count by content: an import may replace one under its old name.
    """
    body = scenario.model_dump(mode="json")
    return _hash({
        "recordings": _digest(recordings),
        "seed": body["seed"], "site": body["site"]["time_zone"],
        "base": body["row"]["base_server_count"],
        "provisioned_w": body["row"]["provisioned_w"],
        "fleet": {
            k: v for k, v in body["fleet"].items()
            if k not in ("server_count", "server_power_frac")
        },
        "classes": body["workload"]["classes"],
        "arrivals": body["workload"]["arrivals"],
        "replay": body["workload"]["replay"],
        "load": {k: v for k, v in body["workload"]["load"].items() if k != "level"},
        "horizon": {k: v for k, v in body["horizon"].items() if k != "tick_s"},
    })  # fmt: skip


def reference_key(scenario: Scenario, recordings: Recordings) -> str:
    """Hash of everything a run without control depends on."""
    return _hash(
        {
            "load": load_key(scenario, recordings),
            "level": scenario.workload.load.level,
            "count": scenario.fleet.server_count,
            "power": scenario.fleet.server_power_frac,
            "tick_s": scenario.horizon.tick_s,
        }
    )


def _digest(recordings: Recordings) -> str:
    """Hash of the recorded numbers."""
    whole = hashlib.sha256()
    known: list[tuple[str, RecordedRates | RecordedRequests | RecordedPower]] = [
        *sorted(recordings.rates.items()), *sorted(recordings.requests.items()),
        *sorted(recordings.power.items()),
    ]  # fmt: skip
    for name, one in known:
        whole.update(name.encode())
        for part in fields(one):
            whole.update(np.ascontiguousarray(getattr(one, part.name)).tobytes())
    return whole.hexdigest()


def scenario_sha256(scenario: Scenario) -> str:
    """Hash of a whole scenario, for provenance."""
    return inputs_sha256(scenario)


def inputs_sha256(inputs: BaseModel) -> str:
    """Hash of inputs of any kind, for provenance."""
    return _hash(inputs.model_dump(mode="json"))


def _hash(body: Any) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
