"""How a tool asks the API: with whose rights, with progress, until it is cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import anyio
from anyio.to_thread import run_sync
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic_core import to_json

from api.caller import ACTING, CALLER, PROCESS, Caller
from api.client import ApiProblem, Client, Document
from api.client.base import FINISHED, question_of

T = TypeVar("T")
Opened = Callable[[], Client]
"""Gives the client that tools ask."""
LOOK_S, LONGEST_LOOK_S = 0.05, 0.5
"""Time between looks at a job."""


class Refused(ToolError):  # noqa: N818 - it answers, it did not fail
    """A tool's refusal; `problem` is the problem document the model reads."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        self.problem: Document = dict(problem)
        super().__init__(to_json(self.problem).decode())


class Asking:
    """
    One call of a tool.

    Args:
        client: The API, in this process or on a server.
        context: What the SDK knows of the call.
    """

    def __init__(self, client: Client, context: Context) -> None:
        self._client, self._context = client, context

    async def question(
        self,
        path: str,
        more: Mapping[str, Any],
        scenario: Mapping[str, Any] | None,
        scenario_id: str | None,
        changes: Mapping[str, Any] | None,
    ) -> Document:
        """Put a question about a scenario and wait for its answer."""
        asked = question_of(scenario, scenario_id, changes) | dict(more)
        begun = await self.call(self._client.begin, path, asked)
        if "answer" in begun:
            answer: Document = begun["answer"]
            return answer
        finished = await self.follow(begun["job"]["id"])
        found: Document = finished["answer"]
        return found

    async def follow(self, job_id: str) -> Document:
        """
        Wait for a job, telling its progress; the job ends with the call.

        Raises:
            Refused: If it failed or was cancelled by somebody else.
        """
        try:
            return await self._watch(job_id)
        except anyio.get_cancelled_exc_class():
            # whoever may ask may stop what he asked for, without the right to write
            with anyio.CancelScope(shield=True), suppress(Refused):
                await self.call(self._client.cancel_job, job_id, caller=PROCESS)
            raise

    async def _watch(self, job_id: str) -> Document:
        look_s, told = LOOK_S, -1.0
        while True:
            job = await self.call(self._client.job, job_id)
            if job["part"] > told:  # the protocol wants it to rise
                told = job["part"]
                await self._context.report_progress(told, 1.0, job["text"])
            if job["state"] == "done":
                return job
            if job["state"] in FINISHED:
                raise Refused(job["error"])
            await anyio.sleep(look_s)
            look_s = min(look_s * 1.3, LONGEST_LOOK_S)

    async def call(
        self, function: Callable[..., T], *given: Any, caller: Caller | None = None
    ) -> T:
        """
        Call the client in a thread, with the rights of whoever sent this message.

        A session's task lives in the context of the request that opened it, so the
        caller is read from the message, never from that context.

        Raises:
            Refused: With the API's problem document.
        """
        acting = caller or self._caller()
        return await run_sync(partial(_as_caller, acting, function, *given))

    def _caller(self) -> Caller | None:
        request = self._context.request_context.request
        if request is None:  # standard input and output: this process's own user
            return PROCESS
        found: Caller | None = request.scope.get(CALLER)
        return found


def _as_caller(caller: Caller | None, function: Callable[..., T], *given: Any) -> T:
    token = ACTING.set(caller)
    try:
        return function(*given)
    except ApiProblem as problem:
        raise Refused(problem.problem) from problem
    finally:
        ACTING.reset(token)
