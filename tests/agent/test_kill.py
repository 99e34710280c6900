"""Nothing lost, nothing twice: a real agent, killed at random moments."""

from __future__ import annotations

import random
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest

from agent.spool_view import batches, summary
from agent.wire import document
from tests.agent.fake import Fake
from tests.agent.server import TOKEN, Receiver, readings_of
from tests.agent.test_sampler import until


@pytest.fixture
def fake(tmp_path):
    made = Fake(tmp_path / "cards", gpus=4)
    for gpu in range(4):
        made.profile(gpu, [(k / 10, 200.0 + gpu + k) for k in range(100)], period_s=10)
    return made


def spooled(folder):
    """Every reading that was frozen into a batch, as the server must have it."""
    return [
        r for batch in batches(folder) for r in readings_of(document(batch, "node"))
    ]


def drained(folder):
    told = summary(folder)
    return not told["unsent_readings"] and not told["batches_under_way"]


def check_exactly_once(folder, receiver):
    sent = spooled(folder)
    assert drained(folder)
    assert len(sent) == summary(folder)["readings"]
    assert len(dict(sent)) == len(sent)
    assert set(receiver.readings.values()) == {1}
    assert receiver.power_w == dict(sent)
    assert all(len(bodies) == 1 for bodies in receiver.bodies.values())


def test_every_spooled_reading_arrives_exactly_once(tmp_path, fake, start_agent):
    """Kills, and a server that answers 500, 429 or nothing a third of the time."""
    draw = random.Random(20)
    with Receiver(trouble=0.35, seed=20) as receiver:
        for _ in range(8):
            agent = start_agent(fake, receiver.url)
            time.sleep(draw.uniform(0.3, 1.1))
            agent.send_signal(signal.SIGKILL)
            agent.wait(10)
        receiver.trouble = 0.0
        before = len(receiver.batches)
        agent = start_agent(fake, receiver.url, "--no-gpu")
        until(lambda: len(receiver.batches) > before, 20)
        until(lambda: drained(tmp_path / "spool"), 20)
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(20) == 0

        check_exactly_once(tmp_path / "spool", receiver)
    assert len(receiver.readings) > 100
    assert len(receiver.seen) > 10


def test_an_agent_told_to_stop_sends_what_it_has(tmp_path, fake, start_agent):
    with Receiver() as receiver:
        agent = start_agent(fake, receiver.url)
        until(lambda: receiver.batches, 15)

        agent.send_signal(signal.SIGTERM)

        assert agent.wait(20) == 0
        check_exactly_once(tmp_path / "spool", receiver)
    assert [
        e["kind"] for e in receiver.events if e["kind"] in ("started", "stopped")
    ] == ["started", "stopped"]


def test_a_wall_clock_set_by_an_hour_moves_no_reading(
    tmp_path, fake, start_agent, wall_library
):
    for gpu in range(4):
        fake.set(gpu, samples="20000 100")
    with Receiver() as receiver:
        env = fake.env(tmp_path, wall_library=wall_library)
        wall = {k: env[k] for k in ("LD_PRELOAD", "FAKE_WALL_SHIFT")}
        began_us = receiver.now_us()
        agent = start_agent(fake, receiver.url, env=wall, rate_hz=10)
        until(lambda: receiver.batches, 15)
        for shift_s in (3600, 0, -3600):
            fake.shift_wall(shift_s)
            time.sleep(1.2)
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(20) == 0
        ended_us = receiver.now_us()

        check_exactly_once(tmp_path / "spool", receiver)
    stamps = [at for _, at in receiver.readings]
    assert began_us - 1_000_000 < min(stamps)
    assert max(stamps) < ended_us + 1_000_000
    clock_events = [e for e in receiver.events if e["kind"] == "clock"]
    assert [e["text"][:30] for e in clock_events] == [
        "the wall clock was set by +360",
        "the wall clock was set by -360",
        "the wall clock was set by -360",
    ]
    samples = driver_stamps(tmp_path / "spool", fake)
    assert len(samples) > 100
    gaps = [b - a for a, b in pairwise(samples)]
    # none was lost to a jump; the two clocks are compared to a fraction of a gap
    assert min(gaps) > 15_000
    assert max(gaps) < 25_000


def driver_stamps(folder, fake):
    """Boot times of the first card's driver samples: the odd ones."""
    return sorted(
        boot_us
        for batch in batches(folder)
        for part in batch.parts
        for device, boot_us in zip(part.chunk.device, part.chunk.boot_us, strict=True)
        if boot_us % 2 and part.chunk.devices[device].key == fake.values[0]["uuid"]
    )


def test_the_token_is_nowhere_but_in_its_header(tmp_path, fake, start_agent):
    with Receiver(trouble=0.5) as receiver:
        receiver.answers.append((401, {"title": "unknown token", "detail": "no"}))
        agent = start_agent(fake, receiver.url, "--verbose")
        until(lambda: receiver.batches, 15)
        argv = Path(f"/proc/{agent.pid}/cmdline").read_bytes()
        agent.send_signal(signal.SIGTERM)
        out, err = agent.communicate(timeout=20)

    assert "does not accept the token" in err
    assert TOKEN not in out + err
    assert TOKEN.encode() not in argv
    assert all(TOKEN not in path for _, path, _ in receiver.requests)
    for path in (tmp_path / "spool").rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
    assert TOKEN not in str(receiver.batches)
