"""Forecasts by the site's clock: through clock changes and with silent hosts."""

from __future__ import annotations

import datetime as dt
import time
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from api.tracking_forecast import forecast
from store.telemetry import blocks
from store.telemetry.codec import pack_rollup
from store.telemetry.levels import DAY_US, HOUR_US, MINUTE_US, MINUTES
from tests.api.tracking_hosts import S
from twin.telemetry.readings import Device, Readings
from twin.telemetry.rollup import roll_up, total

OSLO = ZoneInfo("Europe/Oslo")
BIN_US = {"1min": MINUTE_US, "1h": HOUR_US}
BASE_W, BUSY_W = 1000.0, 500.0


def office_w(time_us):
    """A site that draws more from 8 to 17 o'clock in Oslo."""
    hours = [dt.datetime.fromtimestamp(t / S, tz=OSLO).hour for t in time_us]
    return BASE_W + BUSY_W * np.array([8 <= h < 17 for h in hours], float)


def stored(power_of, covered_frac=1.0, days=21):
    """Series of a site as the watch answers them."""

    def series(start_us, end_us, level):
        bin_us = BIN_US[level]
        time_us = np.arange(max(start_us, end_us - days * DAY_US), end_us, bin_us)
        covered = np.full(time_us.size, covered_frac * bin_us / S)
        return {
            "time_us": time_us.tolist(),
            "columns": {
                "power_mean_w": power_of(time_us).tolist(),
                "covered_s": covered.tolist(),
            },
        }

    return series


def ahead(series, now_us, hours):
    return forecast(series, of="site", now_us=now_us, horizon_s=hours * 3600.0,
                    limit_w=None, zone="Europe/Oslo", judge=False)  # fmt: skip


@pytest.mark.parametrize("hours", [24, 48])
@pytest.mark.parametrize("month", [3, 10], ids=["to summer time", "to winter time"])
def test_hours_keep_their_place_across_a_clock_change(month, hours):
    # clocks of 2026 change on 29 March and on 25 October
    change = dt.datetime(2026, month, 29 if month == 3 else 25, tzinfo=dt.UTC)
    now_us = round((change + dt.timedelta(days=8)).timestamp()) * S

    found = ahead(stored(office_w), now_us, hours)

    assert (found["model"], found["season"]) == ("seasonal", "day")
    step_us = round(found["step_s"] * S)
    came = office_w(np.array(found["time_us"]) - step_us // 2)
    assert np.allclose(found["mean_w"], came, atol=0.02 * BUSY_W)


def test_history_of_a_part_of_the_hosts_counts_and_is_said():
    now_us = round(dt.datetime(2026, 6, 1, tzinfo=dt.UTC).timestamp()) * S

    whole = ahead(stored(office_w), now_us, 24)
    part = ahead(stored(office_w, covered_frac=0.6), now_us, 24)

    assert whole["warnings"] == []
    assert whole["history"]["partly_frac"] == 0.0
    assert part["mean_w"] == whole["mean_w"]
    assert part["history"]["partly_frac"] == 1.0
    assert "silent hosts" in part["warnings"][0]


# --- through the service --------------------------------------------------------------


def readings(time_s, power_w):
    return Readings(
        devices=(Device(key="host", kind="host"),),
        device=np.zeros(time_s.size, np.int64), time_us=time_s.astype(np.int64) * S,
        columns={"power_w": power_w},
    )  # fmt: skip


def fold_all(telemetry, names):
    """Fold and sum up; the folder's own thread may be at it."""
    for _ in range(600):
        telemetry.folder.fold_closed(everything=True)
        stored = [telemetry.reader.stored(telemetry.source(name)) for name in names]
        if not any(one.waiting for one in stored):
            return
        time.sleep(0.1)
    raise AssertionError(f"{names} still wait to be folded")


def store_minutes(engine, source, found):
    """Write three weeks as the folder does, block by block."""
    with engine.connect() as connection:
        for start_us in (
            np.unique(found.start_us // MINUTES.block_us) * MINUTES.block_us
        ):
            inside = found.start_us // MINUTES.block_us == start_us // MINUTES.block_us
            part = found.take(inside)
            blocks.put_block(
                connection, MINUTES, source_id=source.id, part=blocks.SUM,
                start_us=int(start_us), readings=len(part),
                body=pack_rollup(part, np.zeros(1, np.int64)),
            )  # fmt: skip
        connection.commit()


def test_a_days_shape_is_forecast_from_three_stored_weeks(app, client):
    services = app.state.services
    now_s = int(time.time()) // 600 * 600
    time_s = np.arange(now_s - 21 * 86_400, now_s, 300)
    power_w = 2000.0 + 600.0 * (time_s // 3600 % 24 >= 12)
    whole = readings(time_s, power_w)
    bins = (now_s - int(time_s[0])) // 60
    minutes = roll_up(
        whole, start_us=int(time_s[0]) * S, bins=bins, bin_us=MINUTE_US, whole=True
    )
    services.telemetry.take("steady", "upload", whole.take(slice(-1, None)), key="1")
    source = services.telemetry.source("steady")
    store_minutes(services.engine, source, total(minutes, name="total"))

    found = client.forecast("steady", 86_400.0)

    assert (found["model"], found["season"]) == ("seasonal", "day")
    assert found["history"]["have_days"] == pytest.approx(21.0, abs=0.1)
    late = np.array(found["time_us"]) // HOUR_US % 24 >= 12
    mean_w = np.array(found["mean_w"])
    # a line between readings crosses each step of the power in five minutes
    assert mean_w[late].mean() == pytest.approx(2600.0, rel=0.02)
    assert mean_w[~late].mean() == pytest.approx(2000.0, rel=0.02)
    assert found["backtest"]["covered_frac"] > 0.8


def test_hosts_that_left_are_no_hole_in_the_sites_history(app, client):
    telemetry = app.state.services.telemetry
    now_s = int(time.time()) // 600 * 600
    hours = np.arange(now_s - 5 * 3600, now_s, 60)
    before = np.arange(now_s - 50 * 3600, now_s - 50 * 3600 + 600, 60)
    for name in ("left1", "left2"):
        gone = readings(before, np.full(before.size, 4000.0))
        telemetry.take(name, "upload", gone, key=name)
    here = readings(hours, np.full(hours.size, 3000.0))
    telemetry.take("stays", "upload", here, key="stays")
    fold_all(telemetry, ("left1", "left2", "stays"))

    found = client.forecast("site", 1800.0, backtest=False)

    # two of three hosts are silent, and no longer expected a day after they left
    assert found["mean_w"] == pytest.approx([3000.0] * 6, rel=0.01)
    assert found["end_us"] >= (now_s - 3600) * S
