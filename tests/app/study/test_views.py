"""What the Study page draws: sentence, figures, lines, table, point, files."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import plotly.graph_objects as go
import pyarrow.parquet as pq
import pytest
import yaml

from api.client import ApiProblem
from app.figures import study as figures
from app.figures.study_heat import cell_brush, cell_values, cells_of, heat_figure
from app.figures.study_lines import lines_frame
from app.pages.study import answer, exports, opened, state
from app.pages.study.callbacks import carry_out, cell_of, respond
from app.pages.study.define import draft_of
from app.pages.study.draw import PARTS, draw, table_frame
from app.pages.study.stored import listed
from tests.app.study.conftest import BROKEN, DRAWN, GRID, TORNADO

COUNT, LEVEL = "fleet.server_count", "workload.load.level"


def words_in(component):
    """Every text of a component, in order."""
    if isinstance(component, str | int | float):
        return str(component)
    if component is None:
        return ""
    if isinstance(component, list | tuple):
        return " ".join(map(words_in, component))
    return words_in(getattr(component, "children", None))


def everything(seen):
    return np.ones(len(seen.answered), dtype=bool)


def parts_of(seen, **view):
    drawn, kept = draw(seen, state.view_from(view))
    names = [f"{name}.{prop}" for name, prop in PARTS]
    return dict(zip(names, drawn, strict=True)), kept


@pytest.mark.parametrize("study", [GRID, DRAWN, TORNADO, BROKEN])
def test_plotly_takes_every_figure(seen_of, study):
    drawn, _ = draw(seen_of(study), state.view_from({}))
    found = [
        part for part, (_, prop) in zip(drawn, PARTS, strict=True) if prop == "figure"
    ]

    assert len(found) == 6
    for figure in found:
        go.Figure(json.loads(json.dumps(figure)))


def test_temperatures_are_read_in_fahrenheit_and_spreads_without_its_zero(seen_of):
    seen = seen_of(DRAWN, warm=True)
    seen.document["question"]["metrics"] = [
        m | ({"unit": "C"} if m["key"] == "peak_w" else {})
        for m in seen.document["question"]["metrics"]
    ]
    warm = seen.scale("peak_w")

    assert seen.scale("energy_wh").unit == "kWh"
    assert warm.text(60.0) == "140 °F"
    assert warm.spread(10.0) == "18"
    assert warm.of(seen.values("peak_w")) == pytest.approx(
        1.8 * seen.values("peak_w") + 32
    )


def test_the_sentence_has_its_number_first(seen_of):
    seen = seen_of(DRAWN)
    found = answer.verdict(seen, "peak_w", everything(seen))
    passed = int((seen.values("peak_w") > 15_000).sum())

    number = words_in(found[0]).split("%")[0]
    assert float(number) == pytest.approx(100 * passed / 24, abs=0.06)
    assert "interval" in words_in(found[0])


@pytest.mark.parametrize("study", [GRID, DRAWN], ids=["grid", "drawn"])
def test_every_key_number_says_its_formula_and_the_inputs_that_vary(seen_of, study):
    seen = seen_of(study)
    field = seen.axes[0]["field"]
    points = [p["changes"][field] for p in seen.answered]
    ends = (seen.scale(field).number(min(points)), seen.scale(field).text(max(points)))
    cells = answer.numbers(seen, "peak_w")

    assert len(cells) >= 5
    for cell in cells:
        told = cell.to_plotly_json()["props"]
        assert re.search("÷|points are below|^Largest", told["data-tip"])
        assert f" {ends[0]} to {ends[1]}, " in told["data-inputs"]
        assert told["data-inputs"].endswith("the others as its base has them")


def test_the_best_point_keeps_the_limit(seen_of):
    seen = seen_of(GRID)
    best = seen.point(seen.analysis["best"])
    kept = [p for p in seen.answered if p["outputs"]["peak_w"] <= 15_000]

    assert best["changes"][COUNT] == max(p["changes"][COUNT] for p in kept)
    words = words_in(answer.verdict(seen, "peak_w", everything(seen)))
    assert words.startswith(f"{best['changes'][COUNT]} servers")


def test_a_selection_filters_figures_table_and_words(seen_of):
    seen = seen_of(GRID)
    chosen = seen.selected({COUNT: (4, 5)})
    _, rows, words = table_frame(seen, chosen)

    assert chosen.sum() == 2 * 2
    assert len(rows) == 4
    assert words.startswith("4 of 6 points selected")
    assert "4 of 6 points" in words_in(answer.verdict(seen, "peak_w", chosen))
    assert "Take away" not in words_in(answer.chips(seen, {COUNT: (4, 5)}))
    assert len(answer.chips(seen, {COUNT: (4, 5), "unknown": (0, 1)})) == 1


def test_a_cell_of_a_grid_is_exact(seen_of):
    seen = seen_of(GRID)
    figure = heat_figure(
        seen, "energy_wh", (COUNT, LEVEL), everything(seen), stat="mean"
    )
    z = np.array(figure.data[0]["z"], dtype=float) * seen.scale("energy_wh").per
    by_hand = {
        (p["changes"][COUNT], p["changes"][LEVEL]): p["outputs"]["energy_wh"]
        for p in seen.answered
    }

    for j, level in enumerate((0.5, 1.5)):
        for k, count in enumerate((3, 4, 5)):
            assert z[j, k] == pytest.approx(by_hand[count, level])
    assert cell_brush(seen, COUNT, 1) == (4.0, 4.0)


def test_cells_say_the_mean_or_the_worst_of_their_points():
    values = np.array([1.0, 3.0, 5.0])
    x, y = np.array([0, 0, 1]), np.array([0, 0, 0])

    mean = cell_values(values, x, y, (2, 2), worst="mean")
    most = cell_values(values, x, y, (2, 2), worst="most")
    least = cell_values(values, x, y, (2, 2), worst="least")
    assert mean[0].tolist() == [2.0, 5.0]
    assert most[0].tolist() == [3.0, 5.0]
    assert least[0].tolist() == [1.0, 5.0]
    assert np.isnan(mean[1]).all()


def test_drawn_points_are_binned_without_losing_one(seen_of):
    seen = seen_of(DRAWN)
    cells, words = cells_of(seen, LEVEL)

    assert len(cells) == 24
    assert cells.min() >= 0
    assert cells.max() < len(words)
    inside = [cell_brush(seen, LEVEL, k) for k in range(len(words))]
    assert all(low <= high for low, high in inside)


def test_the_curve_of_more_falls_from_all_to_none(seen_of):
    seen = seen_of(DRAWN)
    figure = figures.exceedance_figure(seen, "peak_w", everything(seen))
    low, high, line = (one["y"] for one in figure.data)

    curve = _floats(line)
    assert curve[0] == pytest.approx(100 * 23 / 24)
    assert curve[-1] == 0.0
    assert np.all(np.diff(curve) <= 0)
    assert np.all(_floats(low) <= curve)
    assert np.all(_floats(high) >= curve)


def _floats(packed):
    import base64

    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype=packed["dtype"])


def test_wide_outputs_get_a_logarithmic_axis():
    assert figures.wide(np.geomspace(1e-6, 1e6, 40))
    assert not figures.wide(np.linspace(1.0, 2.0, 40))
    assert not figures.wide(np.linspace(-1.0, 1e6, 40))
    edges = figures.bin_edges(np.geomspace(1.0, 1e6, 100), log=True)
    assert np.ptp(np.diff(np.log(edges))) < 1e-9


def test_few_of_many_marks_are_drawn_and_the_front_always():
    front = np.zeros(100_000, dtype=bool)
    front[[3, 99_999]] = True
    kept = figures.thinned(100_000, front)

    assert {3, 99_999} <= set(kept.tolist())
    assert len(kept) <= figures.MOST_MARKS + 2
    assert len(figures.thinned(10)) == 10


def test_the_front_and_the_best_are_marked(seen_of):
    seen = seen_of(GRID)
    figure = figures.scatter_figure(seen, COUNT, "energy_wh", everything(seen), point=2)
    named = {one["name"]: one["customdata"] for one in figure.data}

    assert sorted(named["on the front"]) == sorted(seen.analysis["pareto"])
    assert named["best"] == [seen.analysis["best"]]
    assert named["opened"] == [2]


def test_a_tornado_stands_instead_of_a_distribution(seen_of):
    drawn, kept = parts_of(seen_of(TORNADO))

    assert {"dist", "exceed", "heat", "matters"} == set(kept["hidden"])
    bars = [one for one in drawn["fig-tornado.figure"]["data"] if one["type"] == "bar"]
    assert len(bars) == 2
    widths = [bar["x"][0] for bar in bars]
    assert widths == sorted(widths)


def test_lines_run_from_axes_to_the_output_that_colours_them(seen_of):
    seen = seen_of(GRID)
    frame = lines_frame(seen, "energy_wh")
    keys = [one["key"] for one in frame["uprights"]]
    last = [row[-1] for row in frame["at"]]

    assert keys[:2] == [COUNT, LEVEL]
    assert keys[-1] == "energy_wh"
    assert frame["index"] == list(range(6))
    assert (min(last), max(last)) == (0.0, 1.0)
    assert np.argsort(last).tolist() == np.argsort(seen.values("energy_wh")).tolist()


def test_a_point_without_an_answer_is_in_the_table_with_its_reason(seen_of):
    seen = seen_of(BROKEN)
    columns, rows, _ = table_frame(seen, everything(seen))
    failed = [row for row in rows if row.get("error")]

    assert [row["index"] for row in failed] == [1]
    assert "server" in failed[0]["error"]
    assert columns[-1]["field"] == "error"
    assert "1 without an answer" in words_in(
        answer.verdict(seen, "peak_w", everything(seen))
    )


def test_units_are_those_that_suit_or_the_models_own(seen_of):
    assert seen_of(GRID).scale("peak_w").unit == "kW"
    assert seen_of(GRID, core=True).scale("peak_w").unit == "W"
    assert seen_of(GRID, core=True).scale("peak_w").per == 1.0


# --- requests -------------------------------------------------------------------------


def test_what_is_drawn_already_is_not_drawn_again(points, asked):
    request = {"seq": 1, "view": {"study": asked(GRID)}, "fresh": True}
    first = respond(points, request)[-1]
    again = respond(points, request | {"have": first["have"], "fresh": False})

    assert first["done"] == first["asked"] == 6
    assert first["draft"]["spec"]["name"] == GRID["name"]
    assert first["picks"]["sx"] == COUNT
    assert "draft" not in again[-1]
    assert "picks" not in again[-1]


def test_a_study_that_failed_before_its_first_point_says_why(points, asked):
    document, *_ = points.study(asked(GRID))
    failed = document | {"status": "failed", "analysis": None, "job_id": "job_1"}

    class Failed:
        def __init__(self):
            self.client = self

        def study(self, _):
            return failed, [], True

        def job(self, job_id):
            return {"id": job_id, "error": {"detail": "processes takes no work"}}

    *drawn, problem, kept = respond(Failed(), {"seq": 1, "view": {"study": "s"}})

    assert problem is None
    assert kept["why"] == "processes takes no work"
    assert "have an answer" in str(drawn[0])
    assert {"dist", "exceed", "scatter", "lines"} <= set(kept["hidden"])
    assert "drag along an upright to select" in drawn


def test_a_study_that_is_gone_says_so(points):
    request = {"seq": 1, "view": {"study": "study_none"}}
    *_, problem, kept = respond(points, request)

    assert kept["gone"]
    assert "study_none" in words_in(problem)


def test_a_study_is_run_gone_on_with_and_deleted(client):
    act = {"act": "run", "draft": draft_of(GRID | {"name": "Short lived"})}
    key = carry_out(client, act)["study"]
    client.wait(client.study(key)["job_id"], timeout_s=120)
    shown = words_in(listed(client.studies(), chosen=key))

    assert "Short lived" in shown
    with pytest.raises(ApiProblem):
        carry_out(client, {"act": "resume", "study": key})
    carry_out(client, {"act": "delete", "study": key})
    with pytest.raises(ApiProblem):
        client.study(key)


def test_a_cell_that_is_pressed_selects_both_its_ranges(points, asked):
    view = {"study": asked(GRID), "hx": COUNT, "hy": LEVEL}
    found = cell_of(points, {"n": 1, "x": 2, "y": 0, "view": view})

    assert found["brushes"] == {COUNT: [5.0, 5.0], LEVEL: [0.5, 0.5]}


# --- one point ------------------------------------------------------------------------


def test_a_point_shows_its_inputs_outputs_and_the_way_to_it(client, asked, seen_of):
    seen = seen_of(GRID)
    point = client.study_point(asked(GRID), 4)
    words = words_in(opened.drawer(seen, point))

    assert point["key"] in words
    assert COUNT in words
    assert "Open as a run in Explore" in words
    assert f"/studies/{asked(GRID)}/points/4" in words


def test_the_study_of_one_point_gives_its_answer_from_memory(client, asked, seen_of):
    point = client.study_point(asked(GRID), 4)
    job = client.start_study(opened.one_point(seen_of(GRID), point))
    client.wait(job["id"], timeout_s=120)
    alone = client.study(job["result"]["id"])
    again = next(iter(client.study_points(alone["id"])))

    assert again["key"] == point["key"]
    assert again["outputs"] == point["outputs"]
    assert alone["points"]["from_cache"] == 1


def test_a_point_opens_in_explore_and_is_stored_once(client, asked):
    study = client.study(asked(GRID))
    point = client.study_point(asked(GRID), 1)
    href, words = opened.open_point(client, study, point)
    before = len(client.scenarios())
    again, _ = opened.open_point(client, study, point)

    assert href == again
    assert len(client.scenarios()) == before
    assert href.startswith("/?")
    assert "scenario=" in href
    assert "target_peak_frac" in words  # this row has a rate instead


def test_a_point_is_compared_with_the_best(seen_of, asked):
    seen = seen_of(GRID)
    best = seen.analysis["best"]
    other = next(k for k in range(6) if k != best)
    href = opened.compare_link(seen, other)

    assert f"study:{asked(GRID)}:{best}" in href
    assert f"study:{asked(GRID)}:{other}" in href


# --- files ----------------------------------------------------------------------------


def test_files_hold_every_point(client, points, asked):
    document, rows, _ = points.study(asked(GRID))
    csv, name = exports.found(client, document, rows).file("csv")
    parquet, _ = exports.found(client, document, rows).file("parquet")

    assert name.endswith(".csv")
    assert csv.decode().count("\n") == 1 + 6
    assert pq.read_table(io.BytesIO(parquet)).num_rows == 6


def test_the_saved_definition_is_the_same_study(client, points, asked):
    document, rows, _ = points.study(asked(GRID))
    content, name = exports.found(client, document, rows).file("yaml")
    again = yaml.safe_load(content)

    assert name == "study.yaml"
    assert client.check_study(again)["points"] == 6


def test_points_so_far_are_saved_while_others_still_come(client, points, asked):
    document, rows, _ = points.study(asked(GRID))
    under_way = document | {"status": "running", "analysis": None}
    content, name = exports.found(client, under_way, rows[:2]).file("csv")

    assert name.endswith("so-far.csv")
    assert content.decode().count("\n") == 1 + 2


def test_a_report_is_one_page(client, points, asked):
    document, rows, _ = points.study(asked(GRID))
    page, name = exports.found(client, document, rows).file("html")

    assert name.endswith(".html")
    assert GRID["name"] in page
