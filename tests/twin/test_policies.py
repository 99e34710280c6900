"""Policies step by step: thresholds, hysteresis, delays and the brake, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

from tests.twin.rows import compiled_row
from twin.control import controller_for
from twin.control.user import load_user_policy
from twin.errors import PolicyError, ScenarioError
from twin.scenario.model import Control
from twin.scenario.policy import NoCap, OneThreshold, Polca, UserPolicy, policy_named
from twin.serving import kernel
from twin.simulate import new_meter, new_state, run_chunks, uncontrolled

A100 = {"clock_max_mhz": 1410.0, "clock_min_mhz": 210.0, "telemetry_delay_s": 2.0}
FREE, SENT = 0.0, 1.0


class Desk:
    """A policy at a desk: readings go in, wanted clocks come out."""

    def __init__(self, policy) -> None:
        self.controller = controller_for(policy, **A100)
        self.memory, self.command = np.zeros(16), np.zeros(2)
        self.in_force = np.zeros(5)
        self.now_s = 0.0

    def reads(self, load_frac, *, low=0.0, high=0.0, low_in_flight=False):
        """Next second's reading with these clocks in force; returns (low, high)."""
        self.now_s += 1.0
        self.in_force[:] = (low, high, 0.0, float(low_in_flight), 0.0)
        self.controller.decide(
            self.now_s, load_frac, self.in_force, self.controller.params,
            self.memory, self.command,
        )  # fmt: skip
        return tuple(self.command)


# --- rules of each policy -------------------------------------------------------------


def test_no_cap_never_asks_for_anything():
    desk = Desk(NoCap())

    assert [desk.reads(load) for load in (0.5, 0.95, 1.2)] == [(0, 0)] * 3


def test_polca_slows_low_priority_above_t1_and_leaves_five_points_below():
    desk = Desk(Polca())

    assert desk.reads(0.80) == (0, 0)  # at the threshold, not above it
    assert desk.reads(0.81) == (1275, 0)
    assert desk.reads(0.76, low=1275) == (1275, 0)  # inside the hysteresis
    assert desk.reads(0.75, low=1275) == (1275, 0)  # at its edge
    assert desk.reads(0.749, low=1275) == (0, 0)


def test_polca_slows_low_priority_further_above_the_second_threshold():
    desk = Desk(Polca())

    assert desk.reads(0.85) == (1275, 0)
    assert desk.reads(0.90) == (1110, 0)
    assert desk.reads(0.85, low=1110) == (1110, 0)  # 0.84 not left yet
    assert desk.reads(0.839, low=1110) == (1275, 0)  # back one rung only
    assert desk.reads(0.74, low=1275) == (0, 0)


def test_polca_slows_high_priority_only_after_the_low_cap_landed_and_was_seen():
    desk = Desk(Polca())
    for _ in range(60):  # the low cap is still on its way
        assert desk.reads(0.92, low=0, low_in_flight=True) == (1110, 0)

    landed = [desk.reads(0.92, low=1110) for _ in range(4)]

    # readings are 2 s old, so two more show the row from before the cap
    assert landed == [(1110, 0), (1110, 0), (1110, 1305), (1110, 1305)]


def test_polca_spares_high_priority_when_the_low_cap_was_enough():
    desk = Desk(Polca())
    desk.reads(0.92, low_in_flight=True)

    for _ in range(30):
        assert desk.reads(0.88, low=1110) == (1110, 0)


def test_polca_lifts_high_priority_first_below_the_second_release():
    desk = Desk(Polca())
    for _ in range(5):
        desk.reads(0.95, low=1110)
    assert desk.reads(0.86, low=1110, high=1305) == (1110, 1305)

    assert desk.reads(0.83, low=1110, high=1305) == (1275, 0)


@pytest.mark.parametrize(
    ("name", "capped"),
    [
        pytest.param("one-threshold-low", (1110, 0), id="low priority only"),
        pytest.param("one-threshold-all", (1110, 1110), id="everyone"),
    ],
)
def test_one_threshold_caps_above_and_lifts_five_points_below(name, capped):
    desk = Desk(OneThreshold(name=name))

    loads = (0.89, 0.891, 0.85, 0.84, 0.839, 0.88)
    asked = [desk.reads(load) for load in loads]

    assert asked == [(0, 0), capped, capped, capped, (0, 0), (0, 0)]


