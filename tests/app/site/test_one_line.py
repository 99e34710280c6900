"""The one-line diagram shows every feed, sources above, nothing on top of another."""

from __future__ import annotations

from itertools import combinations

import pytest

from app.figures.one_line import BOX_H, BOX_W, MOST_NODES, diagram, utilisation
from app.pages.site import state

DESIGNS = pytest.mark.parametrize("design", [key for key, _ in state.DESIGNS])


@DESIGNS
def test_every_feed_is_a_wire_and_leads_down(run_of, design):
    run = run_of(design)
    doc = diagram(run)
    y = {n["name"]: n["y"] for n in doc["nodes"]}
    wires = {(w["from"], w["to"]) for w in doc["wires"]}
    feeds = {(f, n["name"]) for n in run["nodes"] for f in n["fed_by"]}
    rows = {(f, r["name"]) for r in run["rows"] for f in r["nodes"]}

    assert wires == feeds | rows
    assert all(y[upper] < y[lower] for upper, lower in wires)


@DESIGNS
def test_no_box_covers_another(run_of, design):
    doc = diagram(run_of(design))
    for one, other in combinations(doc["nodes"], 2):
        apart_x = abs(one["x"] - other["x"]) >= BOX_W
        apart_y = abs(one["y"] - other["y"]) >= BOX_H
        assert apart_x or apart_y, (one["name"], other["name"])
    assert all(0 <= n["x"] <= doc["width"] - BOX_W for n in doc["nodes"])


def test_sides_say_themselves_by_place(run_of):
    """A stands left of B, and every wire of a side carries its letter."""
    doc = diagram(run_of("2n"))
    x = {n["name"]: n["x"] for n in doc["nodes"]}

    assert x["UPS-H1-A"] < x["UPS-H1-B"]
    sides = {w["to"]: w["side"] for w in doc["wires"]}
    assert sides["PDU-H1-A"] == "A"
    assert sides["PDU-H1-B"] == "B"


def test_boxes_say_the_load_after_the_worst_loss(run_of):
    run = run_of("2n")
    ups = next(n for n in run["nodes"] if n["name"] == "UPS-H1-A")
    box = next(n for n in diagram(run)["nodes"] if n["name"] == "UPS-H1-A")

    assert box["frac"] == pytest.approx(utilisation(ups), abs=1e-4)
    assert box["frac"] > 1.8 * box["peak_frac"]
    assert ups["failover_cause"] in box["title"]


def test_one_hall_is_drawn_alone_where_all_do_not_fit(run_of):
    run = run_of("2n", halls=8, rows=10, racks=2)
    one = diagram(run, hall="H3")

    assert "choose a hall" in diagram(run)["note"]
    assert 0 < len(one["nodes"]) <= MOST_NODES
    names = {n["name"] for n in one["nodes"]}
    assert {"UTIL", "UPS-H3-A", "H3R1", "COOL-H3"} <= names
    assert not any("H2" in name for name in names)
