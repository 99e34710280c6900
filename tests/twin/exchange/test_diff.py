"""Imports update in place: no doubles, nothing of the planner's lost."""

from __future__ import annotations

import copy

import pytest

from tests.twin.exchange.samples import two_sided
from twin.exchange.diff import compare
from twin.exchange.facility import UTILITY, wanted
from twin.exchange.netbox import read_netbox
from twin.scenario import parse_scenario


def want(tables):
    return wanted(read_netbox(tables), {})


def applied(diff):
    return parse_scenario(diff.body).model_dump(mode="json")


@pytest.fixture
def first():
    return compare({}, want(two_sided()), {})


def node(body, name):
    return next(n for n in body["facility"]["electrical"] if n["name"] == name)


def actions(diff, action):
    return {c.name for c in diff.changes if c.action == action}


def test_the_first_import_adds_everything_and_says_where_from(first):
    assert actions(first, "added") == {"UTIL", "A", "B", "A/F", "B/F", "K1"}
    feed = next(c for c in first.changes if c.name == "A/F")
    assert feed.source_id == "powerfeed:1"
    assert {f.field: f.new for f in feed.fields}["rated_w"] == pytest.approx(7360.0)


def test_sides_and_cords_are_kept(first):
    body = applied(first)

    assert (node(body, "A/F")["side"], node(body, "B/F")["side"]) == ("A", "B")
    assert body["facility"]["racks"][0]["fed_by"] == ["A/F", "B/F"]
    assert body["facility"]["racks"][0]["server_count"] == 1


def test_repeating_an_import_changes_nothing(first):
    again = compare(applied(first), want(two_sided()), first.links)

    assert again.empty
    assert again.count("unchanged") == 6


def test_a_change_at_the_source_updates_one_field(first):
    again = compare(applied(first), want(two_sided(amperage=63)), first.links)

    (change,) = [c for c in again.changes if c.action == "changed"]
    (field,) = change.fields
    assert (change.name, field.field) == ("A/F", "rated_w")
    assert (field.old, field.new) == (7360.0, 14_490.0)


def test_fields_the_source_does_not_state_stay_the_planners(first):
    body = applied(first)
    node(body, "B")["rated_w"] = 12_345.0  # NetBox has no rating for panel B
    node(body, "A/F")["kind"] = "rpp"
    body["facility"]["racks"][0]["row"] = "R7"

    again = compare(body, want(two_sided()), first.links)
    assert again.empty


def test_a_field_the_source_states_follows_the_source(first):
    body = applied(first)
    node(body, "A/F")["derate_frac"] = 0.5

    again = compare(body, want(two_sided()), first.links)
    assert node(again.body, "A/F")["derate_frac"] == 0.8


def test_renaming_at_the_source_renames_and_rewires(first):
    tables = two_sided(name="F9")
    body = applied(first)
    body["facility"]["events"] = [
        {"t_s": 0.0, "kind": "lose-node", "target": "A/F", "duration_s": 60.0}
    ]

    again = compare(body, want(tables), first.links)
    assert actions(again, "changed") == {"A/F9"}
    after = applied(again)
    assert after["facility"]["racks"][0]["fed_by"] == ["A/F9", "B/F"]
    assert after["facility"]["events"][0]["target"] == "A/F9"
    assert compare(after, want(tables), again.links).empty


def test_what_is_gone_at_the_source_is_removed(first):
    tables = two_sided()
    tables["power-ports"].pop()
    tables["power-feeds"].pop()

    again = compare(applied(first), want(tables), first.links)
    assert actions(again, "removed") == {"B", "B/F"}
    assert applied(again)["facility"]["racks"][0]["fed_by"] == ["A/F"]


def test_a_row_with_an_error_removes_nothing(first):
    again = compare(applied(first), want(two_sided(amperage=-3)), first.links)

    assert not actions(again, "removed")
    assert applied(again)["facility"]["racks"][0]["fed_by"] == ["A/F", "B/F"]


def test_the_planners_own_nodes_are_left_alone(first):
    body = applied(first)
    body["facility"]["electrical"].append(
        {"name": "GEN", "kind": "generator", "rated_w": 1e6}
    )
    node(body, "B")["fed_by"] = ["UTIL", "GEN"]
    node(body, "B")["transfer"] = "first"

    again = compare(body, want(two_sided()), first.links)
    assert again.empty


def test_the_assumed_utility_does_not_come_back(first):
    body = applied(first)
    nodes = body["facility"]["electrical"]
    nodes[:] = [n for n in nodes if n["name"] != "UTIL"]
    nodes.append({"name": "GRID", "kind": "utility", "rated_w": 1e6})
    for name in ("A", "B"):
        node(body, name)["fed_by"] = ["GRID"]

    again = compare(body, want(two_sided()), first.links)
    assert again.empty
    assert UTILITY not in again.links


def test_a_node_that_still_feeds_something_is_kept(first):
    body = applied(first)
    own = copy.deepcopy(body["facility"]["racks"][0]) | {"name": "MINE"}
    body["facility"]["racks"].append(own)
    tables = two_sided()
    tables["power-ports"].pop()
    tables["power-feeds"].pop()

    again = compare(body, want(tables), first.links)
    assert actions(again, "kept") == {"B", "B/F"}
    assert applied(again)


def test_an_import_takes_a_template_away_and_says_so(first):
    body = {"facility": {"template": {"design": "2n"}}}

    found = compare(body, want(two_sided()), {})
    assert [c.kind for c in found.changes if c.action == "removed"] == ["template"]
    assert applied(found)["facility"]["template"] is None


def test_names_taken_twice_are_told_apart():
    tables = two_sided()
    tables["racks"].append({"id": 2, "name": "K1", "site": {"id": 1}})
    tables["power-feeds"].append(
        tables["power-feeds"][0] | {"id": 3, "name": "G", "rack": {"id": 2}}
    )
    found = compare({}, want(tables), {})

    names = [r["name"] for r in applied(found)["facility"]["racks"]]
    assert names == ["K1", "K1 (rack:2)"]
