"""NetBox, openDCIM and our own table, read row by row."""

from __future__ import annotations

import pytest

from tests.twin.exchange.samples import two_sided
from twin.errors import ScenarioError
from twin.exchange.capacity import carried
from twin.exchange.diff import compare
from twin.exchange.facility import wanted
from twin.exchange.netbox import read_netbox
from twin.exchange.opendcim import read_opendcim
from twin.exchange.servers import match_model, parse_matches
from twin.exchange.tables import harmless, read_table, table_rows
from twin.facility.answer import facility_of
from twin.scenario import parse_scenario


def with_pdus():
    """The server plugged into two rack PDUs, those into the feeds."""
    tables = two_sided()
    pdus = [{"id": 10 + k, "name": f"PDU-{k}", "rack": {"id": 1}} for k in (1, 2)]
    tables["devices"] += pdus
    tables["power-outlets"] = [
        {"id": 20 + k, "name": "O1", "device": {"id": 10 + k},
         "feed_leg": {"value": "B"}}
        for k in (1, 2)
    ]  # fmt: skip
    inlets = [
        {"id": 30 + k, "name": "IN", "device": {"id": 10 + k},
         "connected_endpoints": [{"id": k}],
         "connected_endpoints_type": "dcim.powerfeed"}
        for k in (1, 2)
    ]  # fmt: skip
    for k, port in enumerate(tables["power-ports"], start=1):
        port["connected_endpoints"] = [{"id": 20 + k}]
        port["connected_endpoints_type"] = "dcim.poweroutlet"
    tables["power-ports"] += inlets
    return tables


def test_rack_pdus_stand_between_feeds_and_racks():
    found = read_netbox(with_pdus())

    nodes = {n.name: n for n in found.nodes}
    assert nodes["PDU-1"].kind == "rack-pdu"
    assert nodes["PDU-1"].feeds == ("powerfeed:1",)
    assert found.racks[0].feeds == ("device:11", "device:12")
    assert {p.phases for p in found.devices[0].ports} == {"b"}
    loads = {c.source_id: c for c in carried(found)}
    assert loads["powerfeed:2"].failover_w == 6500.0


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        pytest.param({"amperage": "many"}, "amperage", "many", id="no number"),
        pytest.param({"max_utilization": 250}, "max_utilization", 250, id="over 100 %"),
        pytest.param({"power_panel": 99}, "power_panel", 99, id="unknown panel"),
        pytest.param({"voltage": float("inf")}, "voltage", "NaN", id="not finite"),
    ],
)
def test_a_wrong_feed_says_its_row_and_value(change, field, value):
    (error,) = read_netbox(two_sided(**change)).errors

    assert (error.table, error.row) == ("power-feeds", 1)
    assert (error.field, error.value) == (field, value)
    assert error.repair


def test_a_feed_out_of_service_is_kept_beside():
    found = read_netbox(two_sided(status={"value": "planned"}))

    assert [n.name for n in found.nodes] == ["A", "B", "B/F"]
    assert "planned" in next(u.reason for u in found.unmapped)


def test_panels_of_nautobot_chain_through_feeds():
    tables = two_sided()
    tables["power-feeds"][1] |= {"power_panel": 1, "destination_panel": {"id": 2}}
    found = read_netbox(tables)

    nodes = {n.source_id: n for n in found.nodes}
    assert nodes["powerpanel:2"].feeds == ("powerfeed:2",)


def test_draws_come_from_the_device_type_where_ports_state_none():
    tables = two_sided()
    for port in tables["power-ports"]:
        port["maximum_draw"] = None
    tables["device-types"] = [
        {"model": "DGX A100", "power-ports": [
            {"name": "PSU1", "maximum_draw": 1071},
            {"name": "PSU2", "maximum_draw": 1071},
        ]}
    ]  # fmt: skip
    loads = {c.source_id: c for c in carried(read_netbox(tables))}

    assert loads["powerfeed:1"].failover_w == 1071.0


def test_a_model_nobody_knows_is_kept_and_may_be_named():
    tables = two_sided()
    tables["devices"][0]["device_type"]["model"] = "Toaster"
    topology = read_netbox(tables)

    assert any("Toaster" in u.reason for u in wanted(topology, {}).unmapped)
    chosen = wanted(topology, parse_matches("toaster=dgx-h100"))
    rack = next(i for i in chosen.items if i.kind == "rack")
    assert rack.stated["server"] == "dgx-h100"


@pytest.mark.parametrize(
    ("model", "server", "per"),
    [
        ("DGX_H100", "dgx-h100", 1), ("NVIDIA DGX A100 640GB", "dgx-a100", 1),
        ("DGX_B200EM", "dgx-b200", 1), ("DGX_GB300", "gb200-nvl72", 18),
        ("GB200 NVL72", "gb200-nvl72", 1),
    ],
)  # fmt: skip
def test_known_models_find_their_server(model, server, per):
    found = match_model(model, {})

    assert (found.server, found.per) == (server, per)


