"""
Host power from its BMC's Redfish service.

Each chassis is asked for `EnvironmentMetrics` (PowerWatts.Reading), and where it has
none for the older `Power` (PowerControl[].PowerConsumedWatts). A machine may list
several chassis of which some are parts of others: the largest reading is the host's.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agent.host import Measured, SourceError
from agent.http import tls_context
from agent.records import HOST_DEVICE

Json = dict[str, Any]


@dataclass(slots=True)
class Redfish:
    """One BMC."""

    name: str = field(default="redfish", init=False)
    url: str
    _: KW_ONLY
    user: str
    password_file: Path | None
    ca_file: Path | None = None
    verify: bool = True
    period_s: float = 5.0
    timeout_s: float = 10.0
    _client: Any = None
    _chassis: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")

    def read(self) -> list[Measured]:
        """Power of the host and, where a chassis tells, the air at its inlet."""
        try:
            return [Measured(HOST_DEVICE, self._values())]
        except SourceError:
            self._chassis = []
            raise

    def _values(self) -> dict[str, float]:
        if not self._chassis:
            members = self._get("/redfish/v1/Chassis").get("Members")
            listed = members if isinstance(members, list) else []
            self._chassis = [str(m["@odata.id"]) for m in listed if "@odata.id" in m]
        found = [self._of_chassis(path) for path in self._chassis]
        watts = [v["power_w"] for v in found if "power_w" in v]
        if not watts:
            raise SourceError(f"{self.url} tells no chassis's power")
        inlets = [v["inlet_c"] for v in found if "inlet_c" in v]
        return {"power_w": max(watts)} | ({"inlet_c": inlets[0]} if inlets else {})

    def _of_chassis(self, path: str) -> dict[str, float]:
        values: dict[str, float] = {}
        metrics = self._get(f"{path}/EnvironmentMetrics", absent_ok=True)
        _take(values, "power_w", metrics.get("PowerWatts"), "Reading")
        _take(values, "inlet_c", metrics.get("TemperatureCelsius"), "Reading")
        if "power_w" not in values:
            controls = self._get(f"{path}/Power", absent_ok=True).get("PowerControl")
            for control in controls if isinstance(controls, list) else []:
                _take(values, "power_w", control, "PowerConsumedWatts")
        return values

    def _get(self, path: str, *, absent_ok: bool = False) -> Json:
        import httpx

        if self._client is None:
            self._client = self._connect()
        if urlsplit(path).netloc:
            raise SourceError(f"the BMC points elsewhere: {path}")
        try:
            answer = self._client.get(path)
        except httpx.HTTPError as error:
            raise SourceError(f"{self.url} does not answer: {error}") from None
        if absent_ok and answer.status_code in (404, 405, 501):
            return {}
        if answer.status_code in (401, 403):
            raise SourceError(f"{self.url} refuses the user {self.user!r}")
        try:
            document = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise SourceError(f"{self.url}{path}: {error}") from None
        return document if isinstance(document, dict) else {}

    def _connect(self) -> Any:
        import httpx

        return httpx.Client(
            base_url=self.url, timeout=self.timeout_s, follow_redirects=False,
            trust_env=False, auth=self._login(),
            verify=tls_context(self.ca_file) if self.verify else False,
        )  # fmt: skip

    def _login(self) -> tuple[str, str] | None:
        if self.password_file is None:
            return None
        try:
            return self.user, self.password_file.read_text().strip()
        except OSError as error:
            raise SourceError(f"the BMC's password cannot be read: {error}") from None


def _take(values: dict[str, float], name: str, holder: Any, key: str) -> None:
    value = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        values[name] = max(float(value), values.get(name, float(value)))
