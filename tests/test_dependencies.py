"""The audit of dependencies finds what it is there to find."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from importlib.metadata import distribution

import pytest

from scripts import dependencies

HELD = {"httpx": distribution("httpx"), "pip": distribution("pip")}
VERSION = HELD["httpx"].version


@pytest.mark.parametrize(
    ("pins", "faults"),
    [
        pytest.param(f"HTTPX=={VERSION} # why\n", 0, id="pinned, however it is spelt"),
        pytest.param("httpx==0.0.1\n", 1, id="pinned to another version"),
        pytest.param("# httpx\n", 1, id="not pinned"),
    ],
)
def test_what_is_installed_must_be_pinned_as_it_is(pins, faults):
    assert len(dependencies.unpinned(HELD, dependencies.pinned(pins))) == faults


def test_the_closure_reaches_what_only_others_need():
    found = dependencies.closure("nameplate", ["dev"])

    assert {"dash", "starlette", "h11"} <= found.keys()  # h11: of uvicorn and httpcore
    assert "nameplate" not in found


@pytest.mark.parametrize(
    ("told", "known"),
    [
        pytest.param(
            [{"name": "a", "version": "1",
              "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}],
            ["a 1: CVE-1, mended in 2"], id="a vulnerability",
        ),
        pytest.param([{"name": "a", "version": "1", "vulns": []}], [], id="none known"),
        pytest.param([{"name": "a", "skip_reason": "not found"}], None,
                     id="a service that knows nothing"),
        pytest.param(None, None, id="no answer"),
    ],
)  # fmt: skip
def test_vulnerabilities_fail_and_silence_does_not(monkeypatch, told, known):
    """The answers are as pip-audit prints them."""

    def answer(*_args, **_kwargs):
        text = "" if told is None else json.dumps({"dependencies": told, "fixes": []})
        return subprocess.CompletedProcess([], 0, stdout=text)

    monkeypatch.setattr(dependencies.subprocess, "run", answer)

    assert dependencies.vulnerable({"a": "1"}) == known


def test_the_record_says_when_and_of_what_it_was_asked():
    record = json.loads(dependencies.RECORD.read_text())

    assert record.keys() == {"date", "packages", "advisories"}
    assert dt.date.fromisoformat(record["date"]) >= dt.date(2026, 11, 22)
    assert {"dash", "nvidia-ml-py", "h11"} <= record["packages"].keys()
    told = record["advisories"]
    assert told == dependencies.NOT_LOOKED_UP or isinstance(told, list)


@pytest.mark.parametrize(
    ("known", "pins", "why"),
    [
        pytest.param([], {"a": "1"}, "", id="asked, none known"),
        pytest.param([], {"a": "2"}, "a changed since", id="of other versions"),
        pytest.param(["a 1: CVE-1"], {"a": "1"}, "a 1: CVE-1", id="one known"),
        pytest.param(None, {"a": "1"}, "advisories were not looked up", id="no answer"),
    ],
)
def test_a_release_wants_an_answer_about_what_it_pins(known, pins, why):
    found = dependencies.unanswered(dependencies.recorded({"a": "1"}, known), pins)

    assert found.startswith(why)
    assert bool(found) == bool(why)


def test_silence_is_said_and_recorded(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(dependencies, "RECORD", tmp_path / "dependencies.json")
    monkeypatch.setattr(dependencies, "vulnerable", lambda versions: None)
    monkeypatch.setattr(sys, "argv", ["dependencies", "--record"])

    assert dependencies.main() == 0

    assert "not looked up" in capsys.readouterr().out.splitlines()[-1]
    record = json.loads(dependencies.RECORD.read_text())
    assert record["advisories"] == "not looked up"
    assert record["packages"]["nvidia-ml-py"] == distribution("nvidia-ml-py").version
