"""
The second half of every recorded trace, predicted from its first half.

Training and inference nodes: nothing is known of the second half but that the run goes
on. GPUs of a shared machine: with the utilisation of the second half given, which is
what a power model answers, and without. One rule for all traces says which part counts:
`docs/models/tracking.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from cli.validation.row import Suite, ValidationRow
from store.csv_files import read_table
from store.settings import Settings
from store.training_traces import read_run
from twin.tracking.gather import gather, total_w
from twin.tracking.judge import (
    MEAN_WITHIN,
    P95_WITHIN,
    HalfJudged,
    judge_half,
    judge_half_given,
)
from twin.types import FloatArray, Report

PREFIX = "tracking"
_row = Suite(PREFIX, "measured", "definition of the range").row
H100 = "mlperf_train_power_h100"
B200 = "mlperf_train_power_b200/b200_8gpu_node_power.csv.gz"
H200 = "mlperf_infer_power_h200/h200x8_wall_power_1s.csv.gz"
BIOHPC = "biohpc_gpu_hourly"
_SOURCES = {
    "h100": "MLPerf Training v4.0 power logs, 8 x H100 nodes (Sustainable Metal Cloud)",
    "b200": "MLPerf Training v5.0 power logs, 8 x B200 (Lenovo)",
    "h200": "MLPerf Inference v4.1 power logs, 8 x H200 MaxQ (NVIDIA)",
    "biohpc": "Cornell BioHPC hourly GPU statistics (Gressel, Mahuze, Zhang)",
}
MISSED = {
    "h100.llama2lora_64node_runA": "115 s in all: the one long pause lies across the "
    "middle, so half of what was learned from and what is judged differ",
    "h100.llama2lora_64node_runB": "119 s in all, the same pause across the middle",
    "h100.llama2lora_8node_runA": "the only evaluation of the first half compiles and "
    "falls to rest; those of the second are short and shallow",
    "biohpc.cbsugpu05.blind": "mean utilisation went from 6 to 22 %, and "
    "nobody told the model",
    "biohpc.cbsugpu08.blind": "mean utilisation went from 28 to 36 %, and "
    "nobody told the model",
}
"""Why a trace is missed, where it is; said in its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A trace by its name: times [s], power [W] and, where known, utilisation 0..1."""

    name: str
    t_s: FloatArray
    power_w: FloatArray
    use_frac: FloatArray | None = None


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; none without the recorded traces, `report` says so."""
    folder = Settings().data_dir
    if folder is None or not (folder / H100).is_dir():
        report(1.0, "tracking: the recorded traces are not on this machine")
        return []
    report(0.0, "reading recorded traces")
    found: list[ValidationRow] = []
    judged: list[HalfJudged] = []
    for trace in traces(folder):
        report(0.5, f"predicting the second half of {trace.name}")
        for name, one, words in _judged(trace):
            found += _rows(name, one, words)
            if trace.use_frac is None:
                judged.append(one)
    report(1.0, "tracking")
    return [*found, *_ranges(judged)]


def traces(folder: Path) -> Iterator[Recorded]:
    """Every recorded trace of a folder of published data, sums over a run's nodes."""
    for path in sorted((folder / H100).glob("*_node_power.csv.gz")):
        name = path.name.removesuffix("_node_power.csv.gz")
        nodes = read_run(path).nodes
        if len(nodes) == 1:
            t_s, power_w = nodes[0].t_s, nodes[0].power_w
        else:
            grid = gather(nodes)
            total = total_w(grid[1:])
            there = np.isfinite(total)
            t_s, power_w = grid[0][there], total[there]
        yield Recorded(name=f"h100.{name}", t_s=t_s, power_w=power_w)
    yield from _table(folder / B200, "b200", ("workload", "run"), "ac_input_w")
    yield from _table(folder / H200, "h200", ("workload", "phase"), "power_w")
    for path in sorted((folder / BIOHPC).glob("*.csv.gz")):
        yield _hours(path)


