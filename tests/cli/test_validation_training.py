"""What the learned waveforms meet, and what they are known not to."""

from __future__ import annotations

import pytest

from cli.validation import training


def test_without_the_recorded_runs_there_are_no_rows(monkeypatch, tmp_path):
    monkeypatch.setenv("NAMEPLATE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("NAMEPLATE_CACHE_DIR", str(tmp_path / "cache"))
    said = []

    assert training.rows(lambda _part, text: said.append(text)) == []
    assert "mlperf-train-gpt3-64" in said[-1]


@pytest.mark.data
def test_rows_hold_but_for_the_known_ones():
    rows = training.rows(lambda _part, _text: None)
    missed = {row.id for row in rows if not row.passes}

    assert len({row.id for row in rows}) == len(rows) == 14
    assert all(row.id.startswith(f"{training.PREFIX}.") for row in rows)
    assert missed == {
        "stabilize.lora_peak_a_nodes",
        "stabilize.lora_peak_b_nodes",
        "stabilize.lora_peak_from_1_node",
    }
