"""Settings of the product, read from NAMEPLATE_* environment variables."""

from __future__ import annotations

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from store import signing_in
from store.secret_files import SecretFiles

_NAME = "nameplate"
_PREFIX = "NAMEPLATE_"
_ELSEWHERE = (
    "SERVER", "TOKEN", "IMPORT_TOKEN", "PULL_AUTHORIZATION",  # single commands
    "PYTHON", "SCHEDULER", "SECRETS", "TEST_POSTGRES_URL", "VENV",  # scripts
)  # fmt: skip
"""Variables that are read elsewhere; those of the agent, NAMEPLATE_AGENT_*, too."""


class Settings(BaseSettings):
    """Where data lives and how much the server may do; immutable once read."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, frozen=True, hide_input_in_errors=True
    )

    database_url: str = Field(
        default_factory=lambda: f"sqlite:///{user_data_path(_NAME) / 'nameplate.db'}",
        repr=False,  # it may hold a password
        description="SQLAlchemy address: sqlite:///file or postgresql://user@host/name",
    )
    database_password: SecretStr | None = Field(
        default=None,
        description="Password of the database's user, apart from the address",
    )
    data_dir: Path | None = Field(
        default=None, description="Folder that already holds the published datasets"
    )
    own_dir: Path | None = Field(
        default=None,
        description="Folder with servers/, plants/ and grid_rules/ of your own, one "
        "YAML file each",
    )
    grid_rules_dir: Path | None = Field(
        default=None,
        description="Folder with grid rules of your own, where it is not grid_rules/ "
        "of NAMEPLATE_OWN_DIR; ride_through/ and critical_modes.yaml in it too",
    )
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path(_NAME),
        description="Folder for downloaded and imported datasets",
    )
    allow_user_policy: bool = Field(
        default=False,
        description="Accept Python policies in scenarios. They are executed: leave it "
        "off on a server that others reach",
    )
    mcp: bool = Field(
        default=False,
        description="Serve the Model Context Protocol at /mcp, behind the same tokens",
    )
    what_if_wait_s: float = Field(
        default=2.0,
        ge=0,
        le=60,
        description="How long a what-if may take and still be answered directly [s]",
    )
    most_samples: int = Field(
        default=1_500_000,
        ge=1000,
        le=200_000_000,
        description="Most samples, times jobs, of one question about a training site; "
        "a million take about two seconds and 200 MB",
    )
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=256,
        description="Worker threads",
    )
    study_engine: str = Field(
        default="processes",
        description="Where studies are answered: serial, threads, processes, or the "
        "address of a dask scheduler, tcp://HOST:PORT",
    )
    study_engines: str = Field(
        default="",
        description="Further dask schedulers a study may name, with commas between; "
        "whoever runs one can run anything here",
    )
    resume_studies: bool = Field(
        default=False,
        description="At start-up go on with studies a stopped server left behind; "
        "`nameplate serve` does",
    )
    keep_raw_days: float = Field(
        default=7.0, gt=0, le=3660, description="Age raw readings reach [d]"
    )
    keep_seconds_days: float = Field(
        default=30.0, gt=0, le=3660, description="Age bins of a second reach [d]"
    )
    keep_minutes_days: float = Field(
        default=400.0, gt=0, le=3660, description="Age bins of a minute reach [d]"
    )
    keep_hours_days: float = Field(
        default=3650.0, gt=0, le=36600, description="Age bins of an hour reach [d]"
    )
    keep_answers_days: float = Field(
        default=400.0,
        gt=0,
        le=36600,
        description="Age answers reach that no study shows any more [d]",
    )
    most_answers: int = Field(
        default=5_000_000,
        ge=0,
        description="Answers of studies kept; beyond, the oldest unshown go",
    )
    most_devices: int = Field(
        default=20_000,
        ge=1,
        description="Devices that telemetry may tell of, of all sources together",
    )
    most_sources: int = Field(
        default=5_000, ge=1, description="Hosts that telemetry may come from"
    )
    access: Literal["open", "tokens"] = Field(
        default="open",
        description="open: whoever reaches the server may use it, for one's own "
        "machine; tokens: every request needs a token, the pages a login",
    )
    allowed_hosts: str = Field(
        default="",
        description="Names the server is reached by, with commas between; in open "
        "mode localhost and bare IP addresses where empty, in tokens mode any",
    )
    proxy: str = Field(
        default="",
        description="Address of the reverse proxy whose X-Forwarded-For and -Proto "
        "are believed; none where empty",
    )
    token_requests_per_s: float = Field(
        default=300.0,
        gt=0,
        description="Requests one token may make, on average over seconds [1/s]",
    )
    token_bytes_per_s: float = Field(
        default=100e6, gt=0, description="Bytes one token may send on average [B/s]"
    )
    webhook_hosts: str = Field(
        default="",
        description="The only hosts that alerts may be sent to, with commas between; "
        "where empty any, but those of this machine and of link-local addresses",
    )
    audit_days: float = Field(
        default=400.0, gt=0, description="Age the audit log's entries reach [d]"
    )
    import_hosts: str = Field(
        default="",
        description="Hosts that imports may fetch from, with commas between, as host "
        "or host:port; none where empty",
    )
    oidc_issuer: str = Field(
        default="",
        description="OpenID Connect provider that people may sign in with, as it calls "
        "itself: https://id.example/realm; needs the extra oidc",
    )
    oidc_client_id: str = Field(
        default="", description="Name of this server at the provider"
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Secret of this server at the provider, if it has one"
    )
    oidc_scope: str = Field(
        default="openid profile email", description="What the provider is asked to tell"
    )
    oidc_role_claim: str = Field(
        default="groups",
        description="Claim that decides on roles; with dots into one, as "
        "realm_access.roles",
    )
    oidc_roles: str = Field(
        default="",
        description="Role for values of that claim: planners=planner,ops=admin; who "
        "has none does not get in",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - none is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read secrets from files too."""
        return init_settings, env_settings, SecretFiles(settings_cls)

    @model_validator(mode="after")
    def _complete(self) -> Settings:
        """Put the password into the address; refuse half a provider."""
        if self.database_password is not None:
            from store.engine import with_password  # slow, and rarely wanted here

            password = self.database_password.get_secret_value()
            whole = with_password(self.database_url, password)
            object.__setattr__(self, "database_url", whole)  # frozen from here on
        signing_in.check(self.oidc_issuer, self.oidc_client_id, self.oidc_roles)
        return self


def misspelt(environment: Iterable[str]) -> dict[str, str]:
    """
    Find variables that look like settings and are none.

    Args:
        environment: Names of variables.

    Returns:
        Such a name -> the nearest setting; empty where none is near.
    """
    known = {name.upper() for name in Settings.model_fields} | set(_ELSEWHERE)
    known |= {f"{name}_FILE" for name in known}
    found = {}
    for name in sorted(environment):
        own = name.removeprefix(_PREFIX)
        if own == name or own in known or own.startswith("AGENT_"):
            continue
        near = get_close_matches(own, known, n=1)
        found[name] = _PREFIX + near[0] if near else ""
    return found
