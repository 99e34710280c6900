"""Under overload clients take turns, and who must wait is told for how long."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import httpx
import pytest

from api.caller import ACTING, Caller
from api.main import create_app
from api.overload import FairPool, PageTurns, Turns
from api.problems import Refusal
from tests.hostile.crowd import jain

WAIT_S = 20.0


def caller(name):
    return Caller(token_id=name, name=name, kind="user", agent=None,
                  scopes=frozenset())  # fmt: skip


def drained(turns):
    found = []
    while (item := turns.take()) is not None:
        found.append(item)
    return found


# --- turns ----------------------------------------------------------------------------


def test_clients_take_turns_however_much_one_of_them_asks():
    turns = Turns(1, most=100, most_of_one=100)
    for n in range(5):
        turns.put("greedy", None, f"greedy {n}")
    turns.put("modest", None, "modest 0")
    turns.put("other", None, "other 0")

    assert drained(turns)[:4] == ["greedy 0", "modest 0", "other 0", "greedy 1"]


def test_the_newest_of_a_view_stands_where_the_older_one_stood():
    """Else whoever slides faster than he is answered would never be answered."""
    turns = Turns(1, most=100, most_of_one=100)
    for client in ("a", "b"):
        turns.put(client, "view", f"{client} old")
    turns.put("a", "view", "a new")

    assert len(turns) == 2
    assert drained(turns) == ["a new", "b old"]


def test_everybody_is_served_alike_while_all_slide_without_pause():
    """Fifty ask anew before every answer; a server of one takes them in turn."""
    turns, served = Turns(1, most=64, most_of_one=16), dict.fromkeys(range(50), 0)
    for _ in range(1000):
        for client in served:
            turns.put(client, "view", client)
        served[turns.take()] += 1

    assert jain(list(served.values())) == pytest.approx(1.0)
    assert set(served.values()) == {20}


@pytest.mark.parametrize(
    ("clients", "status", "wait_s"),
    [
        # 4 of mine alone: 5 x 3 s / 2; 10 of ten: 11 x 3 s / 2
        pytest.param(1, 429, "8", id="one who asks too much"),
        pytest.param(10, 503, "17", id="all together"),
    ],
)
def test_beyond_the_bounds_the_time_to_ask_again_is_what_it_takes(
    clients, status, wait_s
):
    turns = Turns(2, most=10, most_of_one=4)
    for _ in range(400):
        turns.took(3.0)  # so it comes to believe 3 s
    with pytest.raises(Refusal) as caught:  # noqa: PT012
        for n in range(99):
            turns.put(n % clients, None, n)

    assert caught.value.status == status
    assert caught.value.headers == {"retry-after": wait_s}


def test_who_is_told_to_come_again_finds_a_place_then():
    """Else those who come meanwhile would take it, and he could wait for ever."""
    now_s = [0.0]
    turns = Turns(1, most=4, most_of_one=2, clock=lambda: now_s[0])
    for _ in range(400):
        turns.took(4.0)

    def told(client):
        with pytest.raises(Refusal) as caught:
            turns.put(client, "view", client)
        return caught.value.headers["retry-after"]

    for client in "abcd":
        turns.put(client, "view", client)
    assert told("late") == "20"  # four ahead and himself, 4 s each
    assert told("later") == "24"
    now_s[0] = 8.0
    assert [turns.take(), turns.take()] == ["a", "b"]
    assert told("a") == "20"  # two wait, and two will come before him
    assert told("late") == "12"  # too early: his time stays the same
    assert turns.take() == "c"
    turns.put("e", "view", "e")  # else the worker would soon have nothing to do
    now_s[0] = 20.0
    turns.put("late", "view", "late")
    now_s[0] = 28.0 + 10.0 + 2.0 + 0.1  # half of 20 s, and 2 s, after the last's time
    turns.put("f", "view", "f")  # nothing is kept any more
    assert told("g") == "20"
    assert drained(turns) == ["d", "e", "late", "f"]


# --- threads --------------------------------------------------------------------------


@pytest.fixture
def pool():
    pool = FairPool(1, "test")
    yield pool
    pool.shutdown()


def submit(pool, name, view, call, *given):
    token = ACTING.set(caller(name))
    try:
        return pool.submit(view, call, *given)
    finally:
        ACTING.reset(token)


def test_the_pool_serves_clients_in_turn_and_skips_what_was_cancelled(pool):
    hold, order = threading.Event(), []
    first = submit(pool, "a", None, hold.wait, WAIT_S)
    while not first.running():
        pass
    futures = [submit(pool, "a", None, order.append, f"a{n}") for n in range(3)]
    futures += [submit(pool, "b", None, order.append, "b0")]
    older = submit(pool, "c", "view", order.append, "c old")
    older.cancel()
    futures += [submit(pool, "c", "view", order.append, "c new")]
    hold.set()
    for future in futures:
        future.result(WAIT_S)

    assert order == ["a0", "b0", "c new", "a1", "a2"]
    assert older.cancelled()


def test_a_failure_is_told_to_whoever_waits_for_it(pool):
    with pytest.raises(ZeroDivisionError):
        submit(pool, "a", None, lambda: 1 / 0).result(WAIT_S)
    assert submit(pool, "a", None, lambda: 2).result(WAIT_S) == 2


# --- pages ----------------------------------------------------------------------------


def asked(port):
    return {
        "type": "http", "path": "/site/_dash-update-component", "method": "POST",
        "headers": [], "query_string": b"", "client": ("10.0.0.1", port),
    }  # fmt: skip


def test_callbacks_wait_in_turn_and_everything_else_passes_by():
    """Two at once of five that one reader asks, then another's; health never waits."""
    order, running, most = [], 0, 0

    async def page(scope, _receive, _send):
        nonlocal running, most
        if scope["path"] != "/healthz":
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.01)
            running -= 1
        order.append((scope.get("client") or ("", 0))[1])

    async def all_of_them():
        turns = PageTurns(page, at_once=2)
        busy = [turns(asked(1), None, None) for _ in range(5)]
        tasks = [asyncio.ensure_future(t) for t in (*busy, turns(asked(2), None, None))]
        await asyncio.sleep(0)
        await turns({"type": "http", "path": "/healthz"}, None, None)
        await asyncio.gather(*tasks)
        again = [turns(asked(n), None, None) for n in range(2)]
        await asyncio.gather(*again)  # no place was lost on the way

    asyncio.run(all_of_them())

    assert most == 2
    assert order[0] == 0
    assert order.index(2) <= 4  # before the last two of the one who asked five


