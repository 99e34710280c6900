"""What the Compare page says, and that plotly takes every figure."""

from __future__ import annotations

import copy
import csv
import io
import json

import numpy as np
import pytest

from api.version import MODEL_VERSION
from app.components import no_update
from app.figures.compare import (
    colour_of,
    curves_figure,
    height_of,
    panes_of,
    range_of,
)
from app.figures.template import LIGHT
from app.pages.compare import answer, callbacks, exports, found, say, state
from app.pages.compare.differences import differences_table, multiples
from tests.app.site.test_views import text_of
from tests.app.test_figures import contrast, drawn

REQUEST = {"seq": 1, "tab": "tests", "fresh": True}


def ask(answers, items, **more):
    view = state.DEFAULTS | {"items": ",".join(items)} | more
    respond = callbacks.respond(answers, REQUEST | {"view": view})
    return dict(zip([n for n, _ in callbacks.PARTS], respond, strict=False)), respond


def tokens(runs):
    return [state.token("run", key) for key in runs]


# --- one request ----------------------------------------------------------------------


def test_one_request_draws_every_part_and_says_the_call_that_answers_it(
    client, answers, runs
):
    parts, respond = ask(answers, tokens(runs))
    kept = respond[-1]

    assert kept["ok"]
    assert all(part is not no_update for part in parts.values())
    again = client.answer_of(kept["call"]["path"], kept["call"]["body"])
    assert [item["label"] for item in again["items"]] == kept["labels"]


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_items_say_what_comes_next(answers, runs, count):
    parts, respond = ask(answers, tokens(runs)[:count])

    assert respond[-1]["empty"]
    assert "Compare today's row" in text_of(parts["verdict"])
    assert parts["outputs"] is no_update


def test_what_the_empty_page_offers_can_be_asked(answers):
    parts, respond = ask(answers, state.EXAMPLE)

    assert respond[-1]["ok"]
    assert "52 servers" in text_of(parts["verdict"])


def test_a_refusal_names_the_item_and_keeps_the_last_answer(answers, runs):
    parts, respond = ask(answers, [tokens(runs)[0], "run:run_none"])

    assert all(part is no_update for part in parts.values())
    assert "Item 2, run_id" in text_of(respond[-2])
    assert "got run_none" in text_of(respond[-2])
    assert respond[-1]["place"] == 1


def test_the_same_question_in_other_units_is_answered_from_memory(answers, runs):
    ask(answers, tokens(runs))
    items = {"items": ",".join(tokens(runs))}
    known = [
        answers.comparison(
            state.question(state.view_from(items | more)), tab="tests", fresh=False
        )
        for more in ({}, {"units": "W"})
    ]

    assert known[0] is known[1]


# --- words ----------------------------------------------------------------------------


def test_the_largest_difference_is_said_first_with_both_values(two):
    first = two["outputs"][0]
    said = text_of(answer.verdict(two, unit="kW"))

    assert said.startswith(answer.WORDS[first["verdicts"][1]][0])
    assert first["label"] in said
    for value in first["values"]:
        assert say.quantity(value, first["key"], first["unit"], "kW") in said


def test_who_breaks_its_limits_is_said(two):
    document = copy.deepcopy(two)
    document["items"][1] |= {"meets": False, "breaches": ["2 power brakes, allowed 0"]}

    assert "1 holds, 2 breaks (2 power brakes, allowed 0)" in text_of(
        answer.verdict(document, unit="kW")
    )


def test_nothing_that_differs_is_an_answer(client, runs):
    same = client.compare([{"run_id": runs[0]}] * 2)

    assert "Nothing differs" in text_of(answer.verdict(same, unit="kW"))
    assert "Nothing differs by more" in text_of(
        differences_table(same, show="differences", unit="kW")
    )


def test_a_change_is_said_by_sign_word_and_amount(two):
    row = next(o for o in two["outputs"] if o["key"] == "peak_w")
    said = text_of(differences_table(two, show="everything", unit="kW"))

    assert say.change(row["differences"][1]["relative"]) in said
    assert all(word in said for word in ("✕", "worse", "= ", "same"))


def test_everything_lists_more_than_differences(two):
    few = text_of(differences_table(two, show="differences", unit="kW"))
    all_of_it = text_of(differences_table(two, show="everything", unit="kW"))

    assert "Requests turned away" not in few
    assert "Requests turned away" in all_of_it
    assert "Show everything" in few


