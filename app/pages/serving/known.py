"""What the server has: systems, models, servers, recorded traffic, grids."""

from __future__ import annotations

import threading
from typing import Any

from api.client import ApiProblem, Client
from app.pages.knobs import options
from app.pages.serving import state, systems

Json = dict[str, Any]
_MISSING = 404


class Known:
    """Options of the pickers; systems are read once, they come with the server."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._systems: list[Json] = []

    def systems(self) -> list[Json]:
        """Every system, with its knobs."""
        with self._lock:
            if not self._systems:
                self._systems = self._client.serving_systems()
            return self._systems

    def system(self, key: str) -> Json:
        """
        One system.

        Raises:
            ApiProblem: If there is none.
        """
        for one in self.systems():
            if one["key"] == key:
                return one
        keys = ", ".join(one["key"] for one in self.systems())
        raise ApiProblem({
            "title": "No such system", "status": _MISSING, "errors": [{
                "field": "system", "rule": "must be one that is served", "value": key,
                "repair": f"choose among {keys}",
            }],
            "detail": f"system must be one that is served, got {key!r}; choose among "
            f"{keys}",
        })  # fmt: skip

    def fleets(self) -> list[str]:
        """Systems that serve the study's requests, on its terms."""
        return [s["key"] for s in self.systems() if not s["own_terms"]]

    def options(self) -> tuple[Any, ...]:
        """Options of lengths, arrivals, models, servers, grids; boxes of systems."""
        present = [d for d in self._client.datasets() if d["present"]]
        requests = [d["name"] for d in present if d["kind"] == "requests"]
        rates = [d["name"] for d in present if d["kind"] == "rates"]
        lengths = [
            _group("Generated", state.GENERATED),
            _group("Drawn from a record", ((n, n) for n in requests)),
        ]
        arrivals = [
            _group("Generated", state.ARRIVALS),
            _group("Recorded rates", ((f"rates:{n}", n) for n in rates)),
            _group("Replayed as recorded", ((f"requests:{n}", n) for n in requests)),
        ]
        models = sorted({m["model"] for m in self._client.models()})
        return (
            lengths, arrivals, options((m, m) for m in models),
            options(
                (s["key"], s["label"].split(" (")[0]) for s in self._client.servers()
            ),
            options([("", "Constant"), *((g, g) for g in self._client.grids())]),
            systems.boxes(self.systems(), {}),
        )  # fmt: skip


def _group(title: str, pairs: Any) -> Json:
    return {"group": title, "items": options(pairs)}
