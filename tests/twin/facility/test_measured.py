"""Measured power through the tree, and the row planner inside a site."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.facility.test_site import kernel_run
from twin.catalogue import find_server
from twin.cooling.weather import generated
from twin.facility.activity import Activity, row_activity
from twin.facility.answer import answer_site
from twin.facility.assemble import assemble
from twin.facility.simulate import run_site
from twin.plan import Memo, what_if
from twin.plan.whatif import base_row, reference_run, scaled_rate
from twin.scenario import apply_changes, parse_scenario
from twin.serving.traffic import Recordings

UPS_LOSS = (0.03, 0.08)
PDU_LOSS = (0.008, 0.03)
"""Share of input lost: double-conversion UPS 92 to 97 % efficient, PDU transformers 97
to 99 % (docs/models/electrical.md has the sources)."""


def wall_power_w(data_dir):
    """The longest recorded run of each workload, second by second. [W]"""
    runs = defaultdict(list)
    path = data_dir / "mlperf_infer_power_h200" / "h200x8_wall_power_1s.csv.gz"
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            if row["power_w"]:
                runs[row["workload"], row["phase"]].append(float(row["power_w"]))
    return np.concatenate([np.array(v) for v in runs.values()])


@pytest.mark.data
def test_measured_servers_through_the_tree_close_their_energy(data_dir):
    measured_w = wall_power_w(data_dir)
    server = find_server("dgx-h200")
    frac = (measured_w - server.idle_w) / (server.full_w - server.idle_w)
    scenario = parse_scenario({
        "fleet": {"server": "dgx-h200", "model": "llama-2-70b"},
        "policy": {"name": "no-cap"},
        "horizon": {"days": measured_w.size / 86_400.0},
        "facility": {"template": {"design": "2n", "racks_per_row": 5}},
    })  # fmt: skip
    curve = np.array([200.0, 1980.0])
    activity = Activity(frac=frac, curve_mhz=curve, curve_power=np.array([0.3, 1.0]),
                        curve_slowdown=np.array([1.5, 1.0]))  # fmt: skip
    assembled = assemble(scenario, activity, generated())
    result = run_site(assembled)
    _, meter = kernel_run(assembled)
    in_j, out_j, given_j, taken_j = meter.energy_j.T
    first = assembled.site.rack_first
    sources = [n.fed_by == () for n in assembled.network.nodes]
    lost_j = (in_j - out_j + given_j - taken_j).sum()
    served_j = out_j[first:].sum() + out_j[assembled.site.cooling_node].sum()

    assert_allclose(in_j[sources].sum(), served_j + lost_j, rtol=1e-9)
    for kind, (low, high) in (("ups", UPS_LOSS), ("pdu", PDU_LOSS)):
        nodes = [n for n in result.nodes if n.kind == kind]
        share = sum(n.loss_wh for n in nodes) / sum(n.in_wh for n in nodes)
        assert low < share < high, kind
    # fans and leakage move with temperature; the rest is what was measured
    mean_w = result.it_wh * 3600.0 / result.horizon_s / result.server_count
    assert_allclose(mean_w, measured_w.mean(), rtol=0.05)


def test_a_row_inside_a_site_draws_what_the_row_planner_says():
    scenario = parse_scenario({
        "policy": {"name": "no-cap"},
        "facility": {"template": {"design": "n", "rows_per_hall": 1}},
    })  # fmt: skip
    memo, none = Memo(), Recordings.none()
    site = answer_site(scenario, none, generated(), memo=memo).result
    rate = scaled_rate(scenario, none, memo, None)
    row = reference_run(base_row(scenario), none, memo, rate, None)

    assert_allclose(site.rows[0].limit_w, row.provisioned_w)
    # the site adds leakage and fans around the catalogue's reference temperature
    assert_allclose(site.it_wh * 3600 / site.horizon_s, row.mean_w, rtol=0.02)
    assert_allclose(site.rows[0].peak_w, row.peak_w, rtol=0.02)


def test_a_capped_row_inside_a_site_saves_what_the_serving_kernel_saves():
    """One clock for a whole day: the fluid rows against requests served one by one."""
    scenario = parse_scenario({"horizon": {"days": 0.5}})
    none, memo = Recordings.none(), Memo()
    activity = row_activity(scenario, none, memo=memo)
    always = apply_changes(scenario, {
        "policy": {"name": "one-threshold-all", "threshold_frac": 0.02,
                   "hysteresis_frac": 0.01, "capped_clock_mhz": 1275},
    })  # fmt: skip
    answer = what_if(apply_changes(always, {"fleet.server_count": 40}), none, memo=memo)
    server = find_server("dgx-a100")
    idle_w = 40 * server.idle_w
    saved = 1 - (answer.run.mean_w - idle_w) / (answer.reference.mean_w - idle_w)
    factor = float(np.interp(1275.0, activity.curve_mhz, activity.curve_power))

    assert_allclose(1 - factor, saved, atol=0.06)


def test_the_row_planner_does_not_see_the_facility():
    plain = parse_scenario({"horizon": {"days": 0.2}, "fleet": {"server_count": 52}})
    housed = apply_changes(plain, {"facility": {"template": {"design": "2n"}}})
    one, other = (what_if(s, Recordings.none()).run for s in (plain, housed))

    assert one.peak_w == other.peak_w
    assert one.energy_wh == other.energy_wh
    assert one.low == other.low
    assert one.high == other.high


def test_polcas_day_is_the_one_recorded():
    """Golden: 52 servers under POLCA on the generated day, by the row planner."""
    run = what_if(
        parse_scenario({"fleet": {"server_count": 52}}), Recordings.none()
    ).run

    assert_allclose(run.peak_w, 196_248.95318460756, rtol=1e-6)
    assert_allclose(run.energy_wh, 4_225_921.62034885, rtol=1e-6)
    assert_allclose(run.low.e2e.p99_s, 147.53067226890752, rtol=1e-4)
    assert_allclose(run.high.e2e.p50_s, 88.24509803921569, rtol=1e-4)
    assert (run.caps_low, run.caps_high, run.brakes) == (897, 0, 0)
    assert run.low.finished == 204_570
