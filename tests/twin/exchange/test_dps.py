"""NVIDIA's power software: its 144-node example, both spellings, there and back."""

from __future__ import annotations

import copy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.twin.exchange.samples import gb300_site
from twin.exchange.diff import compare
from twin.exchange.dps import read_dps
from twin.exchange.dps_write import write_dps
from twin.exchange.facility import wanted
from twin.facility.answer import facility_of
from twin.scenario import parse_scenario


def body_of(scenario):
    return scenario.model_dump(mode="json")


def imported(document, body=None, links=None):
    return compare(body or {}, wanted(read_dps([document]), {}), links or {})


def test_the_144_node_site_becomes_eight_racks_on_four_pdus():
    scenario = parse_scenario(imported(gb300_site()).body)

    racks = {rack.name: rack for rack in scenario.facility.racks}
    assert len(racks) == 8
    assert racks["gb300-r5"].fed_by == ("RackPSU-5",)
    assert {r.server for r in racks.values()} == {"gb200-nvl72"}
    assert sum(r.server_count for r in racks.values()) == 8  # 18 trays a rack
    nodes = {n.name: n for n in scenario.facility.electrical}
    assert nodes["RackPSU-5"].fed_by == ("FloorPDU-1",)
    assert nodes["Utility"].kind == "utility"
    assert nodes["Switchboard"].kind == "switchboard"


def test_limits_arrive_in_watts_with_their_scope():
    topology = read_dps([gb300_site()])

    limits = {limit.item: limit for limit in topology.limits}
    assert limits["Utility"].value_w == 750_000
    assert limits["Utility"].scope == "domain"
    assert limits["FloorPDU-2"].scope == "distribution"
    assert limits["RackPSU-1"].value_w == 160_000  # from the model's name
    assert limits["policy:GB300-High"].scope == "node"


def test_a_gpu_limit_of_a_policy_is_the_nodes_total():
    rows = [
        {"ElementType": "GPU", "PowerLimit": {"Watts": 700}},
        {"ElementType": "CPU", "PowerLimit": {"Percentage": 80}},
    ]
    found = read_dps([{"Policies": [{"Name": "p", "Limits": rows}]}])

    gpu, cpu = found.limits
    assert (gpu.scope, gpu.value_w) == ("node-gpus", 700)
    assert "all GPUs of the node" in gpu.basis
    assert (cpu.scope, cpu.percent, cpu.value_w) == ("node-cpus", 80, None)


@pytest.mark.parametrize(
    ("limit", "sensor", "version"),
    [
        pytest.param("Constraints", "TelemetryID", "Constraints", id="0.7 and 0.8"),
        pytest.param("OperatingLimit", "TelemetryId", "OperatingLimit", id="later"),
    ],
)
def test_both_spellings_say_the_same(limit, sensor, version):
    document = gb300_site(limit=limit, sensor=sensor)
    found = read_dps([document])

    assert found.version.startswith(version)
    assert found.nodes == read_dps([gb300_site()]).nodes


@pytest.mark.parametrize(
    ("value", "factor", "watts"),
    [
        pytest.param({"Value": 1.15, "Type": "MW"}, 0.9, 1_150_000, id="watts stay"),
        pytest.param({"Value": 1000, "Type": "kVA"}, 0.9, 900_000, id="VA by factor"),
    ],
)
def test_units_of_a_limit(value, factor, watts):
    limit = {"PowerValue": value, "PowerFactor": factor}
    entity = {"Type": "PowerDomain", "Name": "PD", "OperatingLimit": limit}

    found = read_dps([{"Entities": [entity]}])
    assert found.nodes[0].rated_w == pytest.approx(watts)


def test_a_wrong_row_is_named_and_the_rest_is_read():
    document = gb300_site()
    document["Entities"][0]["OperatingLimit"]["PowerValue"]["Value"] = -5
    document["Topology"]["Entities"][1]["Children"].append("Nowhere")

    found = read_dps([document])
    first, second = found.errors
    assert (first.table, first.row, first.value) == ("Entities", 1, -5)
    assert (second.table, second.value) == ("Topology.Entities", "Nowhere")
    assert "Utility" in found.held


