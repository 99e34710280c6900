"""
Secrets from the environment or from files, as container platforms hand them on.

For NAMEPLATE_X there is NAMEPLATE_X_FILE, the path of a file that holds it; one ending
newline is no part of it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic_settings import PydanticBaseSettingsSource

from twin.errors import ScenarioError

SECRETS = ("database_url", "database_password", "oidc_client_secret")
"""Settings that are secrets, or hold one."""


def secret(variable: str) -> str | None:
    """
    Read a secret; None where it is set nowhere.

    Args:
        variable: Name of the variable; with _FILE behind it, of the file's.

    Raises:
        ScenarioError: If the file cannot be read, or both are set.
    """
    plain, path = os.environ.get(variable), os.environ.get(f"{variable}_FILE")
    if path is None:
        return plain
    if plain is not None:
        raise ScenarioError(variable, f"must not be set beside {variable}_FILE", "both",
                            "unset one of the two")  # fmt: skip
    try:
        return Path(path).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{variable}_FILE", "must be a file in UTF-8 that can be "
                            "read", path, "correct the path or its rights "
                            f"({type(error).__name__})") from error  # fmt: skip


class SecretFiles(PydanticBaseSettingsSource):
    """Settings whose variable names a file."""

    def get_field_value(
        self,
        field: Any,  # noqa: ARG002 - the source's interface has it
        field_name: str,
    ) -> tuple[Any, str, bool]:
        """Read one."""
        variable = f"NAMEPLATE_{field_name.upper()}"
        named = field_name in SECRETS and f"{variable}_FILE" in os.environ
        return (secret(variable) if named else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All that are set so."""
        found = {n: self.get_field_value(None, n)[0] for n in SECRETS}
        return {name: value for name, value in found.items() if value is not None}
