"""Commands on the pages run, and print what the pages say they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.main import create_app
from scripts.documentation import blocks
from scripts.documentation.blocks import ROOT, Block, differs
from scripts.documentation.reference_cli import commands
from tests.clients.conftest import serving, settings_in

BLOCKS = {page: blocks.blocks(page) for page in blocks.pages()}
TRIED = [page for page, found in BLOCKS.items()
         if any(b.kind in blocks.RUN and b.mark != "shown" for b in found)]  # fmt: skip
README = ROOT / "README.md"
TUTORIALS = sorted((ROOT / "docs/tutorials").glob("*.md"))
ACTIVATE = ". .venv/bin/activate"
FROM_AN_INDEX = re.compile(r"\binstall\s+(?:-\S+\s+)*[\"'\\]*nameplate|nameplate\[\w")
"""The product is on no index: whatever has its name there is somebody else's."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    from nameplate_client import Client

    settings = settings_in(tmp_path_factory.mktemp("pages"), study_engine="serial")
    with serving(create_app(settings, warm=False)) as address:
        with Client(address, progress=None) as client:  # pages say: once it is warm
            client.what_if(scenario={}, changes={"horizon.days": 0.1})
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


def test_every_command_in_a_sentence_has_verbs_and_options_that_exist():
    found = [(page, said) for page in [*blocks.pages(), ROOT / "CHANGELOG.md"]
             for said in in_sentences(page)]  # fmt: skip
    wrong = [
        fault
        for page, said in found
        if not any(verb.startswith(f"{said.partition(' ')[2]} ") for verb in commands())
        for fault in blocks.misspelt(Block(page, 1, "", "", said))
    ]

    assert len(found) > 130
    assert wrong == []


def in_sentences(page):
    """`nameplate a | b --x` between words, each alternative by itself."""
    text = page.read_text()
    if page.name == "CHANGELOG.md":  # what was released keeps its words
        text = re.split(r"^## \[", text, flags=re.MULTILINE)[1]
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for words in re.findall(r"`(?:\.venv/bin/)?nameplate\s([a-z][^`]*)`", text):
        yield from (f"nameplate {' '.join(w.split())}" for w in words.split(" | "))


def test_no_page_or_repair_fetches_the_product_from_an_index():
    files = [*blocks.pages(), *(ROOT / "docs").rglob("*.in.md")]
    files += [path for folder in ("api", "app", "cli", "examples", "store", "twin")
              for path in (ROOT / folder).rglob("*.py")]  # fmt: skip

    assert FROM_AN_INDEX.search("pip install -U 'nameplate[pdf]'")
    assert [f"{path}: {found[0]}" for path in files
            if (found := FROM_AN_INDEX.search(path.read_text()))] == []  # fmt: skip


def test_the_readme_and_every_tutorial_say_where_the_command_is():
    assert len(TUTORIALS) == 8
    silent = [p.name for p in [README, *TUTORIALS] if ACTIVATE not in p.read_text()]
    assert silent == []


def test_the_readme_s_session_has_at_most_ten_lines():
    (session,) = (block for block in BLOCKS[README] if "/api/v1/" in block.text)

    assert (session.kind, session.mark) == ("console", "")
    assert len(session.text.splitlines()) <= 10


@pytest.mark.skipif(
    not Path(sys.prefix, ".nameplate").exists(), reason="not made by scripts/test"
)
def test_start_says_where_the_command_is_and_hands_its_options_on(tmp_path):
    bare = os.environ | {"NAMEPLATE_VENV": sys.prefix, "PATH": "/usr/bin:/bin"}

    def run(*words):
        return subprocess.run(
            words, cwd=tmp_path, env=bare | {"PIP_NO_INDEX": "1"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip

    started = run(ROOT / "scripts/start", "--help")
    (activate,) = re.findall(r"\. \S+/bin/activate", started.stderr)

    assert "nameplate serve" in started.stdout
    assert "nameplate " in run("bash", "-c", f"{activate} && nameplate version").stdout


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
