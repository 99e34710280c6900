"""Read recorded power of training nodes from CSV, a user's or a published run's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from store import csv_files
from store.csv_files import ImportProblem, no_column, read_table
from twin.training.recorded import GAP_INTERVALS, StepLog, Trace

TIME = {"t_s": 1.0, "t_ms": 1e-3}
"""Columns of time and their factor to seconds."""
POWER = ("power_w", "ac_input_w")
OTHER_UNITS = ("power_kw", "power_mw", "kw", "ac_input_kw")
KEYS = ("node", "workload", "run")
"""Columns that tell one meter, or one run, from another."""
LEAST_SERVER_W = 50.0
"""A trace that never reads more is taken for kilowatts. Assumed."""
MOST_INTERVAL_S = 120.0
"""Readings further apart are taken for a slip of unit: no iteration is that slow."""
MOST_READINGS = 2_000_000
EVENTS = ("_node_power.csv", "_events.csv")
"""How a published run's power and the log beside it are named."""
_STEP = "tracked_stats:train_step_timing in s"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRun:
    """
    A published run.

    Args:
        nodes: A trace of each node; gaps are in it as they were recorded.
        log: Steps and evaluations as the program wrote them; None without a log.
        left_out: Lines without a reading, or with a time that is there twice.
    """

    nodes: tuple[Trace, ...]
    log: StepLog | None
    left_out: int


def read_traces(path: Path, *, gaps_allowed: bool = False) -> dict[str, Trace]:
    """
    Read a user's recorded power.

    Args:
        path: CSV, gzipped or not. Columns: `t_s` [s] or `t_ms` [ms], `power_w` or
            `ac_input_w` [W], and optionally `node`; each node's lines rise in time.
        gaps_allowed: Accept gaps; what lies in them stays unknown.

    Returns:
        Traces by node; one named "trace" where there is no such column.

    Raises:
        ImportProblem: With line, column, value and repair.
        ScenarioError: If a node has too few readings.
    """
    rows, names, time = _table(path)
    power = _power_column(names)
    if len(rows) > MOST_READINGS:
        raise ImportProblem(f"must have at most {MOST_READINGS:,} readings",
                            f"{len(rows):,}",
                            "cut it into shorter recordings")  # fmt: skip
    keys = [names[key] for key in KEYS if key in names]
    series: dict[str, list[tuple[int, float, float]]] = {}
    # line 1 is the header
    for line, row in enumerate(rows, start=2):
        at_s = _at_s(line, time, row)
        power_w = _power(line, power, row[power])
        name = " ".join(f"{key} {row[key]}" for key in keys) or "trace"
        series.setdefault(name, []).append((line, at_s, power_w))
    return {
        name: _trace(name, readings, time, power, gaps_allowed=gaps_allowed)
        for name, readings in series.items()
    }


def read_run(path: Path) -> TrainingRun:
    """
    Read a published run: power by node, and the log of events beside it.

    Lines without a reading are left out, and of several with one time the last is
    kept: the publisher's logger wrote what it had missed at once.

    Args:
        path: `..._node_power.csv.gz`, or a table of one node with workload and run.

    Returns:
        The run.

    Raises:
        ImportProblem: With line, column, value and repair.
        ScenarioError: If a node's trace cannot be used.
    """
    rows, names, time = _table(path)
    power = _power_column(names)
    keys = [names[key] for key in KEYS if key in names]
    series: dict[str, dict[float, float]] = {}
    for line, row in enumerate(rows, start=2):
        if not row[power]:
            continue
        name = " ".join(f"{key} {row[key]}" for key in keys)
        at_s = _at_s(line, time, row)
        series.setdefault(name, {})[at_s] = _power(line, power, row[power])
    nodes = tuple(
        Trace(
            t_s=np.array(list(one)), power_w=np.array(list(one.values())),
            gaps_allowed=True, name=name,
        )
        for name, one in series.items()
    )  # fmt: skip
    kept = sum(node.t_s.size for node in nodes)
    return TrainingRun(nodes=nodes, log=_log(path), left_out=len(rows) - kept)


def read_log(path: Path) -> StepLog:
    """
    Read a log of steps and evaluations.

    Args:
        path: CSV, gzipped or not. Columns: `t_s` [s] or `t_ms` [ms], on the clock of
            the power; `event`, of which `eval_start`, `eval_stop` and the publisher's
            step timing are known; `value`, a step's length. [s]

    Returns:
        Steps and evaluations.

    Raises:
        ImportProblem: With line, column, value and repair.
    """
    rows, names, time = _table(path)
    event, value = (_log_column(names, name) for name in ("event", "value"))
    ended, took, starts, stops = [], [], [], []
    for line, row in enumerate(rows, start=2):
        at_s = _at_s(line, time, row)
        if row[event] == _STEP:
            ended.append(at_s)
            took.append(_number(line, value, row[value]))
        elif row[event] == "eval_start":
            starts.append(at_s)
        elif row[event] == "eval_stop":
            stops.append(at_s)
    return StepLog(
        ended_s=np.array(ended),
        step_s=np.array(took),
        evaluations=tuple(zip(starts, stops, strict=False)),
    )


