"""Who goes away is not answered any more; who was answered may go."""

import asyncio
import json

import pytest

from api.caller import CALLER, PROCESS
from api.jobs import Job
from api.leaving import LEFT, Leaving

BODY = {"type": "http.request", "body": b"{}", "more_body": False}
GONE = {"type": "http.disconnect"}


def asked(path, body):
    """Scope of a question, its body, and a receive that hangs up after it."""

    told = iter([BODY | {"body": json.dumps(body).encode()}])

    async def receive():
        if (message := next(told, None)) is None:
            await asyncio.sleep(0.3)
        return message or GONE

    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1), "server": ("localhost", 80), "state": {},
        CALLER: PROCESS,
    }  # fmt: skip
    return scope, receive


def test_a_question_ends_where_its_connection_does(app, client):
    client.health()  # it runs
    sent = []

    async def send(message):
        sent.append(message)

    changes = {"horizon.days": 42.0, "workload.load.requests_per_server_s": 0.09}
    scope, receive = asked("/api/v1/what-if", {"scenario": {}, "changes": changes})
    asyncio.run(app(scope, receive, send))

    assert sent[0]["status"] == 409
    assert b"whoever asked has left" in b"".join(m.get("body", b"") for m in sent)


@pytest.mark.parametrize("answers_first", [True, False])
def test_only_who_goes_before_the_answer_has_left(answers_first):
    async def answer(_scope, receive, send):
        assert await receive() == BODY
        quick, slow = Job("what-if"), Job("run")
        if answers_first:
            await send({"type": "http.response.body"})
        assert await receive() == GONE
        found.extend([quick.cancelled(), slow.cancelled()])

    async def send(message):
        del message

    found = []
    asyncio.run(Leaving(answer)(*asked("/", {}), send))

    assert found == [not answers_first, False]
    assert LEFT.get() is None
