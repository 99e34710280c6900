"""
A driver without a card: builds the stand-in `libnvidia-ml.so.1` and drives it.

    library = build(tmp_path)               # compiled once per folder
    fake = Fake(tmp_path, gpus=8)           # eight equal GPUs, 400 W
    fake.step(0, 650.0)                     # GPU 0 draws 650 W from now on
    fake.profile(1, [(0, 200), (5, 700)], period_s=10)
    fake.fault("nvmlDeviceGetTemperature", 0, code=4)     # no permission
    fake.fault("nvmlDeviceGetFieldValues", 1, slow_s=3)   # a slow driver
    fake.set(2, lost=1)                     # GPU 2 falls off the bus
    fake.restart_driver()
    subprocess.Popen([...], env=fake.env(library))        # nvidia-ml-py, unmodified

Every call rewrites the state file at once; the library reads it again when it changed.
Energy is the exact integral of power: `fake.energy_j(gpu, t)` says what it must be.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "fake_nvml"
COMPILER = shutil.which("cc") or shutil.which("gcc")

LOST, NO_PERMISSION, NOT_SUPPORTED, TIMEOUT, UNKNOWN = 15, 4, 3, 10, 999


def build(folder: Path, *, without: Sequence[str] = ()) -> Path:
    """
    Compile the stand-in into a folder, which goes on LD_LIBRARY_PATH.

    Args:
        folder: Where; made if missing.
        without: Symbols to leave out, as an old driver does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hidden = [f"-D{name}=hidden_{name}" for name in without]
    _compile("nvml.c", folder / "libnvidia-ml.so.1", *hidden)
    return folder


def build_wall(folder: Path) -> Path:
    """Compile the library that shifts a process's wall clock (LD_PRELOAD)."""
    folder.mkdir(parents=True, exist_ok=True)
    return _compile("wall.c", folder / "libfakewall.so")


def _compile(source: str, target: Path, *flags: str) -> Path:
    if COMPILER is None:
        raise RuntimeError("no C compiler: install Debian's packages gcc, libc6-dev")
    if not target.exists():
        subprocess.run(
            [COMPILER, "-O1", "-shared", "-fPIC", f"-Wl,-soname,{target.name}",
             *flags, "-o", str(target), str(SOURCE / source), "-lpthread", "-ldl"],
            check=True,
        )  # fmt: skip
    return target


