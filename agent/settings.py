"""What the agent was told: defaults, then a TOML file, then environment, then flags."""

from __future__ import annotations

import os
import socket
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

PREFIX = "NAMEPLATE_AGENT_"
DEFAULT_SPOOL = Path("/var/lib/nameplate-agent")
"""Of root; others cannot write there."""


class SettingError(Exception):
    """A setting cannot be used; the message names it, its value and the repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    Every setting; in TOML by its name, in the environment as NAMEPLATE_AGENT_<NAME>.

    Attributes:
        server: Address of the Nameplate server.
        name: The agent's name there; must be the token's.
        rate_hz: How often each GPU is read. 0.1..50
        spool_dir: Folder where readings wait until they are sent.
        spool_mb: Most that may wait there; beyond, the oldest go. >= 2 MB
        keep_sent: Leave sent readings in the spool until its limit.
        token_file: File with the token; without it NAMEPLATE_AGENT_TOKEN.
        ca_file: Certificates to trust instead of the system's.
        proxy: HTTP proxy to the server.
        batch_s: A batch is sent after this long, if it is not full before.
        batch_readings: A batch is full with this many readings.
        flush_s: Readings are synced to the disk this often.
        timeout_s: Longest wait for the server.
        retry_s: First wait after a failure; it doubles with each.
        retry_max_s: Longest wait after a failure.
        denied_s: Wait after the token was not accepted.
        leave_s: How long a leaving agent goes on sending.
        slow_call_s: A driver call this long is left behind.
        driver_samples: Use the driver's own power samples where they are finer.
        gpu: Read GPUs at all.
        metrics_port: Port where Prometheus may scrape; 0 is off.
        metrics_host: Address it listens on for that.
        redfish: Address of a BMC.
        redfish_user: User there.
        redfish_password_file: File with that user's password.
        redfish_ca_file: Certificates to trust for the BMC.
        redfish_verify: Check the BMC's certificate.
        ipmi: auto, on or off; auto means where ipmitool works and no BMC is named.
        rapl: Read CPU energy where the kernel has it.
        rapl_root: Where.
        host_period_s: How often BMCs are asked.
        allow_control: Apply caps from a signed policy.
        policy_file: The policy.
        policy_key_file: Key the policy is signed with.
    """

    server: str = ""
    name: str = ""
    rate_hz: float = 1.0
    spool_dir: Path = DEFAULT_SPOOL
    spool_mb: float = 512.0
    keep_sent: bool = False
    token_file: Path | None = None
    ca_file: Path | None = None
    proxy: str = ""
    batch_s: float = 5.0
    batch_readings: int = 5_000
    flush_s: float = 1.0
    timeout_s: float = 30.0
    retry_s: float = 1.0
    retry_max_s: float = 60.0
    denied_s: float = 60.0
    leave_s: float = 5.0
    slow_call_s: float = 2.0
    driver_samples: bool = True
    gpu: bool = True
    metrics_port: int = 0
    metrics_host: str = "127.0.0.1"
    redfish: str = ""
    redfish_user: str = ""
    redfish_password_file: Path | None = None
    redfish_ca_file: Path | None = None
    redfish_verify: bool = True
    ipmi: str = "auto"
    rapl: bool = True
    rapl_root: Path = Path("/sys/class/powercap")
    host_period_s: float = 5.0
    allow_control: bool = False
    policy_file: Path | None = None
    policy_key_file: Path | None = None


_LIMITS: dict[str, tuple[float, float]] = {
    "rate_hz": (0.1, 50.0),
    "spool_mb": (2.0, 1e6),
    "batch_s": (0.1, 3600.0),
    "batch_readings": (1, 200_000),
    "flush_s": (0.05, 60.0),
    "timeout_s": (0.1, 600.0),
    "retry_s": (0.01, 600.0),
    "retry_max_s": (0.01, 3600.0),
    "denied_s": (0.01, 3600.0),
    "leave_s": (0.0, 600.0),
    "slow_call_s": (0.1, 600.0),
    "metrics_port": (0, 65_535),
    "host_period_s": (0.5, 3600.0),
}
_TYPES = get_type_hints(Settings)
NAMES = tuple(field.name for field in fields(Settings))