def test_a_choice_of_server_that_does_not_exist_is_refused():
    with pytest.raises(ScenarioError, match="nonsense"):
        parse_matches("x=nonsense")


# --- openDCIM -----------------------------------------------------------------------

PANELS = [
    {"PanelID": "1", "PanelLabel": "MAIN", "MainBreakerSize": "630",
     "PanelVoltage": "400", "ParentPanelID": "0"},
    {"PanelID": "2", "PanelLabel": "RPP", "MainBreakerSize": "250",
     "PanelVoltage": "400", "ParentPanelID": "1"},
]  # fmt: skip
PDUS = [
    {"PDUID": "7", "Label": "K1-A", "CabinetID": "3", "PanelID": "2",
     "BreakerSize": "1", "InputAmperage": "32", "FailSafe": "0", "PanelID2": "0"},
]  # fmt: skip
CABINETS = [
    {"CabinetID": "3", "DataCenterID": "1", "Location": "K1", "CabRowID": "1",
     "MaxKW": "12"},
]  # fmt: skip


def opendcim(**changes):
    tables = {
        "fac_PowerPanel": PANELS, "fac_PowerDistribution": PDUS,
        "fac_Cabinet": CABINETS,
        "fac_DataCenter": [{"DataCenterID": "1", "Name": "DC"}],
        "fac_CabRow": [{"CabRowID": "1", "Name": "Row 1"}],
        "fac_Device": [{"DeviceID": "9", "Label": "gpu", "Cabinet": "3",
                        "NominalWatts": "6500", "TemplateID": "1",
                        "SNMPCommunity": "private"}],
        "fac_DeviceTemplate": [{"TemplateID": "1", "Model": "DGX A100"}],
        "fac_PowerConnection": [
            {"PDUID": "7", "DeviceID": "9", "DeviceConnNumber": k} for k in "12"
        ],
    }  # fmt: skip
    return read_opendcim(tables | changes)


def test_opendcim_panels_chain_and_one_pole_is_line_to_neutral():
    nodes = {n.name: n for n in opendcim().nodes}

    assert nodes["MAIN"].kind == "switchboard"
    assert nodes["RPP"].feeds == ("panel:1",)
    assert nodes["RPP"].rated_w == pytest.approx(400 * 250 * 3**0.5)
    assert nodes["K1-A"].rated_w == pytest.approx(400 / 3**0.5 * 32)


def test_opendcim_counts_a_devices_watts_once():
    loads = {c.source_id: c for c in carried(opendcim())}

    assert loads["pdu:7"].failover_w == 6500.0


def test_opendcim_cabinet_limits_become_the_rows_with_their_scope():
    found = opendcim()

    assert [(x.scope, x.value_w) for x in found.limits if x.item == "cabinet:3"] == [
        ("cabinet", 12_000.0)
    ]
    body = compare({}, wanted(found, {}), {}).body
    assert body["facility"]["row_limits_w"] == {"DC Row 1": 12_000.0}
    assert parse_scenario(body)


def test_an_automatic_transfer_takes_the_first_panel_first():
    pdu = PDUS[0] | {"FailSafe": "1", "PanelID2": "1"}
    nodes = {n.name: n for n in opendcim(fac_PowerDistribution=[pdu]).nodes}

    assert nodes["K1-A"].feeds == ("panel:2", "panel:1")
    assert nodes["K1-A"].transfer == "first"


def test_a_pdu_on_no_panel_is_an_error_of_its_row():
    (error,) = opendcim(fac_PowerDistribution=[PDUS[0] | {"PanelID": "55"}]).errors

    assert (error.table, error.row, error.value) == ("fac_powerdistribution", 1, "55")


# --- our own table ------------------------------------------------------------------


@pytest.mark.parametrize("design", ["n+1", "catcher"])
def test_the_table_comes_back_without_a_difference(design):
    facility = facility_of(
        parse_scenario({"facility": {"template": {"design": design}}})
    )
    body = {"facility": facility.model_dump(mode="json")}

    found = compare(body, wanted(read_table(table_rows(facility)), {}), {})
    assert found.empty


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@A1", "\tx", "\rx", "'=x"])
def test_a_formula_is_made_text_and_read_back(cell):
    assert harmless(cell) == f"'{cell}"
    row = {"kind": "utility", "name": f"'{cell}" if cell[0] not in "\t\r" else cell}
    if cell[0] not in "\t\r":
        assert read_table([row]).nodes[0].name == cell


def test_a_wrong_line_of_the_table_says_its_number():
    rows = [
        {"kind": "utility", "name": "U", "rated_w": "1e6"},
        {"kind": "toaster", "name": "T"},
        {"kind": "rack", "name": "K"},
    ]
    errors = read_table(rows).errors

    assert [(e.row, e.field) for e in errors] == [(3, "kind"), (4, "fed_by")]