def test_a_full_house_is_told_so_with_a_problem_document():
    hold = asyncio.Event()

    async def page(_scope, _receive, _send):
        await hold.wait()

    async def ask():
        turns = PageTurns(page, at_once=1)
        turns._turns = Turns(1, most=2, most_of_one=2)
        waiting = [asyncio.ensure_future(turns(asked(n), None, None)) for n in range(3)]
        await asyncio.sleep(0)
        transport = httpx.ASGITransport(app=turns, client=("10.0.0.9", 9))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            answer = await http.post("/_dash-update-component")
        hold.set()
        await asyncio.gather(*waiting)
        return answer

    answer = asyncio.run(ask())

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["title"] == "Not available now"


def test_a_server_that_starts_says_when_to_ask_again(app):
    async def ask():
        transport = httpx.ASGITransport(create_app(app.settings, warm=False))
        async with httpx.AsyncClient(transport=transport) as http:
            return await http.get("http://localhost/api/v1/health")

    answer = asyncio.run(ask())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "has not started yet" in answer.json()["detail"]


def niceness():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="no priorities of threads")
def test_runs_of_a_plan_leave_the_cores_to_what_somebody_waits_for(client, app):
    assert client.health()
    pool = FairPool(1, "quick")
    direct = pool.submit(None, niceness)
    cell = app.state.services.cells.submit(niceness)

    assert direct.result(WAIT_S) == niceness()
    assert cell.result(WAIT_S) > niceness()
    pool.shutdown()
