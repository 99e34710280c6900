"""
Which servers live, whose jobs are lost, and what the last start found.

A server's own time is a row of `jobs` of kind "server": written again every few
seconds, marked done when it ends in order. Whoever finds one whose process is gone, or
that stays as it is while we watch, marks it and its unfinished jobs as failed. Only our
own monotonic clock is asked: clocks that disagree or jump end nobody's work.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from api.engine_worker import is_alive
from api.problems import problem
from store.repositories import Jobs, new_id
from store.sqlite_files import Serving, file_of

log = logging.getLogger("nameplate.api")
KIND = "server"
BEAT_S = 10.0
HOUR_S = 3600.0
SILENT_S = 90.0
"""A server that wrote nothing for this long, while we watched, is gone."""
KEPT = 50
"""Servers remembered."""
CUT_OFF = "the server stopped before this finished"
_here: set[str] = set()
"""Servers of this process that are open."""


class Presence:
    """
    One server among those that share a database.

    Args:
        jobs: Table of jobs.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._table, self._beat_s, self._silent_s = jobs, BEAT_S, SILENT_S
        self.id = new_id(KIND)
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{self.id}"
        self.found_at_start = ""
        self._watched: dict[str, tuple[Any, float]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        path = file_of(jobs.engine)
        self._serving = None if path is None else Serving(path)

    def open(
        self,
        *,
        on_lost: Callable[[list[str]], object],
        on_beat: Callable[[Sequence[str]], None],
        hourly: Callable[[], object],
        resumes: bool,
    ) -> None:
        """
        Find what others left behind, then show signs of life until closed.

        Args:
            on_lost: Told the ids of jobs found lost later on.
            on_beat: Told after each sign of life our own jobs that another server gave
                up for lost, as after a machine slept.
            hourly: Called once an hour.
            resumes: Whether studies cut off go on by themselves.
        """
        _here.add(self.owner)
        lost = self.lost()
        told = story(lost, resumes=resumes)
        self.found_at_start = " ".join(filter(None, (self.found_at_start, told)))
        if self.found_at_start:
            log.warning("%s", self.found_at_start)
        self._table.add(
            id=self.id, kind=KIND, state="running", part=0.0, owner=self.owner,
            text=self.found_at_start[:200] or "serving",
        )  # fmt: skip
        self._note()
        self._table.forget(KIND, keep=KEPT)
        self._thread = threading.Thread(
            target=self._run, args=(on_lost, on_beat, hourly, resumes),
            name="presence", daemon=True,
        )  # fmt: skip
        self._thread.start()
        on_lost([row.id for row in lost])

    def close(self) -> None:
        """Say goodbye."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            try:
                self._table.end(self.id)
            except SQLAlchemyError:
                log.warning("the end of this server could not be written down")
        _here.discard(self.owner)
        if self._serving is not None:
            self._note()
            self._serving.close()

    def lost(self) -> list[Any]:
        """
        Mark what servers that are gone left behind as failed.

        Returns:
            The rows, those of servers among them.
        """
        found: dict[str, list[Any]] = {}
        for row in self._table.unfinished():
            if row.owner != self.owner:
                found.setdefault(row.owner, []).append(row)
        gone = [o for o, rows in found.items() if self._is_gone(o, rows)]
        self._watched = {o: v for o, v in self._watched.items() if o in found}
        rows = [row for owner in gone for row in found[owner]]
        return [
            row
            for row in rows
            if self._table.fail(
                row.id, text=CUT_OFF, error=problem(503, f"{CUT_OFF}; start it again")
            )
        ]

    # --- inside -------------------------------------------------------------------

    def _is_gone(self, owner: str, rows: Sequence[Any]) -> bool:
        host, pid, _ = owner.rsplit(":", 2)
        mine_host, mine_pid, _ = self.owner.rsplit(":", 2)
        if host == mine_host and pid == mine_pid:
            return owner not in _here
        if host == mine_host and not is_alive(int(pid)):
            return True
        beat = sorted((row.id, row.updated_at) for row in rows)
        known = self._watched.get(owner)
        if known is None or known[0] != beat:
            self._watched[owner] = (beat, time.monotonic())
            return False
        return time.monotonic() - known[1] > self._silent_s

    def _run(
        self,
        on_lost: Callable[[list[str]], object],
        on_beat: Callable[[Sequence[str]], None],
        hourly: Callable[[], object],
        resumes: bool,
    ) -> None:
        silent, hour_s = False, time.monotonic()
        while not self._stop.wait(self._beat_s):
            try:
                taken = self._table.beat(self.owner)
                self._note()
                on_beat(taken)
                lost = self.lost()
                if lost:
                    log.warning("%s", story(lost, resumes=resumes))
                    on_lost([row.id for row in lost])
                if time.monotonic() - hour_s > HOUR_S:
                    hour_s = time.monotonic()
                    hourly()
                silent = False
            except Exception as error:  # the database is away, or the disk is full
                if not silent:
                    log.warning("no sign of life can be written: %s", error)
                silent = True

    def _note(self) -> None:
        row = self._table.find(self.id) if self._serving is not None else None
        if row is not None and self._serving is not None:
            self._serving.wrote(self.id, row.updated_at)


_AGAIN = {
    "run": "ask again", "plan": "ask again", "what-if": "ask again",
    "dataset": "`nameplate datasets pull` again",
}  # fmt: skip


def story(lost: Sequence[Any], *, resumes: bool) -> str:
    """
    Say how servers ended and what that cut off.

    Args:
        lost: Rows that were found lost.
        resumes: Whether studies go on by themselves.

    Returns:
        Sentences for people; empty where nothing was lost.
    """
    servers = [row for row in lost if row.kind == KIND]
    works = [row for row in lost if row.kind != KIND]
    said = [
        f"The run before ended without a goodbye at about "
        f"{row.updated_at:%Y-%m-%d %H:%M} UTC (host {_host(row)})."
        for row in servers
    ]
    if works:
        count = "1 job was" if len(works) == 1 else f"{len(works)} jobs were"
        each = "; ".join(_advice(row, resumes=resumes) for row in works[:10])
        more = f"; and {len(works) - 10} more" if len(works) > 10 else ""
        said.append(f"{count} cut off: {each}{more}.")
    elif servers:
        said.append("No job was cut off.")
    return " ".join(said)


def _advice(row: Any, *, resumes: bool) -> str:
    what = f"{row.kind} {row.result_id or row.id}"
    if row.kind == "study":
        again = f"`nameplate study --resume {row.result_id}`"
        return f"{what}: goes on by itself" if resumes else f"{what}: {again} goes on"
    return f"{what}: {_AGAIN.get(row.kind, 'start it again')}"


def _host(row: Any) -> str:
    return str(row.owner).rsplit(":", 2)[0]