def test_files_of_entities_and_tree_may_be_apart():
    whole = gb300_site()
    parts = [{key: whole[key]} for key in ("Entities", "Topology", "Policies")]

    assert read_dps(parts).nodes == read_dps([whole]).nodes


def test_parallel_supplies_are_one_node_that_carries_their_sum():
    site = {
        "Entities": [
            {"Type": "PowerDomain", "Name": "PD"},
            *({"Type": "PowerSupply", "Name": f"S{k}", "Model": "PSU_3300W"}
              for k in range(6)),
            {"Type": "ComputerSystem", "Name": "n-01", "Model": "DGX_H100"},
        ],
        "Topology": {"Name": "t", "Entities": [
            {"Name": "PD", "Children": [f"S{k}" for k in range(6)]},
            *({"Name": f"S{k}", "Children": ["n-01"]} for k in range(6)),
        ]},
    }  # fmt: skip
    found = read_dps([site])

    supplies = [n for n in found.nodes if n.kind == "psu"]
    assert [s.rated_w for s in supplies] == [6 * 3300.0]
    assert found.racks[0].feeds == ("S0",)


# --- there and back -----------------------------------------------------------------


@pytest.mark.parametrize("design", ["n", "n+1", "2n", "3n2", "catcher"])
def test_what_is_written_is_read_back_without_a_difference(design):
    scenario = parse_scenario({"facility": {"template": {"design": design}}})
    facility = facility_of(scenario)
    written = write_dps(facility, name="x", server="dgx-a100", extras={})

    body = {"facility": facility.model_dump(mode="json")}
    assert imported(written["topology"], body).empty


@settings(max_examples=25, deadline=None)
@example(racks=1, servers=1, server=None, rated_w=10000.4, derate=1.0)  # not whole
@given(
    racks=st.integers(1, 6), servers=st.integers(1, 5),
    server=st.sampled_from(["dgx-h100", "gb200-nvl72", None]),
    rated_w=st.floats(1e4, 1e7), derate=st.floats(0.1, 1.0),
)  # fmt: skip
def test_any_site_comes_back_and_a_second_import_is_empty(
    racks, servers, server, rated_w, derate
):
    node = {"rated_w": rated_w, "derate_frac": derate}
    body = {"facility": {
        "electrical": [
            {"name": "U", "kind": "utility", "rated_w": 1e7},
            {"name": "PA", "kind": "pdu", "fed_by": ["U"], **node},
            {"name": "PB", "kind": "rpp", "fed_by": ["U"], **node},
        ],
        "racks": [
            {"name": f"K{k}", "fed_by": ["PB", "PA"], "server": server,
             "server_count": servers, "position": k + 1}
            for k in range(racks)
        ],
    }}  # fmt: skip
    scenario = parse_scenario(body)
    written = write_dps(
        scenario.facility, name="x", server=scenario.fleet.server, extras={}
    )

    again = imported(written["topology"], body_of(scenario))
    assert again.empty, again.changes
    fresh = imported(written["topology"])
    second = imported(
        written["topology"], body_of(parse_scenario(fresh.body)), fresh.links
    )
    assert second.empty


def test_what_an_import_kept_is_written_back():
    document = gb300_site()
    topology = read_dps([document])
    facility = parse_scenario(imported(document).body).facility
    extras = dict(topology.extras)
    # trays of a rack are renamed K-nNN; supplies and PDUs keep their names
    extras["Switchboard"] = {"TelemetryId": "meter-1"}
    written = write_dps(facility, name="x", server="dgx-a100", extras=extras)

    switchboard = next(
        e for e in written["topology"]["Entities"] if e["Name"] == "Switchboard"
    )
    assert switchboard["TelemetryId"] == "meter-1"
    assert written["policies"]["Policies"][0] == document["Policies"][0]
    assert written["topology"]["Topology"]["Name"] == "gb300"


def test_a_password_is_never_kept():
    document = copy.deepcopy(gb300_site())
    document["Entities"][0]["Redfish"] = {"Password": "hunter2", "URL": "https://x"}

    found = read_dps([document])
    assert "hunter2" not in repr(found)
    assert "https://x" in repr(found.unmapped)