def test_figures_of_one_side_say_whose_they_are(client, runs):
    site = {"facility": {"template": {"halls": 1, "rows_per_hall": 1}},
            "horizon": {"days": 0.02}, "workload": {"load": {
                "requests_per_server_s": 0.05, "target_peak_frac": None}}}  # fmt: skip
    mixed = client.compare([{"run_id": runs[0]}, {"scenario": site}])
    said = text_of(differences_table(mixed, show="differences", unit="kW"))

    assert "have nothing to be compared with" in said
    assert "PUE over the horizon" in said
    assert "Not like for like" in text_of(answer.warnings(mixed))


def test_inputs_show_their_unit_and_what_moved(two):
    said = text_of(answer.inputs_table(two, state.view_from({})))

    assert "fleet: server count [servers]" in said
    assert "other inputs are the same" in said


def test_key_figures_have_a_bar_for_every_item(two):
    cells = multiples(two, unit="kW")

    assert len(cells) == 6
    assert all(text_of(cell).count("1") >= 1 for cell in cells)
    assert "Highest row power" in text_of(cells[0])
    for cell in cells:
        told = cell.children[0].to_plotly_json()["props"]
        assert told["data-tip"]
        assert "those that differ" in told["data-inputs"]


def test_sources_link_what_is_stored_and_say_seed_and_version(two, runs):
    said = text_of(answer.sources(two))

    assert f"version {MODEL_VERSION}" in said
    assert f"/api/v1/runs/{runs[0]}" in json.dumps(
        answer.sources(two).to_plotly_json(), default=lambda c: c.to_plotly_json()
    )


@pytest.mark.parametrize(
    ("value", "key", "unit", "signed", "words"),
    [
        pytest.param(205_490.0, "peak_w", "W", False, "205.5 kW", id="power"),
        pytest.param(-2500.0, "peak_w", "W", True, "−2.5 kW", id="power less"),
        pytest.param(4_517_600.0, "it_wh", "Wh", False, "4,518 kWh", id="energy"),
        pytest.param(0.0471, "a_frac", "1", False, "4.7 %", id="part"),
        pytest.param(0.0471, "a_frac", "1", True, "+4.7 points", id="part more"),
        pytest.param(0.0589, "tbt_s", "s", False, "59 ms", id="milliseconds"),
        pytest.param(137.8, "e2e_s", "s", False, "137.8 s", id="seconds"),
        pytest.param(86_347.0, "capped_s", "s", False, "23 h 59 min", id="hours"),
        pytest.param(3.0, "hottest_c", "°C", True, "+3.0 K", id="warmer"),
        pytest.param(57.22, "hottest_c", "°C", False, "57.2 °C", id="temperature"),
        pytest.param(896.0, "caps_low", "commands", False, "896", id="count"),
        pytest.param(0.0, "brakes", "brakes", False, "0", id="none"),
        pytest.param(1.1024, "pue", "1", False, "1.102", id="ratio"),
        pytest.param(None, "pue", "1", False, "–", id="lacking"),
    ],
)
def test_a_quantity_is_written_as_its_unit_asks(value, key, unit, signed, words):
    assert say.quantity(value, key, unit, "kW", signed=signed) == words


@pytest.mark.parametrize(
    ("relative", "words"),
    [
        (0.182, "+18.2 %"),
        (-0.05, "−5.0 %"),
        (3.0, "× 4.0"),
        (14_391.0, "over × 100"),
        (1e-6, "±0.0 %"),
        (None, ""),
    ],
)
def test_a_change_is_written_with_its_sign(relative, words):
    assert say.change(relative) == words


# --- figures --------------------------------------------------------------------------


def test_plotly_takes_the_curves(two):
    names = [one["name"] for one in two["series"]]
    figure = drawn(curves_figure(two, names))

    assert len(figure.data) == sum(
        line is not None for one in two["series"] for line in one["values"]
    )


def test_a_limit_that_all_share_is_drawn_once(two):
    layout = curves_figure(two, ["it_w"]).layout
    words = [a["text"] for a in layout["annotations"]]

    assert sum("limit" in w for w in words) == 1
    assert len(layout["shapes"]) == 1


