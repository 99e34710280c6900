"""What is no site is refused by name; what is one grows the way its design says."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import ScenarioError, ScenarioErrors
from twin.facility.answer import facility_of
from twin.scenario import parse_scenario
from twin.scenario.facility import Facility, check_events
from twin.scenario.facility_units import unit_warnings
from twin.scenario.ready_events import ready_events
from twin.scenario.site_templates import expand, row_nodes
from twin.serving.traffic import Recordings
from twin.simulate import compile_scenario

ROW_W = 204_512.0
UTILITY = {"name": "UTIL", "kind": "utility", "rated_w": 1e6}


def ups(name="UPS", fed_by=("UTIL",), **more):
    """A node with the least that it needs."""
    return {"name": name, "kind": "ups", "rated_w": 5e5, "fed_by": list(fed_by)} | more


def rack(name="K1", fed_by=("UPS",), **more):
    """A rack with the least that it needs."""
    return {"name": name, "fed_by": list(fed_by)} | more


def parsed(nodes, racks, **more):
    """A scenario with these parts."""
    return parse_scenario({"facility": {"electrical": nodes, "racks": racks} | more})


@pytest.mark.parametrize(
    ("nodes", "racks", "message"),
    [
        pytest.param(
            [UTILITY, ups(), ups()], [rack()], "two nodes named UPS", id="double name"
        ),
        pytest.param(
            [UTILITY, ups(fed_by=["UTI"])], [rack()], "did you mean UTIL",
            id="unknown feed",
        ),
        pytest.param(
            [UTILITY, ups("A", ["B"]), ups("B", ["A"])], [rack(fed_by=["A"])],
            "ring: A -> B -> A", id="ring",
        ),
        pytest.param(
            [UTILITY, ups(fed_by=[])], [rack()], "UPS is an orphan", id="orphan"
        ),
        pytest.param(
            [UTILITY, ups(), ups("SPARE")], [rack()], "SPARE feeds nothing",
            id="feeds nothing",
        ),
        pytest.param(
            [UTILITY, ups("A"), ups("B"), ups("C", ["A", "B"])], [rack(fed_by=["C"])],
            "C has 2 feeds and does not say", id="two feeds, no rule",
        ),
        pytest.param(
            [UTILITY, ups(rated_w=0)], [rack()], "greater than 0", id="zero rating"
        ),
        pytest.param(
            [UTILITY, ups(rated_w=-5)], [rack()], "greater than 0", id="negative"
        ),
        pytest.param([UTILITY, ups()], [rack(fed_by=[])], "at least 1", id="no feed"),
        pytest.param(
            [UTILITY, ups()], [rack(fed_by=["UPS1"])], "did you mean UPS",
            id="rack on an unknown node",
        ),
        pytest.param(
            [UTILITY, ups()], [rack("UPS")], "has the name UPS twice",
            id="rack named like a node",
        ),
        pytest.param(
            [UTILITY, ups(phases="ab")], [rack(phases="c")], "hangs on phase c",
            id="phase that is not there",
        ),
        pytest.param(
            [UTILITY, ups(module_count=3, modules_needed=4)], [rack()],
            "must not exceed module_count", id="more modules needed than there are",
        ),
    ],
)  # fmt: skip
def test_what_is_no_site_is_refused_by_name(nodes, racks, message):
    with pytest.raises(ScenarioErrors) as refused:
        parsed(nodes, racks)

    assert message in str(refused.value)
    assert refused.value.errors[0].field.startswith("facility")


def test_an_unknown_key_names_the_nearest():
    with pytest.raises(ScenarioErrors, match="did you mean 'electrical'"):
        parse_scenario({"facility": {"electricl": []}})


@pytest.mark.parametrize("clock_mhz", [209.0, 1411.0])
def test_a_brake_clock_out_of_the_gpus_range_is_refused_as_a_row_refuses_it(
    run, clock_mhz
):
    """An A100 runs at 210 to 1410 MHz."""
    control = {"brake_clock_mhz": clock_mhz}
    with pytest.raises(ScenarioError) as row:
        compile_scenario(parse_scenario({"control": control}), Recordings.none())
    with pytest.raises(ScenarioError) as site:
        run(control=control)

    assert str(site.value) == str(row.value) == (
        "control.brake_clock_mhz must be 210 to 1410 MHz here, got "
        f"{clock_mhz}; use a clock in that range, or leave it empty"
    )  # fmt: skip


def test_a_template_and_nodes_exclude_each_other():
    with pytest.raises(ScenarioErrors, match="exclude each other"):
        parsed([UTILITY, ups()], [rack()], template={"design": "n"})


def test_an_event_on_what_is_not_there_names_the_nearest():
    scenario = parsed(
        [UTILITY, ups()], [rack()],
        events=[{"t_s": 0, "kind": "lose-node", "target": "UPSS"}],
    )  # fmt: skip
    with pytest.raises(Exception, match="did you mean UPS"):
        facility_of(scenario)


@pytest.mark.parametrize(
    ("rated_w", "words"),
    [
        pytest.param(300.0, "kW typed where W is meant: try 300000", id="kilowatts"),
        pytest.param(
            3e8, "1000 times too high (kW made W twice): try 300000", id="too high"
        ),
    ],
)
def test_a_slip_of_the_unit_is_suspected_aloud(rated_w, words):
    pdu = {"name": "PDU", "kind": "pdu", "rated_w": rated_w, "fed_by": ["UPS"]}
    facility = parsed([UTILITY, ups(), pdu], [rack(fed_by=["PDU"])]).facility
    warnings = unit_warnings(facility)

    assert len(warnings) == 1
    assert warnings[0].startswith("PDU: rated_w")
    assert words in warnings[0]


def test_a_sound_site_raises_no_suspicion():
    for design in ("n", "n+1", "2n", "3n2", "catcher"):
        assert unit_warnings(expanded(design=design)) == ()


# --- templates --------------------------------------------------------------------


def expanded(**template):
    """An expanded template."""
    facility = parse_scenario({"facility": {"template": template}}).facility
    return expand(facility, ROW_W)


@settings(max_examples=40, deadline=None)
@given(
    design=st.sampled_from(["n", "n+1", "2n", "3n2", "catcher"]),
    halls=st.integers(1, 3),
    rows=st.integers(1, 6),
    racks=st.integers(1, 5),
    per_rack=st.integers(1, 6),
    added=st.integers(0, 9),
)  # fmt: skip
def test_every_template_makes_a_sound_site(design, halls, rows, racks, per_rack, added):
    facility = expanded(
        design=design, halls=halls, rows_per_hall=rows, racks_per_row=racks,
        servers_per_rack=per_rack, added_servers_per_row=added,
    )  # fmt: skip

    Facility.model_validate(facility.model_dump())  # passes every check of its own
    servers = sum(r.server_count for r in facility.racks)
    assert servers == halls * rows * (racks * per_rack + added)
    assert len(row_nodes(facility)) == halls * rows


@pytest.mark.parametrize("design", ["2n", "3n2", "catcher"])
def test_after_any_loss_what_is_left_is_rated_for_the_load(design):
    facility = expanded(design=design, halls=1, rows_per_hall=6)
    rows_w = 6 * ROW_W
    ups_w = sorted(n.rated_w for n in facility.electrical if n.kind == "ups")

    assert sum(ups_w[:-1]) >= rows_w


def test_a_busway_may_be_planned_with_to_the_rows_limit():
    facility = expanded(design="2n")
    busway = next(n for n in facility.electrical if n.kind == "busway")

    assert busway.rated_w * busway.derate_frac == pytest.approx(ROW_W, rel=1e-5)


@pytest.mark.parametrize(
    ("limit_w", "row_w"),
    [
        # 2 racks of 3 servers, planned at 5,113 W each; two are added
        pytest.param(None, 6 * 5113.0, id="planned servers, of eight that stand there"),
        pytest.param(28_000.0, 28_000.0, id="a limit of its own"),
    ],
)
def test_a_site_made_explicit_answers_as_its_template(run, limit_w, row_w):
    template = {
        "design": "n", "rows_per_hall": 2, "racks_per_row": 2, "servers_per_rack": 3,
        "added_servers_per_row": 2, "row_limit_w": limit_w,
    }  # fmt: skip
    asked = {"activity": [0.2, 0.9], "hours": 0.2, "policy": "polca"}
    answers = []
    for explicit in (False, True):
        facility = {"template": template}
        if explicit:
            whole = facility_of(parse_scenario({"facility": facility}))
            facility = whole.model_dump(mode="json")
            assert (facility["template"], facility["design"]) == (None, "n")
        _, result, _ = run(facility=facility, **asked)
        answers.append(asdict(result))

    assert [row["limit_w"] for row in answers[1]["rows"]] == [row_w, row_w]
    np.testing.assert_equal(*answers)


def test_ten_thousand_servers_expand():
    facility = expanded(halls=10, rows_per_hall=25)

    assert sum(r.server_count for r in facility.racks) == 10_000


# --- ready events -----------------------------------------------------------------


@pytest.mark.parametrize("design", ["n", "2n", "3n2", "catcher"])
def test_every_ready_event_fits_its_site(design):
    facility = expanded(design=design)
    keys = set()
    for ready in ready_events(facility):
        check_events(facility.model_copy(update={"events": ready.events}))
        keys.add(ready.key)

    assert {"lose-ups", "utility-outage", "lose-crah", "heat-wave"} <= keys
    assert ("lose-ups-in-maintenance" in keys) == (design != "n")
