"""Datasets on this machine: published ones by name, and a user's own files."""

from __future__ import annotations

import csv
import gzip
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import httpx
from pydantic import BaseModel, Field

from store import download, readers
from store.download import IsCancelled, OnProgress
from store.grid_hours import read_grid
from store.published import BY_NAME, PUBLISHED, TRAINING_POWER, Kind, Published
from store.readers import ImportProblem
from store.training_traces import TrainingRun, read_run
from store.weather import read_weather
from twin.cooling.weather import Weather
from twin.errors import ScenarioError
from twin.serving.grid_year import GridYear
from twin.serving.traffic import RecordedRates, RecordedRequests, Recordings

__all__ = ["DatasetError", "DatasetInfo", "DatasetStore", "ImportProblem"]

T = TypeVar("T")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
Table: TypeAlias = list[dict[str, str]]
_ZERO_AS_MISSING = ("peak_power", "average_power")


class DatasetError(ScenarioError):
    """A dataset is unknown, absent, or of the wrong kind."""


class Folders(Protocol):
    """The part of the settings that datasets need."""

    @property
    def data_dir(self) -> Path | None:
        """Folder with reduced copies or publishers' files."""

    @property
    def cache_dir(self) -> Path:
        """Folder for downloads and imports."""


class DatasetInfo(BaseModel):
    """One dataset and whether it is on this machine."""

    name: str = Field(
        description="Name used in scenarios", examples=["azure-llm-2023-conv"]
    )
    title: str = Field(
        description="One line on what it is", examples=["Azure LLM trace 2023"]
    )
    kind: Kind = Field(
        description="requests, rates or benchmark", examples=["requests"]
    )
    licence: str = Field(
        description="Licence as the publisher states it", examples=["CC-BY-4.0"]
    )
    citation: str = Field(
        description="Work to cite", examples=["Patel et al., Splitwise, ISCA 2024"]
    )
    source: str = Field(
        description="Publisher's address at a fixed commit",
        examples=["https://github.com/Azure/AzurePublicDataset"],
    )
    files: list[str] = Field(
        description="Files fetched, or the user's file",
        examples=[["data/AzureLLMInferenceTrace_conv.csv"]],
    )
    bytes: int = Field(
        default=0,
        description="Size on this machine; 0 where absent [B]",
        examples=[258992],
        json_schema_extra={"unit": "B"},
    )
    present: bool = Field(description="Whether it can be used now", examples=[True])
    path: str | None = Field(
        default=None, description="File on this machine", examples=["azure.csv.gz"]
    )
    origin: Literal["published", "imported"] = Field(
        default="published", description="Who brought it", examples=["published"]
    )
    pullable: bool = Field(
        default=True,
        description="Whether `datasets pull` can fetch it",
        examples=[True],
    )
    checked: str = Field(
        default="",
        description="How its bytes were or will be checked",
        examples=["SHA-256 of the text, known beforehand"],
    )


