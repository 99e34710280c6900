"""What Prometheus reads from us, and that the dashboard asks for nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import Live, Metrics
from store.access import Tokens
from tests.api.network import network, running
from twin.telemetry.fields import FIELDS

DASHBOARD = (
    Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "nameplate.json"
)
NAME = re.compile(r"\b(?:nameplate|process|DCGM_FI)_[A-Za-z0-9_]+")


def samples(text):
    """Values by name and labels, of a page in Prometheus' own format."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def near(app, client):
    with network(app, address="127.0.0.1", host="127.0.0.1") as http:
        yield http


def test_the_page_is_in_prometheus_own_format(near):
    answer = near.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert samples(answer.text)[("process_resident_memory_bytes",)] > 1e7


def test_requests_are_counted_by_template_and_status(near):
    route = ("route", "/api/v1/runs/{run_id}")
    key = ("nameplate_http_requests_total", ("method", "GET"), route, ("status", "404"))
    before = samples(near.get("/metrics").text).get(key, 0)

    for number in range(3):
        near.get(f"/api/v1/runs/run_{number}")
    after = samples(near.get("/metrics").text)

    assert after[key] - before == 3
    assert after[("nameplate_http_request_seconds_count", route)] == after[key]
    assert "run_0" not in near.get("/metrics").text


def test_made_up_addresses_and_methods_make_no_new_labels(near):
    near.request("BREW", "/api/v1/coffee")
    near.get("/no/such/page")
    before = set(samples(near.get("/metrics").text))

    for number in range(20):
        near.request(f"BREW{number}", f"/api/v1/coffee/{number}")
        near.get(f"/no/such/page/{number}")

    assert set(samples(near.get("/metrics").text)) == before


def test_telemetry_is_counted_as_it_was_told():
    metrics = Metrics()

    metrics.batch_stored(4, 0)
    metrics.batch_stored(0, 3)
    metrics.refused("future", 2)
    metrics.queue(7)
    metrics.fold_lag(1.5)
    found = samples(metrics.page().decode())

    assert found[("nameplate_telemetry_batches_total",)] == 2
    assert found[("nameplate_telemetry_readings_total",)] == 4
    assert found[("nameplate_telemetry_duplicates_total",)] == 3
    assert found[("nameplate_telemetry_refused_total", ("reason", "future"))] == 2
    assert found[("nameplate_telemetry_queue_batches",)] == 7
    assert found[("nameplate_telemetry_fold_lag_seconds",)] == 1.5


def test_live_figures_are_read_when_asked_and_forgotten_when_gone():
    metrics = Metrics()
    figures = [
        Live(site_power_w=5e6, node_power_w={'row "1"\n': 2e5}, node_limit_w={"a": 3.0},
             agent_last_seen_age_s={"node017": 1.5}),
        Live(),
    ]  # fmt: skip
    metrics.live_from(lambda: figures.pop(0))

    first = samples(metrics.page().decode())
    second = samples(metrics.page().decode())

    assert first[("nameplate_site_power_watts",)] == 5e6
    assert first[("nameplate_node_power_watts", ("node", 'row "1"\n'))] == 2e5
    assert first[("nameplate_node_limit_watts", ("node", "a"))] == 3.0
    age = ("nameplate_agent_last_seen_age_seconds", ("agent", "node017"))
    assert first[age] == 1.5
    assert set(first) - set(second) == {
        key for key in first if "watts" in key[0] or "agent" in key[0]
    }


def test_a_reader_that_fails_costs_its_gauges_and_not_the_page(caplog):
    metrics = Metrics()
    metrics.batch_stored(1, 0)

    def broken():
        raise RuntimeError("no database")

    metrics.live_from(broken)
    found = samples(metrics.page().decode())

    assert found[("nameplate_telemetry_readings_total",)] == 1
    assert ("nameplate_site_power_watts",) not in found
    assert "could not be read" in caplog.text


