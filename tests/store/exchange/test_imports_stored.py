"""Stored imports on each database: applied whole, links kept, series with gaps."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from store.exchange.imports import Imports, StoredSeries, packed, unpacked
from store.migrate import upgrade_engine
from store.repositories import ConflictError, NotFoundError
from store.scenarios import Scenarios
from twin.exchange.diff import Link
from twin.exchange.series import Series

LINKS = {"powerfeed:1": Link(kind="node", name="A/F", source_name="A/F")}
LIMITS = {"powerfeed:1": [{"scope": "feed", "value_w": 7360.0}]}


@pytest.fixture
def imports(engine):
    upgrade_engine(engine)
    return Imports(engine)


def stored(imports, **values):
    return imports.add(
        kind="netbox", name="hall", source="netbox:hall", content_sha256="0" * 64,
        status="previewed", counts={}, document={"unmapped": ["“odd” ✓"]},
        content=packed({"items": []}), **values,
    )  # fmt: skip


def apply(imports, key, *, expected=None, body=None):
    return imports.apply(
        key, body=body or {"name": "n"}, name="n", expected=expected, links=LINKS,
        limits=LIMITS,
    )  # fmt: skip


def test_applying_makes_the_scenario_its_links_and_drops_the_content(imports):
    found = apply(imports, stored(imports).id)

    assert found.status == "applied"
    assert found.scenario_version == 1
    assert imports.links(found.scenario_id, "netbox:hall") == LINKS
    whole = imports.whole(found.id)
    assert whole.content is None
    assert whole.document == {"unmapped": ["“odd” ✓"]}
    assert imports.latest(found.scenario_id, "netbox").id == found.id


def test_a_conflict_leaves_scenario_links_and_import_as_they_were(imports):
    first = apply(imports, stored(imports).id)
    later = stored(imports, scenario_id=first.scenario_id, scenario_version=1)
    scenarios = Scenarios(imports.sessions.kw["bind"])
    scenarios.revise(first.scenario_id, expected=1, name="changed")

    with pytest.raises(ConflictError):
        imports.apply(
            later.id, body={"name": "lost"}, name="x", expected=1, links={}, limits={}
        )
    assert scenarios.get(first.scenario_id).body == {"name": "n"}
    assert imports.links(first.scenario_id, "netbox:hall") == LINKS
    assert imports.whole(later.id).status == "previewed"


def test_an_equal_scenario_keeps_its_version(imports):
    first = apply(imports, stored(imports).id)
    again = stored(imports, scenario_id=first.scenario_id, scenario_version=1)

    assert apply(imports, again.id, expected=1).scenario_version == 1


def test_links_go_with_their_scenario_and_the_import_stays(imports):
    found = apply(imports, stored(imports).id)
    Scenarios(imports.sessions.kw["bind"]).delete(found.scenario_id)

    assert imports.links(found.scenario_id, "netbox:hall") == {}
    assert imports.get(found.id).scenario_id is None


def test_a_series_keeps_its_gaps_and_is_guarded_by_its_version(engine):
    upgrade_engine(engine)
    kept = StoredSeries(engine)
    values = np.array([1.5, np.nan, -3.25])
    series = Series(
        kind="price", unit="EUR/MWh", start_us=1_735_689_600_000_000, step_s=3600,
        values=values,
    )  # fmt: skip
    kept.keep("es", series, expected=None)
    found, version = kept.named("es")

    assert_array_equal(found.values, values)
    assert (found.start_us, version) == (series.start_us, 1)
    with pytest.raises(ConflictError):
        kept.keep("es", series, expected=None)
    with pytest.raises(NotFoundError):
        kept.need("es", "carbon")


def test_what_is_packed_comes_back():
    assert unpacked(packed({"a": [1, None]})) == {"a": [1, None]}
    assert unpacked(None) is None
