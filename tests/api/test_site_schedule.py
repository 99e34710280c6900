"""Levers and shares of a site over REST."""

from __future__ import annotations

import pytest

from api.client import ApiProblem
from api.schemas.site import ScheduleOut, SteeringOut
from tests.api.conftest import SHORT
from tests.api.network import running

SMALL = SHORT | {
    "facility": {"template": {"design": "2n", "rows_per_hall": 2, "racks_per_row": 3}}
}


def test_levers_are_tried_on_a_site(client):
    found = client.site_schedule(
        changes=SMALL, days=1, emergency="power", oversubscription_frac=0.5
    )
    ScheduleOut.model_validate(found)

    assert found["server_count"] == 36
    assert found["planned_servers"] == 24
    assert found["levers"][0]["levers"] == "oblivious"
    assert len(found["levers"]) == 5
    assert found["levers"][0]["change"]["throttle_min"] == 0
    assert found["levers"][0]["emergency"]["iaas_lost_frac"] >= 0
    assert found["not_taken"]
    assert found["provenance"]["seed"] == found["seed"]


def test_a_site_without_endpoints_has_no_response_time(client):
    found = client.site_schedule(changes=SMALL, days=1, iaas_frac=1.0)
    ScheduleOut.model_validate(found)

    assert found["levers"][0]["saas_p99"] is None


def test_a_tight_parent_is_shared_by_priority(client):
    found = client.site_steering(changes=SMALL, left_frac=0.3)
    SteeringOut.model_validate(found)

    assert [d["name"] for d in found["domains"]] == ["H1R1", "H1R2"]
    assert found["shed_servers"] == sum(s["servers"] for s in found["shed"]) > 0
    assert any("shed" in line for line in found["words"])
    given = client.site_steering(changes=SMALL, parent_w=50_000, by="hall")
    assert given["parent_w"] == 50_000
    assert [d["name"] for d in given["domains"]] == ["H1"]


@pytest.mark.parametrize(
    ("ask", "wrong"),
    [
        ("site_schedule", {"emergency": "flood"}),
        ("site_schedule", {"oversubscription_frac": 1.5}),
        ("site_schedule", {"days": 8}),
        ("site_schedule", {"iaas_frac": -0.1}),
        ("site_steering", {"left_frac": 1.5}),
        ("site_steering", {"parent_w": 0}),
        ("site_steering", {"by": "rack"}),
    ],
)
def test_values_out_of_range_are_refused_by_field(client, ask, wrong):
    with pytest.raises(ApiProblem) as refused:
        getattr(client, ask)(changes=SMALL, **wrong)

    assert refused.value.status == 422
    assert next(iter(wrong)) in str(refused.value.problem["errors"])


@pytest.mark.parametrize("ask", ["site_schedule", "site_steering"])
def test_a_scenario_without_a_facility_says_what_to_add(client, ask):
    with pytest.raises(ApiProblem) as refused:
        getattr(client, ask)(changes=SHORT)

    assert refused.value.problem["errors"][0]["field"] == "facility"


def test_a_long_answer_becomes_a_job_with_progress(settings, tmp_path):
    told = []
    with running(settings, tmp_path, what_if_wait_s=0.0) as (_, client):
        found = client.site_schedule(
            changes=SMALL, days=3, on_progress=lambda part, text: told.append(text)
        )

    assert len(found["levers"]) == 5
    assert {"oblivious", "place", "route", "configure"} & set(told)
