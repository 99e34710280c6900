"""`nameplate telemetry`: files and other monitoring systems from the command line."""

from __future__ import annotations

import datetime as dt


def rows(count, *, at=None):
    start = at or dt.datetime.now(dt.UTC)
    lines = ["timestamp,uuid,power.draw.instant [W],pstate"]
    for i in range(count):
        when = start + dt.timedelta(seconds=i)
        lines.append(f"{when.isoformat()},GPU-a,{400 + i} W,P0")
    return "\n".join(lines) + "\n"


def test_a_file_is_taken_in_and_says_what_became_of_it(nameplate, tmp_path, answer):
    file = tmp_path / "smi.csv"
    file.write_text(rows(20))

    found = nameplate("telemetry", "upload", file, "--source", "node017", "--json")

    assert found.exit_code == 0
    document = answer(found)
    assert (document["rows"], document["stored"]) == (20, 20)
    assert document["fields"] == {"power.draw.instant [W]": "power_w"}
    assert document["ignored_columns"] == ["pstate"]


def test_wrong_rows_are_named_by_line_and_nothing_is_stored(nameplate, tmp_path):
    file = tmp_path / "smi.csv"
    file.write_text(rows(3).replace("401 W", "=1+1"))

    found = nameplate("telemetry", "upload", file, "--source", "node017")

    assert found.exit_code == 2
    assert "line 3" in found.stderr
    assert "=1+1" in found.stderr


def test_readings_ahead_of_the_clock_are_said_to_be_left_out(nameplate, tmp_path):
    file = tmp_path / "ahead.csv"
    file.write_text(rows(5, at=dt.datetime(2090, 1, 1, tzinfo=dt.UTC)))

    found = nameplate("telemetry", "upload", file, "--source", "node017")

    assert found.exit_code == 0
    assert "0 of 5 rows stored" in found.stdout
    assert "left out: 5" in found.stdout


def test_a_file_that_is_not_there_is_wrong_input(nameplate, tmp_path):
    found = nameplate("telemetry", "upload", tmp_path / "no", "--source", "node017")

    assert found.exit_code == 2


def test_a_pull_of_a_host_nobody_allowed_says_how_to_allow_it(nameplate):
    found = nameplate(
        "telemetry", "pull", "http://prom.site:9090", "--start", "2026-01-31T12:00:00Z",
        "--end", "2026-01-31T13:00:00Z",
    )  # fmt: skip

    assert found.exit_code == 2
    assert "NAMEPLATE_IMPORT_HOSTS" in found.stderr
