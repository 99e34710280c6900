"""Caps come from signed policies only, and go when nobody renews them."""

from __future__ import annotations

import json
import re
import signal
import time

import pytest

from agent.clock import HostClock, ServerClock
from agent.control import Control, NvmlCards
from agent.control_policy import PolicyRefused, read_key, sign, verify
from agent.recorder import Recorder
from tests.agent.fake import NO_PERMISSION, Fake
from tests.agent.server import Receiver
from tests.agent.test_sampler import until

KEY = b"0123456789abcdef0123456789abcdef"
NOW_US = 1_763_733_600_000_000
UUID = "GPU-00000000-0000-0000-0000-00000000000{}"


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(KEY)
    path.chmod(0o600)
    return path


def policy(version=1, now_us=NOW_US, **changes):
    return {
        "format": 1, "agent": "node", "version": version, "issued_us": now_us,
        "valid_until_us": now_us + 60_000_000, "release_s": 10.0,
        "caps_w": {UUID.format(0): 450.0},
    } | changes  # fmt: skip


class Rig:
    """A control path whose clock a test moves; cards are the stand-in's."""

    def __init__(self, tmp_path, fake, key_file):
        self.boot_us = 1_000_000_000
        clock = HostClock(boot_ns=lambda: self.boot_us * 1000, boot_id="b")
        self.server = ServerClock()
        self.tell_time()
        self.recorder = Recorder(clock, self.server)
        self.fake = fake
        self.file = tmp_path / "policy.json"
        self.journal = tmp_path / "control.json"
        self.key_file = key_file
        self.control = self.new()

    def new(self):
        return Control(
            NvmlCards(), self.recorder, name="node", policy_file=self.file,
            key_file=self.key_file, journal=self.journal,
        )  # fmt: skip

    def tell_time(self):
        self.server.add(
            sent_us=self.boot_us, received_us=self.boot_us, server_us=NOW_US
        )

    def order(self, *, key=KEY, **changes):
        self.file.write_text(sign(policy(**changes), key))
        self.control.step()

    def pass_s(self, seconds):
        self.boot_us += int(seconds * 1e6)
        self.control.step()

    @property
    def limits_w(self):
        """What each card was last set to."""
        return {gpu: mw / 1e3 for gpu, mw in self.fake.limits_set()}

    @property
    def said(self):
        return [e.text for e in self.recorder._events if e.kind == "control"]


@pytest.fixture
def rig(tmp_path, cards, key_file):
    return Rig(tmp_path, cards(gpus=2), key_file)


def test_a_signed_policy_is_applied(rig):
    rig.order()

    assert rig.limits_w == {0: 450.0}
    assert rig.said == ["version 1: 1 caps"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"key": b"another key of thirty-two bytes!"}, "the signature is wrong"),
        ({"agent": "other"}, "it is for 'other', this is 'node'"),
        ({"issued_us": NOW_US + 3_600_000_000}, "issued in the future"),
        ({"valid_until_us": NOW_US}, "it has run out"),
        ({"issued_us": NOW_US - 11_000_000}, "older than its own release_s"),
        ({"caps_w": {UUID.format(0): 100.0}}, "from 200 to 700 W, got 100"),
        ({"caps_w": {UUID.format(0): 701.0}}, "from 200 to 700 W, got 701"),
        ({"caps_w": {UUID.format(7): 450.0}}, "GPU-.*7 is not here"),
        ({"release_s": 1e9}, "release_s must be from 2 to 3600"),
        ({"version": -1}, "version must be a whole number"),
        ({"format": 2}, "format 2 is not known"),
    ],
)
def test_a_policy_that_breaks_a_rule_sets_nothing(rig, changes, why):
    rig.order(**changes)

    assert rig.limits_w == {}
    (told,) = rig.said
    assert told.startswith("policy refused")
    assert re.search(why, told)


def test_one_bad_cap_refuses_the_whole_policy(rig):
    rig.order(caps_w={UUID.format(0): 450.0, UUID.format(1): 9000.0})

    assert rig.limits_w == {}


def test_a_changed_policy_does_not_verify():
    document = json.loads(sign(policy(), KEY))
    document["policy"]["caps_w"][UUID.format(0)] = 200.0

    with pytest.raises(PolicyRefused, match="signature is wrong"):
        verify(json.dumps(document), KEY)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", '{"policy": {}}', '{"policy": 1, "signature": 2}', "[" * 9999],
)
def test_what_is_no_policy_is_refused(text):
    with pytest.raises(PolicyRefused):
        verify(text, KEY)


def test_a_replayed_policy_is_refused(rig):
    rig.order(version=5)
    rig.order(version=6, caps_w={UUID.format(0): 500.0})

    rig.order(version=5)

    assert rig.limits_w == {0: 500.0}
    assert rig.said[-1] == "policy refused: version 5 is older than 6"


