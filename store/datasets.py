"""Datasets on this machine: published ones by name, and a user's own files."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import httpx

from store import download, readers
from store.csv_files import ImportProblem, read_table, written_whole
from store.dataset_info import DatasetInfo, imported_info, published_info
from store.download import IsCancelled, OnProgress
from store.published import BY_NAME, PUBLISHED, TRAINING_POWER, Published
from store.settings import Settings
from store.training_traces import TrainingRun, read_run
from store.years import DatasetError, Years
from twin.errors import ScenarioError
from twin.serving.traffic import RecordedRates, RecordedRequests, Recordings

__all__ = ["DatasetError", "DatasetInfo", "DatasetStore", "ImportProblem"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
Table: TypeAlias = list[dict[str, str]]
_ZERO_AS_MISSING = ("peak_power", "average_power")


class DatasetStore(Years):
    """
    Finds, downloads, imports and reads datasets.

    A copy in `data_dir` wins over a download, so that one machine can serve many.
    Parsed recordings stay in memory: a slider asks for them many times a second.
    """

    def __init__(self, settings: Settings, http: httpx.Client | None = None) -> None:
        super().__init__(settings)
        self._http = http
        self._published_dir = Path(settings.cache_dir) / "published"
        self._imported_dir = Path(settings.cache_dir) / "imported"

    # --- finding -------------------------------------------------------------------

    def list(self) -> list[DatasetInfo]:
        """Every published dataset, then the user's own."""
        return [published_info(entry, self._path(entry)) for entry in PUBLISHED] + [
            imported_info(path) for path in self._imports()
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
        on_progress: OnProgress = lambda _part, _text: None,
        cancelled: IsCancelled = lambda: False,
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

    def import_file(self, name: str, kind: str, path: Path) -> DatasetInfo:
        """
        Take in a user's CSV of requests or rates, after checking every line.

        Args:
            name: New name, lower case; published names are taken.
            kind: "requests" or "rates".
            path: The file, gzipped or not.

        Returns:
            The new dataset.

        Raises:
            ScenarioError: If the name or kind is wrong.
            ImportProblem: With line, column, value and repair. Nothing is stored.
        """
        _check_import(name, kind)
        self._imported_dir.mkdir(parents=True, exist_ok=True)
        target = self._imported_dir / f"{name}.{kind}.csv.gz"
        if kind == "requests":
            _write_requests(target, readers.read_requests(Path(path)))
        else:
            _write_rates(target, readers.read_rates(Path(path)))
        for other in self._imported_dir.glob(f"{name}.*.csv.gz"):
            if other != target and other.name.split(".")[:-3] == name.split("."):
                other.unlink()
        return self.info(name)

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
        rows = read_table(Path(info.path or ""))
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
            return self._remembered(path, readers.read_requests)
        return self._remembered(path, readers.read_rates)


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
    with (
        written_whole(target) as raw,
        gzip.open(raw, "wt", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
