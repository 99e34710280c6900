"""Servers, clock curves and model look-up of the catalogue."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from twin.catalogue import (
    CLOCK_CURVES,
    GPUS,
    PHASE_TABLES,
    SERVERS,
    STAND_INS,
    find_model,
    find_server,
    find_table,
    list_models,
)
from twin.catalogue.figure import Figure
from twin.catalogue.tables_text import catalogue_tables, phase_tables_text
from twin.errors import ScenarioError

MARKS = {"measured", "published", "second-hand", "memory", "fitted", "assumed"}
PAGES = Path(__file__).parents[2] / "docs" / "models"

each_server = pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
each_gpu = pytest.mark.parametrize("gpu", GPUS.values(), ids=GPUS)


def figures_of(record):
    named = {f.name: getattr(record, f.name) for f in fields(record)}
    single = {k: v for k, v in named.items() if isinstance(v, Figure)}
    return single | named.get("measured", {})


def test_every_asked_for_server_is_there():
    assert set(SERVERS) == {
        "dgx-a100",
        "dgx-h100",
        "dgx-h200",
        "dgx-b200",
        "gb200-nvl72",
        "mi300x-8",
    }


@pytest.mark.parametrize(
    ("key", "idle_w", "full_w"),
    [
        # 8 x 63 W = 504 W on the GPUs; AcmeTrace's tenth percentile is 1512 W
        pytest.param("dgx-a100", 1512.0, 4960.0, id="DGX A100"),
        # wall analyser between MLPerf runs; 8.4 kW by Latif et al.
        pytest.param("dgx-h200", 2360.0, 8400.0, id="DGX H200"),
        # MLPerf training on 8 B200: AC input before the run, and its highest sample
        pytest.param("dgx-b200", 2900.0, 10_358.0, id="DGX B200"),
        # 18 trays x 1 kW + 9 switch trays x 1 kW; 120 kW rack
        pytest.param("gb200-nvl72", 27_000.0, 120_000.0, id="GB200 NVL72"),
    ],
)
def test_idle_and_full_power_meet_the_points_the_line_was_drawn_through(
    key, idle_w, full_w
):
    server = find_server(key)

    assert server.idle_w == pytest.approx(idle_w, rel=0.01)
    assert server.full_w == pytest.approx(full_w, rel=0.01)


def test_polca_reproduction_values_have_not_moved():
    server = find_server("dgx-a100")

    assert server.host_w.value == 867
    assert server.host_slope.value == 1.279
    assert server.provisioned_w.value == 5113
    assert server.gpu.idle_w.value == 63


@each_server
def test_idle_is_below_full_and_full_is_within_rating(server):
    assert 0 < server.host_w.value < server.idle_w < server.full_w
    assert server.full_w <= server.rated_w.value
    assert server.provisioned_w.value <= server.rated_w.value


@each_server
def test_fans_and_supplies_make_a_gpu_watt_cost_more_than_a_watt(server):
    assert server.host_slope.value > 1.0


@each_server
def test_measured_powers_lie_within_the_rating(server):
    for name, figure in server.measured.items():
        assert 0 < figure.value <= server.rated_w.value, name


RECORDS = [*SERVERS.values(), *GPUS.values()]


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.key)
def test_every_value_has_a_unit_a_source_and_a_mark(record):
    found = figures_of(record)

    assert len(found) >= 4
    for name, figure in found.items():
        assert figure.unit in {"W", "W/W", "MHz", "GB", "U"}, name
        assert len(figure.source) > 5, name
        assert figure.mark in MARKS, name


@each_gpu
def test_gpu_idles_below_tdp_and_brakes_below_its_top_clock(gpu):
    assert 0 < gpu.idle_w.value < 0.25 * gpu.tdp_w.value
    assert gpu.clock_min_mhz.value < gpu.brake_clock_mhz.value < gpu.clock_max_mhz.value


@each_gpu
def test_every_gpu_has_a_clock_curve_and_borrowed_ones_say_so(gpu):
    curve = CLOCK_CURVES[gpu.key]

    assert list(curve.clock_mhz) == sorted(curve.clock_mhz)
    assert list(curve.slowdown) == sorted(curve.slowdown, reverse=True)
    assert curve.slowdown[-1] == curve.dynamic_power_frac[-1] == 1.0
    assert curve.source.startswith("assumed") == (gpu.key != "a100-sxm-80gb")


# --- phase tables --------------------------------------------------------------------

each_table = pytest.mark.parametrize(
    "table", PHASE_TABLES, ids=lambda t: f"{t.model}-{t.gpu}-x{t.tensor_parallel}"
)


def test_bloom_cache_holds_what_the_memory_leaves():
    # 0.9 x 8 x 80 GB - 2 B x 176e9 = 224 GB; a token takes keys and values of 2 B in
    # 70 layers of width 14336: 2 x 2 x 70 x 14336 = 4.014 MB; 224e9 / 4014080 = 55803
    table = find_table("bloom-176b", find_server("dgx-a100"))

    assert table.kv_capacity_tokens == 55_803


@each_table
def test_knots_rise_and_match_in_length(table):
    for knots in (table.prefill_tokens, table.decode_batch):
        assert list(knots) == sorted(set(knots))
    assert len(table.prefill_tokens) == len(table.prefill_s)
    assert len(table.prefill_tokens) == len(table.prefill_power_frac)
    assert len(table.decode_batch) == len(table.decode_s)
    assert len(table.decode_batch) == len(table.decode_power_frac)
    assert table.decode_batch[0] == 1.0


@each_table
def test_decode_slows_with_batch_but_serves_more_tokens(table):
    # 1 %: the median of five repeats at batch 2 may be under that at batch 1
    for before, after in zip(table.decode_s, table.decode_s[1:], strict=False):
        assert after >= 0.99 * before
    batch, time_s = table.decode_batch, table.decode_s
    assert time_s[-1] > time_s[0]
    assert batch[-1] / time_s[-1] > batch[0] / time_s[0]


@each_table
def test_prefill_takes_longer_for_longer_prompts(table):
    # below 512 tokens Llama-2-70B on H100 is all launch time, and noise shows
    from_512 = table.prefill_s[2:]
    assert list(from_512) == sorted(set(from_512))


@each_table
def test_power_stays_between_idle_and_a_little_over_tdp(table):
    gpu = GPUS[table.gpu]
    idle_frac = gpu.idle_w.value / gpu.tdp_w.value
    for frac in (*table.prefill_power_frac, *table.decode_power_frac):
        assert idle_frac < frac <= 1.1
    assert list(table.decode_power_frac) == sorted(table.decode_power_frac)
    assert 0 <= table.decode_memory_power_frac <= 1


@each_table
def test_cache_holds_a_useful_batch(table):
    assert table.kv_capacity_tokens > 8192
    assert table.max_batch >= 64


# --- look-up -------------------------------------------------------------------------


def test_a_stand_in_is_visible_on_the_result():
    choice = find_model("llama-3.1-70b", find_server("dgx-h200"))

    assert choice.stands_in is STAND_INS["h200-sxm-141gb"]
    assert choice.stands_in.mark == "assumed"
    assert choice.table.gpu == "h100-sxm-80gb"
    assert set(choice.marks.values()) == {"assumed"}
    assert "H100 SXM 80 GB stands in for H200 SXM 141 GB" in choice.source


def test_the_table_a_run_gets_says_it_is_a_stand_in():
    own = find_table("deepseek-v3.1", find_server("dgx-b200"))
    borrowed = find_table("deepseek-v3.1", find_server("gb200-nvl72"))

    assert not own.source.startswith("assumed")
    assert borrowed.source.startswith("assumed: B200 SXM 180 GB stands in for GB200")
    assert borrowed.decode_s == own.decode_s


def test_measured_power_is_told_from_assumed_power():
    a100 = find_model("bloom-176b", find_server("dgx-a100"))
    h100 = find_model("bloom-176b", find_server("dgx-h100"))
    chat = find_model("llama-3.1-70b", find_server("dgx-h100"))

    assert a100.stands_in is None
    assert a100.marks["decode_power"] == "measured"
    assert h100.marks["decode_time"] == "measured"
    assert h100.marks["decode_power"] == "assumed"
    assert chat.marks["decode_time"] == "fitted"
    assert chat.marks["prefill_time"] == "assumed"


@pytest.mark.parametrize(
    ("key", "model", "per_server"),
    [
        pytest.param("dgx-a100", "bloom-176b", 1, id="eight GPUs a copy"),
        pytest.param("dgx-h100", "llama-3.1-70b", 2, id="four GPUs a copy"),
        pytest.param("gb200-nvl72", "llama-3.1-70b", 36, id="two GPUs a copy, a rack"),
    ],
)
def test_a_server_carries_as_many_copies_as_its_gpus_allow(key, model, per_server):
    assert find_model(model, find_server(key)).instances_per_server == per_server


@each_server
def test_listed_models_can_all_be_looked_up(server):
    names = [c.model for c in list_models(server)]

    assert names == sorted(names)
    for name in names:
        assert find_table(name, server).model == name


def test_unknown_server_names_the_nearest():
    with pytest.raises(ScenarioError, match="did you mean 'dgx-h200'"):
        find_server("dgx-h2000")


def test_unknown_model_names_the_nearest_this_server_has():
    with pytest.raises(ScenarioError, match="did you mean 'bloom-176b'") as caught:
        find_table("bloom-176", find_server("dgx-a100"))

    assert caught.value.field == "fleet.model"


def test_a_model_of_another_server_is_refused_with_what_this_one_has():
    with pytest.raises(ScenarioError, match=r"use one of: bloom-176b, llama2-70b"):
        find_table("deepseek-v3.1", find_server("dgx-a100"))


def test_mi300x_says_that_nothing_was_measured_and_what_to_do():
    assert list_models(find_server("mi300x-8")) == ()
    with pytest.raises(
        ScenarioError, match="no model was measured on MI300X"
    ) as caught:
        find_table("llama-3.1-70b", find_server("mi300x-8"))

    assert "dgx-h200" in caught.value.repair
    assert "mi300x-192gb" in caught.value.repair


def test_pages_show_the_values_of_the_code():
    assert (PAGES / "catalogue.md").read_text().endswith(catalogue_tables())
    assert (PAGES / "serving-tables.md").read_text().endswith(phase_tables_text())
