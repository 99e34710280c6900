"""Download a published dataset, check it, and put it in place whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx

from store.published import Published
from store.servegen import reduce_traces
from twin.errors import Cancelled, ScenarioError

MAX_FILE_BYTES = 200_000_000
TIMEOUT_S = 30.0
MIN_FREE_BYTES = 500_000_000
CUT_OFF_S = 86_400.0
"""Age at which nobody writes a file any more."""

OnProgress = Callable[[float, str], None]
IsCancelled = Callable[[], bool]


class DownloadError(ScenarioError):
    """A dataset cannot be fetched; its field says "network", "publisher" or "disk"."""


def pull(
    entry: Published,
    folder: Path,
    *,
    client: httpx.Client | None = None,
    on_progress: OnProgress = lambda _part, _text: None,
    cancelled: IsCancelled = lambda: False,
) -> str:
    """
    Fetch a dataset into `folder`, which appears complete or not at all.

    Args:
        entry: What to fetch.
        folder: Where it goes; replaced if it is there.
        client: HTTP client; None makes one.
        on_progress: Called with the part done, 0..1, and a phrase.
        cancelled: Asked between pieces; true stops and leaves nothing behind.

    Returns:
        How the bytes were checked, in words.

    Raises:
        DownloadError: If it cannot be pulled, reached, verified or stored.
        Cancelled: If `cancelled` said so.
    """
    if entry.unpullable:
        raise DownloadError("publisher", "must offer a file that Nameplate can fetch",
                            entry.name, entry.unpullable)  # fmt: skip
    folder.parent.mkdir(parents=True, exist_ok=True)
    _check_disk(folder.parent)
    before = _receipt(folder)
    work = Path(tempfile.mkdtemp(prefix=f".{entry.name}-", dir=folder.parent))
    try:
        with (
            nullcontext(client) if client is not None
            else httpx.Client(timeout=TIMEOUT_S, follow_redirects=True)
        ) as session:  # fmt: skip
            fetch = _Fetch(session, work, on_progress, cancelled)
            checked = _fetch_entry(entry, fetch, before)
        _replace(work, folder)
    except OSError as error:
        raise DownloadError("disk", "must take the dataset", str(error),
                            "free some space or set NAMEPLATE_CACHE_DIR, now "
                            f"{folder.parent}") from error  # fmt: skip
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return checked


def mend(cache_dir: Path) -> None:
    """
    Tidy up behind downloads and imports that were cut off.

    A dataset killed between its two renames is put back; what is half written and a
    day old is removed.
    """
    for old in cache_dir.glob("published/.*-old"):
        name = old.name.removeprefix(".").rsplit("-", 2)[0]
        if not (old.parent / name).exists():
            old.rename(old.parent / name)
    for left in (*cache_dir.glob("published/.*"), *cache_dir.glob("imported/.*")):
        if time.time() - left.stat().st_mtime > CUT_OFF_S:
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def text_sha256(data: bytes) -> str:
    """SHA-256 of a text with LF line ends and none at its end."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n").rstrip(b"\n")).hexdigest()


def blob_sha1(data: bytes) -> str:
    """Name that git gives to these bytes; the publisher's file list has it."""
    head = b"blob %d\0" % len(data)
    return hashlib.sha1(head + data, usedforsecurity=False).hexdigest()


# --- fetching ---------------------------------------------------------------------


