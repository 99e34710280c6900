"""`nameplate calibrate`, `forecast` and `shadow` on the local database."""

from __future__ import annotations

import datetime as dt
import re
import time

import pytest

from store.migrate import upgrade_engine
from store.settings import Settings
from tests.api.tracking_hosts import HOUR, SLOPE, law_readings, store_readings


@pytest.fixture
def stored(home):
    """Three hours of a host in the local database."""
    from api.telemetry_service import TelemetryService
    from store.engine import open_engine

    settings = Settings()
    engine = open_engine(settings.database_url)
    upgrade_engine(engine)
    service = TelemetryService(engine, settings)
    service.writer.start()
    now_s = int(time.time()) // 60 * 60
    store_readings(service, "n1", law_readings(now_s - 3 * HOUR, now_s, seed=5))
    service.folder.fold_closed(everything=True)
    service.close()
    engine.dispose()
    return now_s


def instant(time_s):
    return dt.datetime.fromtimestamp(time_s, tz=dt.UTC).isoformat()


def period(now_s):
    return ("--from", instant(now_s - 3 * HOUR), "--to", instant(now_s))


def test_a_calibration_prints_parameters_and_held_out_errors(nameplate, stored):
    done = nameplate("calibrate", "n1", "--kind", "server", *period(stored))

    assert done.exit_code == 0, done.stderr
    slope = float(re.search(r"slope = ([\d.]+)", done.stdout)[1])
    assert slope == pytest.approx(SLOPE, rel=0.02)
    assert "held out" in done.stdout


def test_a_refusal_says_what_is_missing_and_a_script_can_tell(nameplate, stored):
    done = nameplate(
        "calibrate", "n1", "--kind", "gpu-clock", "--strict", *period(stored)
    )

    assert done.exit_code == 1
    assert "under several clocks" in " ".join(done.stdout.split())


def test_a_time_without_its_offset_is_refused(nameplate, home):
    done = nameplate(
        "calibrate", "n1", "--kind", "server", "--from", "2026-01-05", "--to", "now"
    )

    assert done.exit_code == 2
    assert "--from" in done.stderr


def test_a_forecast_and_a_shadow_are_printed(nameplate, answer, stored):
    told = nameplate("forecast", "--hours", "1")
    shadow = nameplate("shadow", "--json")

    assert told.exit_code == 0, told.stderr
    assert "naive" in told.stdout
    assert shadow.exit_code == 0, shadow.stderr
    assert answer(shadow)["hosts"][0]["basis"] == "none"


def test_too_little_history_ends_with_the_repair(nameplate, home):
    done = nameplate("forecast")

    assert done.exit_code == 2
    assert "history" in done.stderr or "power_w" in done.stderr
