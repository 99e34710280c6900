"""A job learned from a trace on the command line: YAML to paste, limits, mistakes."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from twin.scenario import parse_scenario
from twin.training.job import Levels, TrainingJob
from twin.training.waveform import job_waveform

JOB = TrainingJob(
    gpu_count=16, tdp_w=700.0, compute_s=8.0, communicate_s=2.0,
    levels=Levels(compute=1.0, communicate=0.5),
)  # fmt: skip


@pytest.fixture
def trace(tmp_path):
    """Two nodes of a job of 16 GPUs, 8 s at TDP and 2 s at half of it."""
    wave = job_waveform(JOB, horizon_s=600.0, sample_s=0.5)
    half_w = np.round(wave.power_w / 2, 1)
    lines = ["node,t_s,power_w"]
    for node in (1, 2):
        lines += [f"{node},{t:.1f},{p}" for t, p in zip(wave.t_s, half_w, strict=True)]
    path = tmp_path / "trace.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_job_is_printed_for_a_scenario(nameplate, scenario_file, trace):
    result = nameplate("learn", trace)
    found = yaml.safe_load(result.stdout)

    assert result.exit_code == 0, result.stderr
    (job,) = parse_scenario(found).training.jobs
    assert job.gpu_count == 16
    assert job.compute_s + job.communicate_s == pytest.approx(10.0, rel=0.01)
    assert job.levels.compute == pytest.approx(1.0, rel=0.03)
    # the recorded meter has servers and losses in it already
    assert found["training"]["plant"]["host_w_per_gpu"] == 0
    short = found | {"training": found["training"] | {
        "horizon_s": 60.0, "rules": ["ercot-2026"], "sample_s": 0.005}}  # fmt: skip
    again = nameplate("stabilize", scenario_file(short))
    assert again.exit_code == 0, again.stderr


def test_error_and_sampling_limit_stand_beside_it(nameplate, trace):
    said = nameplate("learn", trace).stdout

    assert "# trace.csv: 2 nodes, iterations of 10.0" in said
    assert "# fit error, on the same trace: mean " in said
    assert "# limit: sampled every 0.5 s: nothing faster than 1 s is claimed" in said


def test_the_job_may_be_of_another_size(nameplate, answer, trace):
    found = answer(nameplate("learn", trace, "--gpu-count", "1024", "--json"))

    assert found["job"]["gpu_count"] == 1024
    assert found["job"]["gpu"] == "h100-sxm-80gb"
    assert found["node_count"] == 2
    assert found["period_s"] == pytest.approx(10.0, rel=0.01)


def test_nodes_that_were_not_recorded_count(nameplate, answer, trace):
    found = answer(nameplate("learn", trace, "--nodes", "8", "--json"))

    assert found["node_count"] == 8
    assert found["job"]["gpu_count"] == 64


def test_a_log_gives_the_period(nameplate, answer, trace, tmp_path):
    log = tmp_path / "log.csv"
    steps = [f"{1000 * t},tracked_stats:train_step_timing in s,10.0"
             for t in range(10, 600, 10)]  # fmt: skip
    log.write_text("\n".join(["t_ms,event,value", *steps]))
    found = answer(nameplate("learn", trace, "--events", log, "--json"))

    assert found["period_from"] == "log"


@pytest.mark.parametrize(
    ("lines", "place", "says"),
    [
        (["t_s,power_w", *(f"{t},5000" for t in range(20)), "5,5000"], ":22: ",
         "must not go back in time"),
        (["t_s,power_kw", *(f"{t},5" for t in range(20))], ":1: ", "watts"),
        (["t_s,power_w", *(f"{t},5000" for t in [*range(20), *range(90, 110)])],
         ":22: ", "gap"),
        (["t_s,power_w", *(f"{t},-1" for t in range(20))], ":2: ", "0 or more"),
        (["t_s,power_w", *(f"{t},5000" for t in range(5))], ": ", "at least 16"),
    ],
    ids=["unsorted", "kilowatts", "gap", "negative", "short"],
)  # fmt: skip
def test_a_trace_without_sense_says_where(nameplate, tmp_path, lines, place, says):
    path = tmp_path / "bad.csv"
    path.write_text("\n".join(lines) + "\n")
    result = nameplate("learn", path)

    assert result.exit_code == 2
    assert f"{path}{place}" in result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_log_without_events_says_which_column(nameplate, trace, tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("t_ms,what\n1,2\n")
    result = nameplate("learn", trace, "--events", log)

    assert result.exit_code == 2
    assert f"{log}:1: " in result.stderr
    assert "must have a column event" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--gpu", "h900"], "h100-sxm-80gb"), (["--nodes", "1"], "node_count"),
     (["--host-w", "9000"], "host_w")],
    ids=["unknown GPU", "fewer nodes than recorded", "host above the levels"],
)  # fmt: skip
def test_options_without_sense_say_what_would_have(nameplate, trace, arguments, says):
    result = nameplate("learn", trace, *arguments)

    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_file_is_named(nameplate, tmp_path):
    result = nameplate("learn", tmp_path / "none.csv")

    assert result.exit_code == 2
    assert "none.csv" in result.stderr
