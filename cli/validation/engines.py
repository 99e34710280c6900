"""
Phase tables carried over to other GPUs, degrees and precisions, against measurements.

Each row takes a configuration that the catalogue leaves out, scales to it, and says how
far decode time and power are from what was recorded. Such laws carry tables to
configurations nobody measured; they are held to the bars of a model with its own table
all the same: 5 % of power, 8 % of time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cli.validation.row import Suite, ValidationRow
from store.datasets import DatasetStore
from store.settings import Settings
from twin.catalogue.architectures import find_architecture
from twin.catalogue.performance import PhaseTable
from twin.catalogue.phase_tables import PHASE_TABLES
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.memory import bytes_per_parameter
from twin.serving.fleet.scaling import carry_over
from twin.types import FloatArray, Report

PREFIX = "engines"
DATASET = "mlenergy-v3"
TIME_PERCENT, POWER_PERCENT = 8.0, 5.0
"""Bars on median errors, as for models left out of the fit."""
_BENCHMARK = "ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025)"
_SPLITWISE = "splitwise-sim perf_model.csv (Patel et al., ISCA 2024)"
_SUITE = Suite(PREFIX, "scaled engines", _BENCHMARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A measured configuration that no table was fitted to."""

    rows: str
    gpu: str
    gpus: int
    model: str
    server: str
    precision: str
    what: str


_MIXTURE = "Qwen/Qwen3-235B-A22B-Instruct-2507"
LEFT_OUT = (
    LeftOut(rows="Qwen/Qwen3-30B-A3B-Instruct-2507", gpu="H100", gpus=1,
            model="qwen3-30b-a3b", server="dgx-h100", precision="bfloat16",
            what="half the degree"),
    LeftOut(rows=_MIXTURE, gpu="B200", gpus=8, model="qwen3-235b-a22b",
            server="dgx-b200", precision="bfloat16", what="twice the degree"),
    LeftOut(rows=f"{_MIXTURE}-FP8", gpu="H100", gpus=8, model="qwen3-235b-a22b",
            server="dgx-h100", precision="fp8", what="half the bytes"),
    LeftOut(rows=f"{_MIXTURE}-FP8", gpu="H100", gpus=4, model="qwen3-235b-a22b",
            server="dgx-h100", precision="fp8", what="half the bytes and degree"),
    LeftOut(rows=f"{_MIXTURE}-FP8", gpu="B200", gpus=2, model="qwen3-235b-a22b",
            server="dgx-b200", precision="fp8", what="half the bytes and degree"),
    LeftOut(rows="meta-llama/Llama-3.1-405B-Instruct", gpu="B200", gpus=8,
            model="llama-3.1-405b-fp8", server="dgx-b200", precision="bfloat16",
            what="twice the bytes and degree"),
)  # fmt: skip


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; the benchmark's part only where its rows are."""
    report(0.0, "scaled tables")
    found = [*_degrees(), *_gpus()]
    store = DatasetStore(Settings())
    if not store.info(DATASET).present:
        report(1.0, "engines: the recorded benchmark is not on this machine")
        return found
    lines = store.table(DATASET)
    return found + [row for one in LEFT_OUT for row in _left_out(one, lines)]


def _left_out(one: LeftOut, lines: list[dict[str, str]]) -> list[ValidationRow]:
    picked = [line for line in lines if _is_of(line, one)]
    engine = make_engine(
        one.model, one.server, tensor_parallel=one.gpus, precision=one.precision
    )
    batch = np.array([float(line["avg_batch_size"]) for line in picked])
    time_s = np.array([float(line["median_itl_ms"]) for line in picked]) / 1e3
    power_w = np.array([float(line["avg_power_watts"]) for line in picked])
    power_frac = power_w / one.gpus / engine.gpu.tdp_w.value
    name = f"{one.model}_{one.gpus}_{one.gpu}_{one.precision}".lower()
    title = f"{one.model} on {one.gpus} {one.gpu} at {one.precision}: {one.what}"
    return _pair(
        name.replace("-", "_").replace(".", "_"), title, _BENCHMARK,
        _off(engine.table, batch, "decode_s", time_s),
        _off(engine.table, batch, "decode_power_frac", power_frac),
        f"{batch.size} rows of batch limits to 256",
    )  # fmt: skip


