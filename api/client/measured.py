"""Calls about what is measured, and the twin that follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api.client.base import Connection, Progress, one
from twin.types import Document


class MeasuredCalls(Connection):
    """Telemetry, alerts, tracking, and imports of all of these."""

    # --- telemetry ----------------------------------------------------------------

    def telemetry_now(
        self, *, node: str = "all", hosts: Sequence[str] = ()
    ) -> Document:
        """
        Read what is drawn now.

        Args:
            node: Give the hosts on this node; "all" every host, "" none.
            hosts: Give these hosts with their devices.
        """
        return self._get("/telemetry/now", node=node, host=list(hosts))

    def telemetry_series(
        self, of: str, start_us: int, end_us: int, *, level: str = "", device: str = ""
    ) -> Document:
        """
        Read power over time.

        Args:
            of: "site", "node/NAME", or a host's name.
            start_us: First instant. [µs]
            end_us: End. [µs]
            level: "1s", "1min" or "1h"; "" takes the finest of at most 2,000 bins.
            device: One device of a host, by its key; "*" gives all, "" their sum.
        """
        asked = {"of": of, "start_us": start_us, "end_us": end_us, "level": level,
                 "device": device}  # fmt: skip
        return self._get("/telemetry/series", **asked)

    def telemetry_sources(self) -> list[Document]:
        """Everything that reports, by name."""
        return self._items("/telemetry/sources")

    def telemetry_stored(self, name: str, start_us: int, end_us: int) -> Document:
        """How much of a source is stored, and its holes in a period."""
        path = f"/telemetry/sources/{one(name)}/stored"
        return self._get(path, start_us=start_us, end_us=end_us)

    def telemetry_events(self, start_us: int, end_us: int) -> list[Document]:
        """What agents reported in a period, newest first."""
        return self._items("/telemetry/events", start_us=start_us, end_us=end_us)

    def placement(self) -> Document:
        """Which scenario is watched, and where sources stand in it."""
        return self._get("/telemetry/placement")

    def place(
        self, scenario_id: str | None, nodes: Mapping[str, str], *, version: int
    ) -> Document:
        """Watch a scenario; refused if the placement has moved on from `version`."""
        body = {"scenario_id": scenario_id, "nodes": dict(nodes), "version": version}
        return self._json("PUT", "/telemetry/placement", json=body)

    def alerts(self, **equal: Any) -> list[Document]:
        """Alerts, newest first; `status` and `rule_id` narrow them."""
        return self._items("/alerts", limit=200, **equal)

    # --- the tracking twin --------------------------------------------------------

    def calibrate(
        self, *, on_progress: Progress | None = None, **asked: Any
    ) -> Document:
        """
        Fit a model to a stored period, waiting for it.

        Args:
            on_progress: Told part and phase.
            **asked: As the request's body: kind, source, start_us, end_us and more.

        Returns:
            The finished job.
        """
        job = self._json("POST", "/tracking/calibrations", json=asked)
        return self.wait(job["id"], on_progress)

    def calibrations(self, **equal: Any) -> list[Document]:
        """Calibrations, newest first; `kind`, `source` and `active` narrow them."""
        return self._items("/tracking/calibrations", limit=200, **equal)

    def calibration(self, calibration_id: str) -> Document:
        """One calibration with its residuals."""
        return self._get(f"/tracking/calibrations/{one(calibration_id)}")

    def activate_calibration(
        self, calibration_id: str, *, force: bool = False
    ) -> Document:
        """Let a calibration count, in place of the one of its kind and target."""
        path = f"/tracking/calibrations/{one(calibration_id)}/activate"
        return self._json("POST", path, params={"force": force})

    def delete_calibration(self, calibration_id: str) -> None:
        """Delete a calibration."""
        self._send("DELETE", f"/tracking/calibrations/{one(calibration_id)}")

    def shadow(
        self, *, node: str = "", start_us: int | None = None, end_us: int | None = None
    ) -> Document:
        """Compare measured with predicted; `node` adds curves of a host or node."""
        return self._get(
            "/tracking/shadow", node=node, start_us=start_us, end_us=end_us
        )

    def forecast(
        self, of: str = "site", horizon_s: float = 86_400.0, *, backtest: bool = True
    ) -> Document:
        """Forecast power and what is left of the limit."""
        return self._get(
            "/tracking/forecast", of=of, horizon_s=horizon_s, backtest=backtest
        )

    def from_now(self, scenario_id: str | None = None, **more: Any) -> Document:
        """Say what makes a scenario begin from now; nothing is stored."""
        body = {"scenario_id": scenario_id, **more}
        return self._json("POST", "/tracking/from-now", json=body)

    # --- telemetry of others ------------------------------------------------------

    def upload_telemetry(
        self, path: str | Path, *, source: str, **about: str | None
    ) -> Document:
        """
        Send a CSV or Parquet file of readings, checked row by row.

        Args:
            path: The file, here.
            source: Host the readings are of.
            **about: What the file does not say: kind, device, time_zone, start.

        Returns:
            What became of it.
        """
        known = {k: v for k, v in about.items() if v is not None} | {"source": source}
        kind = "application/octet-stream"
        return self._sent_file("/telemetry/upload", path, kind, known)

    def pull_telemetry(self, **asked: Any) -> Document:
        """
        Start to fetch a range query from a Prometheus.

        Args:
            **asked: url, query or preset, start, end, step_s, source, authorization.

        Returns:
            The job.
        """
        return self._json("POST", "/telemetry/pull", json=asked)

    def receivers(self) -> list[Document]:
        """What receivers got since the server started."""
        items: list[Document] = self._get("/telemetry/receivers")["items"]
        return items

    # --- imports and exports ------------------------------------------------------

    def preview_import(
        self, kind: str, name: str, content: bytes, **more: Any
    ) -> Document:
        """
        Say what a file would change.

        Args:
            kind: What the file is, "netbox" or "dps" for example.
            name: Name of the source.
            content: The file.
            **more: `scenario_id`, `servers`, `column`, `zone`, `unit`.
        """
        asked = {"kind": kind, "name": name, **more}
        return self._json(
            "POST", "/imports/preview", content=content,
            params={k: v for k, v in asked.items() if v not in (None, "")},
            headers={"content-type": "application/octet-stream"}, timeout=None,
        )  # fmt: skip

    def preview_netbox(self, url: str, token: str, **more: Any) -> Document:
        """Say what a live NetBox would change; `more` as the request's body."""
        body = {"url": url, **{k: v for k, v in more.items() if v not in (None, "")}}
        return self._json(
            "POST", "/imports/netbox", json=body, timeout=None,
            headers={"x-import-token": token},
        )  # fmt: skip

    def apply_import(self, import_id: str) -> Document:
        """Do what a preview said."""
        return self._json("POST", f"/imports/{one(import_id)}/apply")

    def imports(self, **equal: Any) -> list[Document]:
        """Imports, newest first."""
        return self._items("/imports", **equal)

    def read_import(self, import_id: str, **part: int) -> Document:
        """One import; `offset` and `limit` choose a part of its lists."""
        return self._get(f"/imports/{one(import_id)}", **part)

    def series(self) -> list[Document]:
        """Price and carbon series that were imported."""
        return self._items("/series")

    def export_dps(self, scenario_id: str, part: str = "topology") -> Document:
        """A scenario for NVIDIA's power software: topology, policies or devices."""
        return self._get("/exports/dps", scenario_id=scenario_id, part=part)

    def export_table(self, scenario_id: str) -> bytes:
        """A scenario's nodes and racks as CSV."""
        asked = {"scenario_id": scenario_id}
        return self._send("GET", "/exports/topology.csv", params=asked).content
