"""A site that contradicts itself is refused: field, rule, value and repair."""

from __future__ import annotations

import pytest

from twin.errors import ScenarioErrors
from twin.scenario import parse_scenario
from twin.scenario.facility import Event, Facility, event_targets
from twin.scenario.site_templates import expand

UTILITY = {"name": "UTIL", "kind": "utility", "rated_w": 1e6}
DESIGNS = ("n", "n+1", "2n", "3n2", "catcher")
EVERY_DESIGN = pytest.mark.parametrize("design", DESIGNS)


def node(name, kind, *fed_by, **more):
    """A node with the least that it needs."""
    return {"name": name, "kind": kind, "rated_w": 5e5, "fed_by": list(fed_by)} | more


def rack(name="K1", *fed_by, **more):
    """A rack with the least that it needs."""
    return {"name": name, "fed_by": list(fed_by or ("PDU",))} | more


def chain(**more):
    """A utility and one PDU; what differs is the PDU's."""
    return [UTILITY, node("PDU", "pdu", "UTIL", **more)]


def refusal(nodes, racks, **more):
    """The one error of a site with these parts."""
    with pytest.raises(ScenarioErrors) as refused:
        parse_scenario({"facility": {"electrical": nodes, "racks": racks} | more})
    (error,) = refused.value.errors
    return error


# --- rows and names ---------------------------------------------------------------


def test_a_row_name_in_two_halls_is_refused_and_both_halls_are_named():
    racks = [rack("K1", hall="H1", row="A"), rack("K2", hall="H2", row="A")]
    error = refusal(chain(), racks)

    assert error.field == "facility"
    assert error.rule == "row A has racks in two halls, K1 in H1 and K2 in H2"
    assert "for example H1A and H2A" in error.repair


def test_racks_of_two_halls_that_name_no_row_hear_of_the_default():
    error = refusal(chain(), [rack("K1", hall="H1"), rack("K2", hall="H2")])

    assert error.rule.startswith("row R1 has racks in two halls")
    assert "a rack that names no row stands in R1" in error.repair


def test_halls_with_rows_of_their_own_pass():
    racks = [rack("K1", hall="H1", row="A"), rack("K2", hall="H2", row="B")]

    parse_scenario({"facility": {"electrical": chain(), "racks": racks}})


@pytest.mark.parametrize(
    ("nodes", "racks"),
    [
        pytest.param(
            [UTILITY, node("COOL-H7", "pdu", "UTIL")],
            [rack("K1", "COOL-H7", hall="H7")], id="node",
        ),
        pytest.param(chain(), [rack("COOL-H7", hall="H7")], id="rack"),
    ],
)  # fmt: skip
def test_the_name_of_a_halls_cooling_is_reserved(nodes, racks):
    error = refusal(nodes, racks)

    assert error.rule.startswith("COOL-H7 is reserved for the cooling of hall H7")
    assert error.repair == "rename COOL-H7"


def test_a_cooling_name_of_no_hall_is_free():
    nodes = [UTILITY, node("COOL-H9", "pdu", "UTIL")]
    racks = [rack("K1", "COOL-H9", hall="H1")]

    parse_scenario({"facility": {"electrical": nodes, "racks": racks}})


def test_the_reserved_name_is_the_one_the_network_uses():
    from twin.facility.electrical import cooling_name
    from twin.scenario.facility_checks import COOLING_PREFIX

    assert cooling_name("H1") == f"{COOLING_PREFIX}H1"


# --- feeds and phases -------------------------------------------------------------


def test_a_rack_fed_twice_by_one_node_is_refused():
    error = refusal(chain(), [rack("K1", "PDU", "PDU")])

    assert error.field == "facility.racks.0"
    assert error.rule == "rack K1 is fed by PDU twice"
    assert "remove the double" in error.repair


@pytest.mark.parametrize(
    ("upper", "lower", "missing"),
    [
        pytest.param("ab", "abc", "c", id="three on two"),
        pytest.param("a", "b", "b", id="one on another"),
        pytest.param("bc", "ab", "a", id="two that overlap"),
    ],
)
def test_a_node_on_a_phase_its_feed_does_not_carry_is_refused(upper, lower, missing):
    nodes = [
        UTILITY,
        node("UPS", "ups", "UTIL", phases=upper),
        node("PDU", "pdu", "UPS", phases=lower),
    ]
    error = refusal(nodes, [rack(phases=lower[0])])

    assert error.rule == (
        f"PDU has phases {lower}, but its feed UPS does not carry phase {missing}"
    )
    assert error.repair == f"set phases of PDU within {upper}, or widen UPS's"


def test_every_feed_must_carry_a_nodes_phases():
    nodes = [
        UTILITY,
        node("A", "ups", "UTIL"),
        node("B", "ups", "UTIL", phases="ab"),
        node("PDU", "pdu", "A", "B", transfer="share"),
    ]

    assert "its feed B does not carry phase c" in refusal(nodes, [rack()]).rule


