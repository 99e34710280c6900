"""
Energy of CPU packages from the kernel's powercap files (RAPL).

Each package counts microjoules up to a range and begins again; turns are added, so that
`energy_j` never falls while the agent runs. Power is the energy since the last reading
over its time: an average. Kernels let only root read the counters since 2020
(CVE-2020-8694).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.host import Measured, SourceError
from agent.records import Device

ROOT = Path("/sys/class/powercap")


@dataclass(slots=True)
class _Package:
    folder: Path
    device: Device
    range_uj: int
    last_uj: int | None = None
    last_s: float = 0.0
    turned_uj: int = 0


class Rapl:
    """The CPU packages of this host."""

    name = "rapl"

    def __init__(
        self,
        root: Path = ROOT,
        *,
        period_s: float = 1.0,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root = root
        self.period_s = period_s
        self._now_s = now_s
        self._packages = [_package(folder) for folder in package_folders(root)]

    def read(self) -> list[Measured]:
        """Energy of every package and, from the second time on, average power."""
        if not self._packages:
            raise SourceError(f"no intel-rapl package under {self.root}")
        return [self._read(package) for package in self._packages]

    def _read(self, package: _Package) -> Measured:
        now_s = self._now_s()
        uj = _energy_uj(package.folder)
        values = {}
        if package.last_uj is not None:
            used_uj = uj - package.last_uj
            if used_uj < 0:
                used_uj += package.range_uj
                package.turned_uj += package.range_uj
            if now_s > package.last_s:
                values["power_average_w"] = used_uj / 1e6 / (now_s - package.last_s)
        package.last_uj, package.last_s = uj, now_s
        values["energy_j"] = (package.turned_uj + uj) / 1e6
        return Measured(package.device, values)


def package_folders(root: Path = ROOT) -> list[Path]:
    """Folders of whole packages: `intel-rapl:0`, not its parts `intel-rapl:0:0`."""
    return [
        path
        for path in sorted(root.glob("intel-rapl:*"))
        if path.name.count(":") == 1 and _text(path / "name").startswith("package")
    ]


def _package(folder: Path) -> _Package:
    index = int(folder.name.partition(":")[2])
    range_uj = int(_text(folder / "max_energy_range_uj") or 0)
    device = Device(key=f"cpu{index}", kind="cpu", model=_cpu_model(), index=index)
    return _Package(folder, device, range_uj)


def _energy_uj(folder: Path) -> int:
    path = folder / "energy_uj"
    try:
        return int(path.read_text())
    except PermissionError:
        raise SourceError(
            f"{path} may only be read by root; run the agent with CAP_DAC_READ_SEARCH "
            "(the unit file has a line for it), or do without CPU energy"
        ) from None
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _cpu_model() -> str:
    for line in _text(Path("/proc/cpuinfo")).split("\n"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return ""