def _is_of(line: Mapping[str, str], one: LeftOut) -> bool:
    return (
        (line["model"], line["gpu_model"], line["task"])
        == (one.rows, one.gpu, "lm-arena-chat")
        and int(line["num_gpus"]) == one.gpus
        and float(line["max_num_seqs"]) <= 256
    )


def _off(
    table: PhaseTable, batch: FloatArray, column: str, measured: FloatArray
) -> float:
    """Median of |ours ÷ measured - 1|. [%]"""
    ours = np.interp(batch, table.decode_batch, getattr(table, column))
    return 100.0 * float(np.median(np.abs(ours / measured - 1.0)))


def _degrees() -> list[ValidationRow]:
    """Llama-2-70B on the A100: each degree from its neighbour."""
    tables = {
        t.tensor_parallel: t
        for t in PHASE_TABLES
        if (t.model, t.gpu) == ("llama2-70b", "a100-sxm-80gb")
    }
    found = []
    for before, after in ((2, 4), (4, 8), (8, 4), (4, 2)):
        ours = _carried(tables[before], tables[after])
        errors = np.array(ours.prefill_s) / tables[after].prefill_s - 1.0
        name = f"tp{before}_to_{after}"
        title = f"llama2-70b on A100, {after} GPUs from {before}"
        why = "the exponents were fitted to these three degrees: not independent"
        found += [
            *_pair(name, title, _SPLITWISE, *_decode_off(ours, tables[after]), why),
            _row(f"{name}_prefill", f"{title}: prefill time, median error", _SPLITWISE,
                 100 * float(np.median(np.abs(errors))), TIME_PERCENT, why),
        ]  # fmt: skip
    return found


def _gpus() -> list[ValidationRow]:
    """Models measured on both H100 and B200: the B200's from the H100's."""
    found = []
    for model in sorted({t.model for t in PHASE_TABLES if t.gpu == "b200-sxm-180gb"}):
        tables = {t.gpu: t for t in PHASE_TABLES if t.model == model}
        if "h100-sxm-80gb" not in tables:
            continue
        b200 = tables["b200-sxm-180gb"]
        ours = _carried(tables["h100-sxm-80gb"], b200)
        found += _pair(
            f"h100_to_b200_{model}".replace("-", "_").replace(".", "_"),
            f"{model}, {b200.tensor_parallel} B200 from "
            f"{tables['h100-sxm-80gb'].tensor_parallel} H100",
            _BENCHMARK, *_decode_off(ours, b200), "batch 8 to 256",
        )  # fmt: skip
    return found


def _carried(table: PhaseTable, to: PhaseTable) -> PhaseTable:
    shape = find_architecture(table.model)
    stored = bytes_per_parameter(shape.precision)
    return carry_over(
        table, shape, gpu=to.gpu, tensor_parallel=to.tensor_parallel,
        bytes_before=stored, bytes_after=stored,
    )  # fmt: skip


def _decode_off(ours: PhaseTable, measured: PhaseTable) -> tuple[float, float]:
    knots = np.array(measured.decode_batch)
    knots = knots[knots <= ours.decode_batch[-1]]
    time, power = (
        np.interp(knots, measured.decode_batch, getattr(measured, c))
        for c in ("decode_s", "decode_power_frac")
    )
    return (
        _off(ours, knots, "decode_s", time),
        _off(ours, knots, "decode_power_frac", power),
    )


def _pair(
    name: str, title: str, source: str, time: float, power: float, why: str
) -> list[ValidationRow]:
    return [
        _row(f"{name}_time", f"{title}: decode time, median error", source, time,
             TIME_PERCENT, why),
        _row(f"{name}_power", f"{title}: decode power, median error", source, power,
             POWER_PERCENT, why),
    ]  # fmt: skip


def _row(
    name: str, quantity: str, source: str, ours: float, bar: float, why: str
) -> ValidationRow:
    return _SUITE.row(
        name, quantity, "%", bar, ours, 0.0, "at most",
        f"{why}; the error of a law carried to a configuration no table has, against "
        "the measurement; in place of a published figure stands our bar", source=source,
    )  # fmt: skip
