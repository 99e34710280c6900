"""Placement over REST: hand-worked counts, words beside figures, refusals by field."""

from __future__ import annotations

import pytest

from api.client import ApiProblem
from api.schemas.planning import PlacementOut
from twin.scenario import parse_scenario

# one PDU, no losses, 100 kW: ten servers of 10 kW, and a row limit that allows more
PLAIN = {
    "facility": {
        "electrical": [{"name": "U", "kind": "utility", "rated_w": 1e6},
                       {"name": "P", "kind": "pdu", "rated_w": 1e5,
                        "fed_by": ["U"]}],
        "racks": [{"name": f"K{k}", "row": "R", "fed_by": ["P"], "server_count": 0}
                  for k in range(3)],
        "row_limits_w": {"R": 1e6},
    }
}  # fmt: skip
TEN_KILO = {"server": "dgx-h100", "planned_w": 10_000.0}


def asked(**more):
    return {"scenario": PLAIN, "place": [TEN_KILO], "survive": "nothing"} | more


def errors_of(refused):
    assert refused.value.status == 422
    return {e["field"]: e for e in refused.value.problem["errors"]}


def test_a_pdu_of_100_kw_takes_ten_servers_of_10_kw(client):
    found = client.place_servers(asked())

    PlacementOut.model_validate(found)
    assert found["placed"] == 10
    assert found["bindings"][0]["words"] == "P at 100 %"
    assert found["proofs"][0]["words"] == "most-servers 10, bound 10: proven best"
    assert found["proofs"][0]["gap_frac"] == 0
    assert found["verified"]["agrees"]
    assert sum(rack["added"] for rack in found["racks"]) == 10


def test_the_site_that_comes_back_holds_the_servers(client):
    found = client.place_servers(asked())

    racks = parse_scenario(found["scenario"]).facility.racks
    assert sum(rack.server_count for rack in racks) == 10
    assert {r.name: r.server_count for r in racks} == {
        r["rack"]: r["server_count"] for r in found["racks"]
    }


def test_a_newer_question_of_a_view_is_answered(client):
    found = client.place_servers(asked(), view="place-1")

    assert found["timing"]["computed_s"] > 0
    assert found["inputs"]["survive"] == "nothing"
    assert len(found["provenance"]["scenario_sha256"]) == 64


@pytest.mark.parametrize(
    ("document", "field", "says"),
    [
        pytest.param(
            asked(place=[TEN_KILO | {"server_count": 11}]), "place.0.server_count",
            "is more than fit, 10; P at 100 %", id="one too many",
        ),
        pytest.param(
            {"scenario": {"fleet": {"server": "dgx-a100"}}}, "scenario.facility",
            "is needed for a site", id="a row alone",
        ),
        pytest.param(
            asked(scenario=PLAIN | {"fleet": {"server": "dgx-a10"}}),
            "scenario.fleet.server", "must be in the catalogue", id="no such server",
        ),
        pytest.param(
            asked(place=[{"server": "dgx-a10"}]), "place.0.server",
            "must be in the catalogue", id="no such server to place",
        ),
        pytest.param(
            asked(wirings=[{"fed_by": ["Q"]}]), "wirings.0.fed_by",
            "names what is not there", id="no such feed",
        ),
        pytest.param(
            asked(objectives=["most-servers", "most-servers"]), "objectives",
            "must differ", id="one objective twice",
        ),
        pytest.param(
            asked(plaece=[]), "plaece", "is not a known key", id="unknown key"
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_field(client, document, field, says):
    with pytest.raises(ApiProblem) as refused:
        client.place_servers(document)

    (name,) = (f for f in errors_of(refused) if f.endswith(field))
    error = errors_of(refused)[name]
    assert says in error["rule"]
    assert error["repair"]


def test_everything_missing_is_named_before_a_job_is_made(client):
    weather = {**PLAIN["facility"], "weather": {"dataset": "nowhere"}}
    arrivals = {"kind": "requests", "dataset": "nothing"}
    site = {"facility": weather, "workload": {"arrivals": arrivals}}

    with pytest.raises(ApiProblem) as refused:
        client.begin(
            "/planning/placement",
            {"placement": asked(scenario=site, planned_for="percentile")},
        )

    assert set(errors_of(refused)) == {
        "scenario.facility.weather.dataset", "scenario.workload.arrivals.dataset",
    }  # fmt: skip


def test_a_sites_python_policy_needs_leave(client):
    policy = {"name": "user", "source": "def decide(now):\n    return None\n"}

    with pytest.raises(ApiProblem) as refused:
        client.place_servers(asked(scenario=PLAIN | {"policy": policy}))

    assert refused.value.status == 403
