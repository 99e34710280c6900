"""
Training waveforms learned from recorded runs, beside the runs.

GPT-3 on 64 nodes is learned from its summed power alone, whole, and its first half to
be judged on the second; the log of steps is only compared with. LoRA on 64 nodes is
forecast from one node at a time with the spread of the GPT-3 run's nodes. Nothing
faster than 4 s is claimed: the meters read every 2 s.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cli.validation.row import Rule, Suite, ValidationRow
from store.datasets import DatasetStore
from store.settings import Settings
from store.training_traces import TrainingRun
from twin.training.coincidence import NodeSpread, measure_spread, predict_cluster_peak
from twin.training.judge import NOISE_SEED, judge
from twin.training.learn import learn
from twin.training.learned import Learned, replay
from twin.training.recorded import StepLog, Trace, cluster
from twin.types import BoolArray, FloatArray, Report

PREFIX = "stabilize"
NODES = 64
GPT3 = "mlperf-train-gpt3-64"
LORA = {"a": "mlperf-train-lora-64-a", "b": "mlperf-train-lora-64-b"}
LORA_ONE = "mlperf-train-lora-1"
LORA_PEAK_KW = {"a": 395.6, "b": 391.1}
"""Highest sum on a 2 s grid, as the data's own summary has it."""
NEAR = 0.05
"""A forecast of the peak is to be within this. [1]"""
_SUITE = Suite(
    PREFIX, "measured", "MLPerf Training v4.0 power logs (Sustainable Metal Cloud)"
)


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; none without the recorded runs, `report` says so."""
    store = DatasetStore(Settings())
    wanted = (GPT3, *LORA.values(), LORA_ONE)
    absent = [name for name in wanted if not store.info(name).present]
    if absent:
        report(1.0, f"training: {', '.join(absent)} not on this machine")
        return []
    report(0.0, "learning GPT-3 on 64 nodes")
    gpt3 = store.training_run(GPT3)
    found = _gpt3(gpt3)
    report(0.5, "forecasting LoRA on 64 nodes")
    spread = measure_spread(gpt3.nodes)
    for name, dataset in LORA.items():
        found += _lora(name, store.training_run(dataset).nodes, spread)
    found.append(_from_one(store.training_run(LORA_ONE).nodes[0], spread))
    report(1.0, "training waveforms")
    return found


# --- GPT-3 ----------------------------------------------------------------------------


def _gpt3(run: TrainingRun) -> list[ValidationRow]:
    """Learned from the whole, and from the first half and judged on the second."""
    if run.log is None:
        return []
    total = cluster(run.nodes).trace
    first, second = total.halves()
    whole = learn(total, node_count=NODES)
    half = learn(first, node_count=NODES)
    return [
        *_levels("", whole, total, "learned from the same run: a fit"),
        *_levels("_held_out", half, second, "learned from the first half, judged on "
                 "the second"),
        *_steps(whole, total, run.log),
    ]  # fmt: skip


def _levels(
    ending: str, learned: Learned, trace: Trace, why: str
) -> list[ValidationRow]:
    """Mean and percentiles of the sum."""
    model_w = replay(learned, trace.t_s, seed=NOISE_SEED)
    part = "second half of the run, " if ending else ""
    measures: tuple[tuple[str, str, Callable[[FloatArray], float], float], ...] = (
        ("mean", "mean", lambda w: float(w.mean()), 0.01),
        ("p1", "1st percentile", lambda w: float(np.percentile(w, 1.0)), 0.03),
        ("p99", "99th percentile", lambda w: float(np.percentile(w, 99.0)), 0.03),
    )
    return [
        _row(f"gpt3_{name}{ending}", f"GPT-3 on 64 nodes, {part}{words} of the power",
             "kW", measure(trace.power_w) / 1e3, measure(model_w) / 1e3, tolerance,
             why)
        for name, words, measure, tolerance in measures
    ]  # fmt: skip


def _steps(learned: Learned, trace: Trace, log: StepLog) -> list[ValidationRow]:
    """Period and evaluations, against the program's own log."""
    error = judge(learned, trace)
    inside = _evaluating(trace, log)
    model_w = replay(learned, trace.t_s, seed=NOISE_SEED)
    recorded_kw = _depth_kw(trace.power_w, inside)
    return [
        _row("gpt3_period", "GPT-3 on 64 nodes, period of the iterations, from the "
             "power alone", "s", log.logged_s, learned.period_s or 0.0, 0.02,
             f"the program times its steps; from one's end to the next it is "
             f"{log.spacing_s:.2f} s, which is what the power repeats in"),
        _row("gpt3_eval_dips", "GPT-3 on 64 nodes, evaluation dips in the learned "
             "waveform", "dips", len(log.evaluations), error.dips_modelled, 0.0,
             f"{error.dips_recorded} are found in the recorded power by the same "
             "means"),
        _row("gpt3_eval_depth", "GPT-3 on 64 nodes, median power outside minus inside "
             "the logged evaluations", "kW", recorded_kw, _depth_kw(model_w, inside),
             0.1, "a tenth of the depth is allowed; each evaluation's first second is "
             "deeper, and too short for a 2 s meter"),
    ]  # fmt: skip