def test_in_tokens_mode_prometheus_needs_a_token(settings, tmp_path):
    with running(settings, tmp_path, access="tokens") as (app, _):
        tokens = Tokens(app.state.services.engine)
        _, token = tokens.create(name="prometheus", scopes={"telemetry:read"})
        with network(app) as nobody, network(app, token=token) as prometheus:
            assert nobody.get("/metrics").status_code == 401
            assert prometheus.get("/metrics").status_code == 200
            assert prometheus.get("/api/v1/scenarios").status_code == 403


# --- the dashboard ------------------------------------------------------------------


@pytest.fixture(scope="module")
def dashboard():
    return json.loads(DASHBOARD.read_text())


def panels(dashboard):
    return [p for p in dashboard["panels"] if p["type"] != "row"]


def expressions(dashboard):
    asked = [t["expr"] for p in panels(dashboard) for t in p["targets"]]
    return asked + [v.get("definition", "") for v in dashboard["templating"]["list"]]


def ours():
    """Every name that our page can show."""
    metrics = Metrics()
    metrics.answered("GET", "/x", 200, 0.1)
    metrics.batch_stored(1, 1)
    metrics.refused("future", 1)
    metrics.alerts_firing({"critical": 1})
    metrics.delivered("delivered")
    metrics.live_from(lambda: Live(
        site_power_w=1.0, node_power_w={"a": 1.0}, node_limit_w={"a": 1.0},
        agent_last_seen_age_s={"a": 1.0},
    ))  # fmt: skip
    return {key[0] for key in samples(metrics.page().decode())}


def test_the_dashboard_asks_only_for_what_there_is(dashboard):
    dcgm = {name for field in FIELDS for name, _ in field.dcgm}

    asked = {n for e in expressions(dashboard) for n in NAME.findall(e)}

    assert asked <= ours() | dcgm
    assert len(asked & dcgm) >= 3
    assert len(asked & ours()) >= 12


def test_every_panel_reads_the_chosen_source(dashboard):
    inputs = {v["name"] for v in dashboard["templating"]["list"]}

    assert "datasource" in inputs
    for panel in panels(dashboard):
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert all(t["datasource"] == panel["datasource"] for t in panel["targets"])


def test_panels_have_places_names_and_units_of_their_own(dashboard):
    ids = [p["id"] for p in dashboard["panels"]]
    cells = [
        (p["gridPos"]["y"] + dy, p["gridPos"]["x"] + dx)
        for p in dashboard["panels"]
        for dy in range(p["gridPos"]["h"]) for dx in range(p["gridPos"]["w"])
    ]  # fmt: skip

    assert len(set(ids)) == len(ids)
    assert len(set(cells)) == len(cells), "two panels lie on each other"
    assert max(x for _, x in cells) < 24
    for panel in panels(dashboard):
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]


def test_the_dashboard_carries_nothing_of_one_installation(dashboard):
    assert dashboard["id"] is None
    assert dashboard["schemaVersion"] >= 36
    assert "http://" not in DASHBOARD.read_text()


# --- Prometheus' own opinion --------------------------------------------------------


@pytest.fixture
def promtool(tmp_path):
    """Run promtool on a file; it comes with Debian's package prometheus."""
    if shutil.which("promtool") is None:
        pytest.skip("needs promtool: install Debian's package prometheus")

    def run(*arguments, text=""):
        return subprocess.run(
            ["promtool", *map(str, arguments)], input=text, text=True,
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def test_prometheus_finds_no_fault_with_the_page(near, promtool):
    near.get("/api/v1/scenarios")

    checked = promtool("check", "metrics", text=near.get("/metrics").text)

    assert (checked.returncode, checked.stderr) == (0, "")


def test_prometheus_understands_every_expression(dashboard, promtool, tmp_path):
    asked = [t["expr"] for p in panels(dashboard) for t in p["targets"]]
    rules = [
        {"record": f"panel:{number}", "expr": e.replace("$__rate_interval", "5m")}
        for number, e in enumerate(asked)
    ]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    checked = promtool("check", "rules", path)

    assert checked.returncode == 0, checked.stderr
    assert f"{len(asked)} rules found" in checked.stdout