def test_published_clocks_scale_to_another_gpu_in_steps_of_15_mhz():
    controller = controller_for(
        Polca(), clock_max_mhz=1980.0, clock_min_mhz=210.0, telemetry_delay_s=2.0
    )

    # 1275 × 1980 / 1410 = 1790.4, 1110 → 1558.7, 1305 → 1832.6
    assert_allclose(controller.params[4:7], [1785, 1560, 1830])


# --- settings that do not hold up -----------------------------------------------------


def test_a_clock_outside_the_gpu_s_range_is_refused_by_name_and_value():
    with pytest.raises(ScenarioError, match=r"policy.low_clock_t1_mhz .*got 1500"):
        controller_for(Polca(low_clock_t1_mhz=1500), **A100)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"t1_frac": 0.9}, "t1_frac 0.9 must be below t2_frac", id="order"),
        pytest.param({"hysteresis_frac": 0.85}, "hysteresis_frac 0.85", id="for ever"),
        pytest.param(
            {"low_clock_t1_mhz": 1000, "low_clock_t2_mhz": 1200},
            "must not exceed", id="second rung faster",
        ),
    ],
)  # fmt: skip
def test_polca_settings_that_contradict_each_other_are_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        Polca(**given)


def test_an_unknown_policy_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"polca, got 'polka'"):
        policy_named("polka")


# --- delays: the row under readings written by hand -----------------------------------


class Scripted:
    """The control half of the tick with row power written by hand, ticks of 1 s."""

    def __init__(self, policy, **control) -> None:
        self.compiled = compiled_row(
            servers=2, seconds=600, provisioned_w=1000.0, policy=policy,
            control=Control(**control),
        )  # fmt: skip
        self.state, self.meter = new_state(self.compiled), new_meter(self.compiled)
        self.tick = 0

    def sees(self, load_frac, seconds=1):
        """Hold the row at a load for some ticks."""
        setup, state = self.compiled.setup, self.state
        controller = self.compiled.controller
        for _ in range(seconds):
            ring = state.telemetry_w
            if self.tick == 0:
                ring[:] = load_frac * setup.provisioned_w
            ring[self.tick % ring.size] = load_frac * setup.provisioned_w
            reading_w = kernel.observe(setup, state, self.tick)
            kernel.prepare_policy(state)
            controller.decide(
                self.tick + 1.0, reading_w / setup.provisioned_w, state.in_force,
                controller.params, state.memory, state.command,
            )  # fmt: skip
            kernel.act(setup, state, self.meter, self.tick, reading_w)
            self.tick += 1
        return self

    @property
    def events(self):
        """(time, kind, group, value) of every command and landing."""
        count = int(self.meter.event_count[0])
        return [tuple(row) for row in self.meter.events[:count]]

    def clock_factor(self, priority):
        """Decode slow-down of one priority's instances, all equal."""
        first = self.compiled.setup.first
        values = self.state.inst["slow_decode"][first[priority] : first[priority + 1]]
        assert np.ptp(values) == 0
        return float(values[0])


COMMAND, LANDED = kernel.EV_COMMAND, kernel.EV_LANDED
BRAKE, BRAKE_LANDED = kernel.EV_BRAKE_COMMAND, kernel.EV_BRAKE_LANDED
LOW, HIGH, ALL = 0.0, 1.0, 2.0


def test_a_reading_is_two_seconds_old_and_a_cap_lands_forty_seconds_later():
    row = Scripted(Polca()).sees(0.70, 10).sees(0.85, 60)

    # the tick that ends at 11 s is the first above; read at 13 s, landed at 53 s
    assert row.events == [(13, COMMAND, LOW, 1275), (53, LANDED, LOW, 1275)]


def test_a_command_in_flight_is_not_issued_again_nor_overtaken():
    row = Scripted(Polca()).sees(0.85, 10).sees(0.92, 60)

    # at 1 s nothing older exists yet; the second rung waits for the first to land
    assert row.events == [
        (1, COMMAND, LOW, 1275), (41, LANDED, LOW, 1275), (42, COMMAND, LOW, 1110),
    ]  # fmt: skip
    assert row.meter.totals[kernel.M_CAPS_LOW] == 2


