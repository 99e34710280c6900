"""A rating 1000 times off is named, and no node beside it is."""

from __future__ import annotations

import re

import pytest

from twin.catalogue import find_server
from twin.scenario import parse_scenario
from twin.scenario.facility_units import unit_warnings
from twin.scenario.site_templates import expand

KW = "probably kW typed where W is meant"
HIGH = "probably 1000 times too high"
ROW_W = 204_512.0
RACK_W = 4 * 6500.0  # four DGX A100, the default rack and the catalogue's smallest
SLIPS = [0.001, 1000.0]


def node(name, kind, rated_w, *fed_by, **more):
    """One node."""
    return {
        "name": name, "kind": kind, "rated_w": rated_w, "fed_by": list(fed_by)
    } | more  # fmt: skip


def site(*nodes, feeds=("PDU",), racks=1, **more):
    """An explicit facility whose racks hang on these nodes in turn."""
    at = [
        {"name": f"K{k}", "position": k + 1, "fed_by": [feeds[k % len(feeds)]]} | more
        for k in range(max(racks, len(feeds)))
    ]
    document = {"facility": {"electrical": list(nodes), "racks": at}}
    return parse_scenario(document).facility


def line(util=1e6, ups=5e5, pdu=4.5e5, *, more=None, **racks):
    """A utility, a UPS, a PDU and racks, in this order."""
    return site(
        node("UTIL", "utility", util),
        node("UPS", "ups", ups, "UTIL"),
        node("PDU", "pdu", pdu, "UPS", **(more or {})),
        **racks,
    )


def accused(facility, **more):
    """Names at the head of each warning."""
    return [re.split(r"[: ]", w)[0] for w in unit_warnings(facility, **more)]


# --- one slip, and chains of them -------------------------------------------------


@pytest.mark.parametrize("servers", [0, 1, 4, 16])
@pytest.mark.parametrize(
    ("ratings", "names"),
    [
        pytest.param({}, [], id="none"),
        pytest.param({"ups": 500}, ["UPS"], id="UPS"),
        pytest.param({"pdu": 450}, ["PDU"], id="PDU"),
        pytest.param({"util": 1000}, ["UTIL"], id="utility"),
        pytest.param({"ups": 500, "pdu": 450}, ["UPS", "PDU"], id="UPS and PDU"),
        pytest.param({"ups": 5e8}, ["UPS"], id="UPS too high"),
    ],
)
def test_each_slip_is_accused_and_nothing_else(ratings, names, servers):
    """Even where next to no servers stand below, ratings around it tell."""
    assert accused(line(**ratings, server_count=servers)) == names


def test_a_warning_says_value_suspicion_neighbours_and_what_to_try():
    (warning,) = unit_warnings(line(ups=500))

    assert warning == (
        "UPS: rated_w 500 W stands under UTIL of 1000000 W and over servers of "
        f"26000 W; {KW}: try 500000"
    )


def test_what_is_too_high_is_not_taken_for_milliwatts():
    (warning,) = unit_warnings(line(ups=5e8))

    assert HIGH in warning
    assert warning.endswith("try 500000")
    assert "mW" not in warning


def test_a_chain_too_high_is_accused_node_by_node():
    assert accused(line(ups=5e8, pdu=4.5e8)) == ["UPS", "PDU"]


def test_a_large_node_in_kw_is_found_between_its_feed_and_what_it_feeds():
    # 20 MW typed as 20 000 looks like W by itself; 40 MW above and 18 MW below do not
    assert accused(line(40e6, 20e3, 18e6, server_count=0)) == ["UPS"]


def test_a_small_empty_node_under_a_large_one_is_no_slip():
    assert accused(line(1e6, 1e6, 5000, server_count=0)) == []


def test_a_generator_too_high_stands_beside_the_transformer():
    nodes = [
        node("UTIL", "utility", 2e6),
        node("MV", "transformer", 1e6, "UTIL"),
        node("GEN", "generator", 1e9),
        node("SWB", "switchboard", 1e6, "MV", "GEN", transfer="first"),
    ]

    assert accused(site(*nodes, feeds=["SWB"])) == ["GEN"]


def test_a_pdu_too_small_for_its_racks_is_accused_though_its_feed_is_near():
    # 1 MW over 6 kW is a ratio of 167 only; 16 servers of 6.5 kW are 104 kW
    facility = site(
        node("UTIL", "utility", 1e6), node("PDU", "pdu", 6000, "UTIL"), racks=4
    )
    (warning,) = unit_warnings(facility)

    assert warning.startswith("PDU: rated_w 6000 W")
    assert "over servers of 104000 W" in warning
    assert warning.endswith("try 6000000")


# --- the whole tree ---------------------------------------------------------------