class DatasetStore:
    """
    Finds, downloads, imports and reads datasets.

    A copy in `data_dir` wins over a download, so that one machine can serve many.
    Parsed recordings stay in memory: a slider asks for them many times a second.
    """

    def __init__(self, settings: Folders, http: httpx.Client | None = None) -> None:
        self._http = http
        self._data_dir = settings.data_dir
        self._published_dir = Path(settings.cache_dir) / "published"
        self._imported_dir = Path(settings.cache_dir) / "imported"
        self._parsed: dict[tuple[str, Path, int], Any] = {}
        self._lock = threading.Lock()

    # --- finding -------------------------------------------------------------------

    def list(self) -> list[DatasetInfo]:
        """Every published dataset, then the user's own."""
        return [self._info(entry) for entry in PUBLISHED] + [
            _imported_info(path) for path in self._imports()
        ]

    def info(self, name: str) -> DatasetInfo:
        """
        Describe one dataset.

        Raises:
            DatasetError: If there is none of that name.
        """
        found = next((d for d in self.list() if d.name == name), None)
        if found is None:
            raise self._unknown(name)
        return found

    def _info(self, entry: Published) -> DatasetInfo:
        path = self._path(entry)
        return DatasetInfo(
            name=entry.name, title=entry.title, kind=entry.kind,
            licence=entry.licence, citation=entry.citation, source=entry.source,
            files=[*entry.paths], bytes=path.stat().st_size if path else 0,
            present=path is not None, path=str(path) if path else None,
            pullable=not entry.unpullable, checked=_how_checked(entry),
        )  # fmt: skip

    def _path(self, entry: Published) -> Path | None:
        """Where a published dataset lies, if anywhere."""
        own = [Path(p).name for p in entry.paths if p.endswith(".csv")]
        copy = Path(entry.copy)
        candidates = []
        if self._data_dir is not None:
            root = Path(self._data_dir)
            candidates = [root / copy]
            for name in own:
                candidates += [root / copy.parent / name, root / name]
        pulled = self._published_dir / entry.name
        candidates += [pulled / name for name in (*own, copy.name)]
        return next((p for p in candidates if p.is_file()), None)

    def _imports(self) -> tuple[Path, ...]:
        if not self._imported_dir.is_dir():
            return ()
        return tuple(sorted(self._imported_dir.glob("[!.]*.csv.gz")))

    def _unknown(self, name: str) -> DatasetError:
        known = ", ".join(d.name for d in self.list())
        return DatasetError("dataset", "must be a known dataset", name, "use one of: "
                            f"{known}, or import your own file")  # fmt: skip

    # --- bringing in ---------------------------------------------------------------

    def pull(
        self,
        name: str,
        on_progress: OnProgress | None = None,
        cancelled: IsCancelled | None = None,
    ) -> DatasetInfo:
        """
        Download a published dataset into the cache.

        Args:
            name: Published name.
            on_progress: Called with the part done, 0..1, and a phrase.
            cancelled: True stops; nothing half-written stays.

        Returns:
            The dataset as it now is.

        Raises:
            DatasetError: If the name is unknown.
            store.download.DownloadError: If it cannot be fetched or verified.
        """
        entry = BY_NAME.get(name)
        if entry is None:
            raise self._unknown(name)
        checked = download.pull(
            entry, self._published_dir / name, client=self._http,
            on_progress=on_progress, cancelled=cancelled,
        )  # fmt: skip
        return self.info(name).model_copy(update={"checked": checked})

    def import_file(
        self, name: str, kind: str, path: Path, on_progress: OnProgress | None = None
    ) -> DatasetInfo:
        """
        Take in a user's CSV of requests or rates, after checking every line.

        Args:
            name: New name, lower case; published names are taken.
            kind: "requests" or "rates".
            path: The file, gzipped or not.
            on_progress: Called with the part read, 0..1, and a phrase.

        Returns:
            The new dataset.

        Raises:
            ScenarioError: If the name or kind is wrong.
            ImportProblem: With line, column, value and repair. Nothing is stored.
        """
        _check_import(name, kind)
        report = partial(_report, on_progress, "checking")
        self._imported_dir.mkdir(parents=True, exist_ok=True)
        target = self._imported_dir / f"{name}.{kind}.csv.gz"
        if kind == "requests":
            _write_requests(target, readers.read_requests(Path(path), report))
        else:
            _write_rates(target, readers.read_rates(Path(path), report))
        for other in self._imported_dir.glob(f"{name}.*.csv.gz"):
            if other != target and other.name.split(".")[:-3] == name.split("."):
                other.unlink()
        _report(on_progress, "stored", 1.0)
        return self.info(name)

    # --- weather -------------------------------------------------------------------

    @property
    def _weather_dir(self) -> Path:
        """Where users put weather files."""
        return self._imported_dir.parent / "weather"

    def _weather_files(self) -> dict[str, Path]:
        """Weather files by name; the user's own come first."""
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
        return self._remembered("weather", known[name], read_weather)

    def keep_weather(self, name: str, text: str) -> None:
        """
        Store a year of weather, whole, under a name.

        Args:
            name: Letters, digits, `-` and `_`, in lower case.
            text: CSV that `read_weather` takes.

        Raises:
            DatasetError: If the name is no such name.
        """
        if not _NAME.fullmatch(name) or "." in name:
            raise DatasetError("name", "must be letters, digits, - and _, in lower "
                               "case", name, "choose another name")  # fmt: skip
        folder = self._weather_dir
        folder.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(prefix=f".{name}-", dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(made).replace(folder / f"{name}.csv")
        for other in (*folder.glob(f"{name}.epw"), *folder.glob(f"{name}.csv.gz")):
            other.unlink()

    # --- prices and carbon ---------------------------------------------------------

    def _grid_files(self) -> dict[str, Path]:
        """Years of the grid by name; the user's own come first."""
        folders = [self._imported_dir.parent / "grid"]
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
                               f"{self._imported_dir.parent / 'grid'}, or leave it "
                               "empty")  # fmt: skip
        return self._remembered("grid", known[name], read_grid)

    # --- reading -------------------------------------------------------------------

    def recordings(self, names: Iterable[str]) -> Recordings:
        """
        Read datasets for a run.

        Args:
            names: Names a scenario mentions.

        Returns:
            Requests and rates by name.

        Raises:
            DatasetError: If one is unknown, absent or a benchmark; says how to get it.
        """
        rates: dict[str, RecordedRates] = {}
        requests: dict[str, RecordedRequests] = {}
        for name in sorted(names):
            info = self.require(name)
            if info.kind == "benchmark":
                raise DatasetError("dataset", "must hold requests or rates", name,
                                   "it is a benchmark table; name a dataset of "
                                   "traffic")  # fmt: skip
            parsed = self._parse(info)
            if isinstance(parsed, RecordedRates):
                rates[name] = parsed
            else:
                requests[name] = parsed
        return Recordings(rates=rates, requests=requests)

    def table(self, name: str) -> Table:
        """
        Read a benchmark as rows of text by column.

        Raises:
            DatasetError: If it is unknown, absent or not a benchmark.
        """
        info = self.require(name)
        if info.kind != "benchmark":
            raise DatasetError("dataset", "must be a benchmark table", name,
                               "traffic is read with recordings()")  # fmt: skip
        rows = readers.read_table(Path(info.path or ""))
        if name == "splitwise-perf-power":
            _blank_zeros(rows)
        return rows

    def training_run(self, name: str) -> TrainingRun:
        """
        Read recorded power of training nodes, and the log beside it.

        Raises:
            DatasetError: If it is unknown, absent or not power of training.
        """
        info = self.require(name)
        if name not in {entry.name for entry in TRAINING_POWER}:
            raise DatasetError(
                "dataset", "must be recorded power of training", name,
                f"use one of: {', '.join(e.name for e in TRAINING_POWER)}"
            )  # fmt: skip
        return read_run(Path(info.path or ""))

    def require(self, name: str) -> DatasetInfo:
        """
        Look a dataset up that must be on this machine.

        Raises:
            DatasetError: If it is unknown or absent; says how to get it.
        """
        info = self.info(name)
        if not info.present:
            get = f"run `nameplate datasets pull {name}`"
            raise DatasetError(
                "dataset", "must be on this machine", name,
                f"{get if info.pullable else 'it cannot be downloaded'}, or point "
                "NAMEPLATE_DATA_DIR at a folder that has it"
            )  # fmt: skip
        return info

    def _parse(self, info: DatasetInfo) -> RecordedRequests | RecordedRates:
        path = Path(info.path or "")
        if info.kind == "requests":
            return self._remembered(info.kind, path, readers.read_requests)
        return self._remembered(info.kind, path, readers.read_rates)

    def _remembered(self, kind: str, path: Path, read: Callable[[Path], T]) -> T:
        """Read a file as one kind of thing, once for as long as it stays the same."""
        key = (kind, path, path.stat().st_mtime_ns)
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