def test_limits_that_differ_are_drawn_for_each(two):
    document = copy.deepcopy(two)
    document["items"][1]["limit_w"] *= 2
    layout = curves_figure(document, ["it_w"]).layout

    assert sorted(a["text"][-1] for a in layout["annotations"] if "limit" in a["text"]
                  ) == ["1", "2"]  # fmt: skip


def test_every_curve_and_limit_is_inside_its_axis(two):
    for pane in panes_of(two, [one["name"] for one in two["series"]]):
        low, high = range_of(pane)
        for line in pane.lines:
            values = line[np.isfinite(line)]
            assert values.size == 0 or low <= values.min() <= values.max() <= high
        assert all(limit is None or low < limit < high for limit in pane.limits)


def test_without_curves_the_figure_says_why(two):
    figure = curves_figure(two | {"series": []}, [])

    assert "keep no curves" in figure.layout["annotations"][0]["text"]
    assert height_of(0) == height_of(1)


def test_items_stand_out_from_the_ground():
    colours = {colour_of(k) for k in range(6)}

    assert len(colours) == 6
    assert all(contrast(c, LIGHT.ground) >= 4.5 for c in colours)


# --- search and files -----------------------------------------------------------------


def values_of(groups):
    return [item["value"] for group in groups for item in group["items"]]


def test_what_is_stored_is_offered_newest_run_first(client, runs):
    offered = values_of(found.options(client, ""))

    assert [v for v in offered if v.startswith("run:")] == tokens(reversed(runs))
    assert "scenario:sample-row" in offered


def test_every_word_of_a_search_has_to_be_there(client, runs):
    assert values_of(found.options(client, f"run {runs[0][-4:]}")) == tokens(runs[:1])
    assert found.options(client, "nothing has this name") == []


def test_cells_of_a_plan_are_found_by_policy_and_count(client):
    changes = {
        "horizon.days": 0.02, "workload.load.requests_per_server_s": 0.05,
        "plan.added_servers": [0, 12], "plan.policies": ["polca", "no-cap"],
    }  # fmt: skip
    plan_id = client.wait(client.create_plan(changes=changes)["id"])["result"]["id"]

    assert values_of(found.options(client, "plan +12 no-cap")) == [
        state.token("plan", plan_id, 12, "no-cap")
    ]


@pytest.mark.parametrize("wanted", [*(k for k, _ in exports.KINDS), "html", "json"])
def test_every_file_can_be_made(two, runs, wanted):
    asked = state.question(state.view_from({"items": ",".join(tokens(runs))}))
    content, name = exports.found(two, asked).file(wanted)

    assert len(content) > 1000
    assert name.startswith("nameplate-comparison")


def test_the_csv_has_every_figure(two):
    content, _ = exports.found(two, {}).file("csv")
    rows = list(csv.DictReader(io.StringIO(content.decode())))

    assert [row["key"] for row in rows] == [o["key"] for o in two["outputs"]]


# --- chance, and what nobody kept -----------------------------------------------------


def test_a_difference_that_another_seed_would_make_is_not_called_worse(two):
    document = copy.deepcopy(two)
    document["outputs"] = [
        one | {"score": 0.8, "differences": [
            d | {"times": 0.8 if d["absolute"] else 0.0} for d in one["differences"]
        ]}
        for one in document["outputs"]
    ]  # fmt: skip
    words = text_of(answer.verdict(document, unit="kW"))
    table = text_of(differences_table(document, show="everything", unit="kW"))

    assert "worse" not in words.lower()
    assert "0 of" in words
    assert "✕" not in table


def test_items_that_differ_in_their_seed_alone_are_not_called_worse(two):
    document = copy.deepcopy(two)
    document["inputs"] = [document["inputs"][0] | {"field": "seed"}]
    table = text_of(differences_table(document, show="everything", unit="kW"))

    assert "Chance in the traffic." in text_of(answer.verdict(document, unit="kW"))
    assert "seed noise" in table
    assert not {"✕", "✓", "◆"} & set(table)


def test_no_events_are_claimed_of_an_item_that_keeps_none(two):
    document = copy.deepcopy(two) | {"events": []}
    document["items"][1]["kind"] = "point"
    words = text_of(answer.events_table(document))

    assert "No record of events in 2" in words
    assert "in any of them" not in words
