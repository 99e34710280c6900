"""Settings of signing in with an OpenID Connect provider: what makes sense together."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

PEOPLE = ("viewer", "planner", "admin")
"""Roles a person may have; readings are sent with tokens."""


def role_map(text: str) -> dict[str, str]:
    """
    Read "planners=planner,ops=admin": a value of the role claim, and its role.

    Raises:
        ValueError: If a pair is none, or names no role of people.
    """
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        value, _, role = (part.strip() for part in pair.rpartition("="))
        if not value or role not in PEOPLE:
            raise ValueError(
                f"oidc_roles has {pair!r}; each must be VALUE=ROLE, and the role one "
                f"of {', '.join(PEOPLE)}"
            )
        found[value] = role
    return found


def safe_address(address: str) -> bool:
    """Whether secrets may go there: https, or plain http on this machine."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        near = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        near = parts.hostname == "localhost"
    return parts.scheme == "http" and near


def check(issuer: str, client_id: str, roles: str) -> None:
    """
    Refuse settings that let nobody in, or the wrong ones.

    Raises:
        ValueError: If something is missing.
    """
    mapped = role_map(roles)
    if not issuer:
        return
    if not safe_address(issuer):
        raise ValueError(f"oidc_issuer must be an https address, got {issuer!r}")
    if not client_id:
        raise ValueError("oidc_client_id must be set with oidc_issuer")
    if not mapped:
        raise ValueError(
            "oidc_roles must be set with oidc_issuer, as VALUE=ROLE, for example "
            "planners=planner,ops=admin"
        )
