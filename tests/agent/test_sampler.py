"""The reading loop goes on, whatever cards and driver do."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from agent.clock import HostClock
from agent.nvml import Nvml
from agent.sampler import Sampler
from agent.samples import SampleReader


def until(true, wait_s=8.0):
    end = time.monotonic() + wait_s
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def sampling(recorder):
    started = []

    def start(**more):
        sampler = Sampler(recorder, **{"rate_hz": 50, "driver_samples": False, **more})
        started.append(sampler)
        sampler.start()
        return sampler

    yield start
    for sampler in started:
        sampler.stop(5.0)


def events(recorder):
    return [(e.kind, e.key, e.text) for e in recorder._events]


def kinds(recorder):
    return [kind for kind, _, _ in events(recorder)]


def readings_of(recorder, gpu):
    return [r for r in recorder._readings if r.key.endswith(str(gpu))]


def test_every_card_is_read_at_the_rate(cards, sampling, recorder):
    cards(gpus=3)

    sampler = sampling()

    until(lambda: sampler.counts.ticks >= 20)
    chunk = recorder.take()
    per_card = [chunk.device.count(d) for d in range(1, 4)]
    assert min(per_card) >= 15
    assert max(per_card) - min(per_card) <= 1
    assert all(t % 2 == 0 for t in chunk.boot_us)


def test_a_lost_card_is_told_and_the_others_go_on(cards, sampling, recorder):
    fake = cards(gpus=2)
    sampling()
    until(lambda: readings_of(recorder, 1))

    fake.set(1, lost=1)

    until(lambda: "lost" in kinds(recorder))
    count = len(readings_of(recorder, 0))
    until(lambda: len(readings_of(recorder, 0)) > count + 5)
    assert any("fallen off" in text for _, _, text in events(recorder))


def test_a_lost_card_that_comes_back_is_read_again(cards, sampling, recorder):
    fake = cards(gpus=2)
    sampler = sampling()
    until(lambda: len(sampler.cards) == 2)
    fake.set(1, lost=1)
    until(lambda: len(sampler.cards) == 1)

    fake.set(1, lost=0)

    until(lambda: len(sampler.cards) == 2)
    assert "found" in kinds(recorder)


def test_an_unplugged_card_vanishes_with_a_word(cards, sampling, recorder):
    fake = cards(gpus=2)
    sampler = sampling()
    until(lambda: len(sampler.cards) == 2)

    fake.set(1, gone=1)

    until(lambda: "lost" in kinds(recorder))
    until(lambda: sampler.counts.reopened)
    assert len(sampler.cards) == 1
    assert [k for k in recorder.present() if k.endswith("1")] == []


def test_a_driver_restart_is_survived(cards, sampling, recorder):
    fake = cards(gpus=2)
    sampler = sampling()
    until(lambda: len(sampler.cards) == 2)

    fake.stop_driver()
    until(lambda: "driver" in kinds(recorder))
    assert not sampler.cards
    fake.restart_driver()

    until(lambda: len(sampler.cards) == 2)
    assert ("driver", "host", "NVML answers again") in events(recorder)


def test_no_driver_at_all_is_told_once(cards, sampling, recorder):
    fake = cards()
    fake.stop_driver()

    sampler = sampling()

    until(lambda: sampler.counts.ticks > 20)
    assert kinds(recorder) == ["driver"]


def test_a_call_that_hangs_holds_only_its_own_card(cards, sampling, recorder):
    fake = cards(gpus=3)
    sampler = sampling(slow_call_s=0.2)
    until(lambda: readings_of(recorder, 2))

    fake.fault("nvmlDeviceGetFieldValues", 1, slow_s=2.0)
    until(lambda: (time.sleep(0.05), sampler.watch(), sampler.stuck)[-1])
    held = len(readings_of(recorder, 1))
    count = len(readings_of(recorder, 2))
    until(lambda: len(readings_of(recorder, 2)) > count + 10)

    assert len(readings_of(recorder, 1)) == held
    assert sampler.counts.slow_calls == 1
    fake.heal()
    until(lambda: not sampler.stuck)
    until(lambda: len(readings_of(recorder, 1)) > held)
    assert [k for k in kinds(recorder) if k in ("slow", "answered")] == [
        "slow",
        "answered",
    ]


def test_ticks_that_a_slow_driver_costs_are_counted_not_caught_up(
    cards, sampling, recorder
):
    fake = cards()
    fake.fault("nvmlDeviceGetFieldValues", 0, slow_s=0.11)

    sampler = sampling()

    until(lambda: sampler.counts.ticks >= 5)
    # each round takes 110 ms and more where a tick is 20 ms: five are missed each time
    assert sampler.counts.missed_ticks >= 4 * 5
    assert sampler.counts.longest_read_s >= 0.11


def test_mig_instances_are_devices_without_readings(cards, sampling, recorder):
    fake = cards()
    fake.make_mig(0, "MIG-a", "MIG-b")

    sampling()

    until(lambda: "MIG-b" in recorder.devices and recorder._readings)
    assert recorder.devices["MIG-a"].parent.startswith("GPU-")
    assert {r.key for r in recorder._readings} == {recorder.devices["MIG-a"].parent}


def test_the_driver_own_samples_have_its_stamps(cards, recorder):
    """A sample every 20 ms: the step of power is found to 20 ms, at 1 Hz polling."""
    fake = cards(watts=200.0)
    fake.set(0, samples="20000 100")
    library = Nvml()
    (gpu,) = library.open()
    reader = SampleReader(gpu, recorder.clock, tick_s=1.0)
    reader.drain()
    stepped_s = fake.step(0, 600.0)
    time.sleep(0.3)

    found = reader.drain()

    library.close()
    assert reader.period_s == pytest.approx(0.020, abs=0.001)
    gaps = {b.boot_us - a.boot_us for a, b in pairwise(found)}
    assert all(19_990 <= gap <= 20_010 for gap in gaps)
    high = [r.boot_us for r in found if r.values["power_w"] == 600.0]
    low = [r.boot_us for r in found if r.values["power_w"] == 200.0]
    step_us = (fake.epoch_s + stepped_s) * 1e6
    assert max(low, default=0) <= step_us + 100
    assert step_us - 100 <= min(high) <= step_us + 20_100
    assert all(r.boot_us % 2 for r in found)  # never the stamp of a tick


@pytest.mark.parametrize("jump_s", [3600, -3600], ids=["forward", "back"])
def test_samples_from_before_a_jump_of_the_wall_clock_keep_their_place(jump_s):
    """The driver's stamps stay as they were: half are of the old clock."""
    boot_s, wall_s = [1000.0], [5_000_000.0]
    clock = HostClock(
        wall_ns=lambda: round(wall_s[0] * 1e9),
        boot_ns=lambda: round(boot_s[0] * 1e9),
        boot_id="b",
    )
    buffer = []

    class Buffer:
        key, missing = "GPU-0", {}

        def samples(self, after_us):
            return sorted((t, w) for t, w in buffer if t > after_us)

    def sample():
        boot_s[0] += 0.02
        wall_s[0] += 0.02
        buffer.append((round(wall_s[0] * 1e6), boot_s[0]))

    reader = SampleReader(Buffer(), clock, tick_s=1.0)
    for _ in range(5):
        sample()
    found = reader.drain()
    for _ in range(5):
        sample()
    wall_s[0] += jump_s
    for _ in range(5):
        sample()

    found += reader.drain()

    # the power of each sample is the boot time it was taken at
    stamps = sorted((r.boot_us, r.values["power_w"]) for r in found)
    assert len(stamps) == 15
    assert all(abs(at - 1e6 * taken) <= 2 for at, taken in stamps)


def test_samples_no_finer_than_our_ticks_are_left_alone(cards, recorder):
    fake = cards()
    fake.set(0, samples="20000 100")
    fake.epoch_s -= 5
    fake.set(0)
    library = Nvml()
    (gpu,) = library.open()
    reader = SampleReader(gpu, recorder.clock, tick_s=0.02)

    assert reader.drain() == []
    assert not reader.worth
    library.close()
