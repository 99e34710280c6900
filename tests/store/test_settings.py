"""Settings come from the environment and refuse what cannot work."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agent.settings import NAMES
from scripts.documentation.reference_settings import agent_meanings
from store.settings import Settings, misspelt


def test_the_environment_decides(monkeypatch, tmp_path):
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", "sqlite:///here.db")
    monkeypatch.setenv("NAMEPLATE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("NAMEPLATE_ALLOW_USER_POLICY", "true")
    monkeypatch.setenv("NAMEPLATE_WORKERS", "3")

    found = Settings()

    assert found.database_url == "sqlite:///here.db"
    assert found.data_dir == tmp_path
    assert found.allow_user_policy is True
    assert found.workers == 3


def test_python_policies_are_off_by_default(monkeypatch):
    monkeypatch.delenv("NAMEPLATE_ALLOW_USER_POLICY", raising=False)

    assert Settings().allow_user_policy is False


@pytest.mark.parametrize(
    ("name", "value"), [("NAMEPLATE_WORKERS", "0"), ("NAMEPLATE_WHAT_IF_WAIT_S", "-1")]
)
def test_settings_out_of_range_are_refused(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=name.removeprefix("NAMEPLATE_").lower()):
        Settings()


def test_variables_that_no_setting_has_are_found_with_the_nearest():
    given = ("NAMEPLATE_CACHEDIR", "NAMEPLATE_FOO", "NAMEPLATE_TOKEN_FILE", "HOME",
             "NAMEPLATE_WORKERS", "NAMEPLATE_AGENT_RATE_HZ")  # fmt: skip

    assert misspelt(given) == {
        "NAMEPLATE_CACHEDIR": "NAMEPLATE_CACHE_DIR", "NAMEPLATE_FOO": "",
    }  # fmt: skip


def test_the_agents_settings_have_words_of_their_own():
    meanings = agent_meanings()

    assert set(NAMES) <= set(meanings)
    assert len(set(meanings.values())) == len(meanings)
