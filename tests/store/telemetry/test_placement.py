"""Where sources stand, guarded by a version."""

import pytest
from sqlalchemy import event

from store.repositories import ConflictError


def test_there_is_none_before_the_first(service):
    found = service.placements.get()

    assert (found.version, found.scenario_id, dict(found.nodes)) == (0, None, {})


def test_a_change_on_an_old_version_is_refused(service):
    service.placements.put("s1", {"a": "r1"}, version=0)

    with pytest.raises(ConflictError):
        service.placements.put("s2", {}, version=0)

    assert service.placements.get().scenario_id == "s1"


def test_of_two_first_changes_at_once_one_is_refused(service):
    placements, others = service.placements, []

    def beside(connection, cursor, statement, *rest):
        if statement.startswith("INSERT INTO telemetry_placement") and not others:
            others.append(statement)
            placements.put("theirs", {}, version=0)

    event.listen(service.placements._engine, "before_cursor_execute", beside)
    with pytest.raises(ConflictError):
        placements.put("ours", {}, version=0)

    assert placements.get().scenario_id == "theirs"


def test_sources_are_listed_by_node(service):
    found = service.placements.put(None, {"b": "r1", "a": "r1", "c": "r2"}, version=0)

    assert found.by_node() == {"r1": ["a", "b"], "r2": ["c"]}