class _Fetch:
    """Fetches files one by one, reporting and stopping on request."""

    def __init__(
        self, session: httpx.Client, work: Path, report: OnProgress, stop: IsCancelled
    ) -> None:
        self.session = session
        self.work = work
        self.report = report
        self._stop = stop

    def bytes_of(self, url: str, part: float = 0.0, span: float = 1.0) -> bytes:
        """Bytes at an address; `part` and `span` place it in the whole progress."""
        name = url.rsplit("/", 1)[-1].partition("?")[0]
        try:
            with self.session.stream("GET", url) as answer:
                self._check_status(answer, url)
                total = int(answer.headers.get("content-length", 0))
                got = bytearray()
                for piece in answer.iter_bytes():
                    got += piece
                    self._check_going(len(got), url)
                    done = min(1.0, len(got) / total) if total else 0.5
                    self.report(part + span * done, f"downloading {name}")
                return bytes(got)
        except httpx.HTTPError as error:
            raise DownloadError("network", "must reach the publisher's server",
                                f"{url} ({type(error).__name__})", "check the network "
                                "or proxy, or fetch the dataset elsewhere and point "
                                "NAMEPLATE_DATA_DIR at its "
                                "folder") from error  # fmt: skip

    def _check_status(self, answer: httpx.Response, url: str) -> None:
        if answer.status_code != httpx.codes.OK:
            raise DownloadError("publisher", "must serve the file",
                                f"{url}: HTTP {answer.status_code}", "try again later; "
                                "if it stays so the publisher has moved "
                                "it")  # fmt: skip

    def _check_going(self, size: int, url: str) -> None:
        if self._stop():
            raise Cancelled
        if size > MAX_FILE_BYTES:
            raise DownloadError("publisher",
                                f"must stay under {MAX_FILE_BYTES:,} bytes", url,
                                "it is not the expected file; report this")  # fmt: skip


def _fetch_entry(entry: Published, fetch: _Fetch, before: dict[str, Any]) -> str:
    if entry.kind == "rates":
        return _fetch_servegen(entry, fetch)
    files = {}
    for index, path in enumerate(entry.paths):
        share = 1.0 / len(entry.paths)
        files[path] = fetch.bytes_of(entry.raw_url(path), index * share, share)
    fetch.report(1.0, "checking")
    checked = _check(entry, files, before)
    if entry.name == "mlenergy-v3":
        _write_mlenergy(files, fetch.work / Path(entry.copy).name)
    else:
        for path, data in files.items():
            (fetch.work / Path(path).name).write_bytes(data)
    _write_receipt(entry, fetch.work, files, checked)
    return checked


def _fetch_servegen(entry: Published, fetch: _Fetch) -> str:
    """Fetch every client's trace by the publisher's own list and add them up."""
    folder = re.escape(entry.paths[0])
    wanted = re.compile(rf"{folder}/chunk-\d+-trace\.csv")
    listing = _listing(entry, fetch)
    paths = sorted(p for p in listing if wanted.fullmatch(p))
    if not paths:
        raise _changed(entry, f"no {entry.paths[0]}/chunk-N-trace.csv in its file list")
    files = {}
    for index, path in enumerate(paths):
        share = 0.95 / len(paths)
        data = fetch.bytes_of(entry.raw_url(path), 0.05 + index * share, share)
        if blob_sha1(data) != listing[path]:
            raise _changed(entry, f"{path} does not match its git checksum")
        files[path] = data
    fetch.report(1.0, "adding up the clients")
    rows = reduce_traces(entry.name, files)
    _write_gz(fetch.work / Path(entry.copy).name, rows)
    checked = (
        f"{len(files)} files, each by the git checksum in the publisher's file list; "
        "window count and mean rate by known figures"
    )
    _write_receipt(entry, fetch.work, files, checked)
    return checked


def _listing(entry: Published, fetch: _Fetch) -> dict[str, str]:
    """Path -> git checksum of every file at the commit."""
    body = fetch.bytes_of(entry.tree_url, 0.0, 0.05)
    try:
        tree = json.loads(body)
        if tree.get("truncated"):
            raise _changed(entry, "its file list is cut short")
        return {t["path"]: t["sha"] for t in tree["tree"] if t["type"] == "blob"}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _changed(entry, "its file list has another form") from error


