"""What the Data page says, from answers written by hand."""

from __future__ import annotations

import pytest

from api.client import ApiProblem
from app.pages.data import answer, calibrations, state
from app.pages.data.callbacks import columns, respond, saved

SECOND = 1_000_000
DAY = 86_400 * SECOND


def source(name, *, first=1000, last=1100, node="", age_s=1.0, kind="agent"):
    return {"name": name, "kind": kind, "node": node, "age_s": age_s, "devices": 9,
            "first_us": first * SECOND, "last_us": last * SECOND,
            "models": ["NVIDIA H100 80GB HBM3"]}  # fmt: skip


# --- the view -------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "99999999999999"])
def test_a_page_that_is_none_is_the_first(page):
    assert state.view_from({"page": page}).page == 1


def test_sources_are_found_by_name_node_or_model():
    both = [source("a1", node="H1R1K01"), source("b2", kind="prometheus")]

    assert [s["name"] for s in state.found_sources(both, "r1k")] == ["a1"]
    assert [s["name"] for s in state.found_sources(both, "PROM")] == ["b2"]
    assert len(state.found_sources(both, " h100 ")) == 2


# --- gaps -----------------------------------------------------------------------------


def us(*pairs):
    """Seconds after the first reading, as instants."""
    return [((1000 + a) * SECOND, (1000 + b) * SECOND) for a, b in pairs]


@pytest.mark.parametrize(
    ("gaps", "spans", "words"),
    [
        pytest.param([], [(0, 100)], "no gap", id="whole"),
        pytest.param([(20, 30)], [(0, 20), (30, 100)], "1 gap, 10 s", id="one"),
        pytest.param([(60, 80), (20, 30)], [(0, 20), (30, 60), (80, 100)],
                     "2 gaps, 30 s", id="two, out of order"),
        pytest.param([(100, 500)], [(0, 100)], "no gap", id="after the newest reading"),
        pytest.param([(-50, 40)], [(40, 100)], "1 gap, 40 s", id="before the first"),
    ],
)  # fmt: skip
def test_a_strip_shows_readings_between_gaps(gaps, spans, words):
    of, period = source("a1"), us((0, 400))[0]

    assert answer.spans_of(of, us(*gaps), period) == us(*spans)
    assert answer.gap_words(of, us(*gaps), period) == words


def test_a_source_from_before_the_period_has_no_reading_in_it():
    later = us((200, 300))[0]

    assert answer.gap_words(source("a1"), [], later) == "no reading"


# --- verdict and numbers --------------------------------------------------------------


PLACED = {"scenario_id": "s", "unplaced": [], "version": 1, "nodes": {}}


@pytest.mark.parametrize(
    ("sources", "placement", "said"),
    [
        pytest.param([], PLACED, "Nothing reports yet", id="none"),
        pytest.param([source("a1")], PLACED, "1 source, 1 reporting", id="one"),
        pytest.param([source("a1", age_s=91)], PLACED, "Silent: a1.", id="silent"),
        pytest.param([source("a1")], PLACED | {"unplaced": ["a1"]},
                     "Without a place: a1.", id="unplaced"),
        pytest.param([source("a1")], PLACED | {"scenario_id": None},
                     "No scenario is watched", id="alone"),
    ],
)  # fmt: skip
def test_the_verdict_says_what_is_missing(sources, placement, said):
    assert said in str(answer.verdict(sources, placement))


def test_states_turn_where_the_live_view_turns_them():
    assert [answer.state_of(s) for s in (90, 91, 300, 301)] == [
        "ok", "stale", "stale", "lost"]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "text"), [(950, "950 B"), (2_600_000, "2.6 MB"), (1e9, "1.0 GB")]
)
def test_sizes_are_read_in_their_unit(count, text):
    assert answer.size(count) == text


def test_only_the_sources_on_the_page_are_looked_into():
    asked = []

    class Server:
        def telemetry_sources(self):
            return [source(f"n{i:02}") for i in range(60)]

        def placement(self):
            return PLACED

        def telemetry_stored(self, name, *_):
            asked.append(name)
            return {"readings": 1, "bytes": 1, "waiting": 0, "gaps": []}

        def telemetry_events(self, *_):
            return []

    request = {"seq": 1, "view": {"page": "3"}}
    *_, words, _, problem, kept = respond(Server(), request, 400.0)

    assert asked == [f"n{i:02}" for i in range(50, 60)]
    assert (words, problem, kept["pages"]) == ("51-60 of 60", None, 3)


# --- placement ------------------------------------------------------------------------