def test_a_tree_all_in_kw_is_revealed_by_its_racks():
    (warning,) = unit_warnings(line(1000, 500, 450))

    for words in ("all 3 nodes", KW, "UTIL 1000 W (try 1000000)",
                  "UPS 500 W (try 500000)", "PDU 450 W (try 450000)"):  # fmt: skip
        assert words in warning


@pytest.mark.parametrize("design", ["n", "n+1", "2n", "3n2", "catcher"])
def test_a_template_whose_row_limit_was_kw_is_all_in_kw(design):
    facility = expanded(ROW_W / 1000.0, design=design)
    warning, *limits = unit_warnings(facility)

    assert f"all {len(facility.electrical)} nodes" in warning
    assert "UTIL" in warning
    assert len(limits) == len(facility.row_limits_w) == 4
    assert all(limit.startswith("row_limits_w.H1R") for limit in limits)


def test_without_servers_nothing_says_what_a_tree_is_in():
    assert unit_warnings(line(1000, 500, 450, server_count=0)) == ()


# --- who must not be accused ------------------------------------------------------


@pytest.mark.parametrize("servers", [0, 1, 4, 20])
@pytest.mark.parametrize("pdus", [1, 2, 40, 240])
def test_a_large_utility_over_small_pdus_is_no_slip(pdus, servers):
    names = [f"PDU{k}" for k in range(pdus)]
    nodes = [node(name, "pdu", 250e3, "UTIL") for name in names]
    facility = site(
        node("UTIL", "utility", 60e6), *nodes, feeds=names, server_count=servers
    )

    assert unit_warnings(facility) == ()


def test_one_kw_pdu_among_many_good_ones_is_found():
    names = [f"PDU{k}" for k in range(40)]
    nodes = [
        node(name, "pdu", 250 if name == "PDU7" else 250e3, "UTIL") for name in names
    ]
    facility = site(node("UTIL", "utility", 60e6), *nodes, feeds=names, server_count=0)

    assert accused(facility) == ["PDU7"]


@pytest.mark.parametrize("servers", [0, 1, 4])
def test_an_endless_grid_is_no_slip_and_accuses_nobody(servers):
    assert unit_warnings(line(util=1e10, server_count=servers)) == ()


def test_a_thinly_populated_site_is_no_slip():
    # one server under a 2.5 MW chain, rated 385 times its nameplate
    assert unit_warnings(line(5e6, 2.5e6, 2.5e6, server_count=1)) == ()


def test_an_oversubscribed_chain_under_a_large_utility_is_no_slip():
    # 12 racks of 26 kW on 104 kW: nameplate three times the rating, feed 577 times
    assert unit_warnings(line(60e6, 104e3, 104e3, racks=12)) == ()


def test_a_reserve_is_rated_for_one_of_those_it_backs_up():
    """Twelve primaries and one reserve: it has a twelfth of what hangs on it."""
    names = [f"STS{k}" for k in range(24)]
    nodes = [node("UTIL", "utility", 1e7), node("UPS-R", "ups", RACK_W, "UTIL")]
    for name in names:
        nodes += [
            node(f"UPS-{name}", "ups", RACK_W, "UTIL"),
            node(name, "sts", RACK_W, f"UPS-{name}", "UPS-R", transfer="first"),
        ]
    facility = site(*nodes, feeds=names)

    assert unit_warnings(facility) == ()


def test_a_reserve_in_kw_is_accused_though_it_carries_nothing_yet():
    nodes = [
        node("UTIL", "utility", 1e6),
        node("UPS-P", "ups", 1e5, "UTIL"),
        node("UPS-R", "ups", 100, "UTIL"),
        node("STS", "sts", 1e5, "UPS-P", "UPS-R", transfer="first"),
    ]

    assert accused(site(*nodes, feeds=["STS"])) == ["UPS-R"]


def expanded(row_w=ROW_W, **template):
    """An expanded template."""
    facility = parse_scenario({"facility": {"template": template}}).facility
    return expand(facility, row_w)


@pytest.mark.parametrize("design", ["n", "n+1", "2n", "3n2", "catcher"])
@pytest.mark.parametrize("halls", [1, 4])
def test_no_template_is_suspect(design, halls):
    facility = expanded(design=design, halls=halls, added_servers_per_row=12)

    assert unit_warnings(facility) == ()
    assert unit_warnings(facility, find_server("dgx-a100").rated_w.value) == ()


@pytest.mark.parametrize("design", ["n", "n+1", "2n", "3n2", "catcher"])
@pytest.mark.parametrize("kind", ["ups", "pdu", "busway", "switchboard", "transformer"])
def test_one_kw_node_in_a_template_is_the_only_one_accused(design, kind):
    facility = expanded(design=design, halls=2)
    wrong = next(n for n in facility.electrical if n.kind == kind)
    changed = tuple(
        n.model_copy(update={"rated_w": n.rated_w / 1000.0}) if n is wrong else n
        for n in facility.electrical
    )

    assert accused(facility.model_copy(update={"electrical": changed})) == [wrong.name]


