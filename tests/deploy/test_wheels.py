"""What we hand out has all it reads, and nothing of the checkout's besides."""

from __future__ import annotations

import shutil

import pytest

from scripts import wheels
from scripts.release import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    found = tmp_path_factory.mktemp("wheels") / "site"
    assert wheels.installed(ROOT, found) == ""
    return found


def test_wheels_bring_their_own_packages_and_no_others(site):
    brought = {}
    for record in site.glob("*.dist-info/RECORD"):
        paths = (line.split(",")[0] for line in record.read_text().splitlines())
        names = {path.partition("/")[0] for path in paths if ".dist-info/" not in path}
        brought[record.parent.name.partition("-")[0]] = names - {"..", "bin"}

    assert brought == {
        "nameplate": {"api", "app", "assets", "cli", "docs", "migrations", "store",
                      "twin"},
        "nameplate_agent": {"agent"},
        "nameplate_client": {"nameplate_client"},
    }  # fmt: skip
    licences = site.glob("*.dist-info/licenses/LICENSE")
    assert [p.read_text() for p in licences] == 3 * [(ROOT / "LICENSE").read_text()]
    shipped = {path.name for path in (site / "assets").iterdir()} - {"__pycache__"}
    ours = {path.name for path in (ROOT / "assets").iterdir()} - {"README.md"}
    assert shipped == ours


def test_a_dashboard_from_the_wheel_alone_has_its_pages(site, tmp_path):
    assert wheels.begun(site) == ""

    with wheels.serving(site) as port:
        assert wheels.lacking(site, port) == ""

        # and the check sees it where they are gone
        shutil.move(site / "assets", tmp_path)
        shutil.move(site / "docs" / "models", tmp_path)
        assert wheels.lacking(site, port) == (
            "empty: /static/any/explore.js, /static/any/explore.css, "
            "/serving/model-pages/power.md"
        )