def _evaluating(trace: Trace, log: StepLog) -> BoolArray:
    """Readings that the log says are of an evaluation."""
    inside = np.zeros(trace.t_s.size, dtype=bool)
    for start, end in log.evaluations:
        inside |= (trace.t_s > start) & (trace.t_s < end)
    return inside


def _depth_kw(power_w: FloatArray, inside: BoolArray) -> float:
    return float(np.median(power_w[~inside]) - np.median(power_w[inside])) / 1e3


# --- LoRA -----------------------------------------------------------------------------


def _lora(
    name: str, nodes: tuple[Trace, ...], spread: NodeSpread
) -> list[ValidationRow]:
    """Peak of a run forecast from each of its nodes alone."""
    recorded_kw = LORA_PEAK_KW[name]
    peaks_w = [predict_cluster_peak(node, NODES, spread).peak_w for node in nodes]
    peaks_kw = np.array(peaks_w) / 1e3
    off = peaks_kw / recorded_kw - 1.0
    worst = float(off[np.argmax(np.abs(off))])
    run = f"LoRA on 64 nodes, run {name.upper()}"
    return [
        _row(f"lora_peak_{name}", f"{run}, peak forecast from one node, the median "
             "node", "kW", recorded_kw, float(np.median(peaks_kw)), NEAR,
             "spread between nodes from the GPT-3 run"),
        _row(f"lora_peak_{name}_nodes", f"{run}, nodes whose own forecast is within "
             f"{NEAR:.0%}", "nodes", NODES, int((np.abs(off) <= NEAR).sum()), 0.0,
             f"the worst is off by {worst:+.1%}: a node that itself draws less than "
             "the others cannot tell", "at least"),
    ]  # fmt: skip


def _from_one(node: Trace, spread: NodeSpread) -> ValidationRow:
    """Peak forecast from another job: the same model on one node."""
    forecast = predict_cluster_peak(node, NODES, spread)
    return _row(
        "lora_peak_from_1_node", "LoRA on 64 nodes, run A, peak forecast from the run "
        "on a single node", "kW", LORA_PEAK_KW["a"], forecast.peak_w / 1e3, NEAR,
        "another job: on one node nothing waits for a network, and every node draws "
        "more; the trace must be of the job at its size",
    )  # fmt: skip


def _row(
    name: str, quantity: str, unit: str, recorded: float, ours: float,
    within: float, why: str, rule: Rule = "near",
) -> ValidationRow:  # fmt: skip
    """A row; `within` is a part of the recorded figure."""
    return _SUITE.row(
        name, quantity, unit, recorded, ours, within * recorded, rule, why
    )
