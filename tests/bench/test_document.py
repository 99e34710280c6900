"""The benchmark page is what recorded runs make it; its drawings stand alone."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from bench.document import documents, drawings, main_table
from bench.history import append, latest_curves, latest_rows, read, series_of
from bench.rows import ROW_BARS, finished
from bench.words import GROUPS, HEADLINE, WORDS, number, short

MACHINE = {
    "cores": 2, "processor": "x86_64", "python": "3.11",
    "copy_bandwidth_bytes_per_s": 4e10, "matrix_flop_per_s": 1e11,
}  # fmt: skip
CURVES = [
    {"id": "servers", "x": "servers", "y": "time of one day",
     "series": [{"name": "a site", "x": [100, 1000], "values": [0.2, 2.0]}]},
    {"id": "workers", "x": "workers", "y": "points per second", "unit": "1/s",
     "series": [{"name": "processes", "x": [1, 2], "values": [5.0, 9.0]}]},
    {"id": "roofline", "chain_flop_per_s": 6e8,
     "kernels": [{"name": "a < b", "flop": 3, "bytes": 16, "steps_per_s": 2e8}]},
]  # fmt: skip


def row(name, value):
    return finished(ROW_BARS[name] | {"id": name, "value": value})


@pytest.fixture
def lines(tmp_path):
    """Two runs as they are recorded and read back."""
    path = tmp_path / "history.jsonl"
    append(
        rows=[row("row.day_s", 0.2), row("row.plan_s", 9.0)], machine=MACHINE,
        curves=[], path=path,
    )  # fmt: skip
    append(rows=[row("row.day_s", 0.1)], machine=MACHINE, curves=CURVES, path=path)
    return read(path)


def test_the_page_its_drawings_and_the_readme_follow_the_recorded_runs():
    stale = [path.name for path, text in documents().items()
             if not path.exists() or path.read_text() != text]  # fmt: skip

    assert stale == [], "run scripts/document_benchmarks"


def test_a_row_shows_its_last_value_wherever_it_was_last_measured(lines):
    rows = latest_rows(lines)

    assert (rows["row.day_s"]["value"], rows["row.day_s"]["run"]) == (0.1, 1)
    assert (rows["row.plan_s"]["value"], rows["row.plan_s"]["run"]) == (9.0, 0)
    assert series_of(lines, "row.day_s") == [(0, 0.2), (1, 0.1)]


def test_a_value_beyond_its_bar_is_said_and_drawn_as_such(lines):
    found = drawings(lines, latest_rows(lines), latest_curves(lines))
    (drawn,) = [text for path, text in found.items() if path.name == "bench_row.svg"]

    assert drawn.count('class="bad"/>') == 1  # the plan's 9 s, above 8 s
    assert drawn.count('class="good"/>') == 2


def test_the_readme_tells_rows_that_miss_their_bar_and_rows_nobody_recorded():
    late = row("row.slider_p95_s", 0.456) | {"bar": 0.7, "passes": True}
    line = {"recorded_at": "2026-01-05", "commit": "", "rows": [late],
            "note": "", "machine": MACHINE, "curves": []}  # fmt: skip
    found = {path.name: text for path, text in documents([line]).items()}
    readme = found["README.md"]

    assert "0 of 1 recorded rows keep their bar; not kept: `row.slider_p95_s`" in readme
    assert "0.456 s | ≤ 0.4 s | **no** |" in readme  # the bar of today, not its own
    assert "(`pages.change_s`) | not recorded | ≤ 0.4 s | – |" in readme
    for section in ("Scaling", "Roofline"):
        told = found["benchmarks.md"].split(f"## {section}\n")[1].split("\n## ")[0]
        assert told.startswith("Not recorded yet: run"), section
        assert len(told) < 80
    assert main_table({}).startswith("0 of 0 recorded")


def test_drawings_are_well_formed_and_fetch_nothing(lines):
    found = drawings(lines, latest_rows(lines), latest_curves(lines))

    assert {p.stem for p in found} == {
        "bench_row", "bench_servers", "bench_workers", "bench_roofline"
    }  # fmt: skip
    for text in found.values():
        ElementTree.fromstring(text)
        assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) == []
        assert "prefers-color-scheme:dark" in text


def test_every_row_has_words_and_a_group():
    assert set(WORDS) == set(ROW_BARS)
    assert {name.partition(".")[0] for name in WORDS} == set(GROUPS)
    assert set(HEADLINE) <= set(WORDS)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(2205180.24, "2,210,000", id="millions keep three digits"),
        pytest.param(999.7, "1,000", id="rounded up to a thousand"),
        pytest.param(0.01591, "0.0159", id="small"),
        pytest.param(0.0, "0", id="nothing"),
    ],
)
def test_numbers_are_told_by_three_digits(value, words):
    assert number(value) == words


def test_powers_of_ten_are_short_on_an_axis():
    assert [short(x) for x in (1e7, 1e3, 0.01)] == ["10M", "1k", "0.01"]
