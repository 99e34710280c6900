"""The drawer of scenarios in a real browser: kept, versioned, compared, never lost."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from api.client import Client
from tests.app.conftest import ANSWER_MS, BROWSER

pytestmark = BROWSER

ANSWERED = "document.body.dataset.exploreSeq !== undefined"
NAME = "#explore-scenario-name"


@pytest.fixture
def api(origin):
    with Client.connect(origin) as client:
        yield client


@pytest.fixture
def made(api):
    """A stored scenario with 47 servers."""
    return api.create_scenario({}, changes={"fleet.server_count": 47}, name="Row 9")


@pytest.fixture
def open_stored(open_url):
    """Open Explore on a stored scenario."""

    def opened(stored, **how):
        page = open_url(f"/?scenario={stored['id']}", ready=ANSWERED, **how)
        expect(page.locator(NAME)).to_contain_text(stored["name"], timeout=ANSWER_MS)
        return page

    return opened


def row(page, name):
    return page.locator(".np-stored", has=page.get_by_text(name, exact=True))


def act(page, name, what):
    row(page, name).locator("summary").click()
    row(page, name).get_by_role("button", name=what, exact=True).click()


def add(page, count):
    page.fill("#explore-added", str(count))
    page.keyboard.press("Tab")


def test_a_view_is_kept_found_renamed_cloned_and_put_away(open_url, api):
    page = open_url("/?added=7", ready=ANSWERED)
    page.click("#explore-scenarios")
    page.fill("#np-save-name", "Spring plan")
    page.click("#np-save-new")
    expect(page.locator(NAME)).to_contain_text("Spring plan · saved", timeout=ANSWER_MS)
    assert "scenario=scenario_" in page.url

    act(page, "Spring plan", "Rename")
    page.keyboard.type("Summer plan")
    page.keyboard.press("Enter")
    act(page, "Summer plan", "Clone")
    row(page, "Summer plan (copy)").wait_for()
    act(page, "Summer plan (copy)", "Archive")
    expect(row(page, "Summer plan (copy)")).to_have_count(0)
    page.get_by_label("archived").check()
    act(page, "Summer plan (copy)", "Unarchive")
    page.get_by_label("archived").uncheck()
    page.get_by_role("searchbox").fill("summer copy")
    expect(page.locator(".np-stored")).to_have_count(1)

    stored = {s["name"]: s for s in api.scenarios(archived=False)}
    assert "Spring plan" not in stored
    kept = api.scenario(stored["Summer plan"]["id"])["scenario"]
    assert kept["fleet"]["server_count"] == 47
    page.keyboard.press("Escape")
    expect(page.locator(".np-drawer")).to_be_hidden()


def test_a_deletion_is_asked_undone_and_final_only_later(open_stored, made, api):
    page = open_stored(made)
    page.click("#explore-scenarios")
    act(page, "Row 9", "Delete")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Undo", exact=True).click()
    row(page, "Row 9").get_by_role("button", name="Open").wait_for()
    assert api.scenario(made["id"])["version"] == 1

    act(page, "Row 9", "Delete")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.goto("about:blank")
    left = {made["id"]}
    end_s = time.monotonic() + 10
    while left and time.monotonic() < end_s:
        left &= {s["id"] for s in api.scenarios()}
    assert left == set()


def test_changes_are_saved_by_themselves_compared_and_put_back(open_stored, made, api):
    page = open_stored(made)
    assert page.input_value("#explore-added") == "7"
    for count in (9, 10):
        add(page, count)
        with page.expect_response("**/versions", timeout=ANSWER_MS) as saved:
            pass
        assert saved.value.status == 201
    page.click("#explore-scenarios")
    page.fill("#np-save-name", "As ordered")
    page.click("#np-save-version")
    page.get_by_text("Saved as version As ordered").wait_for()

    act(page, "Row 9", "Versions")
    page.get_by_text("v2 · As ordered").wait_for()
    told = page.locator(".np-differences")
    expect(told).to_contain_text("fleet.server_count")
    assert [t.split() for t in told.locator("tbody tr").all_inner_texts()] == [
        ["fleet.server_count", "47", "50"]
    ]
    page.get_by_role("button", name="Restore").click()
    page.get_by_text("v1 is the present one again, as v3").wait_for()
    assert [v["number"] for v in api.scenario_versions(made["id"])] == [3, 2, 1]
    page.keyboard.press("Escape")
    expect(page.locator("#explore-added")).to_have_value("7", timeout=ANSWER_MS)


def one_more(page):
    page.locator("#explore-added-slider [role=slider]").press("ArrowRight")


def test_a_change_of_somebody_else_is_told_expects_refusal(open_stored, made, api):
    page = open_stored(made)
    bar = page.locator(".np-conflict")
    api.save_version(made["id"], changes={"seed": 5})
    one_more(page)
    expect(bar).to_contain_text("changed seed at", timeout=ANSWER_MS)
    expect(bar).to_contain_text("was 1 and is now 5")
    bar.get_by_role("button", name="Open theirs").click()
    expect(page.locator("#explore-added")).to_have_value("7", timeout=ANSWER_MS)
    assert page.input_value("#explore-seed") == "5"

    headline = page.locator("#explore-verdict .np-headline")
    expect(headline).to_contain_text("47 servers", timeout=ANSWER_MS)
    api.save_version(made["id"], changes={"seed": 6})
    one_more(page)
    bar.get_by_role("button", name="Keep mine as a new scenario").click()
    expect(page.locator(NAME)).to_contain_text("(mine)", timeout=ANSWER_MS)
    expect(bar).to_have_count(0)
    (mine,) = [s for s in api.scenarios() if s["name"] == "Row 9 (mine)"]
    for key, seed, count in ((mine["id"], 5, 48), (made["id"], 6, 47)):
        kept = api.scenario(key)["scenario"]
        assert (kept["seed"], kept["fleet"]["server_count"]) == (seed, count)


def test_ticked_scenarios_are_compared_from_any_page(open_url):
    ready = "document.body.dataset.siteSeq !== undefined"
    page = open_url("/site/?rows=2&racks=4", ready=ready, size=(390, 844))
    page.click("#site-scenarios")
    page.fill("#np-save-name", "Hall 1, spring")
    page.click("#np-save-new")
    name = page.locator("#site-scenario-name")
    expect(name).to_contain_text("Hall 1, spring · saved", timeout=ANSWER_MS)
    assert "scenario=" in page.url
    assert page.evaluate("document.getElementById('site-knobs').inert")
    sample = row(page, "Sample row")
    assert sample.get_by_role("link").get_attribute("href") == "/?scenario=sample-row"
    sample.get_by_role("checkbox").check()
    assert page.locator("#np-compare").get_attribute("href") is None
    row(page, "Hall 1, spring").get_by_role("checkbox").check()
    page.click("#np-compare")
    page.wait_for_url("**/compare/?items=scenario:sample-row,scenario:scenario_*")
