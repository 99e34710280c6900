"""What the Serving page says, and that plotly takes every figure."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from api.client import ApiProblem
from app.components import no_update
from app.figures import query as query_figures
from app.figures import serving as figures
from app.figures.pools import pools_figure, pools_frame
from app.figures.serving_latency import latency_figure
from app.figures.template import sisters
from app.pages.serving import answer, callbacks, exports, more, own, state, systems
from app.pages.serving.answers import Answers
from app.pages.serving.bars import side_by_side
from app.pages.serving.compare import compare_frame
from app.pages.serving.known import Known
from app.pages.serving.more import least_of
from tests.app.serving.conftest import SHORT
from tests.app.site.test_views import text_of
from tests.app.test_figures import contrast, drawn

REQUEST = {"seq": 1, "tab": "tests", "coarse": False}


def ask(answers, request=REQUEST, **more_of_view):
    view = state.view_from(SHORT | more_of_view)
    asked = request | {"view": view.sliders | view.choices}
    found = callbacks.respond(answers, asked)
    return dict(zip([n for n, _ in callbacks.PARTS], found, strict=False)), found[-1]


def rows_of(study, **how):
    return compare_frame(study, target_frac=0.99, **how)


def without(study, **changes):
    """The same study with other values in the outcome of one system."""
    key = changes.pop("system")
    return study | {
        "outcomes": [o | changes if o["system"] == key else o
                     for o in study["outcomes"]]
    }  # fmt: skip


def test_one_request_draws_every_part_and_says_the_call_that_answers_it(
    client, answers
):
    parts, kept = ask(answers)

    assert kept["ok"]
    assert all(part is not no_update for part in parts.values())
    again = client.answer_of(kept["call"]["path"], kept["call"]["body"])
    assert [o["system"] for o in again["outcomes"]] == [
        "baseline", "greener", "buddy",
    ]  # fmt: skip


def test_the_verdict_names_the_system_within_the_slo_at_the_fewest_watts(study_of):
    study = study_of()
    rows = rows_of(study)
    fits = [o for o in study["outcomes"] if o["attained_frac"] >= 0.99]
    best = min(fits, key=lambda o: o["mean_power_w"])
    words = text_of(
        answer.verdict(study, rows, target_frac=0.99, unit="kW", coarse=False)
    )

    assert best["system"] != "baseline"
    assert f"Fewest watts within the SLO: {best['label']}" in words
    assert f"{best['mean_power_w'] / 1e3:.1f} kW" in words
    base = study["outcomes"][0]["mean_power_w"]
    saved = 100 * (1 - best["mean_power_w"] / base)
    assert f"{saved:.0f} % below the baseline" in words.replace("\xa0", " ")


def test_when_no_system_is_within_the_slo_the_nearest_is_named(study_of):
    study = study_of(systems="none")
    late = without(study, system="baseline", attained_frac=0.42)
    words = text_of(
        answer.verdict(late, rows_of(late), target_frac=0.99, unit="kW", coarse=False)
    )

    assert "No system is within the SLO; nearest: One pool" in words
    assert "42.0 % of requests, 99 % asked" in words.replace("\xa0", " ")


def test_a_system_that_does_other_work_never_wins(study_of):
    study = study_of()
    base = study["outcomes"][0]
    twice = without(
        study, system="greener", mean_power_w=1.0, attained_frac=1.0,
        output_tokens=2 * base["output_tokens"],
    )  # fmt: skip
    rows = rows_of(twice)

    assert answer.best_of(rows).system != "greener"
    assert "2 × the tokens: other work" in text_of(
        side_by_side(rows, chosen="", refused=[])
    )


def test_a_system_with_limits_of_its_own_never_wins(study_of):
    # 99.9 % within limits of at most 2 s, and yet a P99 of 30 s
    late = {"ttft": {"p50": 0.1, "p90": 0.2, "p99": 30.0}}
    own_limits = without(
        study_of(), system="greener", mean_power_w=1.0, attained_frac=0.999,
        latency_s=late,
    )  # fmt: skip
    rows = rows_of(own_limits)

    assert answer.best_of(rows).system != "greener"
    assert "limits of its own" in [r.work for r in rows]


def test_bars_share_a_scale_and_show_limit_baseline_and_change(study_of):
    study = study_of()
    rows = {r.system: r for r in rows_of(study)}
    found = {o["system"]: o for o in study["outcomes"]}
    token = {k: o["energy_per_token_j"] for k, o in found.items()}
    met, power, tokens, _, _ = rows["greener"].cells

    assert tokens.part == pytest.approx(token["greener"] / max(token.values()))
    assert tokens.base == pytest.approx(token["baseline"] / max(token.values()))
    assert met.limit == 0.99
    assert power.part < power.peak
    change = 100 * (token["greener"] / token["baseline"] - 1)
    assert tokens.delta == f"{change:.0f} %".replace("-", "\N{MINUS SIGN}")
    assert rows["baseline"].cells[2].delta == ""


def test_a_broken_limit_is_told_by_a_sign_and_not_by_colour_alone(study_of):
    study = without(study_of(), system="greener", attained_frac=0.5)
    words = text_of(side_by_side(rows_of(study), chosen="", refused=[]))

    assert "✕  50.0 %" in words


def test_a_refused_system_stands_with_reason_and_repair(study_of):
    refused = [{"label": "Medha", "field": "traffic", "rule": "must fit", "value": 9,
                "repair": "lower the rate"}]  # fmt: skip
    words = text_of(side_by_side(rows_of(study_of()), chosen="", refused=refused))

    assert "Medha refused traffic must fit, got 9.  Lower the rate." in words


def test_a_ground_that_cannot_stand_is_told_with_its_repair(answers):
    wrong = state.view_from(SHORT | {"model": "llama-3.1-405b-fp8", "gpus": "1"})
    view = wrong.sliders | wrong.choices
    *_, problem, kept = callbacks.respond(answers, REQUEST | {"view": view})

    assert not kept.get("ok")
    assert "405b" in text_of(problem)
    assert "Below stays the last answer" in text_of(problem)


def test_traffic_above_capacity_is_warned_of(answers):
    parts, _ = ask(answers, rate=200, servers=1, systems="none")

    assert "Warning:" in text_of(parts["warnings"])
    assert "servers" in text_of(parts["warnings"])
    assert "No system is within the SLO" in text_of(parts["verdict"])


def test_other_units_are_set_against_their_own_baselines_alone(answers):
    parts, _ = ask(answers, systems="greener,murakkab,prune_train,slim_sc")
    side, apart = text_of(parts["side"]), text_of(parts["own"])

    assert "Murakkab" not in side
    assert "Slim-SC" not in side
    assert "every query runs several chains of thought" in apart
    assert "Workflows: not to be set beside requests" in apart
    assert "against: Fixed configurations" in apart
    assert "against: Dense training" in apart


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(-0.294, "−29 %", id="less"),
        pytest.param(0.001, "±0 %", id="the same"),
        pytest.param(47.5, "× 48.5", id="many times"),
        pytest.param(None, "–", id="unknown"),
    ],
)
def test_changes_are_written_as_people_do(change, words):
    assert own.times(change) == words


def test_every_curve_says_system_source_and_page(study_of):
    study = study_of()
    words = text_of(answer.origins(study, figures.looks(study)))

    for one in study["outcomes"]:
        assert one["source"] in words
        assert f"docs/models/{one['page']}" in words
        assert Path("docs/models", one["page"]).exists()
    figure = figures.pareto_figure(
        study, look_of=figures.looks(study), target_frac=0.99
    )
    shown = " ".join(t for trace in figure.data for t in trace.get("hovertext", []))
    assert "arXiv 2403.20306" in shown


def test_plotly_takes_every_figure(study_of, answers):
    study = study_of(systems="greener,buddy,murakkab,junction")
    look_of = figures.looks(study)
    start = study["inputs"]["traffic"]["start"]
    query = {"v2": answers.query({"preset": "v2"}, tab="tests")}
    empty = study | {"outcomes": [], "pareto": []}
    for figure in (
        figures.pareto_figure(study, look_of=look_of, target_frac=0.99),
        figures.pareto_figure(empty, look_of={}, target_frac=0.99),
        latency_figure(study, look_of=look_of),
        latency_figure(empty, look_of={}),
        *(pools_figure(o, start=start, source="") for o in
          (*study["outcomes"], None)),
        query_figures.query_figure(query, titles={}, chosen="v2"),
        query_figures.query_figure({}, titles={}, chosen="v2"),
        query_figures.savings_figure(query["v2"]),
        query_figures.savings_figure({"savings": []}),
        query_figures.tornado_figure(query["v2"]),
    ):  # fmt: skip
        assert drawn(figure).to_dict()
        json.loads(figure.to_json())


@pytest.mark.parametrize(
    ("share", "place"), [(0.0, 0.0), (0.9, 1.0), (0.99, 2.0), (1.0, 4.0)]
)
def test_shares_are_placed_by_their_nines(share, place):
    assert figures.nines(share) == pytest.approx(place)


def test_the_front_holds_the_points_that_no_other_beats(study_of):
    points = [(10, 0.5, False), (20, 0.9, True), (15, 0.9, True), (30, 0.99, True)]
    pareto = [
        {"label": "A", "system": "baseline", "server_count": n, "mean_power_w": w,
         "attained_frac": a, "energy_per_token_j": 1.0, "on_front": on}
        for n, (w, a, on) in enumerate(points)
    ]  # fmt: skip
    (curve,), front = figures.pareto_frame(study_of() | {"pareto": pareto})

    assert curve.counts == (0, 1, 2, 3)
    assert front == [(15, 90.0), (20, 90.0), (30, 99.0)]


def test_looks_differ_in_sign_and_colour_and_stay_with_their_system(study_of):
    whole, fewer = study_of(), study_of(systems="buddy")
    order = ["greener", "buddy"]
    found, again = figures.looks(whole, order), figures.looks(fewer, order)

    assert len({look.sign for look in found.values()}) == 3
    assert again["Buddy Compression"] == found["Buddy Compression"]


def test_colours_are_those_of_the_style_sheet_and_stand_out():
    style = Path("assets/base.series.css").read_text(encoding="utf-8")
    pairs = sisters()
    for k, ground in enumerate(("#ffffff", pairs["#ffffff"])):
        block = style.split("}")[k]
        sheet = re.findall(r"--np-s\d: (#[0-9a-f]{6})", block)
        colours = (figures.GREY, *figures.SERIES)
        assert sheet == [pairs[c] if k else c for c in colours]
        assert min(contrast(colour, ground) for colour in sheet) >= 4.5


def test_pools_show_instances_times_their_gpus(study_of):
    one = study_of()["outcomes"][0]
    frame = pools_frame(one, "2022-07-05T12:00:00Z")
    (pool,) = frame.pools

    assert frame.at[0] == 1_657_022_400_000
    # 16 servers of 8 GPUs, all on
    assert max(pool.gpus) == 128
    assert sum(pool.power_w) == pytest.approx(sum(one["timeline"]["power_w"]))


def test_a_system_without_a_course_in_time_says_so(study_of):
    study = study_of(systems="junction")
    one = study["outcomes"][-1]
    figure = pools_figure(one, start="2022-07-05T12:00:00Z", source="")

    assert "has no course in time" in figure.layout["annotations"][0]["text"]


def test_slow_systems_wait_while_a_knob_moves(client):
    fresh = Answers(client)
    moving = REQUEST | {"coarse": True}
    parts, _ = ask(fresh, moving, systems="greener,ssjf")
    assert "SSJF" not in text_of(parts["side"])
    assert parts["fig-pareto"] is no_update

    ask(fresh, systems="greener,ssjf")
    parts, _ = ask(fresh, moving, systems="greener,ssjf", rate=11)
    assert "SSJF from the last settled answer" in text_of(parts["side"])


def test_the_same_question_of_a_tab_is_answered_from_memory(client):
    fresh, asked = Answers(client), state.study(state.view_from(SHORT))
    ask(fresh)
    first = fresh.known(asked, tab="tests")
    ask(fresh, units="MW", look="Greener LLMs", target=90)

    assert first is not None
    assert fresh.known(asked, tab="tests") is first
    assert fresh.known(asked, tab="another") is None


def test_the_sweep_draws_every_server_count(client, answers):
    view = state.view_from(SHORT | {"servers": 4})
    request = REQUEST | {"view": view.sliders | view.choices}
    figure, words, kept = more.sweep(answers, Known(client), request)

    assert kept["ok"]
    assert "2 to 5 servers" in words
    base = next(t for t in figure["data"] if t["name"] == "One pool, all on")
    # 2, 3, 4 and 5 servers; the study's own count is the large mark
    assert base["marker"]["size"] == [6, 6, 11, 6]


def test_a_query_is_told_with_its_scatter_and_both_versions_apart(answers):
    view = state.view_from({"preset": "v1"})
    found = more.query(answers, REQUEST | {"view": view.sliders | view.choices})
    parts = dict(zip([n for n, _ in more.QUERY_PARTS], found, strict=False))
    rows = text_of(parts["query-table"])

    assert "v1 of arXiv 2509.20241" in text_of(parts["query-words"])
    assert "Published, v1, typical" in rows
    assert "Published, v2, typical" in rows
    # backed out of the published median, docs/models/energy_per_query.md
    assert re.search(r"0\.3[0-9] Wh", text_of(parts["query-words"]))


def test_the_published_range_of_all_pathways_is_drawn(answers):
    figure = query_figures.savings_figure(answers.query({"preset": "v2"}, tab="tests"))
    (band,) = figure.layout["shapes"]

    assert (band["x0"], band["x1"]) == (8.0, 20.0)


def test_every_system_can_be_chosen_and_every_knob_turned(client):
    known = Known(client)
    words = text_of(systems.boxes(known.systems(), {}))
    for one in known.systems():
        assert one["summary"] in words
        fields = systems.drawer(one, {})
        assert text_of(fields).count("Knobs") == 0
        unchanged = {k["name"]: _field_value(fields, k["name"]) for k in one["knobs"]}
        assert systems.turn(one, unchanged) == {}, one["key"]


def _field_value(part, name):
    """What a drawer's field holds at first."""
    if isinstance(part, list | tuple):
        found = [_field_value(p, name) for p in part]
        return next((f for f in found if f is not None), None)
    ident = getattr(part, "id", None)
    if isinstance(ident, dict) and ident["name"] == name:
        return part.value
    return _field_value(getattr(part, "children", None) or [], name)


