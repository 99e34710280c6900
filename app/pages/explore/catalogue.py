"""What the server knows that the page offers: servers, models, datasets."""

from __future__ import annotations

from typing import Any

from api.client import ApiProblem, Client
from app.pages.explore.state import GENERATED

Json = dict[str, Any]


class Catalogue:
    """Catalogue as options; the servers are read once, they change with a release."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._servers: list[Json] | None = None
        self._datasets: list[Json] = []

    def servers(self) -> list[Json]:
        """Server types."""
        if self._servers is None:
            self._servers = self._client.servers()
        return self._servers

    def rated_w(self, key: str) -> float | None:
        """Nameplate power of one server, None where the catalogue cannot say."""
        figure = self._entry(key).get("figures", {}).get("rated_w")
        return None if figure is None else float(figure["value"])

    def _entry(self, key: str) -> Json:
        try:
            return next((s for s in self.servers() if s["key"] == key), {})
        except ApiProblem:
            return {}

    def top_clock_mhz(self, key: str) -> float | None:
        """Highest SM clock of a server's GPU, None where unknown."""
        figure = self._entry(key).get("gpu", {}).get("figures", {}).get("clock_max_mhz")
        return None if figure is None else float(figure["value"])

    def dataset_kinds(self) -> dict[str, str]:
        """Kind of each dataset present, by name."""
        return {d["name"]: d["kind"] for d in self._datasets}

    def options(self, server: str) -> tuple[Any, ...]:
        """
        Options of the selects for one server type.

        Args:
            server: Key of the server.

        Returns:
            Servers, models, traffic, and clocks of the server for its sliders.
        """
        try:
            self._datasets = [
                d for d in self._client.datasets()
                if d.get("present") and d["kind"] in ("rates", "requests")
            ]  # fmt: skip
            servers = [_option(s) for s in self.servers()]
            models = [_option(m) for m in self._client.models(server)]
        except ApiProblem:
            fallback = [{"value": server, "label": server}]
            return fallback, [], [_GENERATED], {}
        traffic = [
            _GENERATED,
            *({"value": d["name"], "label": d["name"]} for d in self._datasets),
        ]
        known = {
            "server": server, "models": [m["value"] for m in models],
            "top_clock_mhz": self.top_clock_mhz(server),
        }  # fmt: skip
        return servers, models, traffic, known


_GENERATED = {"value": GENERATED, "label": "Generated day"}


def _option(entry: Json) -> Json:
    key = str(entry.get("key") or entry["model"])
    return {"value": key, "label": str(entry.get("label") or key)}