def test_a_replay_is_refused_after_a_restart_too(rig):
    rig.order(version=5)
    rig.control = rig.new()
    rig.control.journal.load()

    rig.order(version=4)

    assert "policy refused: version 4 is older than 5" in rig.said
    assert rig.limits_w == {0: 700.0}


def test_the_dead_mans_switch_sets_the_found_limits_back(rig):
    rig.order()

    rig.pass_s(9.9)
    assert rig.limits_w == {0: 450.0}
    rig.pass_s(0.2)

    assert rig.limits_w == {0: 700.0}
    assert rig.said[-1] == "released: no newer policy came in time"
    rig.pass_s(100)  # and the old file, still there, does not cap again
    assert rig.limits_w == {0: 700.0}


def test_a_renewed_policy_holds_on(rig):
    rig.order(version=1)
    for version in range(2, 6):
        rig.pass_s(8)
        now_us = NOW_US + (version - 1) * 8_000_000
        rig.order(version=version, now_us=now_us)

    assert rig.fake.limits_set() == [(0, 450_000)] * 5


def test_a_policy_ends_when_its_validity_does(rig):
    rig.order(valid_until_us=NOW_US + 5_000_000)

    rig.pass_s(5.1)

    assert rig.limits_w == {0: 700.0}


def test_a_gpu_no_longer_named_gets_its_limit_back(rig):
    rig.order(version=1, caps_w={UUID.format(0): 450.0, UUID.format(1): 400.0})

    rig.order(version=2, caps_w={UUID.format(1): 300.0})

    assert rig.limits_w == {0: 700.0, 1: 300.0}


def test_without_the_servers_clock_nothing_is_followed(rig):
    rig.server._exchanges.clear()

    rig.order()

    assert rig.limits_w == {}
    assert "clock is not known" in rig.said[0]


def test_limits_found_are_on_disk_before_the_first_cap(rig, monkeypatch):
    def crash(self, key, watts):
        raise KeyboardInterrupt

    monkeypatch.setattr(NvmlCards, "set_limit", crash)
    with pytest.raises(KeyboardInterrupt):
        rig.order()

    assert json.loads(rig.journal.read_text()) == {
        "version": 1,
        "found_w": {UUID.format(0): 700.0},
    }


def test_a_card_that_refuses_is_said_and_set_back_later(rig):
    rig.order()
    rig.fake.fault("nvmlDeviceSetPowerManagementLimit", 0, code=NO_PERMISSION)
    rig.pass_s(11)
    assert rig.limits_w == {0: 450.0}
    assert any("no permission" in text for text in rig.said)

    rig.fake.heal()
    rig.pass_s(1)

    assert rig.limits_w == {0: 700.0}
    assert json.loads(rig.journal.read_text())["found_w"] == {}


@pytest.mark.parametrize(
    ("mode", "key", "why"),
    [(0o644, KEY, "chmod 600"), (0o600, b"short", "has 5 bytes, needs 32")],
)
def test_a_key_that_is_open_or_short_is_refused(tmp_path, mode, key, why):
    path = tmp_path / "k"
    path.write_bytes(key)
    path.chmod(mode)

    with pytest.raises(PolicyRefused, match=why):
        read_key(path)


def test_a_killed_agents_caps_go_with_its_next_start(tmp_path, start_agent, key_file):
    fake = Fake(tmp_path / "cards", gpus=1)
    file = tmp_path / "policy.json"
    more = ("--allow-control", "--policy-file", file, "--policy-key-file", key_file)
    with Receiver() as receiver:
        agent = start_agent(fake, receiver.url, *more)
        file.write_text(sign(policy(now_us=receiver.now_us(), release_s=60.0), KEY))
        until(lambda: fake.limits_set() == [(0, 450_000)], 15)
        agent.send_signal(signal.SIGKILL)
        agent.wait(10)
        file.unlink()

        again = start_agent(fake, receiver.url, *more)

        until(lambda: fake.limits_set()[-1] == (0, 700_000), 15)
        now_us = receiver.now_us()
        file.write_text(sign(policy(version=2, now_us=now_us, release_s=60.0), KEY))
        until(lambda: fake.limits_set()[-1] == (0, 450_000), 15)
        again.send_signal(signal.SIGTERM)
        assert again.wait(20) == 0
    assert fake.limits_set()[-1] == (0, 700_000)  # an agent that leaves lets go


def test_without_the_flag_nothing_is_ever_set(tmp_path, start_agent, key_file):
    fake = Fake(tmp_path / "cards", gpus=1)
    file = tmp_path / "policy.json"
    with Receiver() as receiver:
        file.write_text(sign(policy(now_us=receiver.now_us()), KEY))
        start_agent(fake, receiver.url, "--policy-file", file,
                    "--policy-key-file", key_file)  # fmt: skip
        until(lambda: len(receiver.batches) > 2, 15)
        time.sleep(1.2)

    assert fake.limits_set() == []
