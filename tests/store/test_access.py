"""Tokens are kept without their secret, and the log forgets what is old."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from sqlalchemy import update

from store.access import TOKEN, Audit, Tokens
from store.migrate import upgrade_engine
from store.models_access import AuditRow
from store.repositories import NotFoundError, now_utc
from store.scopes import ROLES, SCOPES, UNNAMED
from twin.errors import ScenarioError


@pytest.fixture
def ready(engine):
    upgrade_engine(engine)
    return engine


def test_only_the_hash_of_a_token_is_kept(ready):
    tokens = Tokens(ready)

    row, token = tokens.create(name="n", scopes={"admin"})

    assert TOKEN.fullmatch(token)
    assert token.startswith(f"np_user_{row.id}_")
    assert row.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert len(token.rpartition("_")[2]) * 4 == 192  # bits
    assert tokens.get(row.id).scopes == ["admin"]


def test_two_tokens_share_nothing(ready):
    (first, one), (second, other) = (
        Tokens(ready).create(name="n", scopes={"admin"}) for _ in range(2)
    )

    assert first.id != second.id
    assert one.rpartition("_")[2] != other.rpartition("_")[2]


def test_an_agents_token_names_its_agent(ready):
    row, token = Tokens(ready).create(
        name="rack 3", scopes=ROLES["agent"], agent="node017"
    )

    assert (row.kind, row.agent) == ("agent", "node017")
    assert token.startswith("np_agent_")


def test_revoked_tokens_are_kept_but_not_known(ready):
    tokens = Tokens(ready)
    row, _ = tokens.create(name="n", scopes={"admin"})
    assert set(tokens.known()) == set(tokens.known(row.id)) == {row.id}

    first = tokens.revoke(row.id).revoked_at
    again = tokens.revoke(row.id).revoked_at

    assert tokens.known() == tokens.known(row.id) == {}
    assert again == first


def test_an_unknown_token_cannot_be_revoked(ready):
    with pytest.raises(NotFoundError):
        Tokens(ready).revoke("0" * 12)


def test_a_token_ends_at_its_instant_and_not_before(ready):
    tokens = Tokens(ready)
    ends = now_utc() + dt.timedelta(hours=1)
    row, _ = tokens.create(name="n", scopes={"admin"}, expires_at=ends)
    known = tokens.known()[row.id]

    assert known.usable(ends - dt.timedelta(microseconds=1))
    assert not known.usable(ends)


@pytest.mark.parametrize("name", ["", "a" * 121, "a\nb", "a\x00"])
def test_names_are_short_and_printable(ready, name):
    with pytest.raises(ScenarioError, match="name must be"):
        Tokens(ready).create(name=name, scopes={"admin"})


def test_use_is_written_for_the_tokens_used(ready):
    tokens = Tokens(ready)
    one, _ = tokens.create(name="one", scopes={"admin"})
    other, _ = tokens.create(name="other", scopes={"admin"})
    at = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)

    tokens.used({one.id: at})

    assert tokens.get(one.id).used_at == at
    assert tokens.get(other.id).used_at is None


def test_roles_grow_and_only_an_agent_writes_telemetry():
    assert set(ROLES["viewer"]) < set(ROLES["planner"]) < set(ROLES["admin"])
    assert "telemetry:write" not in set(ROLES["admin"]) | UNNAMED
    assert {s for scopes in ROLES.values() for s in scopes} == set(SCOPES)


def entry(**more):
    return {"kind": "refusal", "actor_id": "", "actor": "", "action": "no token",
            "object": "", "outcome": 401, "address": "192.0.2.7", **more}  # fmt: skip


def test_old_entries_go_and_young_ones_stay(ready):
    audit = Audit(ready)
    audit.write([entry(action="old"), entry(action="young")])
    with ready.begin() as connection:
        connection.execute(
            update(AuditRow)
            .where(AuditRow.action == "old")
            .values(created_at=now_utc() - dt.timedelta(days=8))
        )

    assert audit.prune(keep_days=7) == 1

    assert [e.action for e in audit.page(limit=9).items] == ["young"]


def test_refusals_beyond_a_number_go_but_no_change_does(ready):
    audit = Audit(ready)
    for number in range(5):
        audit.write([entry(action=f"refusal {number}"), entry(kind="change")])

    audit.prune(keep_days=7, most_refusals=2)

    kept = [e.action for e in audit.page(limit=50, kind="refusal").items]
    assert kept == ["refusal 4", "refusal 3"]
    assert len(audit.page(limit=50, kind="change").items) == 5


def test_long_texts_are_cut_not_refused(ready):
    audit = Audit(ready)

    audit.write([entry(object="/" + "x" * 5000)])

    assert len(audit.page(limit=1).items[0].object) == 200