class Fake:
    """The state of the stand-in's cards, in one file."""

    def __init__(self, folder: Path, *, gpus: int = 1, watts: float = 400.0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "nvml.state"
        self.wall = folder / "wall.shift"
        self.epoch_s = round(time.clock_gettime(time.CLOCK_BOOTTIME), 6)
        self.generation = 0
        self.driver = "up"
        self.faults: list[tuple[str, int, int, float]] = []
        self.steps: list[tuple[float, list[tuple[float, float]]]] = [
            (0.0, [(0.0, watts)]) for _ in range(gpus)
        ]
        self.values: list[dict[str, object]] = [_card(i) for i in range(gpus)]
        self.mig: list[list[str]] = [[] for _ in range(gpus)]
        self._write()

    def attach(self, library: Path, monkeypatch: Any) -> None:
        """Show these cards to this process, which loads the library but once."""
        monkeypatch.setenv("FAKE_NVML_STATE", str(self.path))
        ctypes.CDLL(str(library / "libnvidia-ml.so.1"), mode=ctypes.RTLD_GLOBAL)

    def env(
        self, library: Path, *, wall_library: Path | None = None
    ) -> Mapping[str, str]:
        """Environment for a process that is to see these cards (and wall clock)."""
        env = dict(os.environ)
        env |= {"LD_LIBRARY_PATH": str(library), "FAKE_NVML_STATE": str(self.path)}
        if wall_library is not None:
            env |= {"LD_PRELOAD": str(wall_library), "FAKE_WALL_SHIFT": str(self.wall)}
        return env

    def now_s(self) -> float:
        """Seconds since these cards were made."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - self.epoch_s

    def step(self, gpu: int, watts: float, *, at_s: float | None = None) -> float:
        """From now (or a given second) on the GPU draws this; returns the second."""
        at_s = self.now_s() if at_s is None else at_s
        self.steps[gpu][1].append((round(at_s, 6), watts))
        self._write()
        return at_s

    def profile(
        self, gpu: int, steps: Sequence[tuple[float, float]], *, period_s: float = 0.0
    ) -> None:
        """The GPU's whole course: (second, watts), repeated if there is a period."""
        self.steps[gpu] = (period_s, list(steps))
        self._write()

    def power_w(self, gpu: int, t: float) -> float:
        """What the GPU draws at a second."""
        period_s, steps = self.steps[gpu]
        t = t % period_s if period_s else t
        return [watts for at, watts in steps if at <= t][-1]

    def energy_j(self, gpu: int, t: float) -> float:
        """What the counter must say at a second: the integral of the steps."""
        period_s, steps = self.steps[gpu]
        turns, rest = divmod(t, period_s) if period_s else (0.0, t)
        return turns * _integral(steps, period_s) + _integral(steps, rest)

    def set(self, gpu: int, **values: object) -> None:
        """Change a card: lost=1, gone=1, fan=-1, celsius="66 71", samples="20000 9"."""
        self.values[gpu].update(values)
        self._write()

    def make_mig(self, gpu: int, *uuids: str) -> None:
        """Split a GPU into MIG instances; none joins it again."""
        self.mig[gpu] = list(uuids)
        self._write()

    def fault(
        self, function: str, gpu: int = -1, *, code: int = 0, slow_s: float = 0.0
    ) -> None:
        """
        Order an error or a delay.

        Args:
            function: An NVML function, "field.186" for one field value, or "*".
            gpu: Which; -1 means all.
            code: An NVML error.
            slow_s: How long each call takes.
        """
        self.faults.append((function, gpu, code, slow_s))
        self._write()

    def heal(self) -> None:
        """Take every ordered fault back."""
        self.faults.clear()
        self._write()

    def stop_driver(self) -> None:
        """Unload the driver: every call answers that it is not loaded."""
        self.driver = "down"
        self._write()

    def restart_driver(self) -> None:
        """Load the driver again: old handles are void until NVML is initialised."""
        self.driver = "up"
        self.generation += 1
        self._write()

    def shift_wall(self, seconds: int) -> None:
        """Set how far the wall clock is off, for processes with the wall library."""
        _replace(self.wall, f"{seconds}\n")

    def limits_set(self) -> list[tuple[int, int]]:
        """Every (GPU, milliwatts) that was set, in order, by any process."""
        path = self.path.with_name(self.path.name + ".limits")
        lines = path.read_text().split("\n") if path.exists() else []
        return [(int(a), int(b)) for a, b in (line.split() for line in lines if line)]

    def _write(self) -> None:
        lines = [f"epoch {self.epoch_s:.6f} x", f"count {len(self.values)} x"]
        lines.append(f"driver {self.driver} {self.generation}")
        for gpu, values in enumerate(self.values):
            lines += [f"{gpu} {key} {value}" for key, value in values.items()]
            period_s, steps = self.steps[gpu]
            course = " ".join(f"{at:.6f}:{watts:.3f}" for at, watts in steps)
            lines.append(f"{gpu} steps {period_s:.6f} {course}")
            lines += [f"{gpu} mig {uuid}" for uuid in self.mig[gpu]]
        lines += [
            f"fault {f} {gpu} {code} {slow}" for f, gpu, code, slow in self.faults
        ]
        _replace(self.path, "\n".join(lines) + "\n")


def _card(index: int) -> dict[str, object]:
    return {
        "uuid": f"GPU-00000000-0000-0000-0000-{index:012d}",
        "name": "NVIDIA H100 80GB HBM3",
        "arch": 9,
        "average_s": 1,
        "energy_j": 0,
        "samples": "0 0",
        "clocks_mhz": "1980 2619",
        "celsius": "45 52",
        "thresholds_c": "87 92 95",
        "utilisation": "80 40",
        "reasons": 4,
        "fan": -1,
        "limits_mw": "200000 700000 700000",
        "smoothing": "0 0 0",
    }


def _integral(steps: Sequence[tuple[float, float]], until: float) -> float:
    total = 0.0
    for (at, watts), (end, _) in zip(steps, [*steps[1:], (until, 0.0)], strict=True):
        total += watts * max(0.0, min(end, until) - at)
    return total


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)
