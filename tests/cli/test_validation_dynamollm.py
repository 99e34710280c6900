"""Inputs of DynamoLLM's validation that are worked out from recordings."""

from __future__ import annotations

import pytest

from cli.validation.dynamollm import saving_percent
from cli.validation.dynamollm_week import equal_attainment, hourly_carbon, power_by_law
from twin.serving.fleet.engines import make_engine
from twin.serving.systems.base import Outcome

HEAD = "time_utc,avg_ci_g_per_kwh\n"


def test_carbon_is_averaged_by_hour_of_the_week_from_monday_midnight_there():
    # 2022-01-03 is a Monday; midnight in California is 8 h UTC
    lines = [
        f"2022-01-{3 + (8 + h) // 24:02d} {(8 + h) % 24:02d}:00:00,"
        f"{100.0 if h == 0 else 300.0 if h == 168 else 200.0}"
        for h in range(2 * 168)
    ]

    by_hour = hourly_carbon((HEAD + "\n".join(lines) + "\n").encode())

    assert len(by_hour) == 168
    assert by_hour[0] == 200.0  # mean of 100 and 300
    assert set(by_hour[1:]) == {200.0}


def test_a_saving_is_a_part_of_the_baseline():
    assert saving_percent(40.0, 100.0) == pytest.approx(60.0)


def servers(count: int, attained_frac: float) -> Outcome:
    """What so many servers of SinglePool attained."""
    return Outcome(
        system="single_pool", label="SinglePool", arrived=1, finished=1,
        attained_frac=attained_frac, energy_j=1.0, mean_power_w=1.0, peak_power_w=1.0,
        output_tokens=1.0, gpu_hours=1.0, cost_usd=1.0, carbon_g=1.0,
        figures={"groups_mean": float(count)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("least", "count"),
    [
        pytest.param(0.65, 7, id="between two sizes the larger one"),
        pytest.param(0.7, 7, id="a size that attains just as much will do"),
        pytest.param(0.0, 1, id="one server where anything will do"),
        pytest.param(2.0, 12, id="never more than were sized"),
    ],
)
def test_the_baseline_at_equal_attainment_is_the_smallest_that_attains_as_much(
    least, count
):
    found = equal_attainment(
        lambda n: servers(n, n / 10), sized=servers(12, 1.2), least=least
    )

    assert found.figures["groups_mean"] == count


def test_by_the_law_four_gpus_draw_more_each_than_eight_and_two_more_still():
    engines = [
        make_engine("llama2-70b", "dgx-h100", tensor_parallel=g) for g in (2, 4, 8)
    ]

    two, four, eight = (power_by_law(e).table for e in engines)

    # above idle, power per GPU goes with degree ** -0.53 (engines.md)
    idle = engines[0].gpu.idle_w.value / engines[0].gpu.tdp_w.value
    assert eight.decode_power_frac == pytest.approx(engines[2].table.decode_power_frac)
    assert four.decode_power_frac[0] == pytest.approx(
        idle + (0.543 - idle) * 2**0.53, rel=0.005
    )
    assert two.decode_power_frac[0] == pytest.approx(
        min(1.0, idle + (0.543 - idle) * 4**0.53), rel=0.005
    )
    assert min(two.prefill_power_frac) >= max(two.decode_power_frac)
