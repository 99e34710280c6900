"""The compiled kernel and the plain oracle tell the same story within 1 %."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.twin.oracle import Oracle
from tests.twin.rows import compiled_row, request_class, run_arrivals
from twin.scenario.model import Control
from twin.scenario.policy import UserPolicy
from twin.serving import kernel
from twin.serving.histogram import percentile_s
from twin.serving.traffic import Arrivals, arrivals_between

WITHIN = 0.01
FRACS = (0.5, 0.9, 0.99)

CAPPED_FROM_300_S = """
def decide(time_s, load_frac, in_force, memory, command):
    command[0] = 1110.0 if 300.0 <= time_s < 900.0 else 0.0
    command[1] = 990.0 if 600.0 <= time_s < 900.0 else 0.0
"""


def drawn(compiled, rate_rps):
    """All arrivals of the horizon in one chunk."""
    end_s = compiled.tick_count * compiled.setup.tick_s
    edges_s = np.array([0.0, end_s])
    return next(arrivals_between(compiled.traffic, rate_rps=rate_rps, edges_s=edges_s))


def both(compiled, arrivals: Arrivals, clocks=()):
    """The same arrivals through the kernel and through the oracle."""
    setup, groups_low = compiled.setup, compiled.traffic.groups_low
    state, meter = run_arrivals(compiled, arrivals, groups_low=groups_low)
    assert meter.event_count[0] == len({(t, p) for t, p, _ in clocks}) * 2
    end_s = compiled.tick_count * setup.tick_s
    for i in range(state.inst.size):
        kernel._sync(setup, state, meter, i, end_s)
    answer = Oracle(setup).run(
        zip(*(column.tolist() for column in arrivals), strict=True),
        groups_low=groups_low,
        end_s=end_s,
        clocks=clocks,
    )
    return state, meter, answer


def samples(answer, metric, rows):
    """The oracle's samples of a metric, joined over groups or priorities."""
    kept = [x for row in rows for x in getattr(answer, metric).get(row, [])]
    return np.array(kept)


def one_rank_around(exact, frac):
    """The exact percentile, one sample down and up: ties at the rank may break."""
    rank = 100 * np.array([frac - 1.5 / exact.size, frac + 1.5 / exact.size])
    return np.percentile(exact, np.clip(rank, 0, 100), method="inverted_cdf")


def assert_same_story(compiled, state, meter, answer, *, least=100):
    """Counts equal; energy and every percentile with enough samples within 1 %."""
    groups = len(compiled.traffic.group_names)
    low = compiled.traffic.groups_low
    finished = meter.counts[:, kernel.C_FINISHED].sum()
    assert finished == pytest.approx(answer.finished, rel=WITHIN, abs=1)
    spent_j = {
        name: state.inst[f"energy_{name}_j"].sum()
        for name in ("idle", "decode", "prefill")
    }
    assert sum(spent_j.values()) == pytest.approx(
        sum(answer.energy_j.values()), rel=WITHIN
    )
    for name, joules in answer.energy_j.items():
        whole = sum(answer.energy_j.values())
        assert spent_j[name] == pytest.approx(joules, abs=WITHIN * whole), name
    checked = 0
    for side, rows in enumerate((range(low), range(low, groups))):
        parts = (
            ("ttft_s", kernel.TTFT, list(rows), list(rows)),
            ("e2e_s", kernel.E2E, list(rows), list(rows)),
            ("tbt_s", kernel.TBT, [side], [groups + side]),
        )
        for name, metric, keys, meter_rows in parts:
            exact = samples(answer, name, keys)
            if exact.size < least:
                continue
            counted = meter.histogram[meter_rows, metric].sum(axis=0)
            for frac in FRACS:
                low_s, high_s = one_rank_around(exact, frac)
                got_s = percentile_s(counted, frac)
                assert low_s * (1 - WITHIN) <= got_s <= high_s * (1 + WITHIN), (
                    f"{name} of priority {side} at {frac}: {got_s}, oracle {low_s}"
                )
                checked += 1
    return checked


