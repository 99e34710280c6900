"""Servers, their heat and the stores before them against figures worked out on paper.

Eight dgx-a100, all figures from the catalogue: a server of 867 W + 1.279 × GPU power,
8 GPUs of 63 to 400 W, so 1,511.616 W idle and 4,959.8 W full; 0.085 K/W from inlet to
GPU, 5 K for the worst place; leakage 0.003 × 3,200 / 4,959.8 = 0.00193556 per kelvin
from 60 °C. `docs/models/server_thermal.md`, `docs/models/stores.md`.
"""

from __future__ import annotations

from math import exp

import pytest

from tests.twin.facility.test_site import happened, node

OUTAGE_S = 1800.0
"""Stores are called then: every temperature is settled. [s]"""


def one_rack(*, supply_c=24.0, airflow_frac=1.0, server=None, ups_w=1e5, store=None):
    """Eight servers behind one UPS; the hall is planned for far more heat."""
    ups = {"name": "U", "kind": "ups", "fed_by": ["UTIL"], "rated_w": ups_w}
    rack = {"name": "K1", "fed_by": ["U"], "server_count": 8}
    return {
        "electrical": [
            {"name": "UTIL", "kind": "utility", "rated_w": 1e7},
            ups if store is None else ups | {"store": store},
        ],
        "racks": [rack if server is None else rack | {"server": server}],
        "row_limits_w": {"R1": 200_000.0},
        "cooling": {"supply_c": supply_c, "airflow_frac": airflow_frac},
    }  # fmt: skip


# P is a server without extra fans, T its hottest GPU; both equations hold at once:
#   T = inlet + 5 + 0.085·(P - 867)/(8·1.279)
#   P = P0·(1 + 0.00193556·(T - 60)),   inlet = supply + 0.5·(8·P / 39,678.4, at most 1)
# Above 25 °C fans add P0·0.14695·((1 + 0.03·(inlet - 25))³ - 1), at most of 1.5³; what
# they draw does not pass the GPUs.
@pytest.mark.parametrize(
    ("activity", "cooling", "server_w", "gpu_c"),
    [
        # T = 21.7976 + 0.00840811·P, P = 1336.067 + 2.925823·T
        pytest.param(0.0, {}, 1435.15, 33.864, id="no load: cool, so it leaks little"),
        # T = 22.2976 + 0.0083073·P, P = 4383.801 + 9.59999·T
        pytest.param(1.0, {}, 4996.31, 63.803, id="full load, inlet 24.5"),
        # the same 10 K higher: T = 32.2976 + ..., P = 5100.63; fans 1.285³: + 817.63
        pytest.param(
            1.0, {"supply_c": 34.0}, 5918.26, 74.670, id="inlet 34.5: fans speed up"
        ),
        # the row's air is for 200 kW / 5,113 W = 39.116 servers, of it 18 %: 34.921 kW
        # for 39.678 kW; (1.13622 - 1)·10.3739 K of exhaust make the inlet 41.9132:
        # P = 5177.97, and fans at their limit: + 4959.8·0.14695·2.375 = 1731.00
        pytest.param(
            1.0, {"supply_c": 40.0, "airflow_frac": 0.18}, 6908.97, 82.726,
            id="supply at its most and air short: fans at their limit",
        ),
    ],
)  # fmt: skip
def test_servers_draw_and_warm_as_the_page_says(
    run, activity, cooling, server_w, gpu_c
):
    _, result, _ = run(activity=activity, hours=1.0, facility=one_rack(**cooling))

    assert result.series.it_w[-1] / 8 == pytest.approx(server_w, rel=2e-6)
    assert result.series.hottest_c[-1, 0] == pytest.approx(gpu_c, abs=5e-4)
    assert result.racks[0].throttled_s == 0.0


def test_a_throttled_gpu_draws_what_its_heat_sink_carries_at_the_limit(run):
    """
    From 40.5 °C to 85 °C less 5 K for the place, through 0.042 K/W: 940.476 of 1000 W.

    A dgx-b200 is 1686 W + 1.084 × GPU power: 9841.81 W; with P = P0·1.0579263 at 85 °C
    (leakage 0.003·8000/10358 per K) fans add 0.14695·(1.465³ - 1)·P0: 12,773.1 W.
    """
    facility = one_rack(supply_c=40.0, server="dgx-b200")
    _, result, _ = run(activity=1.0, hours=1.0, facility=facility)

    assert result.series.hottest_c[-1, 0] == pytest.approx(85.0, abs=1e-6)
    assert result.series.it_w[-1] / 8 == pytest.approx(12_773.1, rel=1e-6)


def test_a_gpu_nears_its_temperature_with_the_heat_sinks_time_constant(run):
    """A kelvin more leaks 9.6 W, so 0.07975 K more: 45 s ÷ (1 - 0.07975) = 48.9 s."""
    _, result, _ = run(activity=1.0, hours=1.0, tick_s=0.5, facility=one_rack())
    series = result.series
    early, late = series.t_s.searchsorted([10.0, 60.0])
    gap_k = 63.80331 - series.hottest_c[:, 0]
    passed_s = series.t_s[late] - series.t_s[early]

    assert gap_k[early] > 0.5
    left = gap_k[late] / gap_k[early]
    assert left == pytest.approx(exp(-passed_s / 48.9), rel=2e-3)


