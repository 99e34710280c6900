"""The audit of dependencies finds what it is there to find."""

from __future__ import annotations

import json
import subprocess
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