SCENARIOS = [
    pytest.param({"rate": 0.06, "seconds": 1300}, id="light, published mix"),
    pytest.param({"rate": 0.35, "seconds": 900}, id="saturated, published mix"),
    pytest.param(
        {"rate": 1.5, "seconds": 600, "classes": (request_class((64, 900), (1, 1)),)},
        id="output of one token",
    ),
    pytest.param(
        {"servers": 1, "rate": 0.2, "seconds": 3600,
         "classes": (request_class((500, 1500), (50, 300)),)},
        id="single server",
    ),
    pytest.param(
        {"model": "llama2-70b", "rate": 2.5, "seconds": 600, "servers": 2,
         "classes": (request_class((100, 800), (200, 900)),)},
        id="llama2-70b, batches to 64",
    ),
    pytest.param(
        {"rate": 0.6, "seconds": 1200,
         "classes": (request_class((2, 4000), (7, 60), name="code"),
                     request_class((2, 2500), (7, 500), name="chat"))},
        id="lengths as in recorded conversations and code",
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", SCENARIOS)
def test_kernel_agrees_with_the_iteration_by_iteration_oracle(row):
    compiled = compiled_row(**row)
    arrivals = drawn(compiled, row["rate"] * row.get("servers", 4))

    checked = assert_same_story(compiled, *both(compiled, arrivals))

    assert checked >= 6


def test_kernel_agrees_with_the_oracle_when_clocks_change_mid_run():
    compiled = compiled_row(
        rate=0.15,
        seconds=1500,
        policy=UserPolicy(source=CAPPED_FROM_300_S),
        control=Control(brake_threshold_frac=2.0, cap_latency_s=40.0),
    )
    clocks = [(340.0, 0, 1110.0), (640.0, 1, 990.0), (940.0, 0, 0.0), (940.0, 1, 0.0)]

    story = both(compiled, drawn(compiled, 0.6), clocks)

    assert assert_same_story(compiled, *story) >= 6


def test_bursts_queue_the_same_way_in_kernel_and_oracle():
    compiled = compiled_row(servers=2, seconds=900)
    rng = np.random.default_rng(7)
    at_s = np.sort(rng.choice([10.0, 200.0, 400.0], 120) + rng.random(120))
    arrivals = Arrivals(
        at_s, rng.integers(0, 4, 120), rng.integers(30, 3000, 120),
        rng.integers(2, 400, 120),
    )  # fmt: skip

    story = both(compiled, arrivals)

    assert assert_same_story(compiled, *story, least=30) >= 12


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # shrinking would run for minutes
)
@given(
    servers=st.integers(2, 4),
    rate=st.floats(0.05, 0.8),
    prompt=st.tuples(st.integers(1, 400), st.integers(400, 3000)),
    output=st.tuples(st.integers(1, 30), st.integers(30, 250)),
    low_frac=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    model=st.sampled_from(["bloom-176b", "llama2-70b"]),
    clock_mhz=st.sampled_from([288.0, 800.0, 1110.0, 1275.0]),
    seed=st.integers(0, 2**31 - 1),
)
def test_kernel_agrees_with_the_oracle_on_rows_drawn_at_random(
    servers, rate, prompt, output, low_frac, model, clock_mhz, seed
):
    source = (
        "def decide(time_s, load_frac, in_force, memory, command):\n"
        f"    command[0] = {clock_mhz} if time_s >= 100.0 else 0.0\n"
    )
    compiled = compiled_row(
        servers=servers, rate=rate, seconds=500, seed=seed, low_frac=low_frac,
        model=model, classes=(request_class(prompt, output),),
        policy=UserPolicy(source=source),
    )  # fmt: skip
    arrivals = drawn(compiled, rate * servers)

    story = both(compiled, arrivals, [(140.0, 0, clock_mhz)])

    assert_same_story(compiled, *story, least=150)
