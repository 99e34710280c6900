"""What the Stabilize page says, and that plotly takes every figure."""

from __future__ import annotations

import json
import time

import pytest

from app.components import no_update
from app.figures import grid_side
from app.figures import stabilize as figures
from app.figures.sizing import AGAINST, front_figure
from app.pages.stabilize import answer, callbacks, found, search, state
from tests.app.site.test_views import text_of
from tests.app.test_figures import drawn

REQUEST = {"seq": 1, "tab": "", "coarse": True}
TINY = {"search": "tiny", "rules": "ercot-2026,southern-6s"}
FULL = {"store": "on", "psu": "on", "gen": "on"}


def ask(client, **more):
    view = state.view_from(more)
    request = REQUEST | {"view": view.sliders | view.choices, "coarse": False}
    found = callbacks.respond(client, request | {"assumed": True})
    return dict(zip([n for n, _ in callbacks.PARTS], found, strict=False)), found[-1]


@pytest.fixture(scope="module")
def sized(client):
    """Answer of a search among eight combinations."""
    return client.stabilize_size(**state.sizing_question(state.view_from(TINY)))


def test_one_request_draws_every_part_and_says_the_call_that_answers_it(client):
    parts, kept = ask(client)
    call = kept["call"]

    assert kept["ok"]
    assert all(part is not no_update for part in parts.values())
    again = client.site_ask(call["path"], {}, changes=call["body"]["changes"])
    assert again["verdicts"]
    assert "host_w_per_gpu" in text_of(parts["assumptions"])


def test_the_verdict_counts_rules_and_names_the_worst(study_of):
    study = study_of()
    words = text_of(answer.verdict(study, coarse=False))
    worst = answer.judged(study)[0]
    kept = sum(v["after"]["passes"] for v in answer.judged(study))

    assert f"{kept} of {len(answer.judged(study))} rules kept" in words
    assert answer.authority(worst) in words
    assert f"{1 - worst['after']['margin_frac']:.1f} × its limit" in words


def test_the_verdict_says_what_is_to_spare(study_of):
    words = text_of(answer.verdict(study_of(rules="caiso-ramp"), coarse=False))

    assert "All 1 rules kept; tightest is CAISO with" in words
    assert "to spare" in words


def test_without_rules_there_is_no_verdict(study_of):
    study = study_of(rules="none")

    assert "No rule is judged" in text_of(answer.verdict(study, coarse=False))
    assert answer.focus_of(study, "") == ""


def test_a_rule_that_needs_finer_samples_waits_while_a_knob_moves(study_of):
    study = study_of()
    first, *others = study["verdicts"]
    unjudged = first | {"before": None, "after": None, "why_not": "needs 0.001 s"}
    waiting = study | {"verdicts": [unjudged, *others]}
    moving = answer.compliance(waiting, focus="", unit="MW", coarse=True)
    resting = answer.compliance(waiting, focus="", unit="MW", coarse=False)

    assert "judged when the knobs rest" in text_of(moving)
    assert "not judged: needs 0.001 s" in text_of(resting)
    assert "1 wait for finer" in text_of(answer.verdict(waiting, coarse=True))
    assert "1 cannot be judged" in text_of(answer.verdict(waiting, coarse=False))


def test_the_table_has_worst_limit_margin_line_and_source(study_of):
    study = study_of()
    rule = next(v for v in study["verdicts"] if v["key"] == "ercot-2026")
    words = text_of(answer.compliance(study, focus="", unit="MW", coarse=True))

    assert "10.0 MW" in words
    assert figures.short_power(rule["after"]["worst"], "MW") in words
    assert f"{rule['after']['worst_hz']:.3g} Hz" in words
    assert "2026-06-19" in words


@pytest.mark.parametrize(
    ("value", "rule_unit", "unit", "words"),
    [
        pytest.param(13_284_765, "W", "MW", "13.3 MW", id="power"),
        pytest.param(622_324, "W", "kW", "622 kW", id="kilowatts"),
        pytest.param(333_333.3, "W/s", "MW", "20.0 MW/min", id="ramp a minute"),
        pytest.param(0.351, "1", "MW", "35.1 %", id="share"),
        pytest.param(0.8, "Pst", "MW", "0.8 Pst", id="flicker"),
        pytest.param(None, "W", "MW", "–", id="none"),
    ],
)
def test_values_are_written_as_people_do(value, rule_unit, unit, words):
    assert figures.value_words(value, rule_unit, unit) == words


def test_numbers_follow_the_books(study_of):
    study = study_of(smooth="on", floor=90)
    words = " ".join(text_of(c) for c in answer.numbers(study, unit="MW"))
    books = study["after"]["books"]
    wasted = (books["burnt_j"] + books["store_loss_j"]) / books["work_j"]

    assert f"{100 * wasted:.1f} %" in words
    assert figures.short_power(study["after"]["highest_w"], "MW") in words


