"""Secrets come from the environment or from files, and show up nowhere."""

from __future__ import annotations

import pytest

from store.settings import Settings
from twin.errors import ScenarioError

CANARY = "canary/of@the:database"


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """A password in a file, and the settings that need it."""
    file = tmp_path / "password"
    file.write_text(f"{CANARY}\n")
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", "postgresql://np@127.0.0.1:9/np")
    monkeypatch.setenv("NAMEPLATE_DATABASE_PASSWORD_FILE", str(file))
    monkeypatch.setenv("NAMEPLATE_CACHE_DIR", str(tmp_path))
    return file


def test_a_password_from_a_file_reaches_the_database_and_no_text(canary):
    from store.engine import database_url

    found = Settings()

    assert database_url(found.database_url).password == CANARY
    assert "canary" not in repr(found) + str(found)


def test_no_command_prints_a_secret(canary, monkeypatch):
    """Everything fails here, with words: the database is not there."""
    from typer.testing import CliRunner

    from cli import doctor
    from cli.main import app

    def said(command):
        return CliRunner().invoke(app, command.split()).output

    monkeypatch.setenv("NAMEPLATE_OIDC_CLIENT_SECRET", "canary-2")
    found = [said("audit"), said("serve --host 0.0.0.0"),
             str(doctor._database(Settings()))]  # fmt: skip
    monkeypatch.setenv("NAMEPLATE_OIDC_ISSUER", "https://id.example")  # not complete
    found.append(said("audit"))

    assert all("NAMEPLATE_DATABASE_URL" in text for text in found[:3])
    assert "oidc_client_id" in found[3]
    assert [text for text in found if "canary" in text] == []


def test_the_api_describes_no_secret(canary, monkeypatch, tmp_path):
    from api.client import Client
    from api.main import create_app
    from tests.api.network import network

    monkeypatch.delenv("NAMEPLATE_DATABASE_PASSWORD_FILE")
    monkeypatch.setenv("NAMEPLATE_OIDC_CLIENT_SECRET", "canary-3")
    url = f"sqlite:///{tmp_path / 's.db'}"
    app = create_app(Settings(database_url=url, workers=1), warm=False)
    paths = ("/api/v1/openapi.json", "/api/v1/version", "/api/v1/health", "/metrics",
             "/login")  # fmt: skip
    near = {"address": "127.0.0.1", "host": "127.0.0.1"}
    with Client.in_process(app), network(app, **near) as http:
        said = [http.get(path).text for path in paths]

    assert "openapi" in said[0]
    assert not [text for text in said if "canary" in text]


def test_a_file_and_a_value_at_once_are_refused(canary, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_DATABASE_PASSWORD", "another")

    with pytest.raises(ScenarioError, match="NAMEPLATE_DATABASE_PASSWORD_FILE"):
        Settings()


def test_a_file_that_is_not_there_is_named(canary):
    canary.unlink()

    with pytest.raises(ScenarioError, match=r"password.*FileNotFoundError"):
        Settings()


def test_an_address_that_cannot_be_read_is_not_repeated():
    from store.engine import open_engine, shown

    with pytest.raises(ScenarioError) as caught:
        open_engine("postgresql:/np:canary@h")

    assert "canary" not in str(caught.value)
    assert "canary" not in shown("postgresql:/np:canary@h")
