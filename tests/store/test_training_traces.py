"""Recorded power of nodes is read with its unit minded, or refused with its line."""

from __future__ import annotations

import gzip
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from store.datasets import DatasetError, DatasetStore, ImportProblem
from store.download import DownloadError
from store.published import TRAINING_POWER
from store.training_traces import read_log, read_run, read_traces

ROWS = [(2.0 * k, 7000 + k % 3) for k in range(20)]


def csv_text(rows=ROWS, head="t_s,power_w", scale=1.0):
    return "\n".join([head, *(f"{t * scale:g},{p}" for t, p in rows)]) + "\n"


def write(tmp_path, text, name="mine.csv"):
    path = tmp_path / name
    packed = name.endswith(".gz")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return path


def replaced(at, t, power):
    return [*ROWS[:at], (t, power), *ROWS[at + 1 :]]


def test_seconds_and_milliseconds_read_alike(tmp_path):
    seconds = read_traces(write(tmp_path, csv_text()))["trace"]
    text = csv_text(head="T_ms,Power_W", scale=1e3)
    milliseconds = read_traces(write(tmp_path, text, "ms.csv.gz"))["trace"]

    assert_allclose(seconds.t_s, milliseconds.t_s)
    assert_allclose(seconds.power_w, [p for _, p in ROWS])
    assert seconds.interval_s == 2.0


def test_nodes_are_told_apart_and_may_take_turns(tmp_path):
    lines = [f"{n},{t + 0.1 * n},{p + n}" for t, p in ROWS for n in (1, 2)]
    traces = read_traces(
        write(tmp_path, "\n".join(["node,t_s,ac_input_w", *lines]) + "\n")
    )

    assert list(traces) == ["node 1", "node 2"]
    assert_allclose(traces["node 2"].t_s - traces["node 1"].t_s, 0.1)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        pytest.param(
            csv_text(replaced(7, 3.0, 7000)),
            "line 9, column t_s must not go back in time.*'3 s after 12 s.*sort",
            id="unsorted",
        ),
        pytest.param(
            csv_text(replaced(7, 12.0, 7000)), "line 9.*must not be there twice",
            id="twice",
        ),
        pytest.param(
            csv_text([(t + 40 * (t > 20), p) for t, p in ROWS]),
            "line 13, column t_s must follow within 5 intervals of 2 s, got "
            "'42 s after 20 s.*1 such gaps.*cut the file there",
            id="gap",
        ),
        pytest.param(
            csv_text(replaced(7, 14.0, -5)), "line 9.*0 or more, got '-5'",
            id="negative",
        ),
        pytest.param(
            csv_text(replaced(7, 14.0, "n/a")), "line 9.*must be a number, got 'n/a'",
            id="no number",
        ),
        pytest.param(
            csv_text(head="t_s,power_kW"),
            "line 1, column power_kW must be a column of power in watts.*convert",
            id="kilowatts by name",
        ),
        pytest.param(
            csv_text([(t, p / 1000) for t, p in ROWS]),
            "must reach 50 W.*if these are kilowatts, multiply them by 1000",
            id="kilowatts by size",
        ),
        pytest.param(
            csv_text(scale=1e3), "readings at most 120 s apart, got '2000 s.*t_ms",
            id="milliseconds taken for seconds",
        ),
        pytest.param(
            csv_text(head="when,power_w"), "line 1 must have a column of time.*t_ms",
            id="no time",
        ),
        pytest.param(
            csv_text(head="t_s,load"), "must be a column of power in watts, power_w",
            id="no power",
        ),
    ],
)  # fmt: skip
def test_a_bad_trace_is_refused_with_its_line(tmp_path, text, match):
    with pytest.raises(ImportProblem, match=match):
        read_traces(write(tmp_path, text))


def test_gaps_may_be_allowed(tmp_path):
    path = write(tmp_path, csv_text([(t + 40 * (t > 20), p) for t, p in ROWS]))
    trace = read_traces(path, gaps_allowed=True)["trace"]

    assert trace.gaps[0].lasts_s == 42.0


# --- published runs -------------------------------------------------------------------