# --- stores -------------------------------------------------------------------------

# Idle behind 18 °C a server draws 1,417.15 W (as above), the rack 11,337.2 W. A UPS of
# rating R at part p loses R·(0.011 + 0.0087·p + 0.022·p²), and 0.001·R for a battery
# or 0.005·R for a flywheel kept ready. The store gives all that; how long is a matter
# of the part p alone, as on its datasheet: 10 s at p = 1.
RACK_W = 8 * 1417.15
READY = {"battery": 0.001, "battery-li": 0.001, "flywheel": 0.005}


@pytest.mark.parametrize(
    ("kind", "part", "time_s"),
    [
        pytest.param("battery", 1.0, 10.0, id="as rated"),
        pytest.param("battery", 0.5, 24.623, id="10·0.5^-1.3"),
        pytest.param("battery-li", 0.5, 20.705, id="10·0.5^-1.05"),
        pytest.param("flywheel", 0.5, 19.901, id="10·1.005 / 0.505"),
    ],
)
def test_a_store_carries_the_load_until_it_is_empty_and_no_more_then(
    run, kind, part, time_s
):
    store = {"kind": kind, "runtime_s": 10.0}
    facility = one_rack(supply_c=18.0, ups_w=RACK_W / part, store=store)
    outage = {"t_s": OUTAGE_S, "kind": "utility-outage", "duration_s": 60.0}
    _, result, _ = run(
        activity=0.0, hours=0.53, tick_s=0.1, facility=facility, events=[outage]
    )  # the mains come back a minute after they went, and take over in ten seconds
    (empty_s,) = happened(result, "store-empty", "U")
    carried = part + 0.011 + READY[kind] + 0.0087 * part + 0.022 * part**2

    assert empty_s - OUTAGE_S == pytest.approx(time_s, abs=0.15)
    assert happened(result, "dead", "K1")[0] == pytest.approx(empty_s, abs=0.15)
    given_j = node(result, "U").discharged_wh * 3600.0
    assert given_j == pytest.approx(RACK_W / part * carried * time_s, rel=0.01)


# A minute on the store, then ten seconds in which the mains take over: ten tenths down
# to one of 0.52185·22,674 W = 11,833 W are 65.5 s of it or 215.3 Wh (216.9 Wh with a
# flywheel); the hall warms by 2 K and its servers leak 0.2 % more. The charge falls by
# a tick ÷ T(u) each, so by
#   battery     (60 + sum of (0.1 to 1)^1.3 = 4.856) / 738.7 = 0.0878
#   battery-li  (60 + sum of (0.1 to 1)^1.05 = 5.380) / 621.2 = 0.1052
#   flywheel    (60·0.505 + 5.5·0.5 + 10·0.005) / 301.5 = 0.1098
# and rises by 1 in 14,400 s.
@pytest.mark.parametrize(
    ("kind", "efficiency", "given_wh", "refill_s"),
    [
        pytest.param("battery", 0.85, 215.3, 1264.0, id="lead"),
        pytest.param("battery-li", 0.95, 215.3, 1516.0, id="lithium"),
        pytest.param("flywheel", 0.9, 216.9, 1581.0, id="flywheel"),
    ],
)
def test_what_a_store_gave_is_put_back_with_its_loss_and_no_more(
    run, kind, efficiency, given_wh, refill_s
):
    store = {"kind": kind, "runtime_s": 300.0, "recharge_s": 14_400.0}
    facility = one_rack(supply_c=18.0, ups_w=RACK_W / 0.5, store=store)
    outage = {"t_s": OUTAGE_S, "kind": "utility-outage", "duration_s": 60.0}
    loss_w = RACK_W / 0.5 * (0.02085 + READY[kind])

    def ups(hours):
        """Books of the UPS at the end of a run."""
        _, result, _ = run(
            activity=0.0, hours=hours, facility=facility, events=[outage]
        )
        return node(result, "U")

    half, more, full = ups(0.60), ups(0.65), ups(1.50)

    for books, hours in ((half, 0.60), (more, 0.65), (full, 1.50)):
        assert books.discharged_wh == pytest.approx(given_wh, rel=3e-3)
        put_back_wh = books.charged_wh * efficiency
        assert put_back_wh == pytest.approx(books.discharged_wh - books.owed_wh)
        lost_wh = loss_w * hours + books.charged_wh * (1.0 - efficiency)
        assert books.loss_wh == pytest.approx(lost_wh, rel=2e-3)
    assert full.owed_wh == pytest.approx(0.0, abs=1e-9)
    per_s = (more.charged_wh - half.charged_wh) * efficiency / 180.0
    assert full.discharged_wh / per_s == pytest.approx(refill_s, rel=5e-3)