def _log(path: Path) -> StepLog | None:
    """Steps and evaluations of the log beside a run; None where there is none."""
    beside = path.with_name(path.name.replace(*EVENTS))
    if beside == path or not beside.is_file():
        return None
    return read_log(beside)


def _log_column(names: dict[str, str], name: str) -> str:
    if name in names:
        return names[name]
    raise ImportProblem(f"must have a column {name}", ", ".join(names)[:200],
                        f"name it {name}", line=1)  # fmt: skip


# --- columns and cells ----------------------------------------------------------------


Rows = list[dict[str, str]]


def _table(path: Path) -> tuple[Rows, dict[str, str], str]:
    """Rows, their columns as the header spells them, and the column of time."""
    rows = read_table(path)
    names = {name.lower(): name for name in rows[0]}
    time = next((names[name] for name in TIME if name in names), None)
    if time is None:
        raise no_column(names, "time", ("t_s for seconds", "t_ms for milliseconds"))
    return rows, names, time


def _power_column(names: dict[str, str]) -> str:
    found = next((names[name] for name in POWER if name in names), None)
    if found is not None:
        return found
    other = next((names[name] for name in OTHER_UNITS if name in names), None)
    raise ImportProblem(
        "must be a column of power in watts, power_w", other or ", ".join(names)[:200],
        "convert it to watts and name it power_w", line=1, column=other or "",
    )  # fmt: skip


def _at_s(line: int, time: str, row: dict[str, str]) -> float:
    return _number(line, time, row[time]) * TIME[time.lower()]


def _number(line: int, column: str, text: str) -> float:
    value = csv_files.number(text)
    if not math.isfinite(value):
        raise ImportProblem("must be a number", text, "correct or remove that line",
                            line=line, column=column)  # fmt: skip
    return value


def _power(line: int, column: str, text: str) -> float:
    value = _number(line, column, text)
    if value < 0:
        raise ImportProblem(
            "must be a power of 0 or more", text,
            "correct or remove that line; power drawn counts as positive", line=line,
            column=column,
        )  # fmt: skip
    return value


def _trace(
    name: str, readings: list[tuple[int, float, float]], time: str, power: str,
    *, gaps_allowed: bool,
) -> Trace:  # fmt: skip
    """One node's trace, its places named by line."""
    lines = np.array([line for line, _, _ in readings])
    t_s = np.array([at_s for _, at_s, _ in readings])
    power_w = np.array([power_w for _, _, power_w in readings])
    _check_order(name, lines, t_s, time)
    _check_units(name, t_s, power_w, time, power)
    if not gaps_allowed:
        _check_gaps(name, lines, t_s, time)
    return Trace(t_s=t_s, power_w=power_w, gaps_allowed=True, name=name)


def _check_order(name: str, lines: np.ndarray, t_s: np.ndarray, column: str) -> None:
    steps = np.diff(t_s)
    if (steps > 0).all():
        return
    at = int(np.argmin(steps > 0)) + 1
    again = steps[at - 1] == 0
    raise ImportProblem(
        "must not be there twice" if again else "must not go back in time",
        f"{t_s[at]:g} s after {t_s[at - 1]:g} s ({name})",
        "keep one line of each time" if again else
        "sort the file by time, or add a column node if it has several meters",
        line=int(lines[at]), column=column,
    )  # fmt: skip


def _check_units(
    name: str, t_s: np.ndarray, power_w: np.ndarray, time: str, power: str
) -> None:
    if power_w.max() < LEAST_SERVER_W:
        raise ImportProblem(
            f"must reach {LEAST_SERVER_W:g} W, as any server does",
            f"at most {power_w.max():g} ({name})",
            "if these are kilowatts, multiply them by 1000", column=power,
        )  # fmt: skip
    interval_s = float(np.median(np.diff(t_s))) if t_s.size > 1 else 0.0
    if interval_s > MOST_INTERVAL_S:
        raise ImportProblem(
            f"must have readings at most {MOST_INTERVAL_S:g} s apart",
            f"{interval_s:g} s ({name})",
            "if these are milliseconds, name the column t_ms; iterations do not show "
            "in slower readings", column=time,
        )  # fmt: skip


def _check_gaps(name: str, lines: np.ndarray, t_s: np.ndarray, column: str) -> None:
    steps = np.diff(t_s)
    interval_s = float(np.median(steps)) if steps.size else 0.0
    wide = np.flatnonzero(steps > GAP_INTERVALS * interval_s)
    if not wide.size:
        return
    raise ImportProblem(
        f"must follow within {GAP_INTERVALS:g} intervals of {interval_s:g} s",
        f"{steps[wide[0]]:g} s after {t_s[wide[0]]:g} s ({name}); {wide.size} such "
        f"gaps, the longest {steps[wide].max():g} s",
        "cut the file there, or allow gaps: what lies in them stays unknown",
        line=int(lines[wide[0] + 1]), column=column,
    )  # fmt: skip
