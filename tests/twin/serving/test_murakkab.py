"""Murakkab: its catalogue, its graphs, and what it picks in a hall."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.serving.workflow_ground import make_ground
from twin.catalogue.gpus import A100, H100, MI300X, Gpu
from twin.catalogue.phase_tables import PHASE_TABLES
from twin.errors import ScenarioError
from twin.serving.systems.murakkab import MOST, SYSTEM, Parameters, evaluate
from twin.serving.systems.murakkab_catalogue import (
    COMPONENTS,
    QUALITY,
    catalogue,
    code_graph,
    question_graph,
    tables_for,
)

LLM = COMPONENTS.index("llm")


def test_language_models_are_the_measured_tables() -> None:
    # llama2-70b on 8 H100: 2048 tokens in 0.1368 s; batch of 16 read off the table
    table = next(
        t
        for t in PHASE_TABLES
        if (t.model, t.gpu, t.tensor_parallel) == ("llama2-70b", H100.key, 8)
    )
    config = next(c for c in catalogue(H100, 4.0) if c.pool.name == "llama2-70b x8")
    write_s = table.decode_s[table.decode_batch.index(16.0)]

    assert config.pool.slots == 16
    assert_allclose(config.pool.unit_s, [16 * 0.1368 / 2048, write_s])
    assert config.pool.gpus == 8
    assert config.gpu_hour_usd == 4.0


def test_energy_of_a_token_is_the_engines_own() -> None:
    # 16 slots each writing a token: one iteration at the power of the whole group
    pool = next(c.pool for c in catalogue(A100, 1.0) if c.pool.name == "llama2-70b x8")

    joules = pool.unit_s[1] * pool.active_w[1]

    assert joules == pytest.approx(0.05044 * 0.435 * 8 * 400)


def test_a_gpu_nobody_measured_borrows_the_h100s_tables() -> None:
    assert {t.gpu for t in tables_for(MI300X)} == {H100.key}
    assert {t.gpu for t in tables_for(A100)} == {A100.key}


@pytest.mark.parametrize("gpu", [A100, H100], ids=lambda g: g.key)
def test_the_best_model_of_a_gpu_has_quality_one(gpu: Gpu) -> None:
    qualities = [
        c.quality_frac for c in catalogue(gpu, 1.0) if c.pool.component == "llm"
    ]

    assert max(qualities) == 1.0


def test_every_measured_model_has_a_quality() -> None:
    assert {t.model for t in PHASE_TABLES} <= set(QUALITY)


@pytest.mark.parametrize(
    ("graph", "nodes", "reads", "writes"),
    [
        pytest.param(question_graph(), 8 * 4 + 1, 2.0, 2.0, id="questions"),
        pytest.param(code_graph(), 1 + 4 * 2 + 2, 6.0, 5.25, id="code"),
    ],
)
def test_graphs_read_and_write_so_many_times_the_request(
    graph: object, nodes: int, reads: float, writes: float
) -> None:
    units = graph.units[graph.component == LLM].sum(axis=0)  # type: ignore[attr-defined]

    assert len(graph) == nodes  # type: ignore[arg-type]
    assert_allclose(units, [reads, writes])


def test_a_day_balances_and_saves() -> None:
    ground = make_ground(requests=5000)

    outcome = evaluate(ground, Parameters())

    fixed = outcome.baseline
    assert fixed is not None
    for one in (outcome, fixed):
        assert one.timeline is not None
        assert one.arrived == one.finished + one.in_flight == 5000
        assert_allclose(one.timeline.power_w.sum() * 300.0, one.energy_j)
    assert outcome.energy_j < fixed.energy_j
    assert outcome.gpu_hours < fixed.gpu_hours


@pytest.mark.parametrize("floor", [0.5, 0.9, 0.97])
def test_quality_keeps_its_floor(floor: float) -> None:
    outcome = evaluate(make_ground(requests=1000), Parameters(quality_floor=floor))

    assert outcome.quality_frac >= floor - 1e-9


def test_a_lower_floor_never_costs_more_energy_at_the_plan() -> None:
    ground = make_ground(requests=2000)

    strict, loose = (
        evaluate(ground, Parameters(quality_floor=floor)) for floor in (0.97, 0.6)
    )

    assert loose.energy_j < strict.energy_j


def test_gpus_as_the_goal_never_take_more_gpus() -> None:
    ground = make_ground(requests=5000)

    by_energy, by_gpus = (
        evaluate(ground, Parameters(goal=goal)) for goal in ("energy", "gpus")
    )

    assert by_gpus.figures["gpus_on"] <= by_energy.figures["gpus_on"]


@pytest.mark.parametrize("part", [0.0, 1.0])
def test_one_kind_of_workflow_alone_runs(part: float) -> None:
    outcome = evaluate(make_ground(requests=500), Parameters(code_frac=part))

    assert outcome.finished > 0


def test_a_busy_recording_is_thinned_to_what_a_day_can_hold() -> None:
    outcome = evaluate(make_ground(requests=3 * MOST), Parameters())

    assert outcome.arrived <= MOST


@pytest.mark.parametrize("server", ["dgx-a100", "dgx-b200"])
def test_other_server_types_run(server: str) -> None:
    knobs = Parameters(limit_s=300.0)

    outcome = evaluate(make_ground(server=server, requests=500), knobs)

    assert outcome.finished > 0


@pytest.mark.parametrize(
    ("knobs", "servers", "said"),
    [
        pytest.param(
            {"limit_s": 5.0}, 12, "latency.*3.5 s'; the best reachable is", id="latency"
        ),
        pytest.param(
            {"quality_floor": 1.0, "limit_s": 20.0}, 12,
            "latency.*14 s at 1'; the best reachable at that quality is",
            id="latency at that quality",
        ),
        pytest.param(
            {"workflows_per_hour": 20_000.0}, 1, "gpu_limit.*8'; the least", id="GPUs"
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_met_is_named_with_the_best_that_can(
    knobs: dict[str, float], servers: int, said: str
) -> None:
    ground = make_ground(server_count=servers, requests=480_000)

    with pytest.raises(ScenarioError, match=said):
        evaluate(ground, Parameters(**knobs))  # type: ignore[arg-type]


def test_the_published_headline_stands_beside_ours() -> None:
    outcome = evaluate(make_ground(requests=500), Parameters())

    assert outcome.figures["published_energy_ratio_most"] == 3.7
    assert "shape only" in outcome.notes[0]
    assert np.isfinite(outcome.figures["baseline_energy_ratio"])


def test_the_system_names_its_page_and_source() -> None:
    assert SYSTEM.page == "murakkab.md"
    assert "2508.18298" in SYSTEM.source
