"""What the three views say, and that plotly takes every figure."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from api.client import ApiProblem
from app.figures import site as figures
from app.figures.one_line import diagram
from app.pages.site import answer, callbacks, state
from app.pages.under_way import UnderWay
from tests.app.test_figures import drawn

REQUEST = {"seq": 1, "tab": ""}
VIEWS = (
    ("site", callbacks.draw_site, callbacks.SITE_PARTS),
    ("failures", callbacks.draw_failures, callbacks.FAILURE_PARTS),
    ("cooling", callbacks.draw_cooling, callbacks.COOLING_PARTS),
)


def text_of(part):
    """All words of components."""
    if part is None or isinstance(part, bool | int | float):
        return ""
    if isinstance(part, str):
        return part
    if isinstance(part, list | tuple):
        return " ".join(filter(None, map(text_of, part)))
    return text_of(getattr(part, "children", None))


def ask(client, known, view, draw, names):
    found, kept = draw(client, known, view)
    return dict(zip([n for n, _ in names], found, strict=True)), kept


@pytest.mark.parametrize(("name", "draw", "names"), VIEWS, ids=[v[0] for v in VIEWS])
def test_every_view_draws_and_says_the_call_that_answers_it(
    client, known, small, name, draw, names
):
    parts, kept = ask(client, known, small(view=name), draw, names)
    call = kept["call"]

    assert text_of(parts[f"verdict-{name}"])
    assert parts[f"numbers-{name}"]
    assert client.site_ask(
        call["path"],
        {k: v for k, v in call["body"].items() if k not in ("scenario", "changes")},
        changes=call["body"]["changes"],
    )


def test_the_verdict_says_where_draws_of_traffic_disagree(client, known, small):
    run = client.site_run(seeds=1, **known.question(small()))
    ranges = {"seeds": [1, 2, 3], "tightest_frac": [0.976, 1.011]}

    split = text_of(answer.site_verdict(run | {"seed_ranges": ranges}))
    assert "fit in some draws of traffic, not in all" in split
    assert "over 3 seeds the tightest node is at 97.6 % to 101.1 %" in split
    all_well = ranges | {"tightest_frac": [0.9, 0.95]}
    told = answer.site_verdict(run | {"seed_ranges": all_well})
    assert text_of(told) == text_of(answer.site_verdict(run))


def test_the_verdict_names_the_constraint(client, known, small):
    parts, _ = ask(client, known, small(), *VIEWS[0][1:])
    tight, _ = ask(client, known, small(added=16, policy="no-cap"), *VIEWS[0][1:])

    assert " servers fit: ROW-" in text_of(parts["verdict-site"])
    assert "on loss of" in text_of(parts["verdict-site"])
    assert "do not fit" in text_of(tight["verdict-site"])
    assert "pass their limit" in text_of(tight["verdict-site"])


def test_servers_asked_for_are_placed(client, known, small):
    parts, _ = ask(client, known, small(fit="3", added=0), *VIEWS[0][1:])

    assert "All 3 servers find a place." in text_of(parts["fit-rows"])


def test_the_worst_single_failure_is_shown_first(client, known, small):
    parts, kept = ask(client, known, small(view="failures", design="n"), *VIEWS[1][1:])
    story = parts["story"]

    assert "lose servers" in text_of(parts["verdict-failures"])
    assert kept["failed"] == story["failed"]
    assert story["frames"][0]["dead_racks"]
    assert parts["cases-grid"][0]["lost"] == 60  # 3 rows of 4 racks, 16 + 4 servers


def test_failures_on_the_timeline_happen(client, known, small):
    events = "3600~lose-node~UPS-H1~600"
    view = small(view="failures", design="n", events=events)
    parts, _ = ask(client, known, view, *VIEWS[1][1:])

    assert "server hours lost" in text_of(parts["timeline-words"])
    assert "UPS-H1" in text_of(parts["events"])
    assert parts["library"]["events"][0]["target"] == "UPS-H1"


def test_a_node_tells_its_whole_story(run_of):
    story = text_of(answer.node_story(run_of("2n"), "ROW-H1R1-A", unit="kW"))

    for word in (
        "Limit", "Provisioned", "Nameplate below", "Expected peak",
        "After worst loss", "Stranded", "Oversubscription", "phase",
    ):  # fmt: skip
        assert word in story
    assert "Choose a node" in text_of(answer.node_story(run_of("2n"), "?", unit="kW"))
    assert "Caps" in text_of(answer.node_story(run_of("2n"), "H1R1", unit="kW"))


def test_affected_nodes_alone_are_listed_with_their_cause(client, known, small):
    asked = known.question(small())
    run = client.site_run(**asked)
    story = client.site_failure(failed=["UPS-H1-A"], **asked)
    words = text_of(answer.affected_table(run, story, unit="kW"))

    assert "UPS-H1-A" in words
    assert "failed" in words
    assert "takes over load" in words
    assert "nothing feeds it any more" in words
    assert "GEN-H1-A" not in words


def test_a_refusal_becomes_words_at_its_knob(client, known):
    view = state.view_from({"scenario": "nobody"})
    request = REQUEST | {"view": view.choices}
    found = callbacks.respond(
        client, known, UnderWay(client.site_run), request, count=2,
        draw=callbacks.draw_site,
    )  # fmt: skip

    assert "nobody" in text_of(found[-2])
    assert not found[-1].get("ok")
    with pytest.raises(ApiProblem):
        callbacks.draw_site(client, known, view)


def test_plotly_takes_every_figure(client, known, small):
    asked = known.question(small(design="catcher"))
    run = client.site_run(**asked)
    screening = client.site_failures(**asked)
    story = client.site_failure(failed=["UPS-P1"], **asked)
    year = client.cooling_year(**asked)
    events = state.events_of("3600~utility-outage~~600")
    for figure in (
        *(figures.rack_figure(run, metric=m) for m in figures.METRICS),
        figures.balance_figure(run), figures.levels_figure(run),
        figures.losses_figure(run),
        figures.matrix_figure(screening["matrix"]),
        figures.matrix_figure(None), figures.race_figure(story),
        figures.timeline_figure(run, events),
        figures.temperatures_figure(run, events),
        figures.pue_figure(year), figures.month_figure(year),
        figures.parts_figure(year), figures.ride_figure(year),
    ):  # fmt: skip
        assert drawn(figure).to_dict()
        text = json.dumps(json.loads(figure.to_json()))
        shown = re.sub(r'"tickformat": "[^"]*"', "", text)  # its ticks have words
        assert not re.search(r"\d%|%\{[^}]*%\}", shown)


def test_the_race_shows_both_moments_on_one_axis(client, known, small):
    view = small(added=40, policy="polca", racks=2, rows=2)
    asked = known.question(view)
    cases = client.site_failures(**asked)["cases"]
    racing = next(c for c in cases if c["race_trip_s"] is not None and c["race_node"])
    story = client.site_failure(failed=racing["failed"], **asked)
    figure = figures.race_figure(story)
    words = " ".join(a["text"] for a in figure.layout["annotations"])

    assert "cap lands" in words
    assert "trips" in words
    assert [t["name"] for t in figure.data] == ["without a cap", "with the cap"]


def test_losses_add_up_in_the_diagram_of_losses(run_of):
    run = run_of("2n")
    trace = figures.losses_figure(run).data[0]
    into = dict.fromkeys(range(len(trace["node"]["label"])), 0.0)
    out = dict(into)
    for source, target, value in zip(
        trace["link"]["source"], trace["link"]["target"], trace["link"]["value"],
        strict=True,
    ):  # fmt: skip
        out[source] += value
        into[target] += value

    both = [k for k in into if into[k] and out[k]]
    assert both
    for k in both:
        assert into[k] == pytest.approx(out[k], rel=1e-6)


def test_a_view_is_kept_as_a_scenario_that_answers_the_same(client, known, small):
    events = "3600~lose-node~UPS-H1-A~600"
    view = small(events=events)
    asked = known.question(view, events=True)
    stored = client.create_scenario(**asked, name="Kept")
    again = client.site_run(scenario_id=stored["id"])

    assert again["it_wh"] == client.site_run(**asked)["it_wh"]
    _, _, sites, others = known.options()
    assert {"value": stored["id"], "label": "Kept"} in others
    assert {"value": stored["id"], "label": "Kept"} in sites


def test_sites_stand_side_by_side_with_differences(client, known, small):
    alone, _ = ask(client, known, small(), *VIEWS[0][1:])
    beside, _ = ask(client, known, small(compare="planned"), *VIEWS[0][1:])

    assert "Choose up to three" in text_of(alone["compare-table"])
    words = text_of(beside["compare-table"])
    assert "this view as planned" in words
    # 3 rows of 4 racks of 4, and 4 added to each row
    assert "Servers 60 48 (−12)" in words


def test_a_module_and_a_part_of_cooling_can_be_followed(client, known, small):
    view = small(view="failures", design="n+1", failed="UPS-H1 module,H1 chiller")
    parts, kept = ask(client, known, view, *VIEWS[1][1:])

    assert kept["failed"] == ["UPS-H1 module", "H1 chiller"]
    assert "no server is lost" in text_of(parts["story-words"])
    keys = {ready["key"] for ready in parts["library"]["ready"]}
    assert "lose-module" in keys
    assert "lose-cdu-pump" not in keys


def test_phases_are_drawn_per_feed(run_of):
    figure = figures.balance_figure(run_of("2n"), phases=True)

    assert [t["name"] for t in figure.data] == ["phase c", "phase b", "phase a"]
    assert len(figure.data[0]["y"]) == 6


def test_an_elevation_shows_servers_from_the_floor_up(run_of):
    run = run_of("2n")
    figure = figures.rack_figure(run, metric="power", row="H1R2")
    table = np.array(figure.data[0]["z"], dtype=float)
    rack = next(r for r in run["racks"] if r["name"] == "H1R2K01")
    filled = int(rack["server_count"] * rack["server_u"])

    assert table.shape == (48, 4)
    assert np.isfinite(table[:filled, 0]).all()
    assert np.isnan(table[filled:, 0]).all()
    assert table[0, 0] * rack["server_count"] == pytest.approx(rack["peak_w"] / 1e3)


def test_rack_pdus_stand_for_their_row_in_the_diagram(client, known, small):
    run = client.site_run(**known.question(small(rack_pdus="on")))
    plain = client.site_run(**known.question(small()))
    drawn, usual = diagram(run), diagram(plain)
    pdus = [n for n in run["nodes"] if n["kind"] == "rack-pdu"]

    assert len(pdus) == 2 * len(run["racks"])
    assert [n["name"] for n in drawn["nodes"]] == [n["name"] for n in usual["nodes"]]
    assert {n["loss_wh"] > 0 for n in pdus} == {True}
    sides = figures.balance_figure(run).data
    rows = [sum(t["x"][k] for t in sides) for k in range(3)]
    # the busways' losses are not the racks'
    peaks = [r["peak_w"] / 1e3 for r in run["rows"]][::-1]
    assert rows == pytest.approx(peaks, rel=0.02)
    chosen = small(node="ROW-H1R2-A", rack_pdus="on")
    assert answer.row_of(run, chosen, "") == "H1R2"
    assert answer.row_of(plain, chosen, "") == "H1R2"
