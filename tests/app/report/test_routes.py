"""Addresses of reports: what they answer, refuse, and say of themselves."""

from __future__ import annotations

import pytest

from tests.app.report.plain import assert_alone, plain

PATHS = {
    "/runs/{run_id}/report": "get", "/plans/{plan_id}/report": "get",
    "/studies/{study_id}/report": "get", "/compare/report": "post",
    "/telemetry/report": "get",
}  # fmt: skip


def test_the_addresses_are_described(served):
    app, _ = served
    paths = app.openapi()["paths"]

    for path, method in PATHS.items():
        described = paths[f"/api/v1{path}"][method]
        assert set(described["responses"]["200"]["content"]) == {
            "text/html", "application/pdf",
        }  # fmt: skip
        assert described["summary"]
        names = {p["name"]: p for p in described["parameters"]}
        assert names["format"]["schema"]["enum"] == ["html", "pdf"]
        assert {"401", "403", "404", "501", "503"} <= set(described["responses"])


@pytest.mark.parametrize("name", ["run 52", "plan", "sweep"])
def test_what_is_stored_has_a_report(ask, known, name):
    key = known[name]
    noun = {"run": "runs", "plan": "plans", "study": "studies"}[key.partition("_")[0]]
    response = ask(f"/{noun}/{key}/report")

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert key in response.headers["content-disposition"]
    assert_alone(response.text)


def test_a_stored_run_knows_what_was_asked(ask, known):
    page = ask(f"/runs/{known['run 52']}/report").text

    assert "fleet.server_count 52 servers" in plain(page)


def test_a_report_may_run_nothing_and_be_in_nothing_whatever_is_in_it(ask, known):
    policy = ask(f"/runs/{known['run 52']}/report").headers["content-security-policy"]

    for part in ("default-src", "base-uri", "form-action", "frame-ancestors"):
        assert f"{part} 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy


def test_a_report_can_be_had_as_pdf(ask, known):
    pytest.importorskip("weasyprint", exc_type=ImportError)
    response = ask(f"/runs/{known['run 52']}/report", params={"format": "pdf"})

    assert response.headers["content-type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")


def test_a_comparison_has_a_report(ask, known):
    items = [{"run_id": known["run 40"]}, {"run_id": known["run 52"]}]
    response = ask("/compare/report", json={"items": items, "series": False})

    assert response.status_code == 200
    assert_alone(response.text)
    assert known["run 40"] in plain(response.text)


def test_a_period_of_readings_has_a_report(ask):
    response = ask("/telemetry/report?start_us=0&end_us=3600000000")

    assert response.status_code == 200
    assert_alone(response.text)
    text = plain(response.text)
    assert "1970-01-01 00:00 to 1970-01-01 01:00 UTC" in text
    assert "No reading in this period." in text


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/telemetry/report?start_us=0", 422, "end_us"),
        ("/telemetry/report?start_us=0&end_us=9&of=nobody", 404, "source"),
        ("/runs/run_none/report", 404, "run_id"),
        ("/plans/plan_none/report", 404, "plan_id"),
        ("/studies/study_none/report", 404, "study_id"),
        ("/runs/x/report?format=docx", 422, "format"),
        ("/runs/x/report?paper=a5", 422, "paper"),
        ("/runs/x/report?sheet=a4", 422, "sheet"),
    ],
    ids=["period", "host", "run", "plan", "study", "format", "paper", "unknown key"],
)
def test_what_is_wrong_is_said_by_name(ask, path, status, field):
    response = ask(path)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["field"] == field


def test_a_report_is_read_and_not_sent(ask):
    response = ask("/runs/x/report", json={})

    assert response.status_code == 405
    assert response.headers["allow"] == "GET"


def test_addresses_that_nobody_owns_are_still_refused(ask):
    assert ask("/runs/x/reports").status_code == 404
    assert ask("/nothing").json()["status"] == 404
