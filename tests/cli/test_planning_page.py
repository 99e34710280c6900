"""What docs/planning.md tells people to type exists, and is accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAID = re.findall(
    r"nameplate ([a-z-]+) (examples/[a-z_]+\.yaml)",
    (ROOT / "docs/planning.md").read_text(),
)


def test_each_question_of_the_page_has_a_command():
    assert {verb for verb, _ in SAID} == {
        "plan", "placement", "cost", "build-out", "study",
    }  # fmt: skip


@pytest.mark.parametrize(("verb", "file"), sorted(set(SAID)), ids=lambda text: text)
def test_a_command_of_the_page_is_there_with_its_file(nameplate, verb, file):
    assert (ROOT / file).is_file()
    assert nameplate(verb, "--help").exit_code == 0


def test_the_search_example_is_one_that_can_be_asked(nameplate, answer):
    seen = answer(
        nameplate("study", ROOT / "examples/search.yaml", "--check", "--json")
    )

    assert [axis["field"] for axis in seen["axes"]] == [
        "fleet.server_count", "policy.t1_frac", "policy.t2_frac",
    ]  # fmt: skip
