"""Planning over REST: answers fit their schema and sum, refusals name the field."""

from __future__ import annotations

import math

import pytest
from numpy.testing import assert_allclose

from api.client import ApiProblem
from api.schemas.planning import BuildOutOut, CostOut

SMALL = {
    "period_months": 12, "periods": 3, "demand": {"servers": [10, 10, 10]},
    "blocks": [{"name": "UPS", "kind": "ups", "size_w": 1e5, "usd": 2e4,
                "lead_months": 12}],
}  # fmt: skip


def errors_of(refused):
    assert refused.value.status == 422
    return {e["field"]: e for e in refused.value.problem["errors"]}


def test_a_cost_sums_and_says_what_it_rests_on(client):
    found = client.cost({"load": {"server_count": 200}, "money": {"years": 5}})

    CostOut.model_validate(found)
    whole = math.fsum(p["present_usd"] for p in found["parts"])
    assert_allclose(found["net_present_cost_usd"], whole, rtol=1e-9)
    assert len(found["years"]) == 6
    assert found["inputs"]["capital"]["redundancy"] == "n+1"
    assert len(found["bill"]["peak_kw"]) == 12


def test_a_sites_cost_comes_from_its_run(client):
    site = {"facility": {"template": {"design": "2n", "halls": 1, "rows_per_hall": 2}},
            "horizon": {"days": 0.05}}  # fmt: skip

    found = client.cost({"site": site})

    CostOut.model_validate(found)
    assert found["server_count"] == 80
    assert 1.0 < found["pue"] < 1.6


def test_a_build_out_says_what_to_order_and_why(client):
    found = client.build_out(SMALL, front={"first": "spend", "second": "unmet",
                                           "points": 3})  # fmt: skip

    BuildOutOut.model_validate(found)
    assert found["plan"]["status"] == "optimal"
    assert found["plan"]["orders"][0]["name"] == "UPS"
    assert found["late"][0].startswith("UPS power comes 1 year after it is needed")
    assert {b["field"] for b in found["binding"]} >= {"blocks.0.lead_months"}
    spent = [p["spend_usd"] for p in found["front"]]
    assert spent == sorted(spent)
    assert len(spent) >= 2


def test_defaults_make_a_plan(client):
    found = client.build_out(explain=False)

    assert found["binding"] == []
    assert len(found["plan"]["periods"]) == 20


@pytest.mark.parametrize(
    ("ask", "field", "says"),
    [
        pytest.param(
            lambda c: c.cost({"energy": {"grid": "nowhere"}}), "energy.grid",
            "is not on this machine", id="no such grid",
        ),
        pytest.param(
            lambda c: c.cost({"servers": {"prize": 1}}), "servers.prize",
            "is not a known key", id="unknown key",
        ),
        pytest.param(
            lambda c: c.build_out(SMALL | {"limits": {"unmet_frac": 0.0}}),
            "blocks.0.lead_months", "of the demand unserved", id="no plan",
        ),
        pytest.param(
            lambda c: c.build_out(SMALL, front={"first": "cost", "second": "cost"}),
            "front.second", "must differ from first", id="one aim twice",
        ),
        pytest.param(
            lambda c: c.build_out(SMALL | {"periods": 4}), "demand.servers",
            "a value per period", id="demand of another length",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_field(client, ask, field, says):
    with pytest.raises(ApiProblem) as refused:
        ask(client)

    found = errors_of(refused)
    (name,) = (f for f in found if f.endswith(field))
    assert says in found[name]["rule"]
    assert found[name]["repair"]


def test_a_sites_python_policy_needs_leave(client):
    policy = {"name": "user", "source": "def decide(now):\n    return None\n"}
    site = {"facility": {"template": {"design": "n"}}, "policy": policy}

    with pytest.raises(ApiProblem) as refused:
        client.cost({"site": site})

    assert refused.value.status == 403