def test_high_priority_is_capped_after_the_low_cap_acted():
    row = Scripted(Polca()).sees(0.92, 120)

    # low: sent 1 s, landed 41 s; first shown to the policy at 42 s; seen at 44 s
    assert row.events == [
        (1, COMMAND, LOW, 1110), (41, LANDED, LOW, 1110),
        (44, COMMAND, HIGH, 1305), (84, LANDED, HIGH, 1305),
    ]  # fmt: skip


def test_a_cap_slows_its_own_priority_only():
    row = Scripted(Polca()).sees(0.92, 42)

    # 1110 MHz lies between knots: 1.243 + 120/210 × (1.079 - 1.243) = 1.14929;
    # decode feels a fifth of the slow-down
    assert row.clock_factor(0) == pytest.approx(1 + 0.2 * 0.149286, rel=1e-5)
    assert row.clock_factor(1) == 1.0


def test_the_brake_lands_after_five_seconds_and_is_released_below_95_percent():
    row = Scripted(NoCap()).sees(0.99, 5).sees(1.01, 20).sees(0.96, 10).sees(0.94, 20)

    # 1.01 first in the tick ending at 6 s, read at 8 s; 0.94 from 36 s, read at 38 s
    assert row.events == [
        (8, BRAKE, ALL, 1), (13, BRAKE_LANDED, ALL, 1),
        (38, BRAKE, ALL, 0), (43, BRAKE_LANDED, ALL, 0),
    ]  # fmt: skip
    assert row.meter.totals[kernel.M_BRAKES] == 1


def test_the_brake_does_not_act_at_the_threshold_itself():
    assert Scripted(NoCap()).sees(1.0, 30).events == []


def test_a_braked_row_runs_at_288_mhz_and_returns_to_its_cap():
    row = Scripted(OneThreshold()).sees(0.95, 45)
    capped = row.clock_factor(0)
    row.sees(1.05, 12)

    # 288 MHz → 5.433 + 78/195 × (2.891 - 5.433) = 4.4162; decode feels a fifth
    assert row.clock_factor(0) == pytest.approx(1 + 0.2 * 3.4162, rel=1e-5)
    assert row.clock_factor(1) == row.clock_factor(0)
    row.sees(0.90, 12)  # above the release of the threshold, below that of the brake
    assert row.clock_factor(0) == capped > 1.0
    assert row.clock_factor(1) == 1.0


def test_without_delays_a_cap_holds_from_the_next_tick():
    row = Scripted(
        Polca(), telemetry_delay_s=0.0, cap_latency_s=0.0, brake_latency_s=0.0
    ).sees(0.85, 2)

    assert row.events == [(1, COMMAND, LOW, 1275), (1, LANDED, LOW, 1275)]


def test_the_reference_run_has_neither_caps_nor_brake():
    reference = uncontrolled(compiled_row(policy=Polca(), provisioned_w=1000.0))

    assert reference.setup.brake_on_w == np.inf
    assert reference.controller.label == "no-cap"


# --- a user's own policy --------------------------------------------------------------

HEAD = "def decide(time_s, load_frac, in_force, memory, command):\n"


def user(source):
    return load_user_policy(source, clock_min_mhz=210.0, clock_max_mhz=1410.0)


def test_a_simple_policy_is_compiled_and_decides():
    desk = Desk(
        UserPolicy(source=HEAD + "    command[0] = 1110.0 * (load_frac > 0.85)\n")
    )

    assert desk.controller.is_compiled
    assert [desk.reads(load) for load in (0.8, 0.9)] == [(0, 0), (1110, 0)]


def test_a_policy_that_numba_cannot_compile_runs_as_plain_python():
    source = HEAD + (
        "    rungs = {True: 1110.0, False: 0.0}\n"
        "    command[0] = rungs[bool(load_frac > 0.85)]\n"
        "    command[1] = float(str(int(command[0])))\n"
    )
    desk = Desk(UserPolicy(source=source))

    assert not desk.controller.is_compiled
    assert [desk.reads(load) for load in (0.8, 0.9)] == [(0, 0), (1110, 1110)]


