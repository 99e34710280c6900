"""
Applies caps from a signed policy, and lets go of them when nobody renews it.

Off unless --allow-control, and so far proven against a stand-in for NVML only. The
limits found before the first cap are noted on disk before that cap is set, and are set
back
  - when no newer valid policy came within its `release_s`, or it ran out,
  - when a policy no longer names a GPU,
  - when the agent leaves, and when it starts again after it could not leave in order.
A policy is followed as a whole or not at all, and a version once seen never again.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pynvml as nvml

from agent.control_policy import Policy, PolicyRefused, read_key, verify
from agent.nvml import DriverGone, Gpu, Nvml, reason
from agent.recorder import Recorder
from agent.segment import sync_folder

log = logging.getLogger("nameplate.agent")

PERIOD_S = 1.0
AHEAD_S = 5.0
"""A policy issued this far in the future is from a clock that is wrong."""


@dataclass(frozen=True, slots=True)
class Limits:
    """One GPU's power limit now, and between what it may be set. [W]"""

    now_w: float
    low_w: float
    high_w: float


class Cards(Protocol):
    """Where limits are read and set."""

    def limits(self) -> dict[str, Limits]:
        """Limits by UUID; raises OSError if they cannot be had."""

    def set_limit(self, key: str, watts: float) -> None:
        """Set one; raises OSError if the card does not take it."""


class NvmlCards:
    """
    The GPUs of this host; setting a limit needs root.

    NVML is opened for each use and given back: it counts its users, and a second one
    that held on would keep the sampler from opening it anew after a driver restart.
    """

    def limits(self) -> dict[str, Limits]:
        """Limits by UUID."""
        with _opened() as gpus:
            return {gpu.key: _limits_of(gpu.handle) for gpu in gpus}

    def set_limit(self, key: str, watts: float) -> None:
        """Set one limit. Version 2 of the call is not used: its errors are lost."""
        with _opened() as gpus:
            for gpu in gpus:
                if gpu.key == key:
                    nvml.nvmlDeviceSetPowerManagementLimit(
                        gpu.handle, round(1000 * watts)
                    )
                    return
        raise OSError("the GPU is there no more")


@contextmanager
def _opened() -> Iterator[list[Gpu]]:
    library = Nvml()
    try:
        yield library.open()
    except nvml.NVMLError as error:
        raise OSError(reason(error)) from None
    except DriverGone as error:
        raise OSError(str(error)) from None
    finally:
        library.close()


def _limits_of(handle: Any) -> Limits:
    low, high = nvml.nvmlDeviceGetPowerManagementLimitConstraints(handle)
    now = nvml.nvmlDeviceGetPowerManagementLimit(handle)
    return Limits(now / 1e3, low / 1e3, high / 1e3)