@pytest.mark.parametrize("design", ["n", "n+1", "2n", "3n2", "catcher"])
@pytest.mark.parametrize("kind", ["ups", "pdu", "busway", "switchboard"])
def test_one_node_too_high_in_a_template_is_the_only_one_accused(design, kind):
    facility = expanded(design=design, rows_per_hall=3)
    wrong = next(n for n in facility.electrical if n.kind == kind)
    changed = tuple(
        n.model_copy(update={"rated_w": n.rated_w * 1000.0}) if n is wrong else n
        for n in facility.electrical
    )

    assert accused(facility.model_copy(update={"electrical": changed})) == [wrong.name]


# --- servers ----------------------------------------------------------------------


def test_the_servers_own_nameplate_counts():
    # an NVL72 rack is 120 kW, so a PDU of 8 kW under it is none; one DGX A100 fits it
    large = {"server": "gb200-nvl72", "server_count": 1}
    small = {"server": "dgx-a100", "server_count": 1}

    assert accused(line(2e5, 1.5e5, 8000, **large)) == ["PDU"]
    assert accused(line(2e5, 1.5e5, 8000, **small)) == []


def test_the_fleets_nameplate_counts_where_a_rack_names_no_server():
    facility = line(2e5, 1.5e5, 8000, server_count=1)

    assert accused(facility) == []
    assert accused(facility, server_rated_w=120_000.0) == ["PDU"]


def test_an_unknown_server_type_is_for_others_to_refuse():
    assert accused(line(server="dgx-z9", server_count=4)) == []


# --- protection and rows ----------------------------------------------------------


@pytest.mark.parametrize(
    ("setting_w", "words"),
    [
        pytest.param(450, f"{KW}: try 450000", id="kW"),
        pytest.param(4.5e8, "try 450000", id="too high"),
    ],
)
def test_a_protection_beside_its_node(setting_w, words):
    (warning,) = unit_warnings(line(more={"protection_rated_w": setting_w}))

    assert warning.startswith(f"PDU: protection_rated_w {setting_w:.12g} W")
    assert "beside a node of 450000 W" in warning
    assert warning.endswith(words)
    assert (HIGH in warning) == (setting_w > 450_000)


@pytest.mark.parametrize("setting_w", [4500, 225e3, 450e3, 900e3])
def test_a_protection_that_is_merely_low_or_high_passes(setting_w):
    assert unit_warnings(line(more={"protection_rated_w": setting_w})) == ()


def test_a_node_and_its_protection_both_in_kw_are_two_fields():
    warnings = unit_warnings(line(pdu=450, more={"protection_rated_w": 450}))

    assert [w.partition(" 450 W")[0] for w in warnings] == [
        "PDU: rated_w", "PDU: protection_rated_w",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("limit_w", "words"),
    [
        pytest.param(204, f"{KW}: try 204000", id="kW"),
        pytest.param(2.04e8, "try 204000", id="too high"),
    ],
)
def test_a_row_limit_beside_the_servers_planned_for_it(limit_w, words):
    document = {"facility": {"template": {"design": "2n", "row_limit_w": limit_w}}}
    (warning,) = unit_warnings(parse_scenario(document).facility)

    # ten racks of four servers of 6500 W
    assert warning.startswith(f"template.row_limit_w {limit_w:.12g} W")
    assert "servers of 260000 W" in warning
    assert warning.endswith(words)


@pytest.mark.parametrize("limit_w", [None, 100e3, ROW_W, 1e6])
def test_a_sensible_row_limit_passes(limit_w):
    document = {"facility": {"template": {"design": "2n", "row_limit_w": limit_w}}}

    assert unit_warnings(parse_scenario(document).facility) == ()


@pytest.mark.parametrize(
    ("limit_w", "count"), [(20, 1), (20e3, 0), (20e6, 1)], ids=["kW", "W", "too high"]
)
def test_an_explicit_rows_limit_beside_its_racks(limit_w, count):
    facility = line().model_copy(update={"row_limits_w": {"R1": limit_w}})
    warnings = unit_warnings(facility)

    assert len(warnings) == count
    assert all(w.startswith("row_limits_w.R1") for w in warnings)
    assert all("try 20000" in w for w in warnings)


def test_many_slips_are_counted_after_the_first_twenty():
    names = [f"PDU{k}" for k in range(30)]
    nodes = [node(name, "pdu", 250, "UTIL") for name in names]
    warnings = unit_warnings(site(node("UTIL", "utility", 6e7), *nodes, feeds=names))

    assert len(warnings) == 21
    assert warnings[-1] == "and 10 more values like these"
