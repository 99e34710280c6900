"""Years of hourly values by the name of their file: weather, prices and carbon."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from store.csv_files import written_whole
from store.grid_hours import read_grid
from store.settings import Settings
from store.weather import read_weather
from twin.cooling.weather import Weather
from twin.errors import ScenarioError
from twin.serving.grid_year import GridYear

T = TypeVar("T")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


class DatasetError(ScenarioError):
    """A dataset is unknown, absent, or of the wrong kind."""


class Years:
    """
    Finds and reads years; what was read stays in memory while its file stays the same.

    A user's own files come first, then those of `data_dir`.
    """

    def __init__(self, settings: Settings) -> None:
        self._data_dir = settings.data_dir
        self._weather_dir = Path(settings.cache_dir) / "weather"
        self._grid_dir = Path(settings.cache_dir) / "grid"
        self._parsed: dict[tuple[Any, Path, int], Any] = {}
        self._lock = threading.Lock()

    # --- weather -------------------------------------------------------------------

    def _weather_files(self) -> dict[str, Path]:
        folders = [self._weather_dir]
        if self._data_dir is not None:
            root = Path(self._data_dir)
            folders += [root / "weather_tmy3", root / "grid_weather_hourly", root]
        return _by_name(folders, (".csv", ".csv.gz", ".epw"))

    def weather_names(self) -> tuple[str, ...]:
        """Names that `weather` takes, in order."""
        return tuple(sorted(self._weather_files()))

    def weather(self, name: str) -> Weather:
        """
        Read a year of weather by name: TMY3 or hourly CSV, or an EPW file.

        Args:
            name: File name without its ending.

        Raises:
            DatasetError: If there is no such file; says where to put one.
            ImportProblem: If the file is not what it should be.
        """
        known = self._weather_files()
        if name not in known:
            raise DatasetError("facility.weather.dataset", "is not on this machine",
                               name, f"put {name}.epw or {name}.csv into "
                               f"{self._weather_dir}, or leave it empty for a "
                               "generated year")  # fmt: skip
        return self._remembered(known[name], read_weather)

    def keep_weather(self, name: str, text: str) -> None:
        """
        Store a year of weather, whole, under a name.

        Args:
            name: Letters, digits, `-` and `_`, in lower case.
            text: CSV that `read_weather` takes.

        Raises:
            DatasetError: If the name is no such name.
        """
        if not _NAME.fullmatch(name):
            raise DatasetError("name", "must be letters, digits, - and _, in lower "
                               "case", name, "choose another name")  # fmt: skip
        folder = self._weather_dir
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(folder / f"{name}.csv") as file:
            file.write(text.encode())
        for other in (*folder.glob(f"{name}.epw"), *folder.glob(f"{name}.csv.gz")):
            other.unlink()

    # --- prices and carbon ---------------------------------------------------------

    def _grid_files(self) -> dict[str, Path]:
        folders = [self._grid_dir]
        if self._data_dir is not None:
            folders.append(Path(self._data_dir) / "grid_weather_hourly")
        return _by_name(folders, (".csv", ".csv.gz"))

    def grid_names(self) -> tuple[str, ...]:
        """Names that `grid` takes, in order."""
        return tuple(sorted(self._grid_files()))

    def grid(self, name: str) -> GridYear:
        """
        Read a year of hourly prices and carbon intensity by name.

        Args:
            name: File name without its ending.

        Raises:
            DatasetError: If there is no such file; says where to put one.
            ImportProblem: If the file is not what it should be.
            ScenarioError: If it has a gap of more than a day.
        """
        known = self._grid_files()
        if name not in known:
            here = ", ".join(sorted(known)) or "none"
            raise DatasetError("site.grid", "is not on this machine", name,
                               f"use one of: {here}; or put {name}.csv into "
                               f"{self._grid_dir}, or leave it empty")  # fmt: skip
        return self._remembered(known[name], read_grid)

    def _remembered(self, path: Path, read: Callable[[Path], T]) -> T:
        key = (read, path, path.stat().st_mtime_ns)
        with self._lock:
            if key not in self._parsed:
                self._parsed[key] = read(path)
            found: T = self._parsed[key]
            return found


def _by_name(folders: Iterable[Path], endings: Iterable[str]) -> dict[str, Path]:
    """Files by their name without its ending; those of the first folders count."""
    return {
        path.name.split(".")[0]: path
        for folder in reversed([*folders]) if folder.is_dir()
        for ending in endings for path in folder.glob(f"*{ending}")
    }  # fmt: skip