def _how_checked(entry: Published) -> str:
    if entry.unpullable:
        return entry.unpullable
    if entry.text_sha256:
        return "SHA-256 of the text, known beforehand"
    if entry.kind == "rates":
        return "git checksums from the publisher's file list"
    return "SHA-256 of the first download, recorded beside it"


def _imported_info(path: Path) -> DatasetInfo:
    name, kind = path.name.removesuffix(".csv.gz").rsplit(".", 1)
    return DatasetInfo(
        name=name, title=f"Your own {kind}", kind=kind,  # type: ignore[arg-type]
        licence="yours", citation="your own recording", source=str(path),
        files=[path.name], bytes=path.stat().st_size, present=True, path=str(path),
        origin="imported", pullable=False, checked="every line at import",
    )  # fmt: skip


def _check_import(name: str, kind: str) -> None:
    if not _NAME.fullmatch(name):
        raise ScenarioError("name",
                            "must be lower-case letters, digits, '.', '_' or '-'", name,
                            'use a name such as "row-7-november"')  # fmt: skip
    if name in BY_NAME:
        raise ScenarioError("name", "must not be that of a published dataset", name,
                            f'use another name, e.g. "my-{name}"')  # fmt: skip
    if kind not in ("requests", "rates"):
        raise ScenarioError("kind", "must be requests or rates", kind,
                            "use requests for single requests, rates for requests per "
                            "second")  # fmt: skip


def _report(on_progress: OnProgress | None, text: str, part: float) -> None:
    if on_progress is not None:
        on_progress(part, text)


def _blank_zeros(rows: list[dict[str, str]]) -> None:
    """Blank power cells of 0: the publisher writes 0 for "not measured"."""
    for row in rows:
        for column in _ZERO_AS_MISSING:
            if row.get(column) and float(row[column]) == 0.0:
                row[column] = ""


def _write_requests(target: Path, recorded: RecordedRequests) -> None:
    columns = (recorded.arrived_s, recorded.prompt_tokens, recorded.output_tokens)
    rows = zip(*(c.tolist() for c in columns), strict=True)
    _write(target, ("t_s", "prompt_tokens", "output_tokens"), rows)


def _write_rates(target: Path, recorded: RecordedRates) -> None:
    clients = recorded.client_count
    rows = (
        (i * recorded.window_s, rate, cv, clients)
        for i, (rate, cv) in enumerate(
            zip(recorded.rate_rps.tolist(), recorded.cv.tolist(), strict=True)
        )
    )
    _write(target, ("t_s", "rate_rps", "cv", "client_count"), rows)


def _write(
    target: Path, header: tuple[str, ...], rows: Iterable[tuple[float, ...]]
) -> None:
    """Write to a temporary name, then rename: the file is whole or absent."""
    handle, name = tempfile.mkstemp(prefix=".import-", dir=target.parent)
    try:
        with (
            os.fdopen(handle, "wb") as raw,
            gzip.open(raw, "wt", encoding="utf-8", newline="") as out,
        ):
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