# --- reading --------------------------------------------------------------------------


def _lines(path: Path) -> list[dict[str, str]]:
    return read_table(path) if path.is_file() else []


def _table(
    path: Path, group: str, keys: tuple[str, ...], column: str
) -> Iterator[Recorded]:
    """Runs of one table; the last of several readings of a second counts."""
    series: dict[str, dict[float, float]] = {}
    for line in _lines(path):
        if line[column]:
            name = "_".join(line[key] for key in keys)
            series.setdefault(name, {})[float(line["t_s"])] = float(line[column])
    for name, one in series.items():
        yield Recorded(
            name=f"{group}.{name}", t_s=np.array(list(one)),
            power_w=np.array(list(one.values())),
        )  # fmt: skip


def _hours(path: Path) -> Recorded:
    """Hours of one GPU that have power and utilisation."""
    kept = [
        (datetime.fromisoformat(line["timestamp"]).replace(tzinfo=UTC).timestamp(),
         float(line["powerave"]), float(line["utilave"]) / 100.0)
        for line in _lines(path)
        if line["timestamp"] and line["powerave"] and line["utilave"]
    ]  # fmt: skip
    t_s, power_w, use_frac = np.array(kept).T
    name = path.name.removesuffix(".csv.gz")
    return Recorded(name=f"biohpc.{name}", t_s=t_s, power_w=power_w, use_frac=use_frac)


# --- rows -----------------------------------------------------------------------------


def _judged(trace: Recorded) -> Iterator[tuple[str, HalfJudged, str]]:
    t_s, power_w, use = trace.t_s, trace.power_w, trace.use_frac
    if use is None:
        yield trace.name, judge_half(t_s, power_w, name=trace.name), ""
        return
    given = judge_half_given(t_s, power_w, use, name=trace.name)
    yield trace.name, given, ", utilisation given"
    whole = float(t_s[0]), float(t_s[-1])
    blind = judge_half(t_s, power_w, period_s=whole, name=trace.name)
    yield f"{trace.name}.blind", blind, ", nothing given"


def _rows(name: str, one: HalfJudged, words: str) -> list[ValidationRow]:
    """Mean and 95th percentile of the second half."""
    why = (
        f"from {one.learned} readings, {one.judged} judged; "
        f"{one.covered_frac:.0%} of these in the 90 % range"
    )
    if one.cut_s:
        why += f"; start-up of {one.cut_s:.0f} s cut off"
    if name in MISSED:
        why += f"; {MISSED[name]}"
    group, _, rest = name.partition(".")
    figures = (
        ("mean", "mean power", one.mean_w, one.mean_expected_w, MEAN_WITHIN),
        ("p95", "P95 power", one.p95_w, one.p95_expected_w, P95_WITHIN),
    )
    return [
        _row(
            f"{name}.{ending}",
            f"{group.upper()} {rest}, {what} of the second half{words}", "W",
            round(measured, 1), round(ours, 1), within * measured, "near", why,
            source=_SOURCES[group],
        )
        for ending, what, measured, ours, within in figures
    ]  # fmt: skip


def _ranges(judged: list[HalfJudged]) -> list[ValidationRow]:
    """How often the 90 % ranges hold, over all traces without an input."""
    parts = (
        ("readings", "readings of the second half in the 90 % range, mean over traces",
         float(np.mean([one.covered_frac for one in judged]))),
        ("mean", "traces whose mean is in its 90 % range",
         float(np.mean([one.mean_covered for one in judged]))),
        ("p95", "traces whose P95 is in its 90 % range",
         float(np.mean([one.p95_covered for one in judged]))),
    )  # fmt: skip
    return [
        _row(
            f"coverage.{name}", words, "1", 0.9, round(share, 4), 0.1, "near",
            f"{len(judged)} traces; ranges come from the first half alone",
            mark="inferred",
        )
        for name, words, share in parts
    ]  # fmt: skip
