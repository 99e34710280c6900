"""Stamps on the server's clock, whatever the wall clock does."""

from __future__ import annotations

import pytest

from agent.clock import HostClock, ServerClock

HOUR_US = 3_600_000_000


class Hands:
    """Clocks that a test moves. [ns]"""

    def __init__(self):
        self.boot = 10_000_000_000
        self.wall = 1_763_733_600_000_000_000

    def clock(self):
        return HostClock(
            wall_ns=lambda: self.wall, boot_ns=lambda: self.boot, boot_id="b1"
        )

    def pass_s(self, seconds):
        self.boot += int(seconds * 1e9)
        self.wall += int(seconds * 1e9)


def test_the_server_is_ahead_by_what_it_says_in_the_middle_of_the_exchange():
    server = ServerClock()

    server.add(sent_us=1_000_000, received_us=1_040_000, server_us=501_020_000)

    offset = server.offset(1_040_000)
    assert offset.us == 500_000_000  # 501.02 s at the middle, 1.02 s of boot time
    assert offset.uncertainty_s == pytest.approx(0.020)  # half of 40 ms


def test_the_quickest_exchange_of_the_window_is_believed():
    server = ServerClock()

    server.add(sent_us=0, received_us=2_000_000, server_us=100_700_000)  # 1 s unsure
    server.add(sent_us=3_000_000, received_us=3_010_000, server_us=103_005_000)
    server.add(sent_us=4_000_000, received_us=4_900_000, server_us=104_800_000)

    assert server.offset(5_000_000).us == 100_000_000


def test_an_old_exchange_grows_unsure_by_the_drift_of_crystals():
    server = ServerClock()

    server.add(sent_us=0, received_us=2_000, server_us=1_001_000)

    assert server.offset(600_002_000).uncertainty_s == pytest.approx(0.001 + 0.030)


def test_a_server_whose_clock_was_set_is_followed_at_once():
    server = ServerClock()
    server.add(sent_us=0, received_us=2_000, server_us=1_001_000)

    server.add(sent_us=10_000_000, received_us=10_100_000, server_us=HOUR_US)

    assert server.steps == 1
    assert server.offset(10_100_000).us == HOUR_US - 10_050_000


def test_nothing_is_known_before_the_first_answer():
    assert ServerClock().offset(0) is None


@pytest.mark.parametrize("jump_s", [3600, -3600], ids=["forward", "back"])
def test_a_wall_clock_that_jumps_is_counted_and_moves_no_stamp(jump_s):
    hands = Hands()
    clock = hands.clock()
    hands.pass_s(5)
    assert clock.look() == 0
    before_us = clock.boot_us()

    hands.wall += jump_s * 1_000_000_000

    assert clock.boot_us() == before_us
    assert clock.look() == jump_s * 1_000_000
    assert clock.steps == 1
    assert clock.look() == 0


def test_a_clock_that_is_slewed_is_not_a_step():
    hands = Hands()
    clock = hands.clock()

    for _ in range(60):
        hands.pass_s(1)
        hands.wall += 500_000  # 500 ppm, the most that NTP slews
        clock.look()

    assert clock.steps == 0
    assert clock.wall_minus_boot_us == 1_763_733_590_000_000 + 30_000
