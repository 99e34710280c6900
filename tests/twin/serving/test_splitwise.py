"""Splitwise: what clusters cost, the nine limits, transfers, and the search."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.serving.systems.small_ground import small_ground
from twin.catalogue import find_server
from twin.catalogue.performance import decode_iteration_s
from twin.errors import Cancelled, ScenarioError, ScenarioErrors
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import FleetClass, Plan, plain_requests
from twin.serving.fleet.run import run_fleet
from twin.serving.splitwise.cluster import (
    RULES,
    Rules,
    as_mixed,
    counted_as_published,
    fleet_of,
    most_decoding,
)
from twin.serving.splitwise.designs import (
    DESIGN_NAMES,
    cache_link,
    published_designs,
    published_machine,
    reference_of,
)
from twin.serving.splitwise.provision import Goal, provision, search_all
from twin.serving.splitwise.throughput import (
    SPLITWISE_SLO,
    Question,
    SlowdownSlo,
    Traffic,
    draw_requests,
    judge,
    max_throughput,
)
from twin.serving.systems.splitwise import SYSTEM, Parameters

LLAMA = published_designs("llama2-70b")
ALL = (FleetClass(name="all", prompt_pool="main"),)
TBT_S = 0.04485  # Llama-2-70B on eight A100, batch 1: splitwise-sim perf_model.csv
KV_BYTE = 2 * 80 * 8 * 128 * 2  # both, layers, grouped heads, width of one, 16 bit
ANY = SlowdownSlo(ttft=(1e9, 1e9, 1e9), tbt=(1e9, 1e9, 1e9), e2e=(1e9, 1e9, 1e9))


def question(*, slo: SlowdownSlo = SPLITWISE_SLO, counted_s: float = 60.0) -> Question:
    """Prompts of 400 to 1,600 tokens, answers of 20 to 60, on Llama-2-70B."""
    rng = np.random.default_rng(4)
    traffic = Traffic(
        prompt=rng.integers(400, 1600, 500), output=rng.integers(20, 60, 500),
        warm_up_s=10.0, counted_s=counted_s, after_s=20.0,
    )  # fmt: skip
    reference = reference_of(LLAMA["AA"].prompt.engine)
    return Question(traffic=traffic, reference=reference, slo=slo)


# --- counting machines out ---


@pytest.mark.parametrize(
    ("name", "counts", "power", "usd_h"),
    [
        pytest.param("Base-A100", (70, 0), 1736.0, 1232.0, id="70 mixed A100"),
        pytest.param("Base-H100", (40, 0), 1760.0, 1520.0, id="40 mixed H100"),
        pytest.param("AA", (45, 25), 1736.0, 1232.0, id="AA at iso-power"),
        pytest.param("HH", (25, 15), 1760.0, 1520.0, id="HH at both"),
        pytest.param("HA", (25, 26), 1744.8, 1407.6, id="HA at iso-power"),
        pytest.param("HHcap", (25, 21), 1746.8, 1748.0, id="HHcap at iso-power"),
        pytest.param("Base-A100", (86, 0), 2132.8, 1513.6, id="86 mixed A100"),
        pytest.param("HA", (30, 21), 1840.8, 1509.6, id="HA at iso-cost"),
        pytest.param("HHcap", (30, 10), 1628.0, 1520.0, id="HHcap at iso-cost"),
    ],
)
def test_published_counts_take_the_power_and_rent_of_hand_calculation(
    name, counts, power, usd_h
):
    design = LLAMA[name]

    assert_allclose(design.power(*counts), power)
    assert_allclose(design.cost_usd_h(*counts), usd_h)


def test_the_six_designs_are_there_and_only_the_bases_are_mixed():
    assert tuple(LLAMA) == DESIGN_NAMES
    assert [n for n, d in LLAMA.items() if d.token is None] == [
        "Base-A100",
        "Base-H100",
    ]


def test_capped_machines_prefill_1_3_times_as_long_and_decode_as_fast():
    full, capped = (published_machine("llama2-70b", x).engine for x in ("H", "Hcap"))

    assert_allclose(capped.capped_slowdown, 1.30)
    assert capped.table == full.table
    assert capped.gpu_cap_frac == 0.5


# --- limits ---


def test_limits_of_the_median_conversation_match_hand_calculation():
    reference = reference_of(LLAMA["AA"].prompt.engine)
    ttft_s = float(np.interp(1020, reference.prompt_tokens, reference.ttft_s))
    e2e_s = ttft_s + reference.tbt_s * (129 - 1)

    # 154 ms, 45 ms and 5.91 s by hand from perf_model.csv, two digits each
    assert_allclose(
        np.array(SPLITWISE_SLO.ttft) * ttft_s, [0.308, 0.462, 0.924], rtol=0.01
    )
    assert_allclose(
        np.array(SPLITWISE_SLO.tbt) * reference.tbt_s, [0.056, 0.067, 0.225], rtol=0.01
    )
    assert_allclose(np.array(SPLITWISE_SLO.e2e) * e2e_s, [7.4, 8.9, 29.6], rtol=0.01)


@pytest.mark.parametrize(
    ("batching", "ttft"),
    [
        pytest.param("pausing", 1.0, id="prefill as measured"),
        pytest.param("mixed", 1.1, id="a tenth more, whoever shares the iteration"),
    ],
)
def test_a_request_alone_on_an_a100_is_slowed_by_the_mixed_iteration_only(
    batching, ttft
):
    one = replace(
        question().traffic, prompt=np.array([576 - 40]), output=np.array([80])
    )  # the table's context is 576 tokens, here in the middle of the answer
    asked = replace(question(), traffic=one, rules=Rules(batching=batching))

    verdict = judge(LLAMA["Base-A100"], 1, 0, 0.05, asked)

    for (metric, _), slow in verdict.slowdown.items():
        assert_allclose(slow, ttft if metric == "ttft" else 1.0, rtol=1 / 128)  # a bin


def test_requests_that_never_finish_count_as_endless():
    verdict = judge(LLAMA["Base-A100"], 1, 0, 50.0, question(slo=ANY))

    assert verdict.slowdown["e2e", "p99"] == math.inf
    assert not verdict.holds


def test_one_limit_missed_is_enough_to_fail():
    loose = replace(ANY, tbt=(1e9, 1e9, 0.5))

    verdict = judge(LLAMA["AA"], 1, 1, 0.2, question(slo=loose))

    assert verdict.worst == "tbt p99"
    assert not verdict.holds


def test_a_limits_factor_multiplies_all_nine():
    twice = SPLITWISE_SLO.times(2.0)

    assert twice.ttft == (4.0, 6.0, 12.0)
    assert twice.tbt == twice.e2e == (2.5, 3.0, 10.0)


# --- transfers ---


def sent_s(link, prompt: int) -> float:
    """Time in transfer of one request alone, through the fleet."""
    design = replace(LLAMA["AA"], link=link)
    fleet = fleet_of(
        design, 1, 1, reference=reference_of(design.prompt.engine), classes=ALL
    )
    alone = plain_requests(np.zeros(1), np.array([prompt]), np.array([5]))
    result = run_fleet(Plan(fleet=fleet), [alone], horizon_s=30.0)
    return result.classes["all"].transfer_s


@pytest.mark.parametrize(
    ("transfer", "letters", "prompt", "expected_s"),
    [
        pytest.param("layer-wise", "AA", 1500, 0.008, id="A100: the residual"),
        pytest.param("layer-wise", "HH", 1500, 0.005, id="H100: the residual"),
        pytest.param("layer-wise", "HA", 1500, 0.008, id="HA: as its A100"),
        pytest.param(
            "layer-wise", "AA", 500, 0.008 + 500 * KV_BYTE / 200e9, id="short: whole"
        ),
        pytest.param("serial", "AA", 1500, 1500 * KV_BYTE / 200e9, id="serial, A100"),
        pytest.param("serial", "HH", 1500, 1500 * KV_BYTE / 400e9, id="serial, H100"),
        pytest.param("serial", "HA", 1500, 1500 * KV_BYTE / 200e9, id="slower side"),
        pytest.param(  # 2 x 8192 x 80 x 2 B = 2.62 MB a token, 3.93 GB: 18.3 ms ÷ 10
            "simulator", "AA", 1500, 1500 * 2_621_440 / (200 * 2**30) / 10,
            id="splitwise-sim",
        ),
    ],
)  # fmt: skip
def test_sending_a_cache_takes_the_time_of_hand_calculation(
    transfer, letters, prompt, expected_s
):
    source, target = (published_machine("llama2-70b", x).engine for x in letters)

    link = cache_link("llama2-70b", source, target, transfer)

    assert_allclose(sent_s(link, prompt), expected_s, rtol=1e-9)


def test_the_simulators_transfer_of_1500_tokens_is_1_8_ms():
    link = LLAMA["AA"].link
    simulated = published_designs("llama2-70b", convention="simulator")["AA"].link

    assert_allclose(sent_s(simulated, 1500), 0.0018, atol=5e-5)
    assert link != simulated


# --- machines that do both phases ---


def gap_beside_a_prompt_s(batching: str, prompt: int) -> float:
    """Mean gap between the 41 tokens of a sequence that one prompt comes upon."""
    design = LLAMA["Base-A100"]
    fleet = fleet_of(
        design, 1, 0, reference=reference_of(design.prompt.engine), classes=ALL,
        rules=Rules(batching=batching),
    )  # fmt: skip
    two = plain_requests(
        np.array([0.0, 1.0]), np.array([512, prompt]), np.array([41, 1])
    )
    result = run_fleet(Plan(fleet=fleet), [two], horizon_s=60.0)
    return result.classes["all"].latency["tbt"]["mean"]


@pytest.mark.parametrize("prompt", [512, 1024, 4096])
def test_a_mixed_iteration_takes_1_1_prefills_and_gives_a_token(prompt):
    table = LLAMA["Base-A100"].prompt.engine.table
    prefill_s = float(np.interp(prompt, table.prefill_tokens, table.prefill_s))

    gap_s = gap_beside_a_prompt_s("mixed", prompt)

    # 40 gaps, one of them the mixed iteration
    assert_allclose(gap_s, (39 * TBT_S + 1.1 * prefill_s) / 40, rtol=2e-3)


def test_a_pausing_prefill_gives_no_token():
    table = LLAMA["Base-A100"].prompt.engine.table
    prefill_s = float(np.interp(1024, table.prefill_tokens, table.prefill_s))

    gap_s = gap_beside_a_prompt_s("pausing", 1024)

    assert_allclose(gap_s, (40 * TBT_S + prefill_s) / 40, rtol=2e-3)


def test_prompt_machines_batch_prompts_alone_and_the_others_share():
    pools = fleet_of(
        LLAMA["AA"], 2, 3, reference=question().reference, classes=ALL
    ).pools

    assert [p.chunking is not None for p in pools] == [False, True]
    assert pools[0].engine is LLAMA["AA"].prompt.engine
    assert pools[1].engine.table == as_mixed(LLAMA["AA"].token.engine).table


def test_a_request_that_decodes_counts_one_token_whatever_its_answer():
    rows = draw_requests(question().traffic, 5.0)

    assert set(rows.predicted) == {1.0}
    assert rows.output.max() > 1


def test_a_full_token_machine_leaves_the_request_where_it_was_prefilled():
    """Room for two requests on the token machine: of three at once, one stays."""
    design = LLAMA["AA"]
    three = counted_as_published(
        plain_requests(np.zeros(3), np.full(3, 600), np.full(3, 100))
    )
    capacity = design.token.engine.table.kv_capacity_tokens
    fleet = fleet_of(
        design, 1, 1, reference=question().reference, classes=ALL,
        request_tokens=capacity / 2.0,
    )  # fmt: skip

    result = run_fleet(Plan(fleet=fleet), [three], horizon_s=60.0)

    # the residual and nothing else is sent for each of two prompts above 512 tokens
    assert_allclose(result.classes["all"].transfer_s, 2 * 0.008, rtol=1e-6)
    assert result.classes["all"].finished == 3
    assert most_decoding(design.token.engine, capacity / 2.0) == 1.0


# --- the simulator's convention ---


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        # (8 x 80 GiB - 329 GB) / (2 x 14336 x 70 x 2 B) and 135 GB, 8192 x 80
        pytest.param("bloom-176b", 89_234, id="BLOOM-176B"),
        pytest.param("llama2-70b", 210_645, id="Llama-2-70B"),
    ],
)
def test_the_simulators_cache_takes_all_that_the_weights_leave(model, tokens):
    engine = published_machine(model, "H", simulated=True).engine

    assert engine.table.kv_capacity_tokens == tokens


def test_the_simulators_decode_takes_one_sequences_time_at_any_batch():
    measured, simulated = (
        published_machine("llama2-70b", "A", simulated=s).engine.table
        for s in (False, True)
    )

    assert_allclose(decode_iteration_s(simulated)[1:], TBT_S)
    assert_allclose(measured.decode_s[-1], 0.07161)  # batch 64, perf_model.csv
    assert simulated.max_batch == 512


# --- draws ---


def test_other_rates_stretch_the_same_draws():
    traffic = question().traffic

    slow, fast = draw_requests(traffic, 5.0), draw_requests(traffic, 10.0)

    n = len(slow)
    assert_allclose(fast.arrived_s[:n], slow.arrived_s / 2)
    assert np.array_equal(fast.prompt[:n], slow.prompt)
    assert np.array_equal(fast.output[:n], slow.output)


def test_only_arrivals_of_the_counted_window_are_counted():
    traffic = question().traffic

    rows = draw_requests(traffic, 20.0)

    counted = rows.arrived_s[rows.klass == 1]
    assert counted.min() >= 10.0
    assert counted.max() < 70.0
    assert abs(counted.size - 1200) < 6 * math.sqrt(1200)  # Poisson


# --- throughput ---


def test_the_highest_rate_holds_and_a_little_more_does_not():
    asked = question()

    rate_s = max_throughput(LLAMA["AA"], 2, 3, asked, step=0.02)

    assert judge(LLAMA["AA"], 2, 3, rate_s, asked).holds
    assert not judge(LLAMA["AA"], 2, 3, rate_s * 1.04, asked).holds


def test_ten_times_the_machines_carry_more_than_ten_times_the_rate():
    """Pooling: a larger cluster waits less at the same load of each machine."""
    asked = question()

    small, large = (
        max_throughput(LLAMA["AA"], n, n, asked, step=0.02) for n in (2, 20)
    )

    assert large > 10 * small


def test_prompts_bound_a_split_with_few_prompt_machines():
    """One prompt machine cannot pass more than its prefill at 2,048 tokens allows."""
    asked = question()
    table = LLAMA["AA"].prompt.engine.table
    fastest = max(
        n / s for n, s in zip(table.prefill_tokens, table.prefill_s, strict=True)
    )
    alone = replace(asked, rules=replace(RULES, borrow_above_tokens=math.inf))

    rate_s = max_throughput(LLAMA["AA"], 1, 20, alone, step=0.02)

    assert rate_s < fastest / asked.traffic.prompt.mean()
    assert rate_s > 0.2 * fastest / asked.traffic.prompt.mean()


# --- the search ---


@pytest.mark.parametrize(
    ("objective", "budget"),
    [
        pytest.param("iso-power", 12 * 24.8, id="power of 12 A100"),
        pytest.param("iso-cost", 12 * 17.6, id="rent of 12 A100"),
    ],
)
@pytest.mark.parametrize("name", ["AA", "HA"])
def test_the_search_finds_what_trying_every_split_finds(name, objective, budget):
    asked, design = question(), LLAMA[name]
    unit = "power" if objective == "iso-power" else "cost_usd_h"
    prompt, token = getattr(design.prompt, unit), getattr(design.token, unit)
    every = {
        (p, t): max_throughput(design, p, t, asked)
        for p in range(1, int((budget - token) / prompt + 1e-6) + 1)
        if (t := int((budget + 1e-6 - p * prompt) / token)) >= 1
    }

    found = provision(design, Goal(objective=objective, budget=budget), asked)

    assert every[found.prompts, found.tokens] >= 0.98 * max(every.values())
    assert_allclose(found.requests_s, every[found.prompts, found.tokens], rtol=0.02)
    assert getattr(found, unit) <= budget + 1e-6


def test_few_of_the_many_splits_of_70_machines_are_run():
    goal = Goal(objective="iso-power", budget=1736.0)

    found = provision(LLAMA["AA"], goal, question(counted_s=30.0), step=0.05)

    assert found.prompts + found.tokens == 70
    assert found.looked_at <= 20  # of 69


def test_equal_throughput_takes_the_least_power_of_all_splits():
    asked, design, rate_s = question(), LLAMA["HA"], 8.0
    bills = [
        design.power(p, t)
        for p, t in itertools.product(range(1, 7), range(1, 9))
        if judge(design, p, t, rate_s, asked).holds
    ]

    found = provision(design, Goal(objective="iso-throughput", budget=rate_s), asked)

    assert_allclose(found.power, min(bills))
    assert judge(design, found.prompts, found.tokens, rate_s, asked).holds


def test_a_mixed_pool_has_the_fewest_machines_that_hold():
    asked, design, rate_s = question(), LLAMA["Base-H100"], 12.0

    found = provision(design, Goal(objective="iso-throughput", budget=rate_s), asked)

    assert found.prompts > 1
    assert judge(design, found.prompts, 0, rate_s, asked).holds
    assert not judge(design, found.prompts - 1, 0, rate_s, asked).holds


def test_all_designs_are_searched_with_progress():
    told = []

    search = search_all(
        [LLAMA["Base-A100"], LLAMA["AA"]], Goal(objective="iso-power", budget=6 * 24.8),
        question(), report=lambda part, text: told.append((part, text)),
    )  # fmt: skip

    assert list(search.found) == ["Base-A100", "AA"]
    assert search.found["Base-A100"].prompts == 6
    assert told == [(0.0, "Base-A100"), (0.5, "AA"), (1.0, "all designs")]


def test_a_search_can_be_stopped():
    with pytest.raises(Cancelled):
        provision(
            LLAMA["AA"], Goal(objective="iso-power", budget=6 * 24.8), question(),
            stop=lambda: True,
        )  # fmt: skip


# --- refusals ---


def test_limits_that_a_request_alone_misses_are_refused_by_name():
    tight = replace(SPLITWISE_SLO, tbt=(0.9, 1.5, 5.0))

    with pytest.raises(ScenarioError, match=r"tbt p50 is 1\.\d+ times .* got 0\.9"):
        provision(
            LLAMA["AA"], Goal(objective="iso-power", budget=1736.0), question(slo=tight)
        )


def test_limits_that_no_design_meets_name_every_design():
    never = replace(SPLITWISE_SLO, e2e=(0.1, 0.1, 0.1))

    with pytest.raises(ScenarioErrors) as refusal:
        search_all(
            LLAMA.values(), Goal(objective="iso-power", budget=1736.0),
            question(slo=never),
        )  # fmt: skip

    assert all(f"by {name} " in str(refusal.value) for name in DESIGN_NAMES)


def test_designs_that_cannot_are_refused_while_others_are_found():
    fast = replace(SPLITWISE_SLO, tbt=(0.9, 1.1, 5.0))  # an H100 decodes in 0.66

    search = search_all(
        [LLAMA["Base-A100"], LLAMA["HH"]], Goal(objective="iso-power", budget=4 * 44.0),
        question(slo=fast),
    )  # fmt: skip

    assert list(search.found) == ["HH"]
    assert "tbt p50" in str(search.refused["Base-A100"])


def test_a_budget_for_less_than_two_machines_is_refused_with_what_is_needed():
    with pytest.raises(ScenarioError, match=r"got 30\.0; give at least 49\.6"):
        provision(LLAMA["AA"], Goal(objective="iso-power", budget=30.0), question())


def test_a_rate_beyond_thousands_of_machines_is_refused():
    brief = replace(question().traffic, warm_up_s=0.0, counted_s=0.02, after_s=0.02)
    huge = Goal(objective="iso-throughput", budget=2e6)

    with pytest.raises(ScenarioError, match="more than 4096 machines"):
        provision(LLAMA["AA"], huge, replace(question(), traffic=brief))


# --- the system ---


def llama_ground(*, server: str = "dgx-h100", servers: int = 6):
    """Ten minutes of 2 requests a second on Llama-2-70B."""
    plain = small_ground(servers=servers, requests=1200)
    return replace(
        plain, model="llama2-70b", server=find_server(server),
        engine=make_engine("llama2-70b", server),
    )  # fmt: skip


@pytest.mark.parametrize("design", ["own", "AA", "HH", "HA", "HHcap", "Base-A100"])
def test_every_design_stays_in_the_power_of_the_ground(design):
    ground = llama_ground()

    outcome = SYSTEM.evaluate(ground, Parameters(design=design))

    assert outcome.figures["provisioned_w"] <= 6 * 8660 + 1e-6
    assert outcome.figures["mixed_provisioned_w"] == 6 * 8660
    assert outcome.finished == outcome.arrived == 1200
    assert outcome.baseline.finished == 1200
    assert outcome.output_tokens == 1200 * 50


def test_equal_rent_buys_more_a100_than_h100():
    outcome = SYSTEM.evaluate(
        llama_ground(), Parameters(design="AA", objective="iso-cost", prompt_frac=0.5)
    )

    # 6 x 38 = 228 USD/h: 12 A100 at 17.6, the 13th does not fit
    assert outcome.figures["prompt_machines"] == 6
    assert outcome.figures["token_machines"] == 6


def test_decode_is_not_paused_on_a_machine_that_only_decodes():
    outcome = SYSTEM.evaluate(
        llama_ground(server="dgx-a100", servers=4), Parameters(prompt_frac=0.5)
    )

    assert outcome.slowdown["tbt"]["p99"] < outcome.baseline.slowdown["tbt"]["p99"]


def test_caches_are_sent_once_a_request_and_are_a_small_part():
    outcome = SYSTEM.evaluate(llama_ground(), Parameters(prompt_frac=0.5))

    ours = outcome.figures["transfer_e2e_frac"]
    # 5 ms of a request of about 0.078 s and 49 x 0.03 s
    assert_allclose(ours, 0.005 / (0.078 + 49 * 0.03), rtol=0.15)


def test_a_model_the_catalogue_lacks_is_refused():
    with pytest.raises(ScenarioError, match="plain"):
        SYSTEM.evaluate(small_ground(), Parameters())


def test_a_model_too_large_for_an_a100_is_refused_where_the_design_has_one():
    engine = make_engine("deepseek-v3.1", "dgx-b200")
    ground = replace(
        small_ground(), model="deepseek-v3.1", server=find_server("dgx-b200"),
        engine=engine,
    )  # fmt: skip

    with pytest.raises(ScenarioError, match=r"deepseek-v3\.1"):
        SYSTEM.evaluate(ground, Parameters(design="AA"))


def test_a_ground_of_one_server_cannot_be_split():
    with pytest.raises(ScenarioError, match=r"server_count .* add servers"):
        SYSTEM.evaluate(llama_ground(servers=1), Parameters())
