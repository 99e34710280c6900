"""A whole run and plan, stored and read through the API, on either database."""

from __future__ import annotations

from api.client import Client
from api.main import create_app
from store.settings import Settings
from tests.api.conftest import SHORT

PLAN = SHORT | {"plan.added_servers": [0, 4], "plan.policies": ["polca"]}


def test_runs_and_plans_survive_a_restart(database, tmp_path):
    settings = Settings(
        database_url=database, cache_dir=tmp_path, data_dir=None, workers=2
    )
    with Client.in_process(create_app(settings, warm=False)) as client:
        client.put_scenario("row-7", {"name": "Row 7 · µ", "seed": 4})
        run = client.wait(client.create_run(scenario_id="row-7", changes=SHORT)["id"])
        plan = client.wait(client.create_plan(scenario_id="row-7", changes=PLAN)["id"])
        before = client.run_result(run["result"]["id"])
        table = client.run_result(run["result"]["id"], "csv")

    with Client.in_process(create_app(settings, warm=False)) as client:
        assert client.health()["database"] == database.split(":")[0].split("+")[0]
        assert client.scenario("row-7")["name"] == "Row 7 · µ"
        assert len(client.scenarios()) == 2, "the sample is not stored twice"
        assert client.run_result(run["result"]["id"]) == before
        assert client.run_result(run["result"]["id"], "csv") == table
        assert table.startswith(b"t_s,row_min_w,row_mean_w,row_max_w,")
        assert len(client.plan_result(plan["result"]["id"])["cells"]) == 2
        assert client.job(plan["id"])["state"] == "done"
