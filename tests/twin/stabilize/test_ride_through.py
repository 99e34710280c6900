"""A load in disturbances whose every second can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from store.grid_files import ride_tables
from twin.stabilize.disturbance import (
    Event,
    above,
    below,
    frequency_excursion,
    frequency_pieces,
    sag,
    sags,
    virginia_2024,
    voltage_pieces,
)
from twin.stabilize.load_protection import (
    LoadProtection,
    Mechanical,
    Supplies,
    Trip,
    UpsSettings,
    window,
)
from twin.stabilize.ride_table import Band, RideTable, always_band, slack_s
from twin.stabilize.ride_through import load_rejection, ride_through
from twin.stabilize.site_ride import stays_s

TABLES = ride_tables()
LOAD_W = 1e8


def behind_ups(**ups):
    """All of the load behind UPSs."""
    return LoadProtection(ups_frac=1.0, mechanical_frac=0.0, ups=UpsSettings(**ups))


def on_mains(**supplies):
    """All of the load servers straight on the mains."""
    return LoadProtection(
        ups_frac=0.0, mechanical_frac=0.0, supplies=Supplies(**supplies)
    )


def allowed_trips(table):
    """The tightest settings a table allows: each acts as soon as it may."""
    found = _allowed("voltage", table.voltage) + _allowed("frequency", table.frequency)
    if table.rocof_limit_hz_per_s < math.inf:
        found += (Trip(quantity="rocof", high=table.rocof_limit_hz_per_s,
                       after_s=table.rocof_window_s),)  # fmt: skip
    return found


def _allowed(quantity, bands):
    if not bands:
        return ()
    normal = always_band(bands)
    lowest, highest = min(b.low for b in bands), max(b.high for b in bands)
    found = [
        Trip(quantity=quantity, low=band.high, after_s=band.least_s)
        if band.high <= normal.low
        else Trip(quantity=quantity, high=band.low, after_s=band.least_s)
        for band in bands if band is not normal
    ]  # fmt: skip
    if lowest > 0:
        found.append(Trip(quantity=quantity, low=lowest, after_s=0.0))
    if highest < math.inf:
        found.append(Trip(quantity=quantity, high=highest, after_s=0.0))
    return tuple(found)


def ride(event, protection, table="nogrr282", **more):
    return ride_through(event, protection, LOAD_W, TABLES[table], **more)


def asked(found, kind):
    """The finding of a kind that the event put to the test."""
    here = [f for f in found.findings if f.kind == kind and f.asked]
    here = [f for f in here if f.must < math.inf]
    assert len(here) == 1, here
    return here[0]


def rows(found):
    """Findings on bands that a load may leave at some time."""
    bands = [f for f in found.findings if f.kind in ("voltage", "frequency")]
    return [f for f in bands if f.must < math.inf]


# --- sags ---------------------------------------------------------------------------


def test_a_sag_inside_the_window_trips_nothing_and_raises_the_current():
    found = ride(sag(0.88, 1.5), behind_ups())

    assert found.site.left == ()
    assert found.passes
    assert_allclose(found.site.grid_w, LOAD_W)
    assert found.current_frac == pytest.approx(1 / 0.88)
    assert (found.lost_w, found.site.store_j, found.recovered_s) == (0.0, 0.0, 0.0)


def test_a_ups_that_transfers_after_10_ms_breaks_the_texas_table_and_says_so():
    """0.4 pu is to be ridden for 0.25 s; it left after 0.01 s."""
    found = ride(sag(0.4, 0.2), behind_ups())
    band = asked(found, "voltage")

    assert not found.passes
    assert band.title == "0.2 to 0.5 pu: at least 0.25 s"
    assert band.margin == pytest.approx(-0.24)
    assert band.did == pytest.approx(0.01)
    assert "let go at 1.01 s" in band.words
    assert "had to stay" in band.words
    assert found.lost_w == LOAD_W


def test_a_ups_that_waits_rides_through_on_its_current_limit_and_battery():
    """0.4 pu × 1.2 of current is 0.48 of the power; 0.52 come from the battery."""
    found = ride(sag(0.4, 0.2), behind_ups(trips=window(detect_s=0.25)))

    assert found.passes
    assert found.site.left == ()
    assert found.lost_w == pytest.approx(0.52 * LOAD_W)
    assert found.lost_after_w == pytest.approx(0.0, abs=1e-6)
    assert found.lost_s == pytest.approx(0.2)
    assert found.site.store_j == pytest.approx(0.52 * 0.2 * LOAD_W)
    assert found.recovered_s == 0.0
    assert found.current_frac == pytest.approx(1.2)
    assert asked(found, "voltage").margin == pytest.approx(0.0)


def test_who_leaves_after_the_time_was_free_to_and_owes_no_recovery():
    found = ride(sag(0.4, 0.4), behind_ups(trips=window(detect_s=0.3)))

    assert [entry.at_s for entry in found.site.left] == pytest.approx([1.3])
    assert asked(found, "voltage").margin == pytest.approx(0.05)
    assert "was free to" in asked(found, "voltage").words
    assert found.passes
    assert found.recovered_s == pytest.approx(10.0 + 9.0)
    assert not any(f.asked for f in found.findings if f.kind == "recovery")


def test_the_clock_of_an_inner_band_runs_on_further_out():
    """0.3 pu for 0.2 s, then 0.85 pu: below 0.9 pu for 2 s at 3.0 s, not at 3.2 s."""
    event = Event(
        title="two steps", voltage_t_s=(0.0, 1.0, 1.2, 4.0),
        voltage_pu=(1.0, 0.3, 0.85, 1.0),
    )  # fmt: skip
    bands, pieces = TABLES["nogrr282"].voltage, voltage_pieces(event)

    assert slack_s(bands, pieces, 2.9) == pytest.approx(-0.1)
    assert slack_s(bands, pieces, 3.1) == pytest.approx(0.1)
    assert slack_s(bands, pieces, 0.5) == -math.inf
    # at the end of the deep band 0.2 of its 0.25 s were over
    assert slack_s(bands, pieces, 1.2) == pytest.approx(-0.05)


@pytest.mark.parametrize(
    ("pu", "allowed_s"),
    [(0.0, 0.15), (0.19, 0.15), (0.2, 0.25), (0.49, 0.25), (0.5, 0.5), (0.79, 0.5),
     (0.8, 2.0), (0.89, 2.0), (0.9, math.inf), (1.1, math.inf), (1.11, 2.0),
     (1.2, 2.0), (1.21, 0.0)],
)  # fmt: skip
def test_a_value_on_an_edge_belongs_to_the_stricter_band(pu, allowed_s):
    """Settings that let go as soon as they may show the table as it stands."""
    protection = behind_ups(trips=allowed_trips(TABLES["nogrr282"]))

    assert stays_s(protection, voltage_pu=pu) == pytest.approx(allowed_s)


@pytest.mark.parametrize("key", ["nogrr282", "caiso", "spp"])
def test_settings_made_from_a_table_keep_all_of_it_and_tighter_ones_do_not(key):
    table = TABLES[key]
    trips = allowed_trips(table)
    kept = ride(sag(0.88, 0.05), behind_ups(trips=trips), key)
    tighter = tuple(
        Trip(quantity=t.quantity, low=t.low, high=t.high, after_s=t.after_s * 0.9)
        for t in trips
    )
    broken = ride(sag(0.88, 0.05), behind_ups(trips=tighter), key)

    assert rows(kept)
    assert [row.margin for row in rows(kept)] == pytest.approx([0.0] * len(rows(kept)))
    assert kept.passes is (key != "spp")  # whose limit on current it exceeds
    for row in rows(broken):
        assert row.margin == pytest.approx(-0.1 * row.must)


def test_a_current_limit_of_one_does_not_carry_a_load_at_nine_tenths_for_ever():
    """0.9 pu × 1.0 is 0.9 of the power; 300 s of battery last 3000 s."""
    site = behind_ups(most_current_frac=1.0)

    assert stays_s(site, voltage_pu=0.9) == pytest.approx(3000.0)
    assert stays_s(behind_ups(), voltage_pu=0.9) == math.inf
    findings = ride(sag(0.95, 1.0), site).findings
    always = next(f for f in findings if f.kind == "voltage" and f.must == math.inf)
    assert always.did == pytest.approx(3000.0)
    assert always.margin == -math.inf


def test_constant_power_is_not_constant_current():
    """At 0.8 pu the same power takes 1.25 of the current."""
    strict = ride(sag(0.8, 0.1), behind_ups(trips=window(low_pu=0.5)), "spp")
    held = ride(
        sag(0.8, 0.1),
        behind_ups(trips=window(low_pu=0.5), most_current_frac=1.0),
        "spp",
    )

    assert asked(strict, "current").did == pytest.approx(1.2)  # its own limit
    assert not strict.passes
    assert asked(held, "current").did == pytest.approx(1.0)
    assert held.passes
    assert held.lost_w == pytest.approx(0.2 * LOAD_W)


# --- six faults -----------------------------------------------------------------------


def test_six_faults_with_a_counter_lock_the_whole_load_off():
    """Sags begin every 16.39 s, so the third is the third within 60 s."""
    event = virginia_2024()
    found = ride(event, behind_ups(count=3, count_window_s=60.0, battery_s=600.0))
    third_s = 1.0 + 2 * (82.0 - 0.042) / 5

    assert found.site.parts[0].locked_at_s == pytest.approx(third_s + 0.01)
    assert found.site.grid_w[found.site.t_s > third_s + 0.02].max() == 0.0
    assert found.recovered_s == math.inf
    assert asked(found, "recovery").kept is False
    counting = asked(found, "counting")
    assert counting.kept is False
    assert "3 sags within 60 s" in counting.words
    # 600 s of battery, less what the ride took before
    assert found.site.cut_at_s > third_s + 500.0


def test_without_the_counter_the_load_comes_back():
    found = ride(virginia_2024(), behind_ups(retransfer_s=3.0, walk_in_s=10.0))

    assert found.site.grid_w[-1] == pytest.approx(LOAD_W)
    assert found.recovered_s == pytest.approx(12.0)
    assert len(found.site.left) == 6
    assert math.isnan(found.site.cut_at_s)
    assert asked(found, "counting").kept


def test_a_counter_alone_breaks_a_table_that_forbids_counting():
    found = ride(sag(0.88, 0.1), behind_ups(count=3))

    assert found.site.left == ()
    assert not asked(found, "counting").kept


def test_sags_further_apart_than_the_window_are_not_counted():
    event = sags([1.0, 41.0, 81.0, 121.0], [0.4] * 4, [0.05] * 4)

    assert math.isnan(ride(event, behind_ups(count=3)).site.parts[0].locked_at_s)
    locked = ride(event, behind_ups(count=2)).site.parts[0]
    assert locked.locked_at_s == pytest.approx(41.01)


def test_a_sag_while_waiting_begins_the_wait_anew():
    event = sags([1.0, 6.0], [0.4, 0.4], [0.1, 0.1])
    found = ride(event, behind_ups(retransfer_s=10.0, walk_in_s=0.0))

    assert [entry.at_s for entry in found.site.left] == pytest.approx([1.01])
    assert found.site.parts[0].away[0] == pytest.approx((1.01, 16.1))


# --- recovery and energy --------------------------------------------------------------


def test_recovery_is_the_wait_and_nine_tenths_of_the_walk_in():
    found = ride(sag(0.4, 0.2), behind_ups(retransfer_s=3.0, walk_in_s=10.0))

    assert found.recovered_s == pytest.approx(3.0 + 9.0)
    assert asked(found, "recovery").margin == pytest.approx(2.0 - 12.0)
    # 10 ms on the current limit (0.52 missing), 0.19 s and 3 s without, a triangle
    by_hand_s = 0.52 * 0.01 + 0.19 + 3.0 + 10.0 / 2
    assert found.site.store_j == pytest.approx(by_hand_s * LOAD_W)
    # below 90 %: from the sag's begin to 9 s into the walk-in
    assert found.lost_s == pytest.approx(0.2 + 3.0 + 9.0)


@pytest.mark.parametrize(
    ("key", "passes"), [("aemc", False), ("aemc-minimum", True), ("ieso", True)]
)
def test_recovery_limits_of_other_grids(key, passes):
    """0.2 s and 0.63 s of 0.7 s: 90 % after 0.83 s, all of it after 0.9 s."""
    quick = behind_ups(trips=window(detect_s=0.0), retransfer_s=0.2, walk_in_s=0.7)
    found = ride(sag(0.4, 0.2), quick, key)

    assert found.recovered_s == pytest.approx(0.9 if key == "ieso" else 0.83)
    assert asked(found, "recovery").kept is passes


def test_coming_back_with_too_much_is_not_back():
    """Supplies refill 20 ms at 0.43 of their power: 46.5 ms above 110 %."""
    found = ride(sag(0.0, 0.02), on_mains(), "aemc")

    assert found.recovered_s == pytest.approx(0.02 / 0.43)
    assert found.site.grid_w.max() == pytest.approx(1.43 * LOAD_W)
    part = found.site.parts[0]
    assert part.store_j == pytest.approx(0.02 * LOAD_W)
    assert part.refilled_j == pytest.approx(0.02 * LOAD_W)
    assert found.site.energy_j == pytest.approx(LOAD_W * found.site.end_s)


def test_a_battery_that_is_refilled_takes_what_it_gave():
    found = ride(sag(0.4, 0.2), behind_ups(recharge_frac=0.1), after_s=400.0)
    part = found.site.parts[0]

    assert part.refilled_j == pytest.approx(part.store_j)
    assert found.site.grid_w.max() == pytest.approx(1.1 * LOAD_W)
    assert found.site.energy_j == pytest.approx(LOAD_W * found.site.end_s)


def test_an_empty_battery_cuts_the_servers():
    """Bad input for longer than the battery: cut after 60 s, back with the grid."""
    found = ride(sag(0.0, 100.0), behind_ups(battery_s=60.0, walk_in_s=0.0))

    assert found.site.cut_at_s == pytest.approx(1.0 + 60.0)
    assert found.site.store_j == pytest.approx(60.0 * LOAD_W)
    assert found.site.grid_w[-1] == pytest.approx(LOAD_W)


def test_a_battery_that_ends_in_the_walk_in_cuts_and_the_load_still_comes_back():
    """0.6 s of battery for 0.5 s of sag and 0.5 s of a walk-in of 1 s: 1 - √0.8 in."""
    ups = behind_ups(battery_s=0.6, retransfer_s=0.0, walk_in_s=1.0,
                     trips=window(detect_s=0.0))  # fmt: skip
    found = ride(sag(0.0, 0.5), ups)

    assert found.site.cut_at_s == pytest.approx(1.5 + 1 - math.sqrt(0.8))
    assert found.site.left[-1].cause == "battery is empty"
    assert found.site.grid_w[-1] == pytest.approx(LOAD_W)
    assert found.recovered_s == pytest.approx(1 - math.sqrt(0.8) + 0.9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.01, 20.0), st.floats(0.0, 1.3), st.floats(0.001, 3.0)),
        min_size=1, max_size=6,
    ),
    st.floats(0.0, 0.3), st.floats(0.0, 5.0), st.floats(0.0, 20.0), st.floats(1.0, 2.0),
    st.integers(0, 4), st.floats(0.0, 0.3), st.floats(5.0, 500.0),
)  # fmt: skip
def test_energy_closes_whatever_happens(
    steps, detect, wait, walk_in, current, count, recharge, battery
):
    times, volts = [0.0], [1.0]
    for gap, pu, lasts in steps:
        times += [times[-1] + gap, times[-1] + gap + lasts]
        volts += [pu, 1.0]
    event = Event(title="any", voltage_t_s=tuple(times), voltage_pu=tuple(volts))
    found = ride(event, behind_ups(
        trips=window(detect_s=detect), retransfer_s=wait, walk_in_s=walk_in,
        most_current_frac=current, count=count, recharge_frac=recharge,
        battery_s=battery,
    ))  # fmt: skip
    part = found.site.parts[0]

    assert found.site.grid_w.min() >= 0.0
    assert found.site.grid_w.max() <= (1.0 + recharge) * LOAD_W * (1 + 1e-9)
    assert part.store_j - part.refilled_j <= battery * LOAD_W * (1 + 1e-9)
    if math.isnan(found.site.cut_at_s):
        given_j = found.site.energy_j + part.store_j - part.refilled_j
        assert given_j == pytest.approx(LOAD_W * found.site.end_s, rel=1e-9)
    wave = found.site.waveform(0.01)
    assert wave.energy_j <= found.site.energy_j * (1 + 1e-9)
    assert wave.energy_j >= found.site.energy_j - 0.01 * (1 + recharge) * LOAD_W * 1.01


def stepped(volts, small_s, *, low, high, detect, wait, walk_in, current, battery,
            count, count_window):  # fmt: skip
    """The same UPS in small steps, written the plain way; power ÷ its own."""
    under = over = good = ramp = given_s = 0.0
    on, alive, locked, store, transfers, counted = True, True, False, battery, [], False
    ramp, drawn = walk_in, []
    for k, pu in enumerate(volts):
        under = under + small_s if pu < low else 0.0
        over = over + small_s if pu > high else 0.0
        bad = under > 0 or over > 0 or pu * current < 1.0
        good = 0.0 if bad else good + small_s
        counted = counted and bad
        if max(under, over) > detect + small_s / 2:
            on = False
            if not counted:
                counted = True
                transfers.append(k * small_s)
                recent = [t for t in transfers if k * small_s - t <= count_window]
                locked = locked or 0 < count <= len(recent)
        if not on and not locked and good > wait + small_s / 2:
            on, ramp = True, 0.0
        frac = min(1.0, ramp / walk_in) if walk_in else 1.0
        power = min(frac, pu * current) if on else 0.0
        ramp += small_s if on else 0.0
        alive = alive or (on and frac >= 1.0)
        if alive and store <= 1e-9 and power < 1.0 - 1e-12:
            good = 0.0 if on else good
            alive, on, power = False, False, 0.0
        if alive:
            store -= (1.0 - power) * small_s
            given_s += (1.0 - power) * small_s
        drawn.append(power)
    return np.array(drawn), given_s


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(10, 2500),
            st.sampled_from([0.0, 0.3, 0.6, 0.8, 0.84, 0.88, 1.2]),
            st.integers(2, 800),
        ),
        min_size=1, max_size=4,
    ),
    st.integers(0, 200), st.integers(0, 2000), st.integers(0, 3000),
    st.sampled_from([1.0, 1.2, 1.6]), st.integers(0, 3), st.integers(500, 9000),
)  # fmt: skip
def test_small_steps_find_the_same(steps, detect, wait, walk_in, current, count, batt):
    """All times in ms, so that small steps of 1 ms can tell them apart."""
    times, volts = [0], [1.0]
    for gap, pu, lasts in steps:
        times += [times[-1] + gap, times[-1] + gap + lasts]
        volts += [pu, 1.0]
    event = Event(
        title="any", voltage_t_s=tuple(t / 1000 for t in times), voltage_pu=tuple(volts)
    )
    found = ride(event, behind_ups(
        trips=window(detect_s=detect / 1000), retransfer_s=wait / 1000,
        walk_in_s=walk_in / 1000, most_current_frac=current, count=count,
        count_window_s=4.0, battery_s=batt / 1000,
    ), after_s=7.0)  # fmt: skip
    each = np.repeat(volts, np.diff([*times, times[-1] + 7000]))
    same = {"low": 0.85, "high": 1.1, "detect": detect / 1000, "wait": wait / 1000,
            "walk_in": walk_in / 1000, "current": current, "count": count,
            "count_window": 4.0}  # fmt: skip
    power, given_s = stepped(each, 1e-3, battery=batt / 1000, **same)
    more, _ = stepped(each, 1e-3, battery=batt / 1000 + 0.03, **same)
    # a battery within a few steps of being empty may end either way
    assume(np.abs(more - power).sum() * 1e-3 < 0.004)
    exact = found.site.waveform(1e-3).power_w / LOAD_W

    # every change may be a few steps late
    assert np.abs(exact - power).sum() * 1e-3 <= 0.008 * len(steps)
    assert found.site.store_j / LOAD_W == pytest.approx(given_s, abs=0.008 * len(steps))


def test_samples_are_exact_means():
    """Out at 1.01 s, back as a ramp of 1 s from 2.2 s on."""
    found = ride(sag(0.0, 0.2), behind_ups(retransfer_s=1.0, walk_in_s=1.0))
    wave = found.site.waveform(0.1)

    assert_allclose(wave.power_w[[9, 10, 11, 21]], [LOAD_W, 0.0, 0.0, 0.0], atol=1.0)
    assert_allclose(wave.power_w[[22, 27, 31]], np.array([0.05, 0.55, 0.95]) * LOAD_W)
    assert_allclose(wave.power_w[32:], LOAD_W)


# --- frequency ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low_hz", "left_s", "margin", "passes"),
    [
        # from 60 Hz at 1 s with 0.5 Hz/s: 59 Hz at 3 s, 58.8 at 3.4 s, 58.5 at 4 s
        pytest.param(59.0, 3.1, -math.inf, False, id="inside the band for ever"),
        pytest.param(58.5, 4.1, 0.7 - 299.0, False, id="too soon"),
        pytest.param(57.5, None, None, True, id="not reached"),
    ],
)
def test_a_frequency_dip_by_hand(low_hz, left_s, margin, passes):
    event = frequency_excursion(58.0, rocof_hz_per_s=0.5, hold_s=310.0)
    found = ride(event, behind_ups(trips=window(low_hz=low_hz)))

    assert found.passes is passes
    assert [entry.at_s for entry in found.site.left] == pytest.approx(
        [] if left_s is None else [left_s]
    )
    if margin is not None:
        broken = [f for f in found.findings if not f.kept and f.asked]
        assert [f.kind for f in broken] == ["frequency"]
        assert broken[0].margin == pytest.approx(margin)


def test_who_waits_299_s_is_free_to_go():
    event = frequency_excursion(58.0, rocof_hz_per_s=0.5, hold_s=310.0)
    found = ride(event, behind_ups(trips=allowed_trips(TABLES["nogrr282"])))

    assert [entry.at_s for entry in found.site.left] == pytest.approx([3.4 + 299.0])
    assert found.passes


def test_beyond_the_outer_band_a_load_may_go_at_once():
    event = frequency_excursion(62.5, rocof_hz_per_s=1.0, hold_s=5.0)
    trips = (Trip(quantity="frequency", high=61.8, after_s=0.0),)
    found = ride(event, behind_ups(trips=trips))

    assert [entry.at_s for entry in found.site.left] == pytest.approx([1.0 + 1.8])
    assert found.passes


@pytest.mark.parametrize(
    ("set_at", "after_s", "rate", "left", "passes"),
    [
        pytest.param(0.8, 0.1, 0.9, True, False, id="set too low"),
        pytest.param(1.2, 0.5, 0.9, False, True, id="not reached"),
        pytest.param(1.2, 0.5, 1.5, True, True, id="free: 1.5 Hz/s over 500 ms"),
        pytest.param(1.2, 0.1, 1.5, True, False, id="0.15 Hz in 500 ms so far"),
    ],
)
def test_rates_of_change(set_at, after_s, rate, left, passes):
    """EirGrid: 1 Hz/s over 500 ms is to be ridden."""
    event = frequency_excursion(48.5, rocof_hz_per_s=rate, hold_s=1.0, nominal_hz=50.0)
    trips = (Trip(quantity="rocof", high=set_at, after_s=after_s),)
    found = ride(event, behind_ups(trips=trips), "eirgrid")

    assert bool(found.site.left) is left
    assert asked(found, "rocof").kept is passes
    assert found.passes is passes


# --- other parts ----------------------------------------------------------------------


def test_supplies_hold_for_20_ms_and_no_longer():
    held = ride(sag(0.0, 0.020), on_mains(), "itic")
    cut = ride(sag(0.0, 0.021), on_mains(), "itic")
    weak = ride(sag(0.0, 0.020), on_mains(hold_up_s=0.012), "itic")

    assert held.passes
    assert math.isnan(held.site.cut_at_s)
    assert cut.site.cut_at_s == pytest.approx(1.02)
    assert cut.passes  # beyond the curve equipment may drop out
    assert cut.recovered_s == pytest.approx(300.0 + 0.9 * 60.0)
    assert not weak.passes
    assert asked(weak, "voltage").margin == pytest.approx(-0.008)


def test_a_transfer_to_battery_does_not_concern_equipment():
    found = ride(sag(0.4, 0.2), behind_ups(), "itic")

    assert found.lost_w == LOAD_W
    assert found.passes


def test_contactors_drop_and_pumps_come_back_on_their_own_ramp():
    site = LoadProtection(
        ups_frac=0.8, mechanical_frac=0.2, ups=UpsSettings(trips=window(detect_s=1.0)),
        mechanical=Mechanical(restart_s=30.0, ramp_s=40.0),
    )  # fmt: skip
    found = ride(sag(0.4, 0.2), site)

    assert [(e.part, e.at_s) for e in found.site.left] == [("mechanical", 1.02)]
    assert found.lost_after_w == pytest.approx(0.2 * LOAD_W)
    # 90 % of all is half of the pumps: 20 s into their ramp
    assert found.recovered_s == pytest.approx(30.0 + 20.0)
    assert "mechanical load" in asked(found, "voltage").words


def test_the_sites_own_relay_takes_everything_along():
    site = LoadProtection(
        ups_frac=0.5, mechanical_frac=0.2,
        relays=(Trip(quantity="voltage", low=0.8, after_s=0.1),), relay_return_s=60.0,
        ups=UpsSettings(trips=window(low_pu=0.1), retransfer_s=5.0, walk_in_s=0.0),
        mechanical=Mechanical(trips=(), restart_s=1.0),
        supplies=Supplies(least_pu=0.5, most_current_frac=2.0),
    )  # fmt: skip
    found = ride(sag(0.75, 0.4), site)
    left = {(e.part, e.behind_relay): e.at_s for e in found.site.left}

    assert left == pytest.approx({
        ("relays", False): 1.1, ("ups", True): 1.11, ("supplies", True): 1.12,
    })  # fmt: skip
    # only the relay is held against the table: 0.1 s of the 0.5 s
    assert asked(found, "voltage").margin == pytest.approx(0.1 - 0.5)
    assert "site breaker" in asked(found, "voltage").words
    # the relay closes 60 s after the sag, the UPS 5 s later
    ups = next(part for part in found.site.parts if part.part == "ups")
    assert ups.away[0][1] == pytest.approx(1.4 + 60.0 + 5.0)


# --- the step and the way back ------------------------------------------------------


def test_a_walk_in_within_a_ramp_limit_is_too_slow_for_the_recovery():
    """100 MW at 20 MW a minute take 300 s; 90 % in 2 s wants 2.2 s."""
    limit = 20e6 / 60
    found = load_rejection(LOAD_W, walk_in_s=10.0, limit_w_per_s=limit,
                           table=TABLES["nogrr282"])  # fmt: skip

    assert found.step_w == LOAD_W
    assert found.ramp_w_per_s == pytest.approx(1e7)
    assert found.margin_frac == pytest.approx(1 - 30.0)
    assert found.least_walk_in_s == pytest.approx(300.0)
    assert found.most_walk_in_s == pytest.approx(2.0 / 0.9)
    assert not found.possible


def test_a_mean_over_ten_minutes_lets_a_small_load_come_back_at_once():
    """Over 600 s 200 MW may come back; 100 MW are a mean of 10 MW a minute."""
    limit = 20e6 / 60
    small = load_rejection(LOAD_W, walk_in_s=0.0, limit_w_per_s=limit, window_s=600.0,
                           retransfer_s=1.2, table=TABLES["caiso"])  # fmt: skip
    large = load_rejection(3 * LOAD_W, walk_in_s=0.0, limit_w_per_s=limit,
                           window_s=600.0)  # fmt: skip

    assert small.ramp_w_per_s == pytest.approx(10e6 / 60)
    assert small.least_walk_in_s == 0.0
    assert small.most_walk_in_s == pytest.approx(1.8 / 0.9)
    assert small.possible
    assert large.least_walk_in_s == pytest.approx(900.0)
    assert large.margin_frac == pytest.approx(-0.5)


# --- signals --------------------------------------------------------------------------


def test_stretches_below_and_above_a_level():
    event = frequency_excursion(58.0, rocof_hz_per_s=0.5, hold_s=10.0)
    pieces = frequency_pieces(event)

    assert below(pieces, 59.0) == [pytest.approx((3.0, 17.0))]
    assert below(pieces, 58.0) == []
    assert above(pieces, 59.0) == [
        pytest.approx((0.0, 3.0)), pytest.approx((17.0, math.inf)),
    ]  # fmt: skip


def test_the_virginia_event_is_as_recorded():
    event = virginia_2024()
    dips = below(voltage_pieces(event), 0.9)
    lasted = [end - start for start, end in dips]

    assert len(dips) == 6
    assert dips[-1][1] - dips[0][0] == pytest.approx(82.0)
    assert (min(lasted), max(lasted)) == pytest.approx((0.042, 0.066))
    assert (min(event.voltage_pu), max(event.voltage_pu[1::2])) == (0.25, 0.40)


# --- bad input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "match"),
    [
        (lambda: sag(0.5, 0.0), "must rise"),
        (lambda: sags([1.0, 1.05], [0.5, 0.5], [0.1, 0.1]), "voltage_t_s must rise"),
        (lambda: sags([1.0], [0.5, 0.5], [0.1]), "of one length"),
        (lambda: sag(-0.1, 0.1), "got -0.1"),
        (lambda: sag(40.0, 0.1), "divided by 100"),
        (lambda: Event(title="x", voltage_t_s=(1.0,)), "begin at 0 s"),
        (lambda: Event(title="x", voltage_pu=(1.0, 0.5)), "each of the 2 values"),
        (lambda: Event(title="x", frequency_hz=(0.0,)), "frequency_hz"),
        (lambda: frequency_excursion(60.0, rocof_hz_per_s=1.0, hold_s=1.0), "differ"),
        (lambda: frequency_excursion(59.0, rocof_hz_per_s=0.0, hold_s=1.0), "above 0"),
        (lambda: Trip(quantity="voltage", low=1.0, high=0.9, after_s=0), "below high"),
        (lambda: Trip(quantity="current", after_s=0.1), "quantity"),
        (lambda: Trip(quantity="voltage", after_s=-1.0), "after_s"),
        (lambda: UpsSettings(walk_in_s=-1.0), "walk_in_s"),
        (lambda: UpsSettings(most_current_frac=0.5), "1 or more and finite, got 0.5"),
        (lambda: UpsSettings(battery_s=math.inf), "battery_s must be above 0 and"),
        (lambda: Supplies(hold_up_s=0.0), "hold_up_s"),
        (lambda: Mechanical(ramp_s=-2.0), "ramp_s"),
        (lambda: LoadProtection(ups_frac=80.0), "divided by 100"),
        (
            lambda: LoadProtection(ups_frac=0.9, mechanical_frac=0.2),
            "ups_frac 0.9 and .* at most 1",
        ),
        (lambda: LoadProtection(relay_return_s=-1.0), "relay_return_s"),
        (lambda: load_rejection(0.0, walk_in_s=1.0, limit_w_per_s=1.0), "load_w"),
        (lambda: load_rejection(1.0, walk_in_s=-1.0, limit_w_per_s=1.0), "walk_in_s"),
        (lambda: ride_through(sag(0.5, 0.1), LoadProtection(), -1.0, TABLES["spp"]),
         "got -1.0"),
        (lambda: ride(sag(0.5, 0.1), LoadProtection(), after_s=0.0), "after_s"),
        (lambda: ride(sag(0.5, 0.1, nominal_hz=50.0), LoadProtection()),
         "begin inside the settings, got frequency below 57 Hz"),
        (lambda: ride(Event(title="low", voltage_pu=(0.87,)), LoadProtection()),
         "begin at 0.9 to 1.1 pu"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(build, match):
    with pytest.raises(ValueError, match=match):
        build()


ABOUT = {"key": "t", "authority": "a", "title": "t", "source": "s", "date": "2026"}
ALWAYS = Band(low=0.9, high=1.1, least_s=math.inf)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"voltage": (Band(low=0.0, high=0.8, least_s=1.0), ALWAYS)}, "must touch"),
        ({"voltage": (Band(low=0.0, high=0.9, least_s=1.0),)}, "infinite least_s"),
        ({"voltage": (Band(low=0.0, high=0.5, least_s=2.0),
                      Band(low=0.5, high=0.9, least_s=1.0), ALWAYS)}, "ask for longer"),
        ({"recovery_frac": 90.0}, "divided by 100"),
        ({"recovery_most_frac": 0.5}, "recovery_most_frac"),
        ({"recovered_pu": 0.0}, "recovered_pu"),
        ({"recovery_s": 0.0}, "recovery_s"),
        ({"rocof_window_s": -1.0}, "rocof_window_s"),
        ({"about": "server"}, "about must be"),
    ],
)  # fmt: skip
def test_a_table_without_sense_is_refused(wrong, match):
    with pytest.raises(ValueError, match=match):
        RideTable(**(ABOUT | wrong))


@pytest.mark.parametrize(
    ("low", "high", "least_s"), [(0.9, 0.8, 1.0), (-0.1, 0.8, 1.0), (0.1, 0.8, 0.0)]
)
def test_a_band_without_sense_is_refused(low, high, least_s):
    with pytest.raises(ValueError, match=r"got (0\.9|-0\.1|0\.0)"):
        Band(low=low, high=high, least_s=least_s)
