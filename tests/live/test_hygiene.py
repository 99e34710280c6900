"""Each kind of bad sample has its answer, over HTTP; docs/telemetry.md says which."""

from __future__ import annotations

import time

import pytest

from store.telemetry.reader import Reader
from store.telemetry.registry import Registry
from tests.live.hostile import good

S = 1_000_000
WINDOW = 600 * S
FOLD_S = 60.0


@pytest.fixture
def past_us():
    """Start of an hour that has been over for at least one: its windows are closed."""
    return (time.time_ns() // 1000 // (3600 * S) - 2) * 3600 * S


@pytest.fixture
def post(site):
    """Post batches of node's, which reports now."""
    yield from posting(site, "node")


@pytest.fixture
def post_past(site):
    """Post batches of other's, whose readings are all of closed windows."""
    yield from posting(site, "other")


def posting(site, host):
    """A way to post; each test has a spool, and so numbers, of its own."""
    spool = f"{time.time_ns():032x}"[-32:]

    with site.client(host) as client:

        def send(times_us, power_w, *, sequence=0, key="GPU-0", **more):
            start_us = min(times_us)
            document = good(
                start_us, sequence=sequence, devices=[{"key": key, "kind": "gpu"}],
                columns={"device": [0] * len(times_us),
                         "offset_us": [t - start_us for t in times_us],
                         "power_w": power_w, **more},
            )  # fmt: skip
            document["agent"] |= {"name": host, "spool": spool}
            answer = client.post("/telemetry", json=document)
            assert answer.status_code == 200, answer.text
            return answer.json()

        yield send


def read(site, key, start_us, end_us):
    """Times and power of one device as they are stored."""
    registry = Registry(site.engine)
    source = registry.by_name["node"]
    found = Reader(site.engine, registry).raw(source, start_us, end_us)
    mine = [found.devices[d].key == key for d in found.device]
    return found.time_us[mine].tolist(), found.columns["power_w"][mine].tolist()


def bins(site, key, start_us, end_us, level):
    with site.client("viewer") as client:
        answer = client.get("/telemetry/series", params={
            "of": "other", "device": key, "start_us": start_us, "end_us": end_us,
            "level": level,
        })  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.json()


def folded(site):
    """Wait until all that other sent is folded."""
    end = time.monotonic() + FOLD_S
    while time.monotonic() < end:
        with site.client("viewer") as client:
            params = {"start_us": 0, "end_us": 2**52}
            found = client.get("/telemetry/sources/other/stored", params=params).json()
        if found["waiting"] == 0:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{found['waiting']} readings are not folded after {FOLD_S} s")


def reasons(answer):
    return [(r["reason"], r["field"], r["count"]) for r in answer["refused"]]


# --- times ----------------------------------------------------------------------------


def test_a_future_reading_is_left_out_and_counted_the_rest_is_stored(site, post):
    now_us = time.time_ns() // 1000
    times = [now_us - S, now_us + 90 * S, now_us + 3600 * S]

    answer = post(times, [400.0, 410.0, 420.0], key="future")

    assert answer["stored"] == 2
    assert reasons(answer) == [("future", "offset_us", 1)]
    assert read(site, "future", 0, 2**52) == (times[:2], [400.0, 410.0])


def test_a_batch_wholly_in_the_future_is_not_taken_but_asked_for_again(site):
    """The server's clock may be the wrong one: what is refused for good is lost."""
    rows = site.rows()
    with site.client("node") as client:
        document = good(time.time_ns() // 1000 + 3600 * S)
        document["agent"]["spool"] = 32 * "f"
        answer = client.post("/telemetry", json=document)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert site.rows()["telemetry_ledger"] == rows["telemetry_ledger"]


def test_a_reading_older_than_raw_is_kept_is_left_out_and_counted(site, post):
    now_us = time.time_ns() // 1000
    times = [now_us - 8 * 86_400 * S, now_us - S]

    answer = post(times, [400.0, 410.0], key="late")

    assert answer["stored"] == 1
    assert reasons(answer) == [("late", "offset_us", 1)]
    assert read(site, "late", 0, 2**52) == (times[1:], [410.0])


def test_a_batch_sent_twice_is_told_and_stored_once(site, post):
    now_us = time.time_ns() // 1000

    first = post([now_us], [400.0], key="twice")
    again = post([now_us], [400.0], key="twice")

    assert (first["stored"], first["duplicate"]) == (1, False)
    assert (again["stored"], again["duplicate"]) == (0, True)
    assert read(site, "twice", 0, 2**52) == ([now_us], [400.0])


def test_an_instant_that_comes_in_two_batches_keeps_what_came_first(site, post):
    now_us = time.time_ns() // 1000

    post([now_us], [400.0], key="again", sequence=0)
    post([now_us, now_us + S], [999.0, 410.0], key="again", sequence=1)

    assert read(site, "again", 0, 2**52) == ([now_us, now_us + S], [400.0, 410.0])


def test_batches_and_readings_out_of_order_are_read_in_order(site, post):
    now_us = time.time_ns() // 1000 - 60 * S

    for sequence in (2, 0, 1):
        at = [now_us + (3 * sequence + k) * S for k in (2, 0, 1)]
        answer = post(at, [float(3 * sequence + k) for k in (2, 0, 1)], key="order",
                      sequence=sequence)  # fmt: skip
        assert answer["stored"] == 3

    expected = [now_us + k * S for k in range(9)]
    assert read(site, "order", 0, 2**52) == (expected, [float(k) for k in range(9)])


# --- values ---------------------------------------------------------------------------


def test_a_value_of_a_wrong_unit_is_missing_and_its_reading_stays(site, post):
    now_us = time.time_ns() // 1000

    answer = post([now_us, now_us + S], [412_000.0, 412.0], key="milli",
                  gpu_c=[55.0, 328.15])  # fmt: skip

    assert answer["stored"] == 2
    assert reasons(answer) == [("unit", "power_w", 1), ("unit", "gpu_c", 1)]
    times, power = read(site, "milli", 0, 2**52)
    assert times == [now_us, now_us + S]
    assert power[0] != power[0]  # NaN: not known, and not zero
    assert power[1] == 412.0


def test_a_gap_is_not_filled_and_is_told(site, post_past, past_us):
    """Two minutes, ten of nothing, two minutes: 4 minutes are covered, not 14."""
    seconds = [*range(120), *range(720, 840)]
    at = past_us - 3600 * S
    post_past([at + s * S for s in seconds], [500.0] * 240, key="gappy")

    gaps = folded(site)["gaps"]
    found = bins(site, "gappy", at, at + 900 * S, "1min")["columns"]

    assert sum(found["covered_s"]) == pytest.approx(238.0)
    assert sum(found["energy_j"]) == pytest.approx(500.0 * 238)
    assert [at + 120 * S, at + 720 * S] in gaps


# --- levels ---------------------------------------------------------------------------


def steps_w(second):
    """400 W for ten minutes, 600 W for ten: the step is between two readings."""
    return 400.0 if second < 600 else 600.0


def test_the_levels_are_what_a_hand_computes(site, post_past, past_us):
    """
    Straight lines between readings: the one from 599 s (400 W) to 600 s (600 W) carries
    500 J, all of it in the last second of the first ten minutes.
    """
    seconds = range(1201)
    post_past(
        [past_us + s * S for s in seconds], [steps_w(s) for s in seconds], key="hand"
    )
    folded(site)

    second = bins(site, "hand", past_us + 598 * S, past_us + 601 * S, "1s")["columns"]
    minute = bins(site, "hand", past_us, past_us + 1200 * S, "1min")["columns"]
    hour = bins(site, "hand", past_us, past_us + 3600 * S, "1h")["columns"]

    assert second["energy_j"] == pytest.approx([400.0, 500.0, 600.0])
    assert second["power_mean_w"] == pytest.approx([400.0, 500.0, 600.0])
    assert minute["energy_j"] == pytest.approx(
        [24_000.0] * 9 + [24_100.0] + [36_000.0] * 10
    )
    assert minute["power_highest_w"][:10] == pytest.approx([400.0] * 9 + [500.0])
    assert minute["power_least_w"] == pytest.approx([400.0] * 10 + [600.0] * 10)
    assert hour["energy_j"] == pytest.approx([24_000.0 * 10 + 100 + 36_000 * 10])
    assert hour["power_mean_w"] == pytest.approx([600_100 / 1200])
    assert hour["covered_s"] == pytest.approx([1200.0])


def test_readings_that_come_late_are_folded_in(site, post_past, past_us):
    """The middle third of ten minutes arrives after both others were folded."""
    at = past_us - 2 * 3600 * S
    thirds = [range(200), range(200, 400), range(400, 601)]
    for number in (0, 2):
        post_past([at + s * S for s in thirds[number]], [300.0] * len(thirds[number]),
                  key="slow", sequence=number)  # fmt: skip
    folded(site)
    before = bins(site, "slow", at, at + WINDOW, "1h")["columns"]

    post_past([at + s * S for s in thirds[1]], [300.0] * 200, key="slow", sequence=1)
    folded(site)
    after = bins(site, "slow", at, at + WINDOW, "1h")["columns"]

    assert before["energy_j"] == pytest.approx([300.0 * (199 + 200)])
    assert after["energy_j"] == pytest.approx([300.0 * 600])
    assert after["covered_s"] == pytest.approx([600.0])