def test_plotly_takes_every_figure(study_of):
    study = study_of(**FULL)
    bare = study_of(**dict.fromkeys(state.SWITCHES, "off"), tables="none")
    for figure in (
        figures.waveform_figure(study, study["window"], focus="ieso-15s"),
        figures.waveform_figure(bare, bare["window"], unit="kW"),
        figures.spectrum_figure(study, focus="ercot-2026"),
        grid_side.resonance_figure(study),
        grid_side.ride_figure(study), grid_side.ride_figure(bare),
        grid_side.resonance_figure(study | {"modes": []}),
        front_figure(None, against="waste"),
    ):  # fmt: skip
        assert drawn(figure).to_dict()
        json.loads(figure.to_json())


def test_the_waveform_keeps_peaks_and_shows_both_runs_and_stores(study_of):
    study = study_of(**FULL)
    figure = figures.waveform_figure(study, study["window"])
    names = [t.get("name") for t in figure.data if t.get("name")]
    high = max(study["window"]["before"]["high"]) / 1e6

    assert names == ["before", "after", "supplies", "site battery", "gensets"]
    drawn_high = max(float(max(t["y"])) for t in drawn(figure).data[:3])
    assert drawn_high == pytest.approx(high, rel=1e-6)
    words = " ".join(a["text"] for a in figure.layout["annotations"])
    assert "charge" in words
    assert "frequency" in words


def test_the_worst_window_is_marked_with_its_limit(study_of):
    study = study_of()
    rule = next(v for v in study["verdicts"] if v["key"] == "ieso-15s")
    figure = figures.waveform_figure(study, study["window"], focus="ieso-15s")
    window, limit = figure.layout["shapes"]

    assert window["x0"] == rule["after"]["at_s"]
    assert window["x1"] - window["x0"] == pytest.approx(15.0)
    # 5 MW
    assert limit["y1"] - limit["y0"] == pytest.approx(5.0)


def test_a_closer_look_is_finer(client, study_of):
    study = study_of()
    view = state.view_from({"zoom": "100~100.5"})
    kept = {"study": callbacks.slim(study), "horizon_s": 1200.0, "focus": ""}
    request = REQUEST | {"view": view.sliders | view.choices}
    figure, words, done = callbacks.look_closer(client, request, kept)

    assert done["sample_s"] == pytest.approx(0.001, rel=0.01)
    assert "0.5 s in view" in words
    assert figure["layout"]["xaxis"]["range"] == [100.0, 100.5]


def test_a_refusal_becomes_words_at_its_knob(client):
    _, kept = ask(client, start=600, end=100)

    assert not kept.get("ok")
    assert kept["field_errors"]


def test_a_stored_job_is_found_and_answers(client):
    body = {"training": state.question(state.view_from({}), coarse=True)}
    stored = client.create_scenario(
        {"name": "Own job", "training": body["training"]["changes"]["training"]}
    )
    client.create_scenario({"name": "No job"})
    jobs, gpus, rules, tables = callbacks.Known(client).options()

    assert [j["label"] for j in jobs] == ["Ready-made job", "Own job"]
    assert "gb200-186gb" in [g["value"] for g in gpus]
    assert len(rules) > 5
    assert len(tables) > 5
    _, kept = ask(client, scenario=stored["id"])
    assert kept["call"]["body"]["scenario_id"] == stored["id"]


@pytest.mark.parametrize("against", list(AGAINST))
def test_the_front_falls_as_its_axis_rises(sized, against):
    figure = front_figure(sized, against=against)
    fails, passes, front = figure.data[:3]

    assert drawn(figure).to_dict()
    assert fails["marker"]["symbol"] != passes["marker"]["symbol"]
    assert front["x"] == sorted(front["x"])
    assert front["y"] == sorted(front["y"], reverse=True)


def test_the_best_is_said_in_words_and_can_be_used(client, sized):
    view = state.view_from(TINY)
    _, words, rows, values = search.found_parts(sized, "waste", view, bare_w=6e7)
    best = sized["tried"][sized["best"]]

    assert "a year: stores" in text_of(words)
    assert "price of energy" in text_of(rows)
    used = state.view_from(TINY | values)
    run = client.stabilize_run(**state.question(used))
    assert run["passes"]
    assert run["after"]["highest_w"] == pytest.approx(best["highest_w"], rel=0.01)


def test_when_nothing_passes_the_nearest_is_named(sized):
    failing = [t | {"passes": False, "worst_margin_frac": -0.1} for t in sized["tried"]]
    words = text_of(
        found.best_words(sized | {"tried": failing, "best": None, "front": []})
    )

    assert "keeps every rule" in words
    assert "Nearest" in words


def test_a_search_runs_beside_the_page_and_can_be_stopped(client):
    searches = search.Searches(client)
    view = state.view_from({})
    poll = {"view": view.sliders | view.choices, "tab": "t"}
    step = search.search_step(searches, poll)
    assert step["running"]
    stopped = search.search_step(searches, poll | step | {"cancel": True})
    assert stopped["text"] == "Stopped."
    end_s = time.monotonic() + 30
    while searches.look(step["name"]).problem is None and time.monotonic() < end_s:
        time.sleep(0.05)
    assert searches.look(step["name"]).problem["status"] == 409
    known = search.search_step(searches, poll | {"name": "nobody"})
    assert "forgot" in known["text"]
