"""`nameplate tokens` and how `serve` refuses to stand open."""

from __future__ import annotations

import datetime as dt
import socket

import pytest

from cli.main import app as command
from store.access import TOKEN
from store.repositories import now_utc


def test_a_token_is_printed_alone_so_that_it_can_be_piped(nameplate):
    made = nameplate("tokens", "create", "node017", "--role", "agent")

    assert made.exit_code == 0
    assert TOKEN.fullmatch(made.stdout.strip())
    assert "telemetry:write" in made.stderr


def test_an_agents_token_is_bound_to_the_agent_of_its_name(nameplate, answer):
    made = nameplate("tokens", "create", "node017", "--role", "agent", "--json")

    assert answer(made)["agent"] == "node017"
    assert answer(made)["expires_at"] is None


def test_tokens_are_listed_without_secrets_and_revoked_by_id(nameplate, answer):
    made = nameplate("tokens", "create", "boss", "--role", "admin", "--days", "30")
    secret, key = made.stdout.strip().rpartition("_")[2], made.stdout.split("_")[2]

    listed = nameplate("tokens", "list")
    revoked = nameplate("tokens", "revoke", key)
    after = answer(nameplate("tokens", "list", "--json"))

    assert key in listed.stdout
    assert "admin" in listed.stdout
    assert secret not in listed.stdout
    assert revoked.exit_code == 0
    assert after[0]["revoked_at"] is not None
    assert after[0]["expires_at"] is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("create", "a"), "scopes", id="opens nothing"),
        pytest.param(("create", "a", "--scope", "root"), "scopes", id="no scope"),
        pytest.param(("create", "a b", "--role", "agent"), "agent", id="odd agent"),
        pytest.param(
            ("create", "", "--role", "admin"), "such as node017", id="no name"
        ),
        pytest.param(
            ("revoke", "zzz"), "TOKEN_ID must be a token's id, got 'zzz'", id="unknown"
        ),
    ],
)
def test_wrong_input_ends_with_code_2_and_the_field(nameplate, arguments, said):
    result = nameplate("tokens", *arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_database_out_of_reach_ends_with_code_3(nameplate, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/x")

    result = nameplate("tokens", "list")

    assert result.exit_code == 3
    assert "NAMEPLATE_DATABASE_URL" in result.stderr


def test_who_made_and_revoked_tokens_is_in_the_log(nameplate, answer, monkeypatch):
    monkeypatch.setenv("LOGNAME", "ada")
    key = nameplate("tokens", "create", "boss", "--role", "admin").stdout.split("_")[2]
    nameplate("tokens", "revoke", key)

    entries = answer(nameplate("audit", "--json"))
    shown = nameplate("audit", "--kind", "change").stdout

    assert [(e["actor"], e["action"], e["object"]) for e in entries] == [
        ("ada on the server", "nameplate tokens revoke", f"{key} boss"),
        ("ada on the server", "nameplate tokens create", f"{key} boss"),
    ]
    assert "ada on the server" in shown


@pytest.mark.parametrize(
    "host",
    [("0.0.0.0",), ("::",), ("nameplate.test",), ("",),
     ("0.0.0.0", "--access", "tokens"), ("0.0.0.0", "--access", "open")],
    ids=" ".join,
)  # fmt: skip
def test_a_server_without_users_does_not_open_itself_to_a_network(nameplate, host):
    result = nameplate("serve", "--host", *host)

    assert result.exit_code == 2
    assert "nameplate tokens create NAME --role admin" in result.stderr


def test_no_server_stands_open_to_a_network_even_with_users(nameplate, monkeypatch):
    nameplate("tokens", "create", "boss", "--role", "admin")
    monkeypatch.setenv("NAMEPLATE_ACCESS", "open")

    result = nameplate("serve", "--host", "0.0.0.0")

    assert result.exit_code == 2
    assert "--access" in result.stderr


@pytest.mark.parametrize(
    ("role", "days", "code"),
    [
        pytest.param("viewer", 30, 3, id="a user"),
        pytest.param("agent", 30, 2, id="an agent alone"),
        pytest.param("admin", 0.5, 2, id="a user whose token has ended"),
    ],
)
def test_a_server_opens_to_a_network_once_it_has_users(
    nameplate, role, days, code, monkeypatch
):
    """With one it gets as far as the port, which is taken."""
    made = nameplate("tokens", "create", "first", "--role", role, "--days", days)
    assert made.exit_code == 0
    later = now_utc() + dt.timedelta(days=1)
    monkeypatch.setattr("store.access.now_utc", lambda: later)
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        result = nameplate("serve", "--host", "0.0.0.0", "--port",
                           taken.getsockname()[1])  # fmt: skip

    assert result.exit_code == code
    assert ("--port" in result.stderr) == (code == 3)


def test_a_server_with_a_provider_needs_no_token_to_open(nameplate, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_OIDC_ISSUER", "https://id.example")
    monkeypatch.setenv("NAMEPLATE_OIDC_CLIENT_ID", "nameplate")
    monkeypatch.setenv("NAMEPLATE_OIDC_ROLES", "ops=admin")
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        result = nameplate("serve", "--host", "0.0.0.0", "--port",
                           taken.getsockname()[1])  # fmt: skip

    assert result.exit_code == 3


def test_no_option_takes_a_token(nameplate):
    """Every user of a machine sees its command lines."""
    import typer

    def options(group):
        for name, sub in getattr(group, "commands", {}).items():
            yield from options(sub)
            yield from ((name, o) for p in sub.params for o in p.opts)

    assert [o for o in options(typer.main.get_command(command)) if "token" in o[1]] == [
        ("revoke", "token_id")
    ]
