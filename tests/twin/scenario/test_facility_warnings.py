"""What is possible and yet looks wrong is said aloud, and nothing else is."""

from __future__ import annotations

import pytest

from twin.scenario import parse_scenario
from twin.scenario.facility_units import unit_warnings
from twin.scenario.facility_warnings import facility_warnings
from twin.scenario.site_templates import expand

NODES = [
    {"name": "UTIL", "kind": "utility", "rated_w": 1e6},
    *(
        {"name": f"UPS-{side}", "kind": "ups", "rated_w": 5e5, "fed_by": ["UTIL"]}
        for side in "AB"
    ),
    *(
        {"name": name, "kind": "pdu", "rated_w": 4e5, "fed_by": [feed]}
        for name, feed in (
            ("PDU-A", "UPS-A"), ("PDU-B", "UPS-B"), ("PDU-C", "UPS-A"),
        )
    ),
    *(
        {"name": name, "kind": "busway", "rated_w": 3e5, "fed_by": [feed]}
        for name, feed in (
            ("ROW-A1", "PDU-A"), ("ROW-A2", "PDU-A"), ("ROW-B", "PDU-B"),
            ("ROW-C", "PDU-C"),
        )
    ),
]  # fmt: skip
GOOD = {"name": "GOOD", "fed_by": ["ROW-A1", "ROW-B"]}
EACH = [{"name": f"ON-{n}", "fed_by": [n]} for n in ("ROW-A2", "ROW-C")]


def site(*racks, nodes=NODES):
    """A site with two chains, whose racks choose what they hang on."""
    document = {"facility": {"electrical": nodes, "racks": [GOOD, *EACH, *racks]}}
    return parse_scenario(document).facility


def test_racks_on_two_chains_and_racks_of_one_cord_raise_nothing():
    assert facility_warnings(site()) == ()


@pytest.mark.parametrize(
    ("feeds", "words"),
    [
        pytest.param(
            ["ROW-A1", "ROW-A2"], "K has two cords, both hang on PDU-A", id="one PDU"
        ),
        pytest.param(
            ["ROW-A1", "ROW-C"], "K has two cords, both hang on UPS-A", id="one UPS"
        ),
        pytest.param(
            ["ROW-A1", "PDU-A"], "K has two cords, both hang on PDU-A", id="its feed"
        ),
        pytest.param(
            ["ROW-A1", "ROW-A2", "ROW-C"], "K has 3 cords, all hang on UPS-A",
            id="three cords",
        ),
    ],
)  # fmt: skip
def test_cords_that_end_on_one_path_are_named_with_the_lowest_shared_node(feeds, words):
    (warning,) = facility_warnings(site({"name": "K", "fed_by": feeds}))

    assert warning.startswith(f"{words}: no redundancy; ")


def test_one_cord_of_three_elsewhere_is_redundancy():
    rack = {"name": "K", "fed_by": ["ROW-A1", "ROW-A2", "ROW-B"]}

    assert facility_warnings(site(rack)) == ()


def test_a_shared_utility_or_board_is_common_and_not_said():
    nodes = [
        NODES[0],
        {"name": "SWB", "kind": "switchboard", "rated_w": 1e6, "fed_by": ["UTIL"]},
        *({**n, "fed_by": ["SWB"]} for n in NODES[1:3]),
        *NODES[3:],
    ]

    assert facility_warnings(site(nodes=nodes)) == ()


def test_a_switch_with_two_feeds_is_still_one_node_to_lose():
    sts = {
        "name": "STS", "kind": "sts", "rated_w": 4e5, "fed_by": ["UPS-A", "UPS-B"],
        "transfer": "first",
    }  # fmt: skip
    pdus = [
        {"name": f"PDU-{k}", "kind": "pdu", "rated_w": 4e5, "fed_by": ["STS"]}
        for k in "XY"
    ]
    rack = {"name": "K", "fed_by": ["PDU-X", "PDU-Y"]}
    (warning,) = facility_warnings(site(rack, nodes=[*NODES, sts, *pdus]))

    assert warning.startswith("K has two cords, both hang on STS")


def test_switches_of_their_own_over_the_same_two_ups_are_redundancy():
    nodes = [
        {"name": f"STS-{k}", "kind": "sts", "rated_w": 4e5, "transfer": "first",
         "fed_by": ["UPS-A", "UPS-B"]}
        for k in "XY"
    ]  # fmt: skip
    rack = {"name": "K", "fed_by": ["STS-X", "STS-Y"]}

    assert facility_warnings(site(rack, nodes=[*NODES, *nodes])) == ()


@pytest.mark.parametrize(("count", "said"), [(5, 5), (6, 6), (40, 6)])
def test_after_five_racks_the_rest_is_counted(count, said):
    racks = [
        {"name": f"K{k}", "position": k + 1, "fed_by": ["ROW-A1", "ROW-A2"],
         "server_count": 1}
        for k in range(count)
    ]  # fmt: skip
    warnings = facility_warnings(site(*racks))

    assert len(warnings) == said
    if count > 5:
        assert warnings[-1] == f"and {count - 5} more racks like these"


def test_a_site_without_servers_is_said():
    facility = site()
    empty = tuple(r.model_copy(update={"server_count": 0}) for r in facility.racks)
    one = (empty[0].model_copy(update={"server_count": 1}), *empty[1:])
    (warning,) = facility_warnings(facility.model_copy(update={"racks": empty}))

    assert warning == (
        "server_count is 0 in every rack (3), so the site has no servers; "
        "set server_count"
    )
    assert facility_warnings(facility.model_copy(update={"racks": one})) == ()


def test_slips_of_the_unit_come_first():
    nodes = [{**n, "rated_w": 400} if n["name"] == "PDU-B" else n for n in NODES]
    facility = site({"name": "K", "fed_by": ["ROW-A1", "ROW-A2"]}, nodes=nodes)
    warnings = facility_warnings(facility)

    assert len(warnings) == 2
    assert warnings[:1] == unit_warnings(facility)
    assert warnings[0].startswith("PDU-B: rated_w 400 W")


@pytest.mark.parametrize("design", ["n", "n+1", "2n", "3n2", "catcher"])
@pytest.mark.parametrize("rows", [1, 2, 6])
def test_no_template_looks_wrong(design, rows):
    template = {"design": design, "rows_per_hall": rows}
    facility = parse_scenario({"facility": {"template": template}}).facility

    assert facility_warnings(facility) == ()
    assert facility_warnings(expand(facility, 204_512.0)) == ()