def _check(entry: Published, files: dict[str, bytes], before: dict[str, Any]) -> str:
    """Compare with the known checksum, or with that of the first download."""
    if entry.text_sha256 is not None:
        found = text_sha256(next(iter(files.values())))
        if found != entry.text_sha256:
            raise _changed(entry, f"text SHA-256 {found}, known is {entry.text_sha256}")
        return "SHA-256 of the text, known beforehand"
    known = before.get("sha256", {})
    for path, data in files.items():
        found = hashlib.sha256(data).hexdigest()
        if path in known and known[path] != found:
            raise _changed(entry, f"{path}: SHA-256 {found}, first was {known[path]}")
    return (
        "SHA-256 equal to the first download's"
        if known
        else "not known beforehand: SHA-256 of this first download is recorded and "
        "later downloads must match it"
    )


def _changed(entry: Published, value: str) -> DownloadError:
    return DownloadError("publisher", f"must serve {entry.name} as it was published",
                         value, "nothing was stored; try again, and report it if it "
                         "happens twice")  # fmt: skip


# --- files ------------------------------------------------------------------------


def _write_mlenergy(files: dict[str, bytes], target: Path) -> None:
    """Flatten the publisher's task files into one table with our column names."""
    rows = []
    for path, data in files.items():
        try:
            for config in json.loads(data)["configurations"]:
                row = {new: config[old] for new, old in _MLENERGY.items()}
                rows.append({"task": Path(path).stem} | row)
        except (ValueError, KeyError, TypeError) as error:
            raise DownloadError("publisher", "must have the known form",
                                f"{path}: {error}", "report this; nothing was "
                                "stored") from error  # fmt: skip
    _write_gz(target, [list(rows[0]), *([str(v) for v in r.values()] for r in rows)])


_MLENERGY = {
    "model": "model_id", "total_params_b": "total_params_billions",
    "activated_params_b": "activated_params_billions", "architecture": "architecture",
    "precision": "weight_precision", "avg_power_watts": "avg_power_watts",
    "gpu_model": "gpu_model", "num_gpus": "num_gpus", "tp": "tensor_parallel",
    "ep": "expert_parallel", "dp": "data_parallel",
    "avg_batch_size": "avg_batch_size", "avg_output_len": "avg_output_len",
    "energy_per_request_joules": "energy_per_request_joules",
    "energy_per_token_joules": "energy_per_token_joules",
    "max_num_seqs": "max_num_seqs", "median_itl_ms": "median_itl_ms",
    "output_throughput_tokens_per_sec": "output_throughput_tokens_per_sec",
    "p90_itl_ms": "p90_itl_ms", "p95_itl_ms": "p95_itl_ms", "p99_itl_ms": "p99_itl_ms",
}  # fmt: skip


def _write_gz(target: Path, rows: list[list[str]]) -> None:
    with gzip.open(target, "wt", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(rows)


def _write_receipt(
    entry: Published, work: Path, files: dict[str, bytes], checked: str
) -> None:
    receipt = {
        "name": entry.name,
        "source": entry.source,
        "licence": entry.licence,
        "citation": entry.citation,
        "pulled_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "checked": checked,
        "sha256": {p: hashlib.sha256(d).hexdigest() for p, d in files.items()},
    }
    (work / "receipt.json").write_text(json.dumps(receipt, indent=2), encoding="utf-8")


def _receipt(folder: Path) -> dict[str, Any]:
    """What is known of an earlier download; empty if there was none."""
    try:
        found = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _replace(work: Path, folder: Path) -> None:
    """Put a finished folder in place; an older one is moved away first."""
    work.chmod(0o755)
    old = work.with_name(work.name + "-old")
    if folder.exists():
        folder.rename(old)
    try:
        work.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _check_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < MIN_FREE_BYTES:
        raise DownloadError("disk", f"must have {MIN_FREE_BYTES:,} bytes free", free,
                            "free some space or set NAMEPLATE_CACHE_DIR, now "
                            f"{folder}")  # fmt: skip
    if not os.access(folder, os.W_OK):
        raise DownloadError("disk", "must be writable", str(folder),
                            "set NAMEPLATE_CACHE_DIR to a folder of yours")  # fmt: skip
