"""Settings of the product, read from NAMEPLATE_* environment variables."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_NAME = "nameplate"


def _default_database_url() -> str:
    return f"sqlite:///{user_data_path(_NAME) / 'nameplate.db'}"


def _default_cache_dir() -> Path:
    return user_cache_path(_NAME)


def _default_workers() -> int:
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """Where data lives and how much the server may do; immutable once read."""

    model_config = SettingsConfigDict(env_prefix="NAMEPLATE_", frozen=True)

    database_url: str = Field(
        default_factory=_default_database_url,
        description="SQLAlchemy address: sqlite:///file or postgresql://user@host/name",
    )
    data_dir: Path | None = Field(
        default=None, description="Folder that already holds the published datasets"
    )
    grid_rules_dir: Path | None = Field(
        default=None,
        description="Folder with grid rules of your own, one YAML file each; "
        "ride_through/ and critical_modes.yaml in it too",
    )
    cache_dir: Path = Field(
        default_factory=_default_cache_dir,
        description="Folder for downloaded and imported datasets",
    )
    allow_user_policy: bool = Field(
        default=False,
        description="Accept Python policies in scenarios. They are executed: leave it "
        "off on a server that others reach",
    )
    what_if_wait_s: float = Field(
        default=2.0,
        ge=0,
        le=60,
        description="How long a what-if may take and still be answered directly [s]",
    )
    most_samples: int = Field(
        default=10_000_000,
        ge=1000,
        le=200_000_000,
        description="Most samples, times jobs, of one question about a training site; "
        "a million take about half a second and 150 MB",
    )
    workers: int = Field(
        default_factory=_default_workers, ge=1, le=256, description="Worker threads"
    )