def test_turned_knobs_are_read_as_their_kind(client):
    splitwise = Known(client).system("splitwise")
    found = systems.turn(
        splitwise,
        {"design": "HA", "prompt_frac": 0.5, "max_preemptions": 4, "objective": ""},
    )

    assert found == {"design": "HA", "prompt_frac": 0.5}
    greener = Known(client).system("greener")
    assert systems.turn(greener, {"batch": "[16, 64]"}) == {"batch": [16, 64]}
    assert systems.turn(greener, {"batch": "many"}) == {"batch": "many"}


def test_an_unknown_system_is_refused(client):
    with pytest.raises(ApiProblem, match="nobody"):
        Known(client).system("nobody")


@pytest.mark.parametrize("kind", [*(name for name, _ in exports.KINDS), "json"])
def test_files_hold_every_system(answers, kind):
    view = state.view_from(SHORT)
    request = REQUEST | {"view": view.sliders | view.choices}
    content, name = exports.found(answers, request).file(kind)
    text = content if isinstance(content, str) else content.decode()

    assert "Buddy Compression" in text
    if name.endswith(".json"):
        assert len(json.loads(text)["outcomes"]) == 3
    else:
        head, *rows = csv.reader(io.StringIO(text))
        assert all(len(row) == len(head) for row in rows)


def test_a_question_can_be_cancelled(answers):
    answers.cancel("tests", "main")

    assert answers.progress("nobody") == {"main": None, "sweep": None}


def test_the_sweep_names_the_fewest_watts_over_all_server_counts():
    def point(label, servers, attained, watts):
        return {
            "label": label, "server_count": servers, "attained_frac": attained,
            "mean_power_w": watts,
        }  # fmt: skip

    points = [
        point("One pool", 16, 1.0, 108e3),
        point("One pool", 8, 0.9997, 57e3),
        point("Greener", 8, 0.97, 38e3),
    ]

    assert (
        least_of(points, 0.99, "kW") == "fewest watts: One pool on 8 servers, 57.0 kW"
    )
    assert least_of(points, 0.99999999, "kW").startswith("fewest watts: One pool on 16")
    assert least_of(points[2:], 0.99, "kW") == ""
