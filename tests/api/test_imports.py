"""Imports over REST: a diff first, applied whole or not, again without effect."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import threading

import pytest

from api.client import ApiProblem
from tests.api.network import running
from tests.store.exchange.netbox_server import TOKEN, netbox
from tests.store.exchange.test_weather_files import epw
from tests.twin.exchange.samples import gb300_site, two_sided

TEMPLATE = {"name": "two chains", "facility": {"template": {"design": "2n"}}}


def as_bytes(document):
    return json.dumps(document).encode()


def prices(values, day=1):
    rows = [f"2025-01-{day:02d} {h:02d}:00,{v}" for h, v in enumerate(values)]
    return ("time_utc,price_eur_per_mwh\n" + "\n".join(rows)).encode()


def changed(found, action="changed"):
    return {c["name"]: c["fields"] for c in found["changes"] if c["action"] == action}


@pytest.fixture
def applied(client):
    """A site imported from NetBox into a new scenario."""
    shown = client.preview_import("netbox", "hall", as_bytes(two_sided()))
    return client.apply_import(shown["id"])


def test_a_preview_changes_nothing(client):
    before = len(client.scenarios())
    shown = client.preview_import("netbox", "shown-only", as_bytes(two_sided()))

    assert shown["status"] == "previewed"
    assert shown["counts"]["added"] == 6
    assert len(client.scenarios()) == before


def test_an_applied_import_is_a_scenario_that_stands(client, applied):
    assert applied["status"] == "applied"
    stored = client.scenario(applied["scenario_id"])["scenario"]

    assert [r["fed_by"] for r in stored["facility"]["racks"]] == [["A/F", "B/F"]]
    assert client.site_network(scenario_id=applied["scenario_id"])["racks"]


def test_applying_twice_is_applying_once(client, applied):
    again = client.apply_import(applied["id"])

    assert again["scenario_version"] == applied["scenario_version"]


def test_the_same_import_again_is_an_empty_diff(client, applied):
    again = client.preview_import(
        "netbox", "hall", as_bytes(two_sided()), scenario_id=applied["scenario_id"]
    )
    assert again["changes"] == []
    assert again["counts"]["unchanged"] == 6
    client.apply_import(again["id"])

    stored = client.scenario(applied["scenario_id"])
    assert stored["version"] == applied["scenario_version"]


def test_a_later_import_updates_in_place_and_keeps_the_planners_edits(client, applied):
    key = applied["scenario_id"]
    stored = client.scenario(key)
    body = stored["scenario"]
    panel = next(n for n in body["facility"]["electrical"] if n["name"] == "B")
    panel["rated_w"] = 12_345.0
    client.put_scenario(key, body)

    shown = client.preview_import(
        "netbox", "hall", as_bytes(two_sided(amperage=63)), scenario_id=key
    )
    assert set(changed(shown)) == {"A/F"}
    client.apply_import(shown["id"])
    nodes = client.scenario(key)["scenario"]["facility"]["electrical"]
    rated = {n["name"]: n["rated_w"] for n in nodes}
    assert rated["A/F"] == 14_490.0
    assert rated["B"] == 12_345.0
    assert len(nodes) == 5


def test_a_scenario_changed_in_between_is_not_overwritten(client, applied):
    key = applied["scenario_id"]
    shown = client.preview_import(
        "netbox", "hall", as_bytes(two_sided(amperage=99)), scenario_id=key
    )
    client.update_scenario(key, name="renamed meanwhile")

    with pytest.raises(ApiProblem) as caught:
        client.apply_import(shown["id"])
    assert caught.value.status == 412
    assert client.read_import(shown["id"])["status"] == "previewed"


def test_two_at_once_apply_one(client, applied):
    key = applied["scenario_id"]
    shown = [
        client.preview_import(
            "netbox", "hall", as_bytes(two_sided(amperage=a)), scenario_id=key
        )
        for a in (70, 80)
    ]
    ended = []

    def go(import_id):
        try:
            ended.append(client.apply_import(import_id)["status"])
        except ApiProblem as problem:
            ended.append(problem.status)

    threads = [threading.Thread(target=go, args=(s["id"],)) for s in shown]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, ended)) == ["412", "applied"]


def test_a_scenario_that_would_not_stand_is_refused_with_its_problems(client):
    key = client.create_scenario(
        TEMPLATE | {"facility": TEMPLATE["facility"] | {"events": [
            {"t_s": 0, "kind": "lose-node", "target": "UPS-H1-A", "duration_s": 60}
        ]}}
    )["id"]  # fmt: skip
    shown = client.preview_import(
        "netbox", "hall", as_bytes(two_sided()), scenario_id=key
    )
    assert shown["status"] == "refused"
    assert "UPS-H1-A" in shown["problems"][0]["rule"] + shown["problems"][0]["value"]

    with pytest.raises(ApiProblem) as caught:
        client.apply_import(shown["id"])
    assert caught.value.status == 409
    assert client.scenario(key)["version"] == 1


def test_rows_with_errors_and_content_without_a_place_are_listed(client):
    tables = two_sided(amperage=-3)
    tables["devices"].append({"id": 9, "name": "shelf", "snmp_community": "public"})
    shown = client.preview_import("netbox", "hall", as_bytes(tables))

    (error,) = shown["errors"]
    assert (error["table"], error["row"], error["value"]) == ("power-feeds", 1, -3)
    (left,) = [u for u in shown["unmapped"] if u["source_id"] == "device:9"]
    assert left["content"]["name"] == "shelf"
    assert left["content"]["snmp_community"] == "hidden"
    assert {x["scope"] for x in shown["limits"]} == {"panel", "feed"}


def test_the_144_node_example_loads_and_runs(client):
    shown = client.preview_import("dps", "gb300", as_bytes(gb300_site()))
    found = client.apply_import(shown["id"])

    network = client.site_network(scenario_id=found["scenario_id"])
    assert len(network["racks"]) == 8
    assert {r["server"] for r in network["racks"]} == {"gb200-nvl72"}


def test_dps_goes_there_and_back(client):
    key = client.create_scenario(TEMPLATE)["id"]
    written = client.export_dps(key)

    shown = client.preview_import("dps", "back", as_bytes(written), scenario_id=key)
    assert shown["changes"] == []
    assert shown["counts"]["unchanged"] == 59


def test_policies_of_an_import_are_written_back(client):
    shown = client.preview_import("dps", "gb300", as_bytes(gb300_site()))
    key = client.apply_import(shown["id"])["scenario_id"]

    written = client.export_dps(key, "policies")["Policies"]
    assert written[0] == gb300_site()["Policies"][0]
    devices = client.export_dps(key, "devices")["devices"]
    assert {d["type"] for d in devices} >= {"ComputerSystem", "PowerDistribution"}


def test_the_table_holds_no_formula_and_comes_back(client):
    evil = "=cmd|' /C calc'!A0"
    body = {"facility": {
        "electrical": [{"name": evil, "kind": "utility", "rated_w": 1e6}],
        "racks": [{"name": "@SUM(A1)", "fed_by": [evil]}],
    }}  # fmt: skip
    key = client.create_scenario(body)["id"]
    content = client.export_table(key)

    rows = list(csv.reader(io.StringIO(content.decode())))
    assert not [c for row in rows for c in row if c[:1] in tuple("=+-@\t\r") and c]
    again = client.preview_import("csv", "back", content, scenario_id=key)
    assert again["changes"] == []


# --- a live NetBox ------------------------------------------------------------------


def test_a_live_netbox_of_an_allowed_host_is_read(settings, tmp_path, caplog):
    with netbox(two_sided(), page=1) as (host, _):
        allowed = f"netbox.example.org, {host}"
        with running(settings, tmp_path, import_hosts=allowed) as (_, client):
            shown = client.preview_netbox(f"http://{host}", TOKEN, name="live")
            listed = json.dumps([client.read_import(shown["id"]), client.imports()])

    assert shown["counts"]["added"] == 6
    assert TOKEN not in listed + caplog.text
    assert TOKEN.encode() not in (tmp_path / "own.db").read_bytes()


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/meta-data", "http://127.0.0.1:22"]
)
def test_no_host_is_asked_unless_allowed(client, url):
    with pytest.raises(ApiProblem) as caught:
        client.preview_netbox(url, TOKEN, name="live")

    (error,) = caught.value.problem["errors"]
    assert caught.value.status == 422
    assert "NAMEPLATE_IMPORT_HOSTS" in error["repair"]


# --- weather, prices and carbon -----------------------------------------------------


def test_imported_weather_is_used_by_its_name(client):
    shown = client.preview_import("epw", "testville", epw())
    assert shown["counts"]["added"] == 8760
    client.apply_import(shown["id"])

    assert "testville" in client.weather()
    again = client.preview_import("epw", "testville", epw())
    assert again["changes"] == []


def test_a_series_is_updated_in_place(client):
    for values in ([1.0, 2.0], [1.0, 2.5, 3.0]):
        shown = client.preview_import("price", "es", prices(values))
        client.apply_import(shown["id"])

    assert shown["counts"]["added"] == 1
    assert shown["counts"]["changed"] == 1
    (stored,) = [s for s in client.series() if s["name"] == "es"]
    assert stored["unit"] == "EUR/MWh"


def test_a_year_of_cooling_says_what_its_energy_costs(client):
    first = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    rows = [f"{first + dt.timedelta(hours=h):%Y-%m-%dT%H:%MZ},50" for h in range(8760)]
    content = ("time,price_eur_per_mwh\n" + "\n".join(rows)).encode()
    client.apply_import(client.preview_import("price", "flat", content)["id"])

    key = client.create_scenario(TEMPLATE)["id"]
    found = client.cooling_year(scenario_id=key, price_series="flat")
    energy = found["energy"]
    it_mwh = found["it_w"] * 8760 / 1e6
    assert energy["energy_mwh"] == pytest.approx(it_mwh * found["pue"], rel=1e-9)
    assert energy["cost"] == pytest.approx(50.0 * energy["energy_mwh"])
    assert energy["carbon_kg"] is None


def test_a_series_nobody_imported_is_said(client):
    key = client.create_scenario(TEMPLATE)["id"]
    with pytest.raises(ApiProblem) as caught:
        client.cooling_year(scenario_id=key, carbon_series="nowhere")

    assert caught.value.status == 404


# --- hostile ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "content", "status"),
    [
        pytest.param({"kind": "dps", "name": "x"}, b"[" * 99_999, 422, id="deep"),
        pytest.param({"kind": "dps", "name": "x"}, b"PK\x03\x04", 422, id="zip"),
        pytest.param({"kind": "dps", "name": "x"}, b'{"a": NaN}', 422, id="NaN"),
        pytest.param({"kind": "dps", "name": "../../x"}, b"{}", 422, id="path"),
        pytest.param({"kind": "epw", "name": "a/b"}, b"{}", 422, id="weather path"),
        pytest.param({"kind": "exe", "name": "x"}, b"{}", 422, id="kind"),
        pytest.param({"kind": "csv", "name": "x"}, b"", 422, id="empty"),
        pytest.param({"kind": "csv", "name": "x"}, b" " * 20_000_001, 413, id="large"),
        pytest.param(
            {"kind": "dps", "name": "x", "scenario_id": "nobody"},
            b'{"Entities": []}', 404, id="no scenario",
        ),
    ],
)  # fmt: skip
def test_hostile_imports_are_refused_and_nothing_is_stored(
    http, client, query, content, status
):
    before = len(client.imports())
    answer = http.post("/api/v1/imports/preview", params=query, content=content)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(client.imports()) == before


def test_lists_are_shown_in_parts(client):
    rows = [{"Type": "Toaster", "Name": f"t{k}"} for k in range(30)]
    shown = client.preview_import("dps", "many", as_bytes({"Entities": rows}))

    part = client.read_import(shown["id"], offset=25, limit=10)
    assert [u["source_id"] for u in part["unmapped"]] == [
        f"t{k}" for k in range(25, 30)
    ]
    assert part["left_out"]["unmapped"] == 25


def test_more_previews_at_once_than_memory_holds_are_asked_to_wait(app, http):
    imports = app.state.services.imports
    with imports.previewing(), imports.previewing():
        answer = http.post(
            "/api/v1/imports/preview", params={"kind": "price", "name": "a"},
            content=b"x",
        )  # fmt: skip

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
