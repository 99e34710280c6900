"""
Telemetry from others' senders: decoded, mapped to our fields, handed to the store.

A request may carry many hosts; each is stored on its own, under a key made of the
request and the host, so a request that is sent again changes nothing.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic_core import to_json

from api.jobs import Job
from api.problems import Refusal
from api.receivers_outcome import MOST_NAMES, Outcome, Seen, lefts, pulled
from api.shared import held
from api.wire import otlp, otlp_json, remote_write
from api.wire.compression import MOST_BYTES, unpack
from api.wire.samples import NAME, Samples
from store import prometheus
from store.telemetry_files import TelemetryFile
from store.telemetry_rows import FileSource
from twin.errors import ScenarioError, ScenarioErrors
from twin.telemetry.names import Ignored, Place, place
from twin.telemetry.series import Gathered, gather
from twin.types import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.jobs import JobRunner
    from api.telemetry_service import TelemetryService
    from store.settings import Settings
    from store.telemetry.writer import Taken

MOST_KEPT_BYTES = 64_000_000
"""Keys of series whose place is remembered; beyond, all are looked up again."""
MOST_HOSTS = 2000
AT_ONCE = 2
"""Requests decoded at the same time; it takes memory, and there are few cores."""
STORING = 8
FILES_AT_ONCE = 2
SPARE_BYTES = 500_000_000
"""Room on the disk that an upload leaves to the others."""
WAIT_S = 20.0


class Receivers:
    """
    The receivers of one server.

    Args:
        store: Takes readings.
        jobs: Runs pulls.
        settings: Which hosts may be asked.
    """

    def __init__(
        self, store: TelemetryService, jobs: JobRunner, settings: Settings
    ) -> None:
        self._store, self._jobs, self._settings = store, jobs, settings
        self._known = _Known()
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._files = threading.BoundedSemaphore(FILES_AT_ONCE)
        self._pool = ThreadPoolExecutor(STORING, "receiver")
        self._seen = {kind: Seen() for kind in ("prometheus", "otlp", "upload")}

    def close(self) -> None:
        """Wait for what is being stored."""
        self._pool.shutdown(wait=True)

    # --- pushed -------------------------------------------------------------------

    def remote_write(self, body: bytes, content_type: str, encoding: str) -> Document:
        """
        Take a remote-write request in.

        Returns:
            Headers of the answer: what was written.

        Raises:
            Refusal: 400 if it is damaged or part of it breaks a rule, which sending
                again cannot mend; 415 for another format; 503 where too much waits.
        """
        message = remote_write.message_of(content_type)
        if encoding.strip().lower() != "snappy":
            raise Refusal(
                415, "content-encoding must be snappy (block format)",
                headers={"accept-encoding": "snappy"},
            )  # fmt: skip
        with self._decoding():
            samples = remote_write.read(unpack(body, "snappy"), message)
            found = self._gathered(samples)
        outcome = self._take("prometheus", samples, found, _digest(body))
        headers = _written(outcome, samples)
        if outcome.refused:
            errors = outcome.errors()
            detail = "Part of the request was not stored: " + "; ".join(
                map(str, errors)
            )
            raise Refusal(400, detail, errors=errors, headers=headers)
        return headers

    def otlp(self, body: bytes, media: str, encoding: str) -> bytes:
        """
        Take an OTLP/HTTP request in.

        Args:
            body: As it was sent.
            media: `otlp.PROTOBUF` or `otlp.JSON`.
            encoding: Its Content-Encoding.

        Returns:
            The answer, in the encoding of the request.
        """
        is_json = media == otlp.JSON
        with self._decoding():
            most = otlp_json.MOST_BYTES if is_json else MOST_BYTES
            data = unpack(body, encoding, most=most)
            read = otlp_json.read_json if is_json else otlp.read_protobuf
            samples = read(data)
            found = self._gathered(samples)
        outcome = self._take("otlp", samples, found, _digest(body))
        rejected = sum(samples.unsupported.values()) + outcome.refused_count
        return otlp.answer(media, rejected=rejected, message=_rejections(outcome))

    def _decoding(self) -> AbstractContextManager[None]:
        """Hold a place while a request is unpacked and taken apart."""
        return held(self._slots, _busy("The server decodes as much as it can"), WAIT_S)

    def _gathered(self, samples: Samples) -> Gathered:
        places = self._known.places(samples)
        found = gather(places, samples.series, samples.time_us, samples.value)
        if len(found.readings) > MOST_HOSTS:
            raise Refusal(
                400, f"The request tells of {len(found.readings)} hosts; "
                f"{MOST_HOSTS} are taken at once, send less in one request",
            )  # fmt: skip
        return found

    def _take(
        self, kind: str, samples: Samples, found: Gathered, digest: str
    ) -> Outcome:
        outcome = Outcome(
            samples=int(samples.value.size), missing=found.missing,
            ignored=Counter(found.ignored), unsupported=Counter(samples.unsupported),
        )  # fmt: skip
        with _as_busy():
            self._store_all(kind, found, digest, outcome)
        self._seen[kind].add(outcome)
        return outcome

    def _store_all(
        self, kind: str, found: Gathered, digest: str, outcome: Outcome
    ) -> None:
        """
        Store hosts side by side: the store commits those that wait together.

        One that breaks a rule holds up no other: all are tried before any failure is
        told, and a failure of the store, which sending again mends, is told first.
        """

        def one(source: str) -> Taken | Exception:
            key = _digest(f"{digest} {source}".encode())
            try:
                return self._store.take(source, kind, found.readings[source], key=key)
            except Exception as error:
                return error

        sources = list(found.readings)
        each = map(one, sources) if len(sources) < 2 else self._pool.map(one, sources)
        failures: list[Exception] = []
        for source, taken in zip(sources, each, strict=True):
            if isinstance(taken, ScenarioError | ScenarioErrors):
                outcome.add_host(source, taken, found.samples[source])
            elif isinstance(taken, Exception):
                failures.append(taken)
            else:
                outcome.add(taken)
        if failures:
            raise failures[0]

    # --- files --------------------------------------------------------------------

    @contextmanager
    def uploading(self, size: int) -> Iterator[Path]:
        """
        Hold a place for a file that comes in, and a folder that goes with it.

        Args:
            size: Bytes it may come to.

        Raises:
            Refusal: 503 where others upload already, or the disk has no room.
        """
        with held(self._files, _busy(f"{FILES_AT_ONCE} files are taken in already")):
            try:
                with tempfile.TemporaryDirectory(prefix="nameplate-") as folder:
                    free = shutil.disk_usage(folder).free
                    if free < size + SPARE_BYTES:
                        raise _full(f"It has {free // 1_000_000} MB free")
                    yield Path(folder)
            except OSError as error:
                if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                    raise
                raise _full("The file did not fit") from error

    def upload(
        self,
        path: Path,
        *,
        source: str,
        kind: str,
        device: str,
        time_zone: str | None,
        start: dt.datetime | None,
    ) -> Document:
        """
        Take a file in: every row is looked at before the first is stored.

        Raises:
            ScenarioErrors: Which rows are wrong.
        """
        about = FileSource(
            kind=kind,
            device=device,
            zone=_zone(time_zone),
            start_us=_microseconds(start),
        )
        file = TelemetryFile(path, about)
        looked = file.look()
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        outcome = Outcome(samples=looked.rows)
        for number, readings in enumerate(file.readings()):
            key = _digest(f"{digest} {source} {number}".encode())
            outcome.add(self._store.take(source, "upload", readings, key=key))
        self._seen["upload"].add(outcome)
        return {
            "rows": looked.rows, "stored": outcome.stored, "times": looked.times,
            "devices": list(looked.devices[:MOST_NAMES]), "fields": looked.fields,
            "ignored_columns": list(looked.ignored),
            "refused": lefts(outcome.refused.values()),
        }  # fmt: skip

    # --- pulled -------------------------------------------------------------------

    def start_pull(
        self, query: prometheus.RangeQuery, *, source: str | None = None
    ) -> Job:
        """
        Queue the fetching of a range query.

        Args:
            query: What; its secret stays with the job in memory and goes nowhere else.
            source: Host for series that name none.

        Raises:
            ScenarioError: If its host may not be asked, or its times make no sense.
        """
        prometheus.check_host(query.url, self._settings.import_hosts)
        prometheus.check_range(query)
        job = Job("telemetry-pull")

        def work(job: Job) -> bytes:
            outcome = Outcome()
            for piece in prometheus.fetch(
                query, on_progress=self._jobs.report(job), cancelled=job.cancelled
            ):
                self._take_piece(piece, source, outcome)
            self._seen["prometheus"].add(outcome)
            return to_json(pulled(outcome))

        return self._jobs.start(job, work)

    def _take_piece(
        self, piece: prometheus.Piece, source: str | None, outcome: Outcome
    ) -> None:
        extra = {"instance": source} if source else {}
        places = [
            place(labels.get(NAME, ""), {**extra, **labels}) for labels in piece.labels
        ]
        found = gather(places, piece.series, piece.time_us, piece.value)
        outcome.samples += int(piece.value.size)
        outcome.missing += found.missing
        outcome.ignored.update(found.ignored)
        self._store_all("pull", found, _digest(piece.body), outcome)

    # --- what came ----------------------------------------------------------------

    def status(self) -> list[Document]:
        """What each receiver got since the server started, and what it ignored."""
        return [{"kind": kind, **seen.document()} for kind, seen in self._seen.items()]


class _Known:
    """Places of series by their keys; forgotten all at once when they take too much."""

    def __init__(self) -> None:
        self._places: dict[Hashable, Place | Ignored] = {}
        self._bytes = 0

    def places(self, samples: Samples) -> list[Place | Ignored]:
        """Where the samples of each series belong."""
        if self._bytes > MOST_KEPT_BYTES:
            self._places, self._bytes = {}, 0
        known = self._places
        found: list[Place | Ignored | None] = [known.get(key) for key in samples.keys]
        missing = [i for i, p in enumerate(found) if p is None]
        if missing:
            for i, labels in zip(missing, samples.labels(missing), strict=True):
                name = labels.pop(NAME, "")
                found[i] = known[samples.keys[i]] = place(name, labels)
                self._bytes += _size(samples.keys[i])
        return [p for p in found if p is not None]


def _size(key: Hashable) -> int:
    parts = key if isinstance(key, tuple) else (key,)
    return 300 + sum(60 + len(str(p) if isinstance(p, tuple) else p) for p in parts)  # type: ignore[arg-type]


# --- small things -----------------------------------------------------------------


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _written(outcome: Outcome, samples: Samples) -> dict[str, str]:
    """
    Say what was written: all that was accepted, also what has no place here.

    Counting ignored samples as not written would have a sender report a fault with
    every request.
    """
    start = "x-prometheus-remote-write"
    kept = max(0, outcome.samples - outcome.refused_count)
    return {
        f"{start}-samples-written": str(kept),
        f"{start}-histograms-written": str(samples.unsupported.get("histograms", 0)),
        f"{start}-exemplars-written": str(samples.unsupported.get("exemplars", 0)),
    }


def _rejections(outcome: Outcome) -> str:
    parts = [f"{n} {kind} are not kept" for kind, n in outcome.unsupported.items()]
    parts += [str(error) for error in outcome.errors()]
    ignored = Counter[str]()
    for i, n in outcome.ignored.items():
        ignored[f"{i.name[:60]} ({i.reason[:60]})"] += n
    if ignored:
        shown = ", ".join(name for name, _ in ignored.most_common(5))
        parts.append(f"{ignored.total()} points have no field here: {shown}")
    return "; ".join(parts)[:2000]


def _busy(text: str) -> Refusal:
    return Refusal(503, f"{text}; send it again", retry_s=2)


def _full(text: str) -> Refusal:
    return Refusal(
        503, f"The disk for temporary files has no room: {text}; make room, or send "
        "the file in parts", retry_s=60,
    )  # fmt: skip


@contextmanager
def _as_busy() -> Iterator[None]:
    """
    Ask a Prometheus to wait with 503.

    It throws away what is answered with 429 unless told otherwise, and keeps what is
    answered with 5xx.
    """
    try:
        yield
    except TookTooLong as error:
        raise _busy("The readings could not be stored in time") from error
    except Refusal as error:
        if error.status != 429:
            raise
        raise Refusal(503, error.detail, retry_s=error.retry_s or 2) from error


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScenarioError("time_zone", "must be a zone of the IANA list", name[:60],
                            "write it as Europe/Oslo or UTC") from error  # fmt: skip


def _microseconds(at: dt.datetime | None) -> int | None:
    if at is None:
        return None
    since = zoned("start", at) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return since // dt.timedelta(microseconds=1)


def zoned(field: str, at: dt.datetime) -> dt.datetime:
    """
    Insist that an instant names its zone.

    Raises:
        ScenarioError: If it does not.
    """
    if at.tzinfo is None:
        raise ScenarioError(field, "must name its zone", at.isoformat(),
                            "write it as 2026-01-31T12:00:00Z")  # fmt: skip
    return at
