"""The reference is what the code says, and leaves nothing of it out."""

from __future__ import annotations

import re
import subprocess

import pytest

from api.main import create_app
from app.create import MOUNTED
from scripts.documentation import reference, reference_rest, reference_settings
from scripts.documentation.picture import ROOT
from store.secret_files import SECRETS
from tests.clients.conftest import serving, settings_in

DOCS = ROOT / "docs"
NOT_OURS = {"NAMEPLATE_AGENT", "NAMEPLATE_BENCH_MINUTES", "NAMEPLATE_JOURNAL_FD",
            "NAMEPLATE_SCREENSHOTS", "NAMEPLATE_X", "NAMEPLATE_X_FILE"}  # fmt: skip
"""A prefix; what scripts and tests tell each other; any of them."""
PAGES = {"/" + ("" if p == "explore" else f"{p}/") for p in (
    "explore", "site", "stabilize", "serving", "study", "compare", "live", "data",
)}  # fmt: skip


def test_no_page_of_the_reference_is_stale():
    assert reference.stale() == [], "run scripts/docs"


def test_every_variable_that_the_product_reads_is_told():
    told = (DOCS / "reference" / "settings.md").read_text()
    texts = [path.read_text() for folder in ("store", "api", "app", "cli", "agent")
             for path in (ROOT / folder).rglob("*.py")]  # fmt: skip
    read = {n.rstrip("_") for x in texts for n in re.findall(r"NAMEPLATE_[A-Z_]+", x)}
    secrets = {n for x in texts for n in secrets_of(x)}
    secrets |= {f"NAMEPLATE_{name.upper()}" for name in SECRETS}
    agents = {
        f"NAMEPLATE_AGENT_{n.upper()}" for n in reference_settings.agent_meanings()
    }

    assert "NAMEPLATE_PULL_AUTHORIZATION" in secrets
    read |= {f"{name}_FILE" for name in secrets}
    missing = [n for n in read - agents - NOT_OURS if f"`{n}`" not in told]
    assert sorted(missing) == []


def secrets_of(text):
    """Variables that a module reads as a secret: by name, or by a constant's."""
    for named in re.findall(r"\bsecret\((\"\w+\"|[A-Z_]+)\)", text):
        yield from re.findall(
            r'"(\w+)"' if named[0] == '"' else rf'^{named} = "(\w+)"',
            named if named[0] == '"' else text, re.MULTILINE,
        )  # fmt: skip


def test_every_mounted_page_is_told():
    told = {address.partition("?")[0] for address, _ in reference.PAGES.values()}

    assert {page.path for page in MOUNTED} == told == PAGES


def test_every_package_of_the_core_has_its_page():
    told = "\n".join(
        path.read_text()
        for path in DOCS.rglob("*.md")
        if path.parent.name != "tutorials"
    )

    missing = [p for p in reference.packages() if p != "twin" and f"{p}" not in told]
    assert missing == []


def test_every_model_page_named_in_the_code_is_there():
    named = {
        name
        for path in (ROOT / "twin").rglob("*.py")
        for name in re.findall(r"docs/models/([\w-]+\.md)", path.read_text())
    }

    assert sorted(n for n in named if not (DOCS / "models" / n).exists()) == []


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    settings = settings_in(tmp_path_factory.mktemp("reference"), what_if_wait_s=0.0)
    app = create_app(settings.model_copy(update={"workers": 1}), warm=False)
    with serving(app) as found:
        yield found


def test_every_call_that_needs_no_data_is_answered(address):
    wrong, jobs, sent = [], [], 0
    for name, line, ready in reference_rest.calls():
        if not ready or name == "GET /telemetry/stream":
            continue
        done = subprocess.run(
            ["bash", "-c", line.replace(reference_rest.ADDRESS, address)
             + r" -m 60 -w '\n%{http_code}'"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        body, _, status = done.stdout.rpartition("\n")
        sent += 1
        if not 200 <= int(status) < 300:
            wrong.append(f"{name}: {status} {body[:300]}")
        jobs += re.findall(r'"id":"(job_\w+)"', body[:80])
        while jobs:
            url = f"{address}/api/v1/jobs/{jobs.pop()}"
            subprocess.run(["curl", "-s", "-X", "DELETE", url], check=True,
                           capture_output=True)  # fmt: skip

    assert "\n".join(wrong) == ""
    assert sent > 70
