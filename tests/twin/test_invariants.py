"""Laws that hold for every row, whatever the traffic: drawn small and checked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import twin.simulate
from tests.twin.rows import compiled_row, request_class, small_row
from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario import apply_changes, parse_scenario
from twin.scenario.model import Control
from twin.scenario.policy import Polca
from twin.scenario.workload import DiurnalArrivals
from twin.serving import kernel
from twin.serving.traffic import Recordings, arrivals_between
from twin.simulate import compile_scenario, new_meter, new_state, run_chunks, simulate

# small and repeatable: the same draws on every machine, no minutes of shrinking
LAW = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)

ROWS = st.fixed_dictionaries({
    "servers": st.integers(2, 6),
    "rate": st.floats(0.01, 0.6),
    "seconds": st.integers(900, 2400),
    "seed": st.integers(0, 2**31 - 1),
    "low_frac": st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    "model": st.sampled_from(["bloom-176b", "llama2-70b"]),
})  # fmt: skip

TIGHT = {"policy": Polca(), "control": Control(cap_latency_s=10.0)}


def ran(compiled, rate):
    """State and meter after the whole horizon."""
    state, meter = new_state(compiled), new_meter(compiled)
    run_chunks(compiled, state, meter, rate, None, None)
    return state, meter


def everything(state, meter):
    """All bytes that a run leaves behind."""
    return [array.tobytes() for array in (*state, *meter)]


def tight(row):
    """The same row with a limit low enough for caps and brakes to act."""
    return compiled_row(**row, **TIGHT, provisioned_w=3600.0 * row["servers"])


# --- energy ---------------------------------------------------------------------------


@LAW
@given(row=ROWS)
def test_row_energy_is_host_energy_plus_what_every_instance_drew(row):
    compiled = tight(row)
    setup = compiled.setup

    state, meter = ran(compiled, row["rate"])

    gpus_j = sum(
        state.inst[f"energy_{phase}_j"].sum() for phase in ("idle", "decode", "prefill")
    )
    horizon_s = compiled.tick_count * setup.tick_s
    expected_j = setup.host_w * horizon_s + setup.host_slope * gpus_j
    assert meter.totals[kernel.M_ENERGY_J] == pytest.approx(expected_j, rel=1e-9)


@LAW
@given(row=ROWS)
def test_energy_split_adds_up_to_the_energy_of_the_run(row):
    result = simulate(compiled_row(**row), rate_per_server_s=row["rate"])

    assert result.energy_split.total_wh == pytest.approx(result.energy_wh, rel=1e-9)
    assert result.mean_w == pytest.approx(
        result.energy_wh * 3600.0 / result.horizon_s, rel=1e-12
    )


@LAW
@given(row=ROWS)
def test_without_control_the_tick_length_changes_neither_energy_nor_latency(row):
    row = row | {"seconds": 1200}
    runs = {}
    for tick_s in (0.5, 1.0, 5.0):
        compiled = compiled_row(**row, tick_s=tick_s)
        state, meter = ran(compiled, row["rate"])
        runs[tick_s] = (compiled, state, meter)

    fine = runs[0.5][2]
    for tick_s, (_, _, meter) in runs.items():
        energy_j = meter.totals[kernel.M_ENERGY_J]
        assert energy_j == pytest.approx(fine.totals[kernel.M_ENERGY_J], rel=1e-9)
        for metric in (kernel.TTFT, kernel.E2E):
            assert_allclose(meter.histogram[:, metric], fine.histogram[:, metric])
        # a mean over a longer tick cannot peak higher than one over a shorter
        peak_w = meter.totals[kernel.M_PEAK_W]
        assert peak_w <= fine.totals[kernel.M_PEAK_W] * (1 + 1e-12), tick_s
    # the peak of five-second means is one number, whichever tick it is read from
    peaks_w = [_five_second_peak_w(runs[tick_s]) for tick_s in (0.5, 1.0, 5.0)]
    assert_allclose(peaks_w, peaks_w[0], rtol=1e-3)


def _five_second_peak_w(run):
    compiled, _, meter = run
    setup = compiled.setup
    record_s = setup.ticks_per_record * setup.tick_s
    mean_w = meter.series[:, kernel.S_MEAN] / setup.ticks_per_record
    return mean_w.reshape(-1, round(5.0 / record_s)).mean(axis=1).max()


@LAW
@given(row=ROWS, more=st.floats(1.3, 4.0))
def test_more_load_never_lowers_energy(row, more):
    compiled = compiled_row(**row)

    _, less_meter = ran(compiled, row["rate"])
    _, more_meter = ran(compiled, row["rate"] * more)

    # two saturated rows differ only in which prompts came first: 0.1 % allowed
    energy = kernel.M_ENERGY_J
    assert more_meter.totals[energy] >= 0.999 * less_meter.totals[energy]


@LAW
@given(row=ROWS)
def test_row_power_stays_between_idle_and_every_gpu_at_its_hottest(row):
    compiled = tight(row)
    setup = compiled.setup
    count = int(setup.first[2])
    hottest_w = max(setup.prefill_w.max(), setup.decode_w.max())

    _, meter = ran(compiled, row["rate"])

    idle_row_w = setup.host_w + setup.host_slope * count * setup.idle_w
    full_row_w = setup.host_w + setup.host_slope * count * hottest_w
    assert meter.series[:, kernel.S_MIN].min() >= idle_row_w * (1 - 1e-12)
    assert meter.series[:, kernel.S_MAX].max() <= full_row_w * (1 + 1e-12)


# --- requests -------------------------------------------------------------------------


@LAW
@given(row=ROWS, queue_limit=st.integers(1, 20))
def test_no_request_is_lost(row, queue_limit):
    classes = (
        request_class((100, 3000), (1, 200), name="usual"),
        request_class((40_000, 70_000), (1, 50), name="huge"),  # some never fit
    )
    compiled = compiled_row(**row, classes=classes)
    setup = compiled.setup._replace(queue_limit=queue_limit)
    compiled = replace(compiled, setup=setup)
    end_s = compiled.tick_count * setup.tick_s
    drawn = next(
        arrivals_between(
            compiled.traffic, rate_rps=row["rate"] * row["servers"],
            edges_s=np.array([0.0, end_s]),
        )
    )  # fmt: skip

    state, meter = ran(compiled, row["rate"])

    groups = len(compiled.traffic.group_names)
    counts = meter.counts
    arrived = np.bincount(drawn.group, minlength=groups)
    assert_allclose(counts[:, kernel.C_ARRIVED], arrived)
    too_long = drawn.prompt + drawn.output > setup.kv_capacity
    assert_allclose(
        counts[:, kernel.C_REJECTED_LONG],
        np.bincount(drawn.group[too_long], minlength=groups),
    )
    gone = counts[:, kernel.C_FINISHED] + counts[:, kernel.C_REJECTED_FULL]
    gone += counts[:, kernel.C_REJECTED_LONG]
    low = compiled.traffic.groups_low
    for side, rows in enumerate((slice(0, low), slice(low, groups))):
        held = state.load[setup.first[side] : setup.first[side + 1]]
        assert arrived[rows].sum() == gone[rows].sum() + held.sum()


def test_a_full_queue_refuses_and_says_so():
    compiled = compiled_row(servers=2, rate=5.0, seconds=900)
    setup = compiled.setup._replace(queue_limit=3)

    result = simulate(replace(compiled, setup=setup), rate_per_server_s=5.0)

    for side in (result.low, result.high):
        assert side.rejected_queue_full > 0
        assert side.arrived == (
            side.finished + side.in_flight + side.rejected_queue_full
        )


# --- caps -----------------------------------------------------------------------------


def power_in_phase(compiled, phase, clock_mhz, *, batch, prompt):
    """Watts of one instance in a phase under a clock, after the clock is in force."""
    state, meter = new_state(compiled), new_meter(compiled)
    one = state.inst[0]
    one["phase"] = phase
    if phase == kernel.DECODE:
        one["batch"] = batch
        state.heap[0, 0]["leave"] = 10.0
    if phase == kernel.PREFILL:
        one["prefill_tokens"], one["work_left_s"] = prompt, 1.0
    kernel._apply_clock(compiled.setup, state, meter, 0, clock_mhz, 0.0)
    return float(state.inst[0]["power_w"]), float(state.row[0])


@settings(LAW, max_examples=60)
@given(
    clocks=st.tuples(st.floats(210, 1410), st.floats(210, 1410)),
    phase=st.sampled_from([kernel.IDLE, kernel.DECODE, kernel.PREFILL]),
    batch=st.integers(1, 64),
    prompt=st.integers(1, 10_000),
    model=st.sampled_from(["bloom-176b", "llama2-70b"]),
)
def test_a_cap_never_raises_power(clocks, phase, batch, prompt, model):
    compiled = compiled_row(servers=2, model=model)
    slower, faster = sorted(clocks)
    at = {
        mhz: power_in_phase(compiled, phase, mhz, batch=batch, prompt=prompt)
        for mhz in (slower, faster, 0.0)
    }

    for part in (0, 1):  # the instance, and the row's GPUs together
        ladder = [at[mhz][part] for mhz in (slower, faster, 0.0)]
        assert ladder[0] <= ladder[1] + 1e-9
        assert ladder[1] <= ladder[2] + 1e-9
    assert at[slower][0] >= compiled.setup.idle_w


@settings(LAW, max_examples=60)
@given(clocks=st.tuples(st.floats(210, 1410), st.floats(210, 1410)))
def test_a_cap_never_speeds_work_up(clocks):
    setup = compiled_row(servers=2).setup
    slower, faster = sorted(clocks)
    for column in (kernel.SLOW_PREFILL, kernel.SLOW_DECODE):
        late = kernel._clock_factor(setup, slower, column)
        soon = kernel._clock_factor(setup, faster, column)
        assert late >= soon - 1e-12
        assert soon >= 1.0 - 1e-12


# --- the same answer every time -------------------------------------------------------


@LAW
@given(row=ROWS)
def test_the_same_scenario_and_seed_give_the_same_bytes_in_two_threads(row):
    compiled = tight(row)
    once = everything(*ran(compiled, row["rate"]))

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(ran, tight(row), row["rate"]) for _ in range(2)]
        together = [everything(*job.result()) for job in jobs]

    assert together == [once, once]


@pytest.mark.parametrize("chunk_s", [600.0, 1200.0, 86_400.0])
def test_the_chunk_length_changes_no_byte(chunk_s, monkeypatch):
    row = {"rate": 0.3, "seconds": 4000, "seed": 5}
    usual = everything(*ran(tight({**row, "servers": 4}), 0.3))
    monkeypatch.setattr(twin.simulate, "CHUNK_S", chunk_s)

    assert everything(*ran(tight({**row, "servers": 4}), 0.3)) == usual


def test_chunks_of_dense_traffic_are_shorter_and_change_nothing(monkeypatch):
    row = {"rate": 0.3, "seconds": 4000, "seed": 5, "servers": 4}
    _, usual = ran(tight(row), 0.3)
    monkeypatch.setattr(twin.simulate, "MOST_IN_CHUNK", 100)
    _, short = ran(tight(row), 0.3)

    for name, array in usual._asdict().items():  # times but for their last digit
        np.testing.assert_allclose(getattr(short, name), array, rtol=1e-12)


def test_traffic_that_nobody_could_go_through_is_refused_before_it_is_drawn():
    row = {"rate": 0.3, "seconds": 4000, "seed": 5, "servers": 4}
    with pytest.raises(
        ScenarioError, match=r"requests_per_server_s.*1.6e\+11 requests"
    ):
        ran(tight(row), 1e7)


def test_one_compiled_kernel_serves_every_scenario():
    # numba compiles once per combination of types: a whole number where another
    # scenario has a fraction would make a user wait for the compiler
    usual = compiled_row(servers=2)
    others = [
        compiled_row(servers=2, provisioned_w=12_345.5),
        compiled_row(servers=2, model="llama2-70b"),
        compiled_row(servers=2, control=Control(brake_clock_mhz=300.5)),
        compile_scenario(
            apply_changes(small_row(servers=2), {"fleet.server": "dgx-h100"}),
            Recordings.none(),
        ),
    ]

    def types(compiled):
        return {
            name: getattr(value, "dtype", type(value))
            for name, value in compiled.setup._asdict().items()
        }

    for other in others:
        assert types(other) == types(usual)


def test_another_seed_gives_another_run():
    results = [
        simulate(compiled_row(seed=seed, rate=0.2), rate_per_server_s=0.2).energy_wh
        for seed in (1, 2)
    ]

    assert results[0] != results[1]


def test_a_run_leaves_the_compiled_scenario_as_it_was():
    compiled = compiled_row(rate=0.2)
    first = simulate(compiled, rate_per_server_s=0.2)
    simulate(compiled, rate_per_server_s=0.5)
    again = simulate(compiled, rate_per_server_s=0.2)

    assert (first.energy_wh, first.peak_w) == (again.energy_wh, again.peak_w)
    assert (first.low.e2e, first.low.finished) == (again.low.e2e, again.low.finished)


# --- nothing is ignored silently ------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "field", "repair"),
    [
        pytest.param({"fleat": {}}, "fleat", "fleet", id="unknown section"),
        pytest.param(
            {"fleet": {"server_cuont": 3}}, "fleet.server_cuont", "server_count",
            id="unknown key",
        ),
        pytest.param(
            {"control": {"cap_latency_ms": 40_000}}, "control.cap_latency_ms",
            "cap_latency_s", id="wrong unit in the name",
        ),
        pytest.param(
            {"row": {"provisioned_kw": 205}}, "row.provisioned_kw", "provisioned_w",
            id="kilowatts for watts",
        ),
        pytest.param(
            {"horizon": {"days": "2 weeks"}}, "horizon.days", "without a unit",
            id="unit in the value",
        ),
        pytest.param(
            {"policy": {"name": "polca", "t3_frac": 0.9}}, "policy.t3_frac", "t",
            id="unknown policy setting",
        ),
    ],
)  # fmt: skip
def test_an_unknown_key_or_unit_is_an_error_that_names_it(document, field, repair):
    with pytest.raises(ScenarioErrors) as caught:
        parse_scenario(document)

    found = caught.value.errors
    assert [error.field for error in found] == [field]
    assert repair in found[0].repair


def test_an_override_of_an_unknown_path_is_an_error_that_names_it():
    with pytest.raises(ScenarioErrors, match=r"fleet\.servercount"):
        apply_changes(small_row(), {"fleet.servercount": 52})


def test_an_override_makes_a_new_scenario_and_leaves_the_old_one():
    old = small_row(servers=4)

    new = apply_changes(old, {"fleet.server_count": 6, "policy": {"name": "polca"}})

    assert (old.fleet.server_count, new.fleet.server_count) == (4, 6)
    assert (old.policy.name, new.policy.name) == ("no-cap", "polca")


def test_a_scenario_survives_its_own_document():
    scenario = small_row(arrivals=DiurnalArrivals(peak_hour=9), policy=Polca())

    assert parse_scenario(scenario.model_dump(mode="json")) == scenario


def test_an_unknown_server_names_the_nearest_one():
    scenario = small_row()
    wrong = apply_changes(scenario, {"fleet.server": "dgx-a1000"})

    with pytest.raises(Exception, match=r"fleet\.server .*did you mean 'dgx-a100'"):
        compile_scenario(wrong, Recordings.none())