def test_equal_names_are_matched_and_nothing_else():
    rows = state.placement_rows(
        [source("RACK-1.site.example"), source("rack-2"), source("two"),
         source("other")],
        {"rack-2": "elsewhere", "gone": "rack-3"},
    )  # fmt: skip
    found, count = state.matched(rows, ["rack-1", "rack-2", "TWO", "two.b", "rack-3"])

    assert {r["name"]: r["node"] for r in found} == {
        "RACK-1.site.example": "rack-1",  # without case and domain
        "rack-2": "elsewhere",  # has a place
        "two": "",  # two nodes have the name
        "other": "", "gone": "rack-3",
    }  # fmt: skip
    assert count == 1


def test_the_grid_offers_the_nodes_and_nowhere():
    offered = columns(["r1", "r2"])[1]["cellEditorParams"]["values"]

    assert offered == ["", "r1", "r2"]


def test_a_placement_somebody_else_changed_is_not_overwritten():
    class Moved:
        def place(self, *_, **__):
            raise ApiProblem({"title": "Conflict", "status": 412, "detail": "moved"})

    rows = [{"name": "a1", "node": "r1"}]
    note, problem, version = saved(Moved(), rows, "s", {"version": 1})

    assert note == ""
    assert "Somebody else changed the placement" in str(problem)
    assert not isinstance(version, dict)


# --- imports --------------------------------------------------------------------------


IMPORT = {
    "id": "i", "source": "csv:hall-1", "status": "previewed", "notes": [], "facts": {},
    "problems": [], "unmapped": [], "created_at": "2026-01-05T00:00:00Z",
    "counts": {"added": 1, "changed": 1, "removed": 0, "kept": 0, "unchanged": 4},
    "left_out": {"changes": 3, "errors": 0, "unmapped": 0},
    "changes": [
        {"action": "changed", "kind": "node", "name": "PDU-1", "source_id": "x",
         "note": "", "fields": [{"field": "rated_w", "old": 1, "new": 2}]},
        {"action": "added", "kind": "rack", "name": "R1", "source_id": "y", "note": "",
         "fields": [{"field": "row", "old": None, "new": "A"},
                    {"field": "side", "old": None, "new": ""},
                    {"field": "fed_by", "old": None, "new": ["p", "q"]}]},
    ],
    "errors": [{"table": "rows", "row": 6, "field": "rated_w", "rule": "must be > 0",
                "value": -5, "repair": "correct it"}],
}  # fmt: skip


def test_a_diff_shows_old_and_new_and_counts_what_is_not_shown():
    words = str(answer.preview(IMPORT))

    assert "would change" in words
    assert "1 new, 1 changed, 4 as before" in words
    assert "rated_w 1 → 2" in words
    assert "row A, fed_by p, q" in words
    assert "Changes: 5" in words


def test_a_row_left_out_says_where_why_and_how_to_mend_it():
    words = str(answer.preview(IMPORT))

    assert "rows, row 6" in words
    assert "must be > 0" in words
    assert "correct it" in words


# --- calibrations ---------------------------------------------------------------------


FIT = {
    "id": "c", "target": "a1/G0", "kind": "gpu-utilisation", "status": "fitted",
    "active": True, "unit": "W", "samples": 651, "effective_samples": 26.0,
    "created_at": "2026-01-05T00:00:00Z", "prior": "catalogue", "version": "f9",
    "level": "1s", "warnings": [], "error": None, "residuals_missing": "",
    "held_out": {"mape_before": 0.157, "mape_after": 0.076, "rms_before": 85.4,
                 "rms_after": 42.5},
    "parameters": [{"name": "idle_w", "value": 71.3, "standard_error": 0.8, "unit": "W",
                    "fitted": True},
                   {"name": "leak", "value": 0.1, "standard_error": None, "unit": "1",
                    "fitted": False}],
    "refused": [{"parameter": "leak", "why": "inlet_c spans 0.4",
                 "needs": "record inlets that move"}],
}  # fmt: skip


def test_a_calibration_shows_its_error_before_and_after():
    words = str(calibrations.fits_table([FIT], ""))

    assert "15.7 %, 85.4 W rms" in words
    assert "7.6 %, 42.5 W rms" in words
    assert "fitted, counts" in words


def test_a_parameter_has_its_error_and_one_that_is_not_told_says_why():
    words = str(calibrations.fit_words(FIT))

    assert "71.3 ± 0.8" in words
    assert "prior kept" in words
    assert "leak: inlet_c spans 0.4; record inlets that move" in words


def test_a_refused_fit_says_which_data_is_missing():
    error = {"field": "inlet_c", "rule": "must vary", "value": 0.4,
             "repair": "record a warmer day"}  # fmt: skip
    refused = FIT | {"status": "refused", "active": False, "error": error,
                     "held_out": None, "parameters": []}  # fmt: skip

    assert "Record a warmer day" in str(calibrations.fit_words(refused))
    assert "refused" in str(calibrations.fits_table([refused], ""))