LOG = """t_ms,event,value
-1,init_stop,
10500,tracked_stats:train_step_timing in s,10.4
21000,tracked_stats:train_step_timing in s,10.6
22000,eval_start,
30000,eval_accuracy,2.7
35000,eval_stop,
40000,eval_start,
"""


def test_a_run_leaves_out_what_has_no_reading_and_reads_its_log(tmp_path):
    lines = [f"1,{2000 * k},{7000 + k},1" for k in range(20)]
    lines[3] = "1,6000,,5"
    lines.insert(6, "1,10000,9999,1")
    text = "\n".join(["node,t_ms,ac_input_w,dc_output_w", *lines]) + "\n"
    path = write(tmp_path, text, "x_node_power.csv.gz")
    write(tmp_path, LOG, "x_events.csv.gz")
    run = read_run(path)

    (node,) = run.nodes
    assert run.left_out == 2
    assert node.t_s.size == 19
    assert node.power_w[node.t_s == 10.0] == 9999, "of two the last is kept"
    assert run.log.logged_s == pytest.approx(10.5)
    assert run.log.spacing_s == 10.5
    assert run.log.evaluations == ((22.0, 35.0),), "one that never ended is none"


@pytest.mark.parametrize(
    ("head", "match"),
    [("t_ms,value", "a column event"), ("t_ms,event", "a column value"),
     ("when,event,value", "a column of time")],
)  # fmt: skip
def test_a_log_without_a_column_says_which(tmp_path, head, match):
    with pytest.raises(ImportProblem, match=match):
        read_log(write(tmp_path, f"{head}\n{','.join('1' * len(head.split(',')))}\n"))


def test_a_log_may_be_in_seconds(tmp_path):
    log = read_log(write(tmp_path, "t_s,event,value\n3,eval_start,\n5,eval_stop,\n"))

    assert log.evaluations == ((3.0, 5.0),)


def test_a_run_without_a_log_has_none(tmp_path):
    lines = [f"bert,0,{k},{3000 + k}" for k in range(20)]
    text = "\n".join(["workload,run,t_s,ac_input_w", *lines]) + "\n"
    run = read_run(write(tmp_path, text, "b200_8gpu_node_power.csv.gz"))

    assert run.log is None
    assert run.nodes[0].name == "workload bert run 0"


def make_store(tmp_path, data_dir=None):
    return DatasetStore(
        SimpleNamespace(data_dir=data_dir, cache_dir=tmp_path / "cache")
    )


def test_absent_and_other_datasets_are_refused_with_a_repair(tmp_path):
    store = make_store(tmp_path)

    with pytest.raises(DatasetError, match=r"cannot be downloaded.*_DATA_DIR"):
        store.training_run("mlperf-train-gpt3-64")
    with pytest.raises(DownloadError, match="one log per node and run"):
        store.pull("mlperf-train-gpt3-64")
    folder = tmp_path / "data" / "acme_power_cdf"
    folder.mkdir(parents=True)
    write(folder, "a,b\n1,2\n", "acme_cdf.csv.gz")
    with pytest.raises(DatasetError, match="must be recorded power of training"):
        make_store(tmp_path, tmp_path / "data").training_run("acme-power-cdf")


@pytest.mark.data
@pytest.mark.parametrize("entry", TRAINING_POWER, ids=lambda entry: entry.name)
def test_published_runs_are_read_whole(tmp_path, data_dir, entry):
    run = make_store(tmp_path, data_dir).training_run(entry.name)

    many = {"gpt3-64": 64, "lora-64-a": 64, "lora-64-b": 64, "lora-8": 8, "lora-1": 1}
    short = entry.name.removeprefix("mlperf-train-")
    assert len(run.nodes) == many.get(short, 9)
    assert (run.log is None) == (short == "b200")
    # a reading of run B is empty; the single node's logger wrote one time four times
    assert run.left_out == {"lora-64-b": 1, "lora-1": 3}.get(short, 0)
    interval_s = 1.0 if short == "b200" else 2.006
    assert np.median([n.interval_s for n in run.nodes]) == pytest.approx(
        interval_s, abs=0.01
    )