def test_a_node_on_fewer_phases_than_its_feed_passes():
    nodes = [*chain(phases="ab"), node("RPP", "rpp", "PDU", phases="a")]
    racks = [rack("K1", "RPP", phases="a")]

    parse_scenario({"facility": {"electrical": nodes, "racks": racks}})


# --- settings a kind does not have ------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "rule", "repair"),
    [
        pytest.param(
            [UTILITY, node("B", "ups", "UTIL"),
             node("PDU", "sts", "UTIL", "B", transfer="share")],
            "PDU is of kind sts and has transfer share", 'set transfer to "first"',
            id="a switch that shares",
        ),
        pytest.param(
            chain(start_s=0), "PDU is of kind pdu and has start_s 0", "remove start_s",
            id="a PDU that starts",
        ),
        pytest.param(
            chain(ups_mode="eco"), "PDU is of kind pdu and has ups_mode eco",
            "remove ups_mode", id="a PDU in eco mode",
        ),
        pytest.param(
            chain(transfer_s=0.004), "PDU has transfer_s 0.004 and transfer empty",
            "remove transfer_s", id="one feed and a transfer time",
        ),
        pytest.param(
            [UTILITY, node("B", "ups", "UTIL"),
             node("PDU", "pdu", "UTIL", "B", transfer="share", transfer_s=0.1)],
            "PDU has transfer_s 0.1 and transfer share", "remove transfer_s",
            id="shares and a transfer time",
        ),
        pytest.param(
            chain(module_count=3), "PDU is of kind pdu and has module_count 3",
            "remove module_count", id="a PDU of modules",
        ),
    ],
)  # fmt: skip
def test_a_setting_its_kind_does_not_have_is_refused(nodes, rule, repair):
    error = refusal(nodes, [rack()])

    assert error.field == f"facility.electrical.{len(nodes) - 1}"
    assert error.rule.startswith(rule)
    assert error.repair.startswith(repair)


@pytest.mark.parametrize("kind", ["switchboard", "sts", "rpp", "busway", "rack-pdu"])
def test_one_device_has_no_modules(kind):
    nodes = [UTILITY, node("PDU", kind, "UTIL", module_count=2)]

    assert "only ups, generator, transformer" in refusal(nodes, [rack()]).rule


def test_settings_on_the_kinds_that_have_them_pass():
    nodes = [
        UTILITY | {"module_count": 2, "modules_needed": 2},
        node("GEN", "generator", start_s=8, module_count=2),
        node("MV", "transformer", "UTIL", module_count=2),
        node("SWB", "switchboard", "MV", "GEN", transfer="first", transfer_s=0.1),
        node("UPS", "ups", "SWB", ups_mode="eco", module_count=4, modules_needed=3),
        node("STS", "sts", "UPS", "SWB", transfer="first", transfer_s=0.004),
        node("PDU", "pdu", "STS"),
    ]

    parse_scenario({"facility": {"electrical": nodes, "racks": [rack()]}})


# --- events -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lose-crah", "lose-chiller", "lose-cdu-pump"])
@pytest.mark.parametrize(
    ("severity", "repair"),
    [
        pytest.param(90, "try 0.9", id="per cent"),
        pytest.param(2, "try 0.02", id="two per cent"),
        pytest.param(1.01, "give what is left, for example 0.9", id="just above"),
    ],
)
def test_a_percentage_is_no_share(kind, severity, repair):
    event = {"t_s": 0, "kind": kind, "severity": severity}
    error = refusal(chain(), [rack()], events=[event])

    assert error.field == "facility.events.0.severity"
    assert error.value == severity
    assert error.rule == f"of {kind} is the part that is left (0..1)"
    assert error.repair == repair


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        pytest.param("lose-crah", 1.0, id="all is left"),
        pytest.param("lose-chiller", 0.0, id="nothing is left"),
        pytest.param("lose-cdu-pump", None, id="the usual"),
        pytest.param("heat-wave", 10.0, id="kelvin"),
        pytest.param("slow-bmc", 3.0, id="factor"),
    ],
)
def test_a_severity_in_its_kinds_own_unit_passes(kind, severity):
    event = Event(t_s=0, kind=kind, severity=severity)

    assert event.severity == severity


# --- templates --------------------------------------------------------------------


@EVERY_DESIGN
@pytest.mark.parametrize("ups_mode", ["double-conversion", "eco"])
@pytest.mark.parametrize(("halls", "rows"), [(1, 1), (3, 5)])
def test_every_template_passes_every_check(design, ups_mode, halls, rows):
    template = {
        "design": design, "ups_mode": ups_mode, "halls": halls, "rows_per_hall": rows
    }  # fmt: skip
    facility = parse_scenario({"facility": {"template": template}}).facility
    expanded = expand(facility, 204_512.0)

    again = Facility.model_validate(expanded.model_dump())
    assert len(event_targets(again)["stuck-cap"]) == 1 + halls * rows
