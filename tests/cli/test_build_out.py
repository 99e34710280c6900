"""Cost and build-out on the command line: examples run, tables, JSON and refusals."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = {
    "name": "Hall [1]", "period_months": 12, "periods": 3, "start": "2027-01",
    "demand": {"servers": [10, 10, 10]},
    "blocks": [{"name": "UPS", "kind": "ups", "size_w": 1e5, "usd": 2e4,
                "lead_months": 12}],
}  # fmt: skip


def test_a_cost_is_printed_by_part(nameplate, scenario_file):
    result = nameplate(
        "cost", scenario_file({"name": "Hall [1]", "money": {"years": 5}})
    )

    assert result.exit_code == 0, result.stderr
    assert "Hall [1]: 100 servers, 5 years" in result.stdout
    assert "Net present cost" in result.stdout
    assert "Demand charge" in result.stdout


def test_the_cost_example_runs_its_site(nameplate, answer):
    found = answer(nameplate("cost", str(EXAMPLES / "cost.yaml"), "--json"))

    assert found["server_count"] == 208
    assert found["inputs"]["capital"]["redundancy"] == "2n"
    assert found["carbon_t"] > 0


def test_a_build_out_is_printed_with_its_orders(nameplate, scenario_file):
    result = nameplate("build-out", scenario_file(SMALL), "--front", "spend,unmet")

    assert result.exit_code == 0, result.stderr
    assert "Order UPS 1 by 2027: serves from 2028" in result.stdout
    assert "late: UPS power comes 1 year after it is needed in 2027" in result.stdout
    assert "limit: The lead time of 'UPS' (12 months) binds" in result.stdout
    assert "Plans between two aims" in result.stdout


def test_the_build_out_example_has_a_plan(nameplate, answer):
    found = answer(
        nameplate("build-out", str(EXAMPLES / "build_out.yaml"), "--no-explain",
                  "--json")
    )  # fmt: skip

    assert found["plan"]["status"] == "optimal"
    assert max(p["meter_w"] for p in found["plan"]["periods"]) <= 1.6e7 * (1 + 1e-6)


def test_a_wrong_file_is_told_by_its_line(nameplate, scenario_file):
    result = nameplate("build-out", scenario_file(SMALL | {"periods": 4}))

    assert result.exit_code == 2
    assert "demand.servers" in result.stderr


def test_a_front_of_one_aim_is_refused(nameplate, scenario_file):
    result = nameplate("build-out", scenario_file(SMALL), "--front", "cost")

    assert result.exit_code == 2
    assert "two of cost, spend, carbon, unmet" in result.stderr