def load(
    flags: Mapping[str, Any],
    *,
    config: Path | None,
    env: Mapping[str, str] = os.environ,
) -> Settings:
    """
    Put settings together, the later ones over the earlier.

    Args:
        flags: What the command line says; None means not said.
        config: TOML file, if any.
        env: Environment.

    Raises:
        SettingError: If one is unknown, of the wrong kind or out of its limits.
    """
    told: dict[str, Any] = {}
    if config is not None:
        told |= _from_file(config)
    for name in NAMES:
        if (value := env.get(PREFIX + name.upper())) is not None:
            told[name] = _converted(name, value, f"{PREFIX}{name.upper()}")
    told.setdefault("spool_dir", default_spool(env))
    told |= {name: value for name, value in flags.items() if value is not None}
    settings = Settings(**told)
    if not settings.name:
        settings = replace(settings, name=socket.gethostname())
    if settings.token_file is None and (folder := env.get("CREDENTIALS_DIRECTORY")):
        systemd = Path(folder) / "token"
        if systemd.exists():
            settings = replace(settings, token_file=systemd)
    return _checked(settings)


def default_spool(env: Mapping[str, str] = os.environ) -> Path:
    """Where readings wait: the service's folder, root's, or the user's for state."""
    if given := env.get("STATE_DIRECTORY", ""):
        return Path(given.partition(":")[0])
    if os.geteuid() == 0:
        return DEFAULT_SPOOL
    state = Path(env.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():  # the convention: then it counts as not set
        state = Path(env.get("HOME", "/nonexistent")) / ".local/state"
    return state / DEFAULT_SPOOL.name


def _from_file(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingError(f"--config {path} cannot be read: {error}") from None
    except ValueError as error:
        raise SettingError(f"--config {path} is not TOML: {error}") from None
    for name in document:
        if name not in NAMES:
            hint = (
                " (the token belongs in a file: token_file)" if name == "token" else ""
            )
            raise SettingError(f"{path}: no setting is called {name!r}{hint}")
    return {n: _converted(n, v, f"{path}: {n}") for n, v in document.items()}


def _converted(name: str, value: Any, where: str) -> Any:
    kind = _TYPES[name]
    try:
        if kind is bool:
            return _bool(value)
        if kind is float:
            return float(value)
        if kind is int:
            return int(value)
        return str(value) if kind is str else Path(str(value))
    except (TypeError, ValueError):
        wanted = getattr(kind, "__name__", "path")
        raise SettingError(f"{where} must be a {wanted}, got {value!r}") from None


def _bool(value: Any) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True,
             "0": False, "false": False, "no": False, "off": False}  # fmt: skip
    text = str(value).strip().lower()
    if text not in words:
        raise ValueError(value)
    return words[text]


def _checked(settings: Settings) -> Settings:
    for name, (low, high) in _LIMITS.items():
        value = getattr(settings, name)
        if not low <= value <= high:
            raise SettingError(
                f"{name} must be from {low:g} to {high:g}, got {value:g}"
            )
    if settings.ipmi not in ("auto", "on", "off"):
        raise SettingError(f"ipmi must be auto, on or off, got {settings.ipmi!r}")
    for name in ("server", "redfish"):
        _check_address(name, getattr(settings, name))
    if settings.allow_control and not (
        settings.policy_file and settings.policy_key_file
    ):
        raise SettingError("allow_control needs policy_file and policy_key_file")
    return settings


def _check_address(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise SettingError(f"{name} must hold no user or password: they end up in logs")
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise SettingError(f"{name} must begin with http:// or https://, got {url!r}")


def plain_text_warning(url: str) -> str:
    """What is to be said of an address where the token is readable on its way."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname in ("localhost", "127.0.0.1", "::1"):
        return ""
    return f"{url} is not encrypted: anyone on the way can read the token; use https"
