"""What every call shares: the connection, its problems, and patience with jobs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast
from urllib.parse import quote

import httpx

from api.client.problems import ApiProblem, no_address, no_server, problem_in
from api.transport import App, InProcessTransport
from twin.types import Document

Progress = Callable[[float, str], None]
Format = Literal["json", "csv", "parquet"]

PREFIX = "/api/v1"
FINISHED = frozenset({"done", "failed", "cancelled"})
_CHUNK_BYTES = 1 << 20


class Connection:
    """One connection and what is sent over it; nouns are in the other modules."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    @classmethod
    def connect(
        cls, url: str, *, timeout_s: float = 60.0, token: str | None = None
    ) -> Self:
        """
        Speak to a server.

        Args:
            url: Its address, for example http://127.0.0.1:8050.
            timeout_s: Longest wait for one answer. [s]
            token: What a server in tokens mode wants to see.

        Raises:
            ApiProblem: If it is no address.
        """
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            return cls(httpx.Client(base_url=url, timeout=timeout_s, headers=headers))
        except httpx.InvalidURL as error:
            raise no_server(url, error) from error

    @classmethod
    def in_process(
        cls, app: App, *, lifespan: bool = True, acting: bool = False
    ) -> Self:
        """
        Speak to an application in this process, without a socket.

        Args:
            app: What `create_app` returned.
            lifespan: Start and stop it. False where a server already runs it.
            acting: Ask with the rights of whom a page is made for, not with ours.
        """
        transport = InProcessTransport(app, lifespan=lifespan, acting=acting)
        # nothing to gain from compressing what never leaves the process
        headers = {"accept-encoding": "identity"}
        return cls(
            httpx.Client(
                base_url="http://in-process", transport=transport, headers=headers
            )
        )

    def close(self) -> None:
        """End the connection; an application started in process is stopped."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- questions ----------------------------------------------------------------

    def answer_of(
        self, path: str, asked: Mapping[str, Any], on_progress: Progress | None = None
    ) -> Document:
        """
        Put one question, waiting for its answer however long it takes.

        Args:
            path: Address below the prefix.
            asked: The question.
            on_progress: Told part and phase where the answer takes longer.

        Returns:
            The answer.

        Raises:
            ApiProblem: Status 409 where a newer question took over.
        """
        begun = self.begin(path, asked)
        if "answer" in begun:
            return cast("Document", begun["answer"])
        return cast("Document", self.wait(begun["job"]["id"], on_progress)["answer"])

    def begin(self, path: str, asked: Mapping[str, Any]) -> Document:
        """
        Put one question without waiting longer than the server does.

        Args:
            path: Address below the prefix.
            asked: The question.

        Returns:
            `{"answer": ...}`, or `{"job": ...}` to be followed.
        """
        response = self._send("POST", path, json=asked)
        later = response.status_code == httpx.codes.ACCEPTED
        return {"job" if later else "answer": response.json()}

    def ask(
        self,
        path: str,
        asked: Mapping[str, Any] | None = None,
        *,
        view: str | None = None,
        on_progress: Progress | None = None,
        **named: Any,
    ) -> Document:
        """
        Put one question of a view, waiting for its answer.

        Args:
            path: Address below the prefix.
            asked: The question; what it leaves out takes the API's default.
            view: Name of the asking view; a newer question of it cancels this one.
            on_progress: Told part and phase where the answer takes longer.
            **named: More of the question, by name.

        Returns:
            The answer.

        Raises:
            ApiProblem: Status 409 where a newer question took over.
        """
        whole = {"view": view, **(asked or {}), **named}
        return self.answer_of(path, whole, on_progress)

    def site_ask(
        self,
        path: str,
        more: Mapping[str, Any] | None = None,
        *,
        scenario: Mapping[str, Any] | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        **asked: Any,
    ) -> Document:
        """
        Put one question about a scenario, waiting for its answer.

        Args:
            path: Address below the prefix.
            more: What the question says besides the scenario.
            scenario: Base inputs; all defaults if neither this nor an id is given.
            scenario_id: A stored scenario as the base instead.
            changes: New value per dotted path.
            **asked: As `ask` takes it.

        Returns:
            The answer.
        """
        base = question_of(scenario, scenario_id, changes)
        return self.ask(path, {**base, **(more or {})}, **asked)

    # --- jobs ---------------------------------------------------------------------

    def job(self, job_id: str) -> Document:
        """Read one job."""
        return self._get(f"/jobs/{one(job_id)}")

    def cancel_job(self, job_id: str) -> Document:
        """Ask a job to stop."""
        return self._json("DELETE", f"/jobs/{one(job_id)}")

    def job_events(self, job_id: str) -> Iterator[Document]:
        """Follow a job: its document whenever it changes, the last one finished."""
        path = f"{PREFIX}/jobs/{job_id}/events"
        with self._http.stream("GET", path, timeout=None) as response:
            if response.is_error:
                response.read()
                raise problem_in(response)
            for line in response.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    def wait(
        self,
        job_id: str,
        on_progress: Progress | None = None,
        *,
        poll_s: float = 0.1,
        timeout_s: float | None = None,
    ) -> Document:
        """
        Wait until a job is done.

        Args:
            job_id: The job.
            on_progress: Told part and phase at every look.
            poll_s: Time between looks. [s]
            timeout_s: Longest wait; None waits for ever. [s]

        Returns:
            The finished job.

        Raises:
            ApiProblem: If it failed or was cancelled; with the job's own problem.
            TimeoutError: If it takes longer than allowed.
        """
        end_s = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            job = self.job(job_id)
            if on_progress is not None:
                on_progress(job["part"], job["text"])
            if job["state"] == "done":
                return job
            if job["state"] in FINISHED:
                raise ApiProblem(job["error"])
            if end_s is not None and time.monotonic() > end_s:
                raise TimeoutError(f"job {job_id} is still {job['state']}")
            time.sleep(poll_s)

    # --- plumbing -----------------------------------------------------------------

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = self._http.request(method, PREFIX + path, **options)
        except httpx.TransportError as error:
            raise no_server(str(self._http.base_url), error) from error
        except httpx.InvalidURL as error:
            raise no_address(path) from error
        if response.is_error:
            raise problem_in(response)
        return response

    def _json(self, method: str, path: str, **options: Any) -> Document:
        return cast("Document", self._send(method, path, **options).json())

    def _get(self, path: str, **query: Any) -> Document:
        """Read one document; what is None is not asked for."""
        known = {k: v for k, v in query.items() if v is not None}
        return self._json("GET", path, params=known)

    def _sent_file(
        self, path: str, file: str | Path, kind: str, asked: Mapping[str, Any]
    ) -> Document:
        """Send a file, of any size, and read what became of it."""
        with Path(file).open("rb") as opened:
            return self._json(
                "POST", path, params=asked, headers={"content-type": kind},
                content=iter(lambda: opened.read(_CHUNK_BYTES), b""), timeout=None,
            )  # fmt: skip

    def _items(self, path: str, **query: Any) -> list[Document]:
        """Every item of a list, page by page."""
        asked = {k: v for k, v in query.items() if v is not None}
        items: list[Document] = []
        while True:
            page = self._json("GET", path, params=asked)
            items += page["items"]
            if page.get("next_cursor") is None:
                return items
            asked["cursor"] = page["next_cursor"]

    def _result(self, path: str, kind: Format) -> Any:
        response = self._send("GET", path, params={"format": kind})
        return response.json() if kind == "json" else response.content


def one(name: object) -> str:
    """
    Write an id or a name as a part of an address.

    Raises:
        ApiProblem: If it would lead elsewhere.
    """
    text = str(name)
    if text in {"", ".", ".."} or "/" in text:
        raise no_address(text)
    return quote(text, safe="")


def question_of(
    scenario: Mapping[str, Any] | None = None,
    scenario_id: str | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Document:
    """Write a base scenario and changes as the body of a question."""
    base: Document = {"changes": dict(changes or {})}
    if scenario_id is not None:
        base["scenario_id"] = scenario_id
    if scenario is not None or scenario_id is None:
        base["scenario"] = dict(scenario or {})
    return base
