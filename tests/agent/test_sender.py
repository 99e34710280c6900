"""What each answer of the server does to a batch."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import time

import pytest

from agent.chunk import pack
from agent.http import Server, Token
from agent.sender import Pace, Sender
from agent.spool import Spool
from agent.stamps import applied
from tests.agent.make import GPU, chunk
from tests.agent.server import PROBLEM, TOKEN, Receiver, problem, readings_of, unpacked

EARLY = (503, problem("unavailable", "start_us"), {**PROBLEM, "Retry-After": "60"})
"""What a server answers whose clock is behind all readings of a batch."""


@pytest.fixture
def receiver():
    with Receiver(ahead_us=7_000_000) as running:
        yield running


class Bench:
    """A sender that is driven by hand: `step` says how long it would wait."""

    def __init__(self, folder, recorder, receiver, token_file, **pace):
        self.spool = Spool(folder / "spool", limit_bytes=4_000_000)
        self.recorder = recorder
        self.draws = []
        server = Server(
            receiver.url, Token(token_file), recorder.clock, recorder.server,
            timeout_s=5,
        )  # fmt: skip
        self.sender = Sender(
            self.spool, server, recorder, name="node",
            pace=Pace(**{"readings": 100, "span_s": 0.0, **pace}), draw=self.draw,
        )  # fmt: skip

    def draw(self, low, high):
        self.draws.append((low, high))
        return high

    def put(self, count=10, start_us=0, **more):
        boot_id = self.recorder.clock.boot_id
        now_us = self.recorder.clock.boot_us()
        c = chunk(start_us, count, **{"boot_id": boot_id, "boot_us": now_us, **more})
        self.spool.append(pack(c), count)

    def step(self):
        return self.sender._step()


@pytest.fixture
def bench(tmp_path, recorder, receiver, token_file):
    made = Bench(tmp_path, recorder, receiver, token_file)
    yield made
    made.spool.close()
    made.sender.server.close()


def test_the_time_is_asked_before_the_first_batch(bench, receiver):
    bench.put()

    assert bench.step() == 0.0
    (asked,) = [path for _, path, _ in receiver.requests]
    assert asked == f"/api/v1/telemetry/hello?spool={bench.spool.state.spool}"
    assert receiver.batches == []
    bench.step()
    assert len(receiver.readings) == 10


def test_readings_arrive_on_the_clock_of_the_server(bench, receiver, recorder):
    before_us = receiver.now_us()
    bench.put(1, start_us=recorder.clock.boot_us())
    after_us = receiver.now_us()

    bench.step()
    bench.step()

    ((key, at_us),) = receiver.readings
    assert key == GPU.key
    clock = receiver.batches[0]["clock"]
    assert clock["steps"] == 0
    # as sure as the agent says it is, however long the machine took
    assert clock["uncertainty_s"] > 0
    unsure_us = clock["uncertainty_s"] * 1e6
    assert before_us - unsure_us <= at_us <= after_us + unsure_us


def test_a_batch_says_what_the_contract_wants(bench, receiver):
    bench.put(3, events=["started"])
    bench.step()
    bench.step()

    (batch,) = receiver.batches

    assert batch["format"] == 1
    assert batch["agent"]["name"] == "node"
    assert len(batch["agent"]["spool"]) == 32
    assert batch["sequence"] == 0
    assert [d["key"] for d in batch["devices"]] == ["host", "GPU-0"]
    assert batch["devices"][1]["facts"] == {"slowdown_c": 87.0}
    assert unpacked(batch["columns"]["device"]) == [1, 1, 1]
    assert unpacked(batch["columns"]["offset_us"]) == [0, 100_000, 200_000]
    assert unpacked(batch["columns"]["power_w"]) == [0.0, 1.0, 2.0]
    (event,) = batch["events"]
    assert (event["kind"], event["device"]) == ("started", 0)
    assert event["time_us"] == batch["start_us"]


def test_times_of_a_batch_stay_when_the_clock_estimate_moves(bench, receiver, recorder):
    bench.put()
    bench.step()
    receiver.answers.append((500, {}))
    bench.step()
    frozen = bench.spool.inflight()

    boot_us = recorder.clock.boot_us()
    recorder.server.add(sent_us=boot_us, received_us=boot_us, server_us=10**15)
    bench.step()

    assert readings_of(receiver.batches[0])[0][0][1] == frozen.offset_us
    assert bench.spool.inflight() is None


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_server_in_trouble_gets_the_same_bytes_again(bench, receiver, status):
    bench.put()
    bench.step()
    bodies = []
    real = bench.sender.server.send
    bench.sender.server.send = lambda body: bodies.append(body) or real(body)
    receiver.answers += [(status, {})] * 3

    for _ in range(4):
        bench.step()

    assert len(set(bodies)) == 1
    assert len(bodies) == 4
    assert bench.spool.inflight() is None
    assert len(receiver.readings) == 10


def test_waits_double_with_full_jitter_up_to_a_minute(bench, receiver):
    bench.put()
    bench.step()
    receiver.answers += [(500, {})] * 8

    waits = [bench.step() for _ in range(8)]

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert all(low == 0.0 for low, _ in bench.draws)


def test_a_server_that_says_when_to_come_back_is_obeyed(bench, receiver):
    bench.put()
    bench.step()
    receiver.answers.append((503, {}, {"Retry-After": "30"}))

    assert bench.step() == pytest.approx(30 + 6.1)  # with the most jitter: a fifth


def test_a_date_to_come_back_at_is_understood(bench, receiver):
    bench.put()
    bench.step()
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 100))
    receiver.answers.append((429, {}, {"Retry-After": date}))

    assert 95 <= bench.step() <= 121


def test_the_pace_that_the_server_asks_for_is_kept(bench, receiver):
    receiver.pace_s = 3
    bench.put()
    bench.step()

    assert bench.step() == 3.0


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_not_accepted_loses_nothing(bench, receiver, status):
    bench.put()
    bench.step()
    receiver.answers.append((status, {"title": "no"}))

    assert bench.step() == 60.0
    assert "does not accept the token" in bench.sender.tally.trouble
    bench.step()  # hello
    bench.step()
    assert len(receiver.readings) == 10
    assert bench.sender.tally.trouble == ""


@pytest.mark.parametrize("status", [409, 415, 422])
def test_a_refused_batch_is_set_aside_and_told(bench, receiver, status):
    bench.put()
    bench.step()
    receiver.answers.append((status, problem("x", "columns.power_w"), PROBLEM))

    assert bench.step() == 0.0

    (body,) = bench.sender.quarantine.bodies()
    assert body.name.endswith(f"-000000000000-{status}.json.gz")
    why = body.with_name(body.name.replace(".json.gz", ".why.json")).read_text()
    assert "columns.power_w" in why
    assert bench.spool.inflight() is None
    assert any(e.kind == "refused" for e in bench.recorder._events)
    bench.put(5, start_us=10_000_000)
    bench.step()
    assert [b["sequence"] for b in receiver.batches] == [1]


PROXY = {"message": "Bad Request"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(
            (400, problem("unreadable", "Host"), PROBLEM),
            "the server refuses the request, whatever is in it: 400 Host",
            id="our gate does not know the name it was called by",
        ),
        pytest.param((400, PROXY), "no Nameplate server: 400", id="a proxy's 400"),
        pytest.param((404, PROXY), "no Nameplate server: 404", id="another's 404"),
        pytest.param((405, PROXY), "no Nameplate server: 405", id="another's 405"),
        pytest.param((409, PROXY), "no Nameplate server: 409", id="another's 409"),
        pytest.param((415, PROXY), "no Nameplate server: 415", id="another's 415"),
        pytest.param((422, PROXY), "no Nameplate server: 422", id="another's 422"),
        pytest.param(
            (422, problem("x", "body"), {"Content-Type": "application/json"}),
            "no Nameplate server: 422", id="not sent as a problem",
        ),
        pytest.param(
            (422, {**problem("x", "body"), "type": "about:blank"}, PROBLEM),
            "no Nameplate server: 422", id="somebody else's problem",
        ),
        pytest.param(
            (422, {"type": "urn:nameplate:problem:x"}, PROBLEM),
            "no Nameplate server: 422", id="a problem that names nothing wrong",
        ),
    ],
)  # fmt: skip
def test_only_our_own_word_on_a_batch_is_a_verdict(bench, receiver, answer, told):
    bench.put()
    bench.step()
    receiver.answers.append(answer)

    assert bench.step() == 60.0

    assert told in bench.sender.tally.trouble
    assert bench.sender.quarantine.bodies() == []
    bench.step()  # hello
    assert told in bench.sender.tally.trouble  # until a batch is taken
    bench.step()
    assert len(receiver.readings) == 10
    assert bench.sender.tally.trouble == ""


def test_one_reading_that_a_proxy_finds_too_large_is_kept(bench, receiver):
    bench.put(1)
    bench.step()
    receiver.answers += [(413, b"<html>")] * 2

    bench.step()  # two slots: its devices, and the reading
    assert bench.step() == 60.0
    assert "not even one reading" in bench.sender.tally.trouble
    for _ in range(4):
        bench.step()

    assert bench.sender.quarantine.bodies() == []
    assert sum(receiver.readings.values()) == 1


def test_a_batch_ahead_of_the_servers_clock_waits_and_later_ones_pass(bench, receiver):
    bench.put(2, start_us=0)
    bench.step()
    receiver.answers.append(EARLY)

    assert bench.step() == 0.0
    bench.put(3, start_us=10_000_000)
    bench.step()  # hello: what time is it there?
    bench.step()

    assert [b["sequence"] for b in receiver.batches] == [1]
    assert bench.spool.inflight().sequence == 0
    assert [path[:23] for _, path, _ in receiver.requests][-2:] == [
        "/api/v1/telemetry/hello", "/api/v1/telemetry",
    ]  # fmt: skip
    (told,) = [e for e in bench.recorder._events if e.kind == "early"]
    assert told.text.startswith("batch 0 waits: 503 start_us")
    bench.sender._early = dict.fromkeys(bench.sender._early, 0.0)  # a minute later
    bench.step()
    assert [b["sequence"] for b in receiver.batches] == [1, 0]
    assert bench.sender.tally.early == 0
    assert bench.sender.quarantine.bodies() == []


def test_no_more_than_four_batches_wait_for_the_servers_clock(bench, receiver):
    for k in range(6):
        bench.put(100, start_us=k * 10**8)
    bench.step()
    for _ in range(4):
        receiver.answers.append(EARLY)
        bench.step()
        bench.step()  # hello

    bench.step()

    assert bench.spool.state.next_sequence == 4
    assert receiver.batches == []
    assert "4 batches are ahead" in bench.sender.tally.trouble
    assert bench.spool.unsent_readings == 200


def test_times_that_nobody_ever_confirmed_do_not_wait(bench, receiver):
    """From before a restart, by a wall clock that was years ahead."""
    bench.put(1, boot_id="before", wall_us=4 * 10**15)
    bench.step()
    receiver.answers.append(EARLY)

    bench.step()

    assert bench.spool.inflight() is None
    (body,) = bench.sender.quarantine.bodies()
    assert body.name.endswith("-503.json.gz")


def test_a_batch_the_server_left_readings_out_of_is_kept_and_told(bench, receiver):
    bench.put()
    bench.step()
    left_out = [{"reason": "late", "count": 3, "field": "offset_us"}]
    receiver.answers.append(
        (200, {"stored": 7, "duplicate": False, "refused": left_out, "pace_s": 0})
    )

    bench.step()

    (body,) = bench.sender.quarantine.bodies()
    kept = readings_of(json.loads(gzip.decompress(body.read_bytes())))
    assert [w for _, w in kept] == list(range(10))
    assert any(
        e.kind == "refused" and "left readings out" in e.text
        for e in bench.recorder._events
    )
    assert bench.spool.inflight() is None


def test_a_value_of_a_wrong_unit_is_no_reason_to_keep_a_batch(bench, receiver):
    bench.put()
    bench.step()
    left_out = [{"reason": "unit", "count": 3, "field": "power_w"}]
    receiver.answers.append((200, {"stored": 10, "refused": left_out}))

    bench.step()

    assert bench.sender.tally.refused_readings == 3
    assert bench.sender.quarantine.bodies() == []


def copied(bench, folder):
    """The spool as it is now, in another folder."""
    shutil.copytree(bench.spool.folder, folder / "spool")


def test_a_spool_put_back_to_an_older_state_loses_no_new_reading(
    tmp_path, bench, receiver, recorder, token_file
):
    bench.put(2, start_us=0)
    bench.step()
    copied(bench, tmp_path / "copy")
    bench.step()
    bench.put(3, start_us=10_000_000)
    bench.step()
    assert {b["sequence"] for b in receiver.batches} == {0, 1}

    older = Bench(tmp_path / "copy", recorder, receiver, token_file)
    old_id = older.spool.state.spool
    older.put(4, start_us=20_000_000)
    for _ in range(3):
        older.step()

    assert older.spool.state.spool != old_id
    assert older.spool.unsent_readings == 0
    # 2 were unsent when the copy was made: they come again, at the same time or nearly
    assert sum(receiver.readings.values()) == 2 + 3 + 2 + 4
    assert any("older state" in e.text for e in recorder._events)
    older.spool.close()
    older.sender.server.close()
    again = Spool(older.spool.folder, limit_bytes=4_000_000)
    assert (again.state.spool, again.state.inflight) == (older.spool.state.spool, [])
    again.close()


def test_a_running_agent_put_back_with_its_memory_sends_under_a_new_number(
    bench, receiver
):
    bench.put(2)
    bench.step()
    receiver.seen.add(("node", bench.spool.state.spool, 0))  # by the state put back

    bench.step()
    bench.step()

    ((_, spool, sequence),) = {
        (None, b["agent"]["spool"], b["sequence"]) for b in receiver.batches
    }
    assert (spool, sequence) == (bench.spool.state.spool, 0)
    assert len(receiver.readings) == 2
    assert bench.spool.inflight() is None


def test_a_request_that_the_network_delivered_twice_is_no_copy_of_us(bench, receiver):
    """Its first answer says duplicate, and that it was these very bytes."""
    bench.put(2)
    bench.step()
    spool = bench.spool.state.spool
    told = {"stored": 0, "duplicate": True, "same": True, "refused": []}
    receiver.answers.append((200, told))

    bench.step()

    assert bench.spool.inflight() is None
    assert (bench.spool.state.spool, bench.sender.tally.duplicates) == (spool, 1)
    assert receiver.batches == []  # nothing went out again under another number


def test_a_full_disk_does_not_end_the_sending(bench, receiver, monkeypatch):
    """A refused batch cannot be set aside: it stays, and is tried again."""
    bench.put(2)
    bench.step()
    receiver.answers.append((422, problem("invalid-input", "start_us"), PROBLEM))

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(bench.sender.quarantine, "keep", full)
        assert bench.step() > 0
    bench.step()

    assert len(receiver.readings) == 2
    assert bench.spool.inflight() is None


def test_a_batch_stored_without_an_answer_keeps_its_number(bench, receiver):
    bench.put()
    bench.step()
    receiver.trouble, receiver.random = 1.0, AfterStoring()
    bench.step()
    receiver.trouble = 0.0
    bench.step()

    assert bench.sender.tally.duplicates == 1
    assert max(receiver.readings.values()) == 1


class AfterStoring:
    """Mishaps that come once the batch is stored."""

    def random(self):
        return 0.1

    def choice(self, _):
        return "close"


def test_a_batch_that_is_too_large_goes_in_halves_under_new_numbers(bench, receiver):
    bench.put(8)
    bench.step()
    receiver.answers.append((413, {}))

    for _ in range(3):
        bench.step()

    assert [b["sequence"] for b in receiver.batches] == [1, 2]
    assert len(receiver.readings) == 8
    assert max(receiver.readings.values()) == 1


def test_a_login_page_is_no_receipt(bench, receiver):
    bench.put()
    bench.step()
    receiver.answers.append((200, b"<html>please log in</html>"))

    assert bench.step() == 60.0
    assert bench.spool.inflight() is not None
    assert "no Nameplate server" in bench.sender.tally.trouble


def test_a_redirect_does_not_get_the_token(bench, receiver):
    bench.put()
    bench.step()
    with Receiver() as other:
        receiver.answers.append((307, {}, {"Location": f"{other.url}/elsewhere"}))

        bench.step()

        assert other.requests == []
    assert "redirects to" in bench.sender.tally.trouble
    assert bench.spool.inflight() is not None


def test_a_rotated_token_is_used_without_a_restart(bench, receiver, token_file):
    token_file.write_text("old")
    bench.put()
    assert bench.step() == 60.0

    token_file.write_text(TOKEN)

    bench.step()
    bench.step()
    assert len(receiver.readings) == 10


def test_readings_of_an_earlier_boot_keep_the_clock_they_had(bench, receiver):
    bench.put(1, start_us=5_000_000, boot_id="earlier", server_us=10**15)
    bench.put(1, start_us=5_000_000, boot_id="before", wall_us=2 * 10**15)
    bench.step()
    bench.step()
    bench.step()

    assert {at for _, at in receiver.readings} == {
        10**15 + 5_000_000,  # the server's clock was known then
        2 * 10**15 + 5_000_000,  # it was not: the wall clock
    }
    assert receiver.batches[1]["clock"]["uncertainty_s"] == 10.0


def test_readings_that_waited_keep_the_offset_that_was_surer(bench, receiver, recorder):
    """A day of drift makes the present estimate worth less than the one back then."""
    now_us = recorder.clock.boot_us()
    recorder.server.add(
        sent_us=now_us, received_us=now_us + 2000, server_us=now_us + 9_000_000
    )
    known_us = recorder.server.offset(now_us).us
    # written at the start of this boot, when the server was known to 1 ms
    bench.put(1, boot_us=0, server_us=known_us + 700)

    offset_us, clock = applied(
        recorder, [p.chunk.anchor for p in bench.spool._gather(9, 9)[0]]
    )

    assert offset_us == known_us + 700
    assert clock["uncertainty_s"] == 0.001


def test_a_server_that_was_set_while_readings_waited_is_followed(bench, recorder):
    now_us = recorder.clock.boot_us()
    recorder.server.add(
        sent_us=now_us, received_us=now_us + 2000, server_us=now_us + 10**12
    )
    bench.put(1, start_us=now_us, server_us=9_000_000)

    offset_us, _ = applied(
        recorder, [p.chunk.anchor for p in bench.spool._gather(9, 9)[0]]
    )

    assert offset_us == recorder.server.offset(now_us).us


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs package openssl")
def test_a_certificate_is_checked_and_may_be_our_own(tmp_path, recorder, token_file):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-keyout", key, "-out", cert, "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    with Receiver(certificate=(cert, key)) as receiver:
        answers = {}
        for name, ca_file in (("system", None), ("own", cert)):
            server = Server(
                receiver.url, Token(token_file), recorder.clock, recorder.server,
                ca_file=ca_file,
            )  # fmt: skip
            answers[name] = server.hello()
            server.close()

    assert receiver.url.startswith("https://")
    assert answers["own"].kind == "ok"
    assert answers["system"].kind == "unknown"
    assert "certificate" in answers["system"].why.lower()


def test_what_the_server_leaves_out_is_counted(bench, receiver, monkeypatch):
    bench.put()
    bench.step()
    left_out = [{"reason": "future", "count": 3, "field": "offset_us"}]
    receiver.answers.append(
        (200, {"stored": 7, "duplicate": False, "refused": left_out, "pace_s": 0})
    )

    bench.step()

    assert bench.sender.tally.refused_readings == 3
    assert bench.spool.inflight() is None


def test_the_quarantine_is_bounded(tmp_path):
    from agent.quarantine import Quarantine

    kept = Quarantine(tmp_path / "refused", size=3 * 8192)  # a block each, and its why
    removed = [kept.keep(f"batch{i}", b"x", {}) for i in range(5)]

    assert removed == [0, 0, 0, 1, 1]
    assert [p.name for p in kept.bodies()] == [f"batch{i}.json.gz" for i in (2, 3, 4)]
    assert len(list((tmp_path / "refused").iterdir())) == 6