def test_compiled_and_plain_policies_run_the_row_alike():
    compiled_source = HEAD + "    command[0] = 1110.0 if time_s > 100.0 else 0.0\n"
    plain_source = compiled_source + "    command[0] = float('%g' % command[0])\n"
    runs = []
    for source in (compiled_source, plain_source):
        row = compiled_row(seconds=300, rate=0.2, policy=UserPolicy(source=source))
        assert row.controller.is_compiled == (source is compiled_source)
        state, meter = new_state(row), new_meter(row)
        run_chunks(row, state, meter, 0.2, None, None)
        runs.append((state.inst.tobytes(), *(array.tobytes() for array in meter)))

    assert runs[0] == runs[1]


def test_memory_persists_between_ticks():
    source = HEAD + "    memory[3] += 1.0\n    command[0] = 1000.0 + memory[3]\n"
    desk = Desk(UserPolicy(source=source))

    assert [desk.reads(0.5)[0] for _ in range(3)] == [1001, 1002, 1003]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("def decide(:\n", "valid Python, got 'line 1", id="syntax"),
        pytest.param("x = 1 / 0\n", "without an error.*ZeroDivisionError", id="load"),
        pytest.param("def choose(): pass\n", "decide, got 'choose'", id="name"),
        pytest.param("def decide(load): pass\n", r"got '\(load\)'", id="arguments"),
        pytest.param(
            HEAD + "    command[0] = 1500.0\n",
            r"low clock must be 0 or 210 to 1410 MHz, got '1500.0 at load_frac=0.0'",
            id="clock too high",
        ),
        pytest.param(
            HEAD + "    command[1] = 100.0 if load_frac > 0.9 else 0.0\n",
            r"high clock .* got '100.0 at load_frac=0.95'", id="clock too low",
        ),
        pytest.param(
            HEAD + "    command[0] = float('nan')\n", "got 'nan", id="not a number"
        ),
        pytest.param(
            HEAD + "    if load_frac > 1.0:\n        raise KeyError('oh')\n",
            r"must not fail, got \"KeyError at load_frac=1.05", id="exception",
        ),
    ],
)  # fmt: skip
def test_a_policy_that_does_not_hold_up_is_refused_with_the_reason(source, message):
    with pytest.raises(PolicyError, match=message):
        user(source)


def run_with(source):
    row = compiled_row(seconds=400, rate=0.1, policy=UserPolicy(source=HEAD + source))
    state, meter = new_state(row), new_meter(row)
    run_chunks(row, state, meter, 0.1, None, None)
    return row, meter


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        pytest.param("5.0", 210.0, id="below the range"),
        pytest.param("9000.0", 1410.0, id="above the range"),
    ],
)
def test_a_clock_out_of_range_later_in_the_run_is_moved_to_the_nearest_end(asked, held):
    _, meter = run_with(f"    command[0] = {asked} if time_s > 100.0 else 0.0\n")

    assert [tuple(e) for e in meter.events[:2]] == [
        (101, COMMAND, LOW, held), (141, LANDED, LOW, held),
    ]  # fmt: skip


def test_a_clock_that_is_not_a_number_lifts_the_cap_and_leaves_the_row_whole():
    source = (
        "    command[0] = 1110.0\n"
        "    if time_s > 100.0:\n"
        "        command[0] = float('nan')\n"
    )
    _, meter = run_with(source)

    assert [tuple(e) for e in meter.events[: meter.event_count[0]]] == [
        (1, COMMAND, LOW, 1110), (41, LANDED, LOW, 1110),
        (101, COMMAND, LOW, 0), (141, LANDED, LOW, 0),
    ]  # fmt: skip
    assert np.isfinite(meter.totals).all()


def test_a_policy_that_fails_in_the_middle_of_a_run_says_when_and_why():
    source = "    if time_s > 100.0:\n        raise KeyError('rung')\n"

    with pytest.raises(PolicyError, match=r"KeyError at time_s=101, load_frac=0\.\d+"):
        run_with(source)


def test_a_compiled_policy_that_leaves_its_arrays_ends_the_run_not_the_process():
    source = "    if time_s > 100.0:\n        memory[int(time_s) * 100000] = 1.0\n"

    with pytest.raises(PolicyError, match=r"error at time_s=101, load_frac=0\.\d+"):
        run_with(source)
