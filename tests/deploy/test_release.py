"""What a release promises and stands on: API, changelog, licences, results."""

from __future__ import annotations

import copy
import datetime as dt
import re

import pytest

from bench.history import latest_rows, read
from bench.rows import judged
from bench.words import WORDS
from scripts import api_contract, licences, release

TODAY = dt.date(2026, 11, 22)
GOOD = """# Changelog

## [Unreleased]

## [0.1.0] - 2026-11-20

### Results
none
"""


@pytest.fixture(scope="module")
def document():
    return api_contract.document()


def test_the_api_has_everything_it_ever_promised(document):
    found = api_contract.broken(
        api_contract.released(), api_contract.promises(document)
    )

    assert not found, "a released route, answer or field may not change; add a new one"


def test_a_lost_field_and_a_new_duty_break_a_promise_and_a_new_field_does_not(document):
    before = api_contract.promises(document)
    now = copy.deepcopy(document)
    schema = now["components"]["schemas"]["AlertRuleIn"]
    lost = min(schema["properties"])
    told = schema["properties"].pop(lost)
    schema["properties"]["newcomer"] = {"type": "string"}
    schema.setdefault("required", []).append("newcomer")

    found = api_contract.broken(before, api_contract.promises(now))

    kind = api_contract._type(told)
    assert found == [
        f"gone: AlertRuleIn.{lost}: {kind}",
        "now needed: AlertRuleIn needs newcomer",
    ]


def test_every_package_it_needs_is_on_the_licence_page_with_its_version():
    page = licences.PAGE.read_text()

    for name in licences.needed():
        found = licences.distribution(name)
        told = (found.metadata["Name"], found.version, licences.licence(found))
        assert f"| {' | '.join(told)} |" in page, f"run scripts/licences.py: {name}"
    for dataset in licences.datasets():
        assert f"| `{dataset.name}` | {dataset.licence} |" in page


def test_what_was_derived_is_where_the_page_says_and_its_terms_are_in_the_notice():
    page, notice = licences.PAGE.read_text(), licences.NOTICE.read_text()

    for name, terms, paths in licences.DERIVED:
        assert name in notice, name
        for path in paths:
            assert f"| {name} | {terms} |" in page, f"run scripts/licences.py: {name}"
            assert name.lower() in (licences.ROOT / path).read_text().lower(), path


def test_a_source_with_a_licence_that_asks_for_a_notice_has_one():
    """Every "Somebody (..., MIT)" of the data the core carries."""
    named = re.compile(r"\b(?:MIT|Apache-2\.0|CC-BY[- ]4\.0|BSD-3-Clause)\b")
    carried = {path for _, _, paths in licences.DERIVED for path in paths}

    for path in sorted((licences.ROOT / "twin" / "catalogue").glob("*.py")):
        if named.search(path.read_text()):
            assert str(path.relative_to(licences.ROOT)) in carried, path.name


def test_every_package_says_its_licence_and_brings_none_that_binds_ours():
    for name in licences.needed():
        told = licences.licence(licences.distribution(name))
        assert told != "not stated", name
        assert " or " in told or "GPL" not in told.replace("LGPL", ""), (name, told)


def test_the_collected_notices_have_the_texts_themselves():
    text = licences.texts()

    assert "Copyright (c) 2024 Pratyush Patel" in text
    assert "Redistribution and use in source and binary forms" in text
    assert "numpy 2" in text
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text


def test_an_unreleased_changelog_is_one_cut_from_a_release():
    text = (release.ROOT / "CHANGELOG.md").read_text("utf-8")
    version = re.escape(release.PRODUCT_VERSION)
    text = re.sub(rf"\n\n## \[{version}\] - \S+", "", text)  # once it is released

    cut = release.cut(text, TODAY)

    assert "scripts/release --cut" in release.changelog(text, TODAY)
    assert release.changelog(cut, TODAY) == ""
    assert cut.count("\n## ") == text.count("\n## ") + 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD, ""),
        (GOOD.replace("0.1.0", "0.0.9"), "0.1.0 is not released"),
        (GOOD.replace("### Results\nnone", ""), "its section has no `### Results`"),
        (GOOD.replace("2026-11-20", "2026-12-20"), "2026-12-20 is not yet"),
        (GOOD.replace("[Unreleased]\n", "[Unreleased]\n- more\n"), "lines are left"),
    ],
)
def test_a_changelog_that_does_not_tell_the_release_is_refused(text, why):
    assert release.changelog(text, TODAY).startswith(why)
    assert bool(release.changelog(text, TODAY)) == bool(why)


def test_one_version_is_said_everywhere():
    assert release.versions() == ""


RECORDED = [{"id": "a", "passes": True}, {"id": "b", "passes": False}]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        pytest.param(RECORDED, "", id="as recorded"),
        pytest.param([{"id": "a", "passes": True}, {"id": "b", "passes": True}], "",
                     id="a miss that holds now"),
        pytest.param([{"id": "a", "passes": False}, RECORDED[1]],
                     "a held and no longer do", id="one that held"),
        pytest.param(RECORDED[:1], "b did not come out", id="one that is gone"),
    ],
)  # fmt: skip
def test_a_figure_that_held_must_hold_and_a_recorded_miss_may_miss(found, why):
    told = release.lost(RECORDED, found)

    assert told.startswith(why)
    assert bool(told) == bool(why)


@pytest.mark.parametrize(
    ("rows", "known", "why", "told"),
    [
        pytest.param(RECORDED, {"b"}, "", ["b"], id="the README says so"),
        pytest.param(RECORDED, set(), "missed and not in README.md: b", [], id="new"),
        pytest.param(RECORDED[:1], {"b"}, "not measured: b", [], id="left out"),
    ],
)
def test_a_missed_bar_fails_unless_the_readme_admits_it(rows, known, why, told):
    assert release.missed(rows, known, {"a", "b"}) == (why, told)


def test_bars_the_readme_admits_are_those_recorded_as_missed():
    rows = latest_rows(read())
    over = {name for name, row in rows.items() if not judged(row)["passes"]}

    readme = (release.ROOT / "README.md").read_text("utf-8")

    assert release.admitted(readme) == over & WORDS.keys()
    assert release.admitted(
        "1 of 2 recorded rows keep their bar; not kept: `x.y_s`."
    ) == {"x.y_s"}


def test_the_agent_and_the_client_have_their_licences_collected_too():
    assert licences.needed()["nvidia-ml-py"] == "agent"
    assert {"httpx", "nvidia-ml-py"} <= licences.needed("agent").keys()
    assert {"httpx", "pandas", "pyarrow"} <= licences.needed("client").keys()
    text = licences.texts("agent")
    assert "nvidia-ml-py 1" in text
    assert "numpy 2" not in text


def test_the_agents_image_is_pinned_and_has_the_notices():
    text = (licences.ROOT / "agent" / "Dockerfile").read_text("utf-8")

    for line in re.findall(r"^.*pip install.*$", text, re.MULTILINE):
        assert "--constraint constraints.txt" in line
    assert "--texts /opt/nameplate-agent/NOTICES.txt agent" in text
    uid = re.search(r"--uid (\d+)", text)[1]
    page = (licences.ROOT / "docs" / "agent.md").read_text("utf-8")
    assert f"chown {uid} /etc/nameplate-agent/token" in text
    assert f"chown {uid} /etc/nameplate-agent/token" in page
