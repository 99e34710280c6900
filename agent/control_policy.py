"""
A signed order of power caps: read, verified, or refused with the reason.

The file is `{"policy": {…}, "signature": "hex"}`. The signature is HMAC-SHA256 over the
policy as canonical JSON: keys sorted, no spaces, UTF-8. Who holds the key may cap.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
KEY_BYTES = 32
RELEASE_S = (2.0, 3600.0)
MOST_BYTES = 1 << 20


class PolicyRefused(Exception):  # noqa: N818 - what happened to it
    """A policy is not followed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    An order that was verified.

    Attributes:
        agent: Whom it is for.
        version: Rises with every order; an older one is never followed.
        issued_us, valid_until_us: On the server's clock. [µs] since 1970
        release_s: The caps go if no newer order comes within this.
        caps_w: Cap by GPU UUID. [W]
    """

    agent: str
    version: int
    issued_us: int
    valid_until_us: int
    release_s: float
    caps_w: Mapping[str, float]


def canonical(policy: Mapping[str, Any]) -> bytes:
    """The bytes that are signed."""
    return json.dumps(
        policy,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    ).encode()


def sign(policy: Mapping[str, Any], key: bytes) -> str:
    """The file's text for a policy."""
    signature = hmac.new(key, canonical(policy), hashlib.sha256).hexdigest()
    return json.dumps({"policy": policy, "signature": signature})


def read_key(path: Path) -> bytes:
    """
    The shared key.

    Raises:
        PolicyRefused: If it is short, missing, or others can read it.
    """
    try:
        mode, key = path.stat().st_mode, path.read_bytes().strip()
    except OSError as error:
        raise PolicyRefused(f"the policy key cannot be read: {error}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PolicyRefused(f"others can read the policy key: chmod 600 {path}")
    if len(key) < KEY_BYTES:
        raise PolicyRefused(
            f"the policy key has {len(key)} bytes, needs {KEY_BYTES}: "
            f"openssl rand -hex 32 > {path}"
        )
    return key


def verify(text: str, key: bytes) -> Policy:
    """
    The policy in a file's text, if its signature and its form hold.

    Raises:
        PolicyRefused: If not.
    """
    if len(text) > MOST_BYTES:
        raise PolicyRefused(f"the policy has {len(text)} characters")
    try:
        document = json.loads(text)
        policy, signature = document["policy"], document["signature"]
        expected = hmac.new(key, canonical(policy), hashlib.sha256).hexdigest()
    except (ValueError, KeyError, TypeError, RecursionError):
        raise PolicyRefused("it is no signed policy") from None
    if not isinstance(signature, str) or not hmac.compare_digest(
        signature.encode(), expected.encode()
    ):
        raise PolicyRefused("the signature is wrong")
    return _policy(policy)


def _policy(policy: Any) -> Policy:
    try:
        if policy["format"] != FORMAT:
            raise PolicyRefused(f"format {policy['format']!r} is not known")
        return Policy(
            agent=str(policy["agent"]),
            version=_whole(policy, "version"),
            issued_us=_whole(policy, "issued_us"),
            valid_until_us=_whole(policy, "valid_until_us"),
            release_s=_release_s(policy["release_s"]),
            caps_w={str(k): float(v) for k, v in policy["caps_w"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PolicyRefused(f"a field is missing or wrong: {error}") from None


def _whole(policy: Mapping[str, Any], name: str) -> int:
    value = policy[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise PolicyRefused(f"{name} must be a whole number from 0, got {value!r}")
    return value


def _release_s(value: Any) -> float:
    low, high = RELEASE_S
    if not low <= float(value) <= high:
        raise PolicyRefused(
            f"release_s must be from {low:g} to {high:g}, got {value!r}"
        )
    return float(value)