@dataclass(slots=True)
class Journal:
    """What must be set back, and which version was the last, on disk."""

    path: Path
    version: int = -1
    found_w: dict[str, float] = field(default_factory=dict)

    def load(self) -> None:
        """Read what an earlier run left; a damaged file is an error, not a blank."""
        if self.path.exists():
            document = json.loads(self.path.read_text())
            self.version = int(document["version"])
            self.found_w = {k: float(v) for k, v in document["found_w"].items()}

    def save(self) -> None:
        """Write, so that a power cut leaves the old or the new, whole."""
        temporary = self.path.with_suffix(".new")
        with temporary.open("w") as file:
            json.dump({"version": self.version, "found_w": self.found_w}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        sync_folder(self.path.parent)


class Control:
    """The command path: one policy file in, limits out."""

    def __init__(
        self,
        cards: Cards,
        recorder: Recorder,
        *,
        name: str,
        policy_file: Path,
        key_file: Path,
        journal: Path,
    ) -> None:
        self.cards = cards
        self.recorder = recorder
        self.name = name
        self.policy_file = policy_file
        self.key_file = key_file
        self.journal = Journal(journal)
        self.policy: Policy | None = None
        self.refused = 0
        self._accepted_us = 0
        self._said = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    def start(self) -> None:
        """Set back what an earlier run left, then follow the policy."""
        self.journal.load()
        if self.journal.found_w:
            self._release("the agent had ended without releasing its caps")
        self._thread.start()

    def stop(self) -> None:
        """Set every limit back and end."""
        self._stop.set()
        self._thread.join(5.0)
        self.policy = None
        if self.journal.found_w:
            self._release("the agent leaves")

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S):
            self.step()

    def step(self) -> None:
        """One look: a newer policy, or time to let go."""
        try:
            self._follow_newer()
        except PolicyRefused as error:
            self.refused += str(error) != self._said
            self._say(f"policy refused: {error}")
        except OSError as error:
            self._say(f"policy not followed yet: {error}")
        if self.policy is not None and self._run_out(self.policy):
            self.policy = None
            self._release("no newer policy came in time")
        elif self.policy is None and self.journal.found_w:
            self._release("limits are still to be set back")

    def _follow_newer(self) -> None:
        try:
            text = self.policy_file.read_text()
        except (OSError, UnicodeDecodeError):
            return  # no order; the dead man's time runs
        policy = verify(text, read_key(self.key_file))
        if policy.version == self.journal.version:
            return
        limits = self.cards.limits()
        self._check(policy, limits)
        self._apply(policy, limits)

    def _check(self, policy: Policy, limits: dict[str, Limits]) -> None:
        if policy.agent != self.name:
            raise PolicyRefused(f"it is for {policy.agent!r}, this is {self.name!r}")
        if policy.version < self.journal.version:
            raise PolicyRefused(
                f"version {policy.version} is older than {self.journal.version}"
            )
        now_us, uncertainty_us = self._server_now()
        if policy.issued_us > now_us + uncertainty_us + AHEAD_S * 1e6:
            raise PolicyRefused("it was issued in the future")
        if policy.valid_until_us <= now_us:
            raise PolicyRefused("it has run out")
        if policy.issued_us + policy.release_s * 1e6 <= now_us - uncertainty_us:
            raise PolicyRefused("it is older than its own release_s")
        for key, watts in policy.caps_w.items():
            if key not in limits:
                raise PolicyRefused(f"GPU {key} is not here")
            low, high = limits[key].low_w, limits[key].high_w
            if not low <= watts <= high:
                raise PolicyRefused(
                    f"cap of {key} must be from {low:g} to {high:g} W, got {watts:g}"
                )

    def _server_now(self) -> tuple[int, float]:
        boot_us = self.recorder.clock.boot_us()
        offset = self.recorder.server.offset(boot_us)
        if offset is None:
            raise PolicyRefused("the server's clock is not known yet")
        return boot_us + offset.us, 1e6 * offset.uncertainty_s

    def _apply(self, policy: Policy, limits: dict[str, Limits]) -> None:
        found_w = {key: limits[key].now_w for key in policy.caps_w}
        noted = replace(
            self.journal, version=policy.version, found_w=found_w | self.journal.found_w
        )
        noted.save()  # before the first cap: a crash from here on is undone
        self.journal = noted
        self.policy = policy
        self._accepted_us = self.recorder.clock.boot_us()
        for key, watts in policy.caps_w.items():
            self._set(key, watts)
        self._set_back(set(self.journal.found_w) - set(policy.caps_w))
        self._say(f"version {policy.version}: {len(policy.caps_w)} caps")

    def _set(self, key: str, watts: float) -> bool:
        try:
            self.cards.set_limit(key, watts)
        except OSError as error:
            self.recorder.event("control", f"{watts:g} W not set: {error}", key)
            log.warning("control: %s: %g W not set: %s", key, watts, error)
            return False
        return True

    def _run_out(self, policy: Policy) -> bool:
        boot_us = self.recorder.clock.boot_us()
        if boot_us - self._accepted_us >= policy.release_s * 1e6:
            return True
        offset = self.recorder.server.offset(boot_us)
        return offset is None or boot_us + offset.us >= policy.valid_until_us

    def _release(self, why: str) -> None:
        self._say(f"released: {why}")
        self._set_back(set(self.journal.found_w))

    def _set_back(self, keys: set[str]) -> None:
        done = [
            key for key in sorted(keys) if self._set(key, self.journal.found_w[key])
        ]
        for key in done:
            del self.journal.found_w[key]
        if done:
            with suppress(OSError):  # else they are set back again at the next start
                self.journal.save()

    def _say(self, text: str) -> None:
        if text != self._said:
            self.recorder.event("control", text)
            log.warning("control: %s", text)
        self._said = text
