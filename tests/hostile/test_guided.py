"""The targets of guided fuzzing: right bytes are read, and the tool itself runs."""

from __future__ import annotations

from random import Random

import pytest

from api.problems import Refusal
from tests.hostile import guided

TARGETS = guided.targets()


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_reads_right_bytes_and_refuses_or_reads_all_others(name):
    read, right = TARGETS[name]
    rng, outcomes = Random(8), []
    for _ in range(8):
        data = right(rng)
        for given in (data, data[: rng.randrange(len(data))]):
            guided.attempt(read, given)
        try:
            read(data)
        except Exception:
            continue
        outcomes.append(name)
    assert outcomes

    for kept in sorted((guided.KEPT / name).glob("*")):
        guided.attempt(read, kept.read_bytes())


def test_what_is_no_refusal_is_a_fault():
    def refuses(_):
        raise Refusal(400, "damaged")

    def breaks(_):
        raise KeyError("x")

    guided.attempt(refuses, b"")
    with pytest.raises(KeyError):
        guided.attempt(breaks, b"")


def test_a_target_is_fuzzed_for_a_moment():
    pytest.importorskip("atheris", reason="has no build for this machine")
    found = guided.run("encodings", seconds=1, seed=8)

    assert found["inputs"] > guided.SEEDS
    assert found["branches"]
    assert found["failures"] == []
    assert found["peak_mb"] < guided.MOST_MB
