"""Commands on the pages run, and print what the pages say they print."""

from __future__ import annotations

import pytest

from api.main import create_app
from scripts.documentation import blocks
from scripts.documentation.blocks import ROOT, Block, differs
from tests.clients.conftest import serving, settings_in

BLOCKS = {page: blocks.blocks(page) for page in blocks.pages()}
TRIED = [page for page, found in BLOCKS.items()
         if any(b.kind in blocks.RUN and b.mark != "shown" for b in found)]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    settings = settings_in(
        tmp_path_factory.mktemp("pages"), what_if_wait_s=60.0, study_engine="serial"
    )
    with serving(create_app(settings, warm=False)) as address:
        yield address.removeprefix("http://")


@pytest.mark.parametrize("page", TRIED, ids=lambda p: p.stem)
def test_a_page_s_commands_run_and_print_what_it_says(page, server, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_STUDY_ENGINE", "serial")

    assert blocks.run_page(page, server, short=True) == []


def test_every_block_with_a_command_is_run_or_says_what_it_needs():
    silent = [b.name for found in BLOCKS.values() for b in found
              if b.kind not in blocks.RUN and b.mark != "shown"]  # fmt: skip
    bare = [b.name for found in BLOCKS.values() for b in found
            if b.mark == "shown" and len(b.why) < 10]  # fmt: skip

    assert (silent, bare) == ([], [])


def test_every_shown_command_has_verbs_and_options_that_exist():
    found = [block for blocks_ in BLOCKS.values() for block in blocks_]

    assert len(found) > 30
    assert [wrong for block in found for wrong in blocks.misspelt(block)] == []


def test_a_verb_or_option_that_is_gone_is_found():
    shown = Block(
        ROOT / "README.md", 1, "", "", "nameplate plam x\nnameplate run --x\n"
    )

    assert [w.partition(": ")[2] for w in blocks.misspelt(shown)] == [
        "no command is called 'plam x'", "nameplate run has no --x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "came", "agree"),
    [
        pytest.param("Peak 96.4 %", "Peak   96.5 %", True, id="within 1 %"),
        pytest.param("Peak 96.4 %", "Peak 98 %", False, id="beyond 1 %"),
        pytest.param("Peak 96.4 %", "Mean 96.4 %", False, id="another word"),
        pytest.param("a\n…\nc", "a\nb\nc", True, id="lines left out"),
        pytest.param("a\nc", "a\nb\nc", False, id="a line missing"),
        pytest.param("a", "a\nb", False, id="a line too few"),
        pytest.param("run_…: done", "run_0f9a: done", True, id="words left out"),
        pytest.param("1,746 requests", "1746 requests", True, id="thousands"),
    ],
)
def test_what_is_told_is_compared_with_what_came(told, came, agree):
    assert (differs(told, came) == "") is agree
