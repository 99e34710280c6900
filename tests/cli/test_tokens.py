"""`nameplate tokens` and how `serve` refuses to stand open."""

from __future__ import annotations

import socket

import pytest

from cli.main import app as command
from store.access import TOKEN


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
    ("arguments", "field"),
    [
        pytest.param(("create", "a"), "scopes", id="opens nothing"),
        pytest.param(("create", "a", "--scope", "root"), "scopes", id="no scope"),
        pytest.param(("create", "a b", "--role", "agent"), "agent", id="odd agent"),
        pytest.param(("revoke", "0" * 12), "TOKEN_ID", id="unknown"),
    ],
)
def test_wrong_input_ends_with_code_2_and_the_field(nameplate, arguments, field):
    result = nameplate("tokens", *arguments)

    assert result.exit_code == 2
    assert field in result.stderr


def test_a_database_out_of_reach_ends_with_code_3(nameplate, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/x")

    result = nameplate("tokens", "list")

    assert result.exit_code == 3
    assert "NAMEPLATE_DATABASE_URL" in result.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "nameplate.test"])
def test_a_server_does_not_open_itself_to_a_network(nameplate, host):
    result = nameplate("serve", "--host", host)

    assert result.exit_code == 2
    assert "--access tokens" in result.stderr


@pytest.mark.parametrize(
    "how", [("--access", "tokens"), ("--access", "open"), ()], ids=str
)
def test_a_server_opens_once_it_is_said_how(nameplate, how, monkeypatch):
    """It gets as far as the port, which is taken."""
    if not how:
        monkeypatch.setenv("NAMEPLATE_ACCESS", "tokens")
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        result = nameplate(
            "serve", "--host", "0.0.0.0", "--port", taken.getsockname()[1], *how
        )

    assert result.exit_code == 3
    assert "--port" in result.stderr


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
