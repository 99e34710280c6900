"""
SSJF: completion time and throughput against first come first served, by load.

The paper's servers, batches and load were not at hand, and the gain depends on all
three, so the recorded traffic is served at several loads and batches. The predictor's
error is stated, not the paper's.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cli.validation.recorded_ground import CODE, CONVERSATION, recorded, recorded_ground
from cli.validation.row import Suite, ValidationRow
from twin.catalogue.performance import PhaseTable
from twin.serving.predictor import predicted_requests
from twin.serving.systems.base import Ground
from twin.serving.systems.loads import with_batch
from twin.serving.systems.ssjf import SOURCE, LoadPoint, SsjfParameters, load_point
from twin.types import Report

PREFIX = "ssjf"
INSTANCES = 4
_row = Suite(PREFIX, "SSJF", SOURCE).row
_RANGE = "the published load was not at hand"
_TRAFFIC = {CONVERSATION: "conv", CODE: "code"}


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; empty where the recorded traffic is not here."""
    recordings = recorded()
    if recordings is None:
        report(1.0, "ssjf: the recorded traffic is not on this machine")
        return []
    found = []
    for place, (dataset, name) in enumerate(_TRAFFIC.items()):
        report(place / len(_TRAFFIC), f"SSJF: {name}")
        ground = recorded_ground(recordings, dataset, servers=INSTANCES)
        found += [*_loads(ground, name), *_predictors(ground, name)]
    return found


def _point(ground: Ground, load: float, max_batch: int | None) -> LoadPoint:
    given = SsjfParameters()
    requests, _ = predicted_requests(ground.requests, given, seed=ground.seed)
    ground = with_batch(replace(ground, requests=requests), max_batch)
    return load_point(ground, given, instances=INSTANCES, load=load)


def _loads(ground: Ground, name: str) -> list[ValidationRow]:
    found = []
    for load, batch in (
        (0.5, None), (0.9, None), (1.0, None), (1.25, None), (2.0, None), (0.9, 8),
        (0.9, 1), (2.0, 1), (3.0, 1), (3.0, 8), (3.0, None),
    ):  # fmt: skip
        point = _point(ground, load, batch)
        where = f"{name}, load {load:g}, batch {batch or 'as measured'}"
        words = f"{where}: mean completion time"
        key = f"{name}_load_{load:g}_batch_{batch or 'full'}".replace(".", "_")
        change = 100 * point.mean_change_frac
        p99 = 100 * (point.ssjf_p99_s / point.fcfs_p99_s - 1)
        why = (
            f"{_RANGE}; 99th percentile {p99:+.0f} %: long requests pay; load 1 is "
            "what the batch keeps up with on average"
        )
        if load == 0.5:
            found.append(_row(f"mean_{key}", words, "%", 0.0, change, 0.5, "at most",
                              "hardly anything waits; 0.5 points are ours",
                              shows="sign"))  # fmt: skip
        elif load < 3.0:
            found.append(_row(f"mean_{key}", words, "%", -39.6, change, 0.0, "within",
                              why, most=-30.5))  # fmt: skip
        if load >= 2.0:
            found.append(_row(
                f"throughput_{key}", f"{where}: requests finished while they arrive, ÷ "
                "first come first served", "x", 2.2, point.throughput_ratio, 0.0,
                "within", "only above capacity can order change what is finished, and "
                "the more the longer the backlog stands", most=3.6,
            ))  # fmt: skip
    return found


def _predictors(ground: Ground, name: str) -> list[ValidationRow]:
    """
    What the predictor's error costs, at load 1.

    True lengths may lose to guessed ones under the system's key, which counts decode as
    if alone: where the batch hides decode, an order by prompts is the better one. So
    both are also ranked with decode as it is in a full batch.
    """
    found = []
    hidden = decode_share(ground.engine.table)
    for predictor, words in (
        ("oracle", "true lengths"),
        ("log_normal", "log-normal error of 0.5"),
        ("trained", "mean by prompt length, learned from the first tenth"),
    ):
        given = SsjfParameters(predictor=predictor)  # type: ignore[arg-type]
        requests, quality = predicted_requests(ground.requests, given, seed=ground.seed)
        why = (
            f"rank correlation with the true lengths {quality.rank_correlation:.2f}; "
            "prefill time is known in any case"
        )
        title = f"{name}, load 1, {words}: mean completion time"
        for key, factor, more in (
            ("", 1.0, "decode counted as alone, the system's key"),
            ("_in_batch", hidden, "decode counted as in a full batch"),
        ):
            ranked = replace(requests, predicted=requests.predicted * factor)
            point = load_point(
                replace(ground, requests=ranked), given, instances=INSTANCES, load=1.0
            )
            found.append(_row(
                f"mean_{name}_{predictor}{key}", f"{title}, {more}", "%", 0.0,
                100 * point.mean_change_frac, 0.0, "at most", why, shows="sign",
            ))  # fmt: skip
    return found


def decode_share(table: PhaseTable) -> float:
    """Time of an output token in a full batch ÷ of one alone."""
    one, full = np.interp((1.0, table.max_batch), table.decode_batch, table.decode_s)
    return float(full / table.max_batch / one)
