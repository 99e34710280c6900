"""The tracking twin at work: calibrations, shadow, forecasts, what-ifs from now."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic_core import to_json

from api import tracking_forecast, tracking_replay
from api.documents import plain
from api.jobs import Job
from api.problems import Refusal
from api.shared import Service
from api.tracking_documents import calibration_document, residual_document
from api.tracking_fits import GPU_KINDS, Ask, fitted, gather, held_from_us, modelled
from api.tracking_priors import is_like
from api.tracking_watch import ShadowWatch
from store.models_tracking import CalibrationRow
from store.repositories import Page, new_id
from store.telemetry.levels import DAY_US, MINUTE_US, SECOND_US
from store.tracking import Calibrations
from twin.calibrate.record import Fit
from twin.catalogue.servers import Server
from twin.errors import Cancelled, ScenarioError
from twin.facility.answer import facility_of
from twin.scenario import Scenario, apply_changes, parse_scenario
from twin.serving.traffic import Recordings
from twin.tracking.whatif import SiteNow, scenario_from_now
from twin.types import Document

if TYPE_CHECKING:
    from api.services import AppState

log = logging.getLogger("nameplate.tracking")

LOOK_EVERY_S = 60.0
LEAST_REST = 9.0
"""The shadow rests for at least so many times as long as it took: a tenth of a core."""
PEAK_DAYS = 7
ROW_S = 300
NOW_S = 90.0
ROW = "row"
SUPPLY_LIMITS_C = (5.0, 50.0)


class TrackingService(Service):
    """Everything that learns from stored telemetry."""

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        self.calibrations = Calibrations(state.engine)
        self.shadow = ShadowWatch(state.telemetry, state.watch, self.calibrations)
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._look, name="tracking-shadow", daemon=True
        )

    def open(self) -> None:
        """Shadow the newest hour from now on."""
        self._thread.start()

    def close(self) -> None:
        """Finish the look under way, then stop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _look(self) -> None:
        wait_s = 0.0
        while not self._stop.wait(wait_s):
            started_s = time.monotonic()
            try:
                self.shadow.look()
            except Exception:
                log.exception("the site was not shadowed; trying again")
            wait_s = max(LOOK_EVERY_S, LEAST_REST * (time.monotonic() - started_s))

    def drift_frac(self) -> Mapping[str, float]:
        """Measured less predicted power of late, over predicted, by node."""
        return self.shadow.drift_frac

    # --- calibrations ---------------------------------------------------------------

    def calibrate(
        self, *, kind: str, source: str, device: str, start_us: int, end_us: int,
        held_out_frac: float, server: str | None, output_source: str | None,
        output_device: str, rated_w: float | None, activate: bool, force: bool,
    ) -> Job:  # fmt: skip
        """
        Start to fit a model to a stored period.

        Raises:
            Refusal: 404 for an unknown source.
            ScenarioError: If the period is empty or the device unknown.
        """
        if end_us <= start_us:
            raise ScenarioError("end_us", "must be after start_us", end_us, "swap them")
        telemetry = self._state.telemetry
        host = telemetry.source(source)
        output = None if output_source is None else telemetry.source(output_source)
        asks = [
            Ask(kind=kind, source=host, device=one, start_us=start_us, end_us=end_us,
                held_out_frac=held_out_frac, server=server, output=output,
                output_device=output_device, rated_w=rated_w)
            for one in _devices(host, kind, device)
        ]  # fmt: skip
        job = Job("calibration", result_id=new_id("calibration"))

        def work(job: Job) -> bytes:
            rows = []
            report = self._state.jobs.report(job)
            for k, ask in enumerate(asks):
                if job.cancelled():
                    raise Cancelled
                report(k / len(asks), f"fitting {ask.target}")
                key = str(job.result_id) if k == 0 else new_id("calibration")
                row = self._calibrated(key, ask)
                if activate and row.fit and (force or not _held_back(row)):
                    row = self.calibrations.activate(row.id)
                rows.append(row)
            self.shadow.forget()
            return to_json({"items": [calibration_document(row) for row in rows]})

        return self._state.jobs.start(job, work)

    def _calibrated(self, key: str, ask: Ask) -> CalibrationRow:
        """Fit and store; readings that cannot tell are stored as refused."""
        values: dict[str, Any] = {"settings": {}, "fit": None, "error": None}
        try:
            found = gather(self._state.telemetry.reader, ask)
            values["settings"] = found.settings | {
                "held_from_us": held_from_us(ask, found)
            }
            fit = fitted(ask, found)
            values |= {"status": "fitted", "fit": fit.to_json(), "version": fit.version}
        except ScenarioError as error:
            values |= {
                "status": "refused", "version": "",
                "error": {"field": error.field, "rule": error.rule,
                          "value": str(error.value)[:400], "repair": error.repair},
            }  # fmt: skip
        return self.calibrations.add(
            id=key, kind=ask.kind, target=ask.target, source=ask.source.name,
            device=ask.device, active=False, start_us=ask.start_us, end_us=ask.end_us,
            held_out_frac=ask.held_out_frac, **values,
        )  # fmt: skip

    def page(self, **asked: Any) -> Document:
        """Calibrations, newest first."""
        page: Page[CalibrationRow] = self.calibrations.page(**asked)
        return {
            "items": [calibration_document(row) for row in page.items],
            "next_cursor": page.next_cursor,
        }

    def one(self, key: str) -> Document:
        """A calibration with its residuals, read again from the stored period."""
        row = self.calibrations.get(key)
        return calibration_document(row) | self._residuals(row)

    def _residuals(self, row: CalibrationRow) -> Document:
        host = self._state.telemetry.registry.by_name.get(row.source)
        if row.fit is None or host is None:
            return {"residuals": None, "residuals_missing": "there is no fit"}
        output = self._state.telemetry.registry.by_name.get(
            str(row.settings.get("output_source", ""))
        )
        ask = Ask(
            kind=row.kind, source=host, device=row.device, start_us=row.start_us,
            end_us=row.end_us, held_out_frac=row.held_out_frac, output=output,
            output_device=str(row.settings.get("output_device", "")),
            rated_w=row.settings.get("rated_w"),
        )  # fmt: skip
        try:
            found = gather(self._state.telemetry.reader, ask)
        except ScenarioError as error:
            return {"residuals": None, "residuals_missing": str(error)[:400]}
        said = modelled(Fit.from_json(row.fit), found)
        return {
            "residuals": residual_document(row, found, said), "residuals_missing": ""
        }  # fmt: skip

    def activate(self, key: str, *, force: bool = False) -> Document:
        """
        Let a calibration count.

        Args:
            key: Which one.
            force: Even where it is worse than its prior on time held out.

        Raises:
            NotFoundError: If there is none.
            Refusal: 409 if it was refused, or is worse than its prior.
        """
        why = _held_back(self.calibrations.get(key))
        if why and not force:
            raise Refusal(
                409, f"{key} is worse than its prior: {why}",
                errors=[ScenarioError(
                    "calibration_id", "must be no worse than its prior on "
                    "time held out", why,
                    "fit another period, or force it",
                )],
            )  # fmt: skip
        try:
            row = self.calibrations.activate(key)
        except ValueError as error:
            raise Refusal(409, str(error)) from None
        self.shadow.forget()
        return calibration_document(row)

    def delete(self, key: str) -> None:
        """
        Delete a calibration.

        Raises:
            NotFoundError: If there is none.
        """
        self.calibrations.delete(key)
        self.shadow.forget()

    # --- forecasts ------------------------------------------------------------------

    def forecast(self, of: str, horizon_s: float, *, judge: bool) -> Document:
        """
        Forecast the power of the site, "node/NAME" or a host.

        Raises:
            Refusal: 404 for an unknown name.
            ScenarioError: If there is too little history.
        """
        watch = self._state.watch

        def series(start_us: int, end_us: int, level: str) -> Document:
            return watch.series(of, start_us, end_us, level=level)

        limits = watch.latest().node_limit_w
        return tracking_forecast.forecast(
            series, of=of, now_us=self._state.telemetry.clock_us(),
            horizon_s=horizon_s, limit_w=limits.get(of.removeprefix("node/")),
            zone=self._zone(), judge=judge,
        )  # fmt: skip

    def _zone(self) -> str:
        scenario = self._watched()
        return "UTC" if scenario is None else scenario.site.time_zone

    def _watched(self) -> Scenario | None:
        key = self._state.telemetry.placements.get().scenario_id
        row = None if key is None else self._state.scenarios.find(key)
        return None if row is None else parse_scenario(row.body)

    # --- replay ---------------------------------------------------------------------

    def recordings(self, scenario: Scenario, known: Recordings) -> Recordings:
        """
        Add the stored power that a scenario plays.

        Raises:
            ScenarioError: If it names a period that cannot be played.
        """
        replay = scenario.workload.replay
        if replay is None or not replay.series.startswith(tracking_replay.PREFIX):
            return known
        period = tracking_replay.period_of(
            replay.series, self._state.telemetry.clock_us()
        )
        racks = [rack.name for rack in facility_of(scenario).racks]
        found = tracking_replay.record(
            self._state.telemetry, self._state.telemetry.placements.get().nodes, racks,
            period, self._lines(), scenario.fleet.server,
        )  # fmt: skip
        return Recordings(
            rates=known.rates, requests=known.requests,
            power={**known.power, replay.series: found},
        )  # fmt: skip

    def replay_warnings(self, scenario: Scenario) -> list[str]:
        """What a reader of a replay should know of who is in it."""
        replay = scenario.workload.replay
        if replay is None or not replay.series.startswith(tracking_replay.PREFIX):
            return []
        placed = set(self._state.telemetry.placements.get().nodes.values())
        racks = [r for r in facility_of(scenario).racks if r.server_count]
        bare = [rack.name for rack in racks if rack.name not in placed]
        if not bare:
            return []
        who = (
            f"{len(bare)} of {len(racks)} racks have no measured host (first {bare[0]})"
        )
        return [f"{who}: they draw what the measured ones drew"]

    def _lines(self) -> dict[str, tuple[float, float]]:
        return {
            row.source: (fit.value("host_w"), fit.value("slope"))
            for row in self.calibrations.active()
            if row.kind == "server" and row.fit
            for fit in (Fit.from_json(row.fit),)
        }

    # --- from now -------------------------------------------------------------------

    def from_now(self, scenario_id: str | None, load: str, past_s: float) -> Document:
        """
        Make a scenario begin from what is measured now.

        Args:
            scenario_id: The scenario; None takes the watched one.
            load: "replay" plays measured power, "traffic" generates requests that peak
                as measured, "auto" plays where the period is whole.
            past_s: How much of the past is played. [s]

        Returns:
            Changes, what is carried and what is not, and the scenario after them.

        Raises:
            NotFoundError: If the scenario is unknown.
            ScenarioError: If nothing is watched, or nothing is measured.
        """
        key = scenario_id or self._state.telemetry.placements.get().scenario_id
        if key is None:
            raise ScenarioError("scenario_id", "is needed while no scenario is watched",
                                None, "name one, or watch one "
                                "(telemetry/placement)")  # fmt: skip
        base = parse_scenario(self._state.scenarios.get(key).body)
        played, why = self._played(base, load, past_s)
        found = scenario_from_now(base, self._measured(base, played))
        begun = apply_changes(base, found.changes)
        lost = [*found.not_carried, *([f"measured power itself: {why}"] if why else [])]
        return {
            "scenario_id": key, "changes": plain(found.changes),
            "carried": list(found.carried), "not_carried": lost,
            "scenario": plain(begun),
        }  # fmt: skip

    def _played(self, base: Scenario, load: str, past_s: float) -> tuple[str, str]:
        """Name of the period that is played, or why none is."""
        if load == "traffic" or base.facility is None:
            return "", ""
        end_us = self._state.telemetry.clock_us() // MINUTE_US * MINUTE_US
        span_us = round(past_s * SECOND_US) // MINUTE_US * MINUTE_US
        name = tracking_replay.Period(start_us=end_us - span_us, end_us=end_us).name
        changed = apply_changes(base, {"workload.replay": {"series": name}})
        try:
            self.recordings(changed, Recordings.none())
        except ScenarioError as error:
            if load == "replay":
                raise
            return "", f"{error.rule} ({error.repair})"
        return name, ""

    def _measured(self, base: Scenario, series: str) -> SiteNow:
        hosts = [
            h for h in self._state.watch.now(node="all")["hosts"] if not h["meter"]
        ]
        up = [h for h in hosts if h["state"] == "ok"]
        row_of = _rows(base)
        servers: dict[str, int] = {}
        for host in up:
            place = host["node"] if base.facility is not None else ROW
            if base.facility is None or host["node"]:
                servers[place] = servers.get(place, 0) + 1
        tree = self._state.watch.tree()
        known = set(tree.racks) if tree is not None else set()
        racks = sorted({h["node"] for h in hosts if h["node"] in known & set(row_of)})
        rows: dict[str, list[str]] = {} if row_of else {ROW: ["site"]}
        for rack in racks:
            rows.setdefault(row_of[rack], []).append(f"node/{rack}")
        row_w, peak_w = self._row_power(rows)
        like, others = self._server_fits(base.server())
        return SiteNow(
            at=dt.datetime.fromtimestamp(
                self._state.telemetry.clock_us() // SECOND_US, tz=dt.UTC
            ),
            row_w=row_w, row_peak_w=peak_w, servers=servers, series=series,
            server_fits=tuple(like.values()), other_fits=tuple(others),
            supply_c=self._supply_c(),
        )  # fmt: skip

    def _row_power(
        self, rows: Mapping[str, list[str]]
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Mean of the last minutes and highest minute of the last days of each row."""
        now_us = self._state.telemetry.clock_us()
        latest, peak = dict[str, float](), dict[str, float]()
        for row, parts in rows.items():
            curve: dict[int, float] = {}
            for of in parts:
                found = self._state.watch.series(
                    of, now_us - PEAK_DAYS * DAY_US, now_us, level="1min"
                )
                power_w = found["columns"]["power_mean_w"]
                for t, w in zip(found["time_us"], power_w, strict=True):
                    if w is not None:
                        curve[t] = curve.get(t, 0.0) + w
            fresh = [w for t, w in curve.items() if t >= now_us - ROW_S * SECOND_US]
            if curve:
                peak[row] = max(curve.values())
            if fresh:
                latest[row] = sum(fresh) / len(fresh)
        return latest, peak

    def _server_fits(self, server: Server) -> tuple[dict[str, Fit], list[str]]:
        """Active server lines of hosts of a type by name, and hosts of another one."""
        like, others = dict[str, Fit](), list[str]()
        for row in self.calibrations.active():
            host = self._state.telemetry.registry.by_name.get(row.source)
            if row.kind != "server" or not row.fit or host is None:
                continue
            models = [d.model for d in list(host.devices.values()) if d.kind == "gpu"]
            if is_like(models, server):
                like[row.source] = Fit.from_json(row.fit)
            else:
                what = f"{len(models)} × {models[0] or 'GPU'}" if models else "no GPU"
                others.append(f"{row.source} ({what})")
        return like, others

    def _supply_c(self) -> float | None:
        """Median of what hosts read at their inlets just now. [C]"""
        telemetry = self._state.telemetry
        ids = [i for s in telemetry.hosts() for i in list(s.ids.values())]
        latest = telemetry.live.now(np.array(ids, np.int64))
        age_s = (telemetry.clock_us() - latest.time_us) / SECOND_US
        inlet_c = latest.columns["inlet_c"][age_s <= NOW_S]
        known = inlet_c[np.isfinite(inlet_c)]
        if not known.size:
            return None
        middle_c = float(np.median(known))
        low_c, high_c = SUPPLY_LIMITS_C
        return middle_c if low_c <= middle_c <= high_c else None


def _held_back(row: CalibrationRow) -> str:
    """Why a calibration should not count; empty where it may, or has no fit."""
    return Fit.from_json(row.fit).held_back if row.fit else ""


def _devices(host: Any, kind: str, device: str) -> list[str]:
    """Devices to fit: the one named, every GPU, or the host itself."""
    if device and device not in host.devices:
        keys = ", ".join(sorted(host.devices)[:10])
        raise ScenarioError("device", "must be a device of the source", device[:120],
                            f"choose one of: {keys}")  # fmt: skip
    if device or kind not in GPU_KINDS:
        return [device]
    gpus = sorted(
        (d.index, key) for key, d in list(host.devices.items()) if d.kind == "gpu"
    )
    if not gpus:
        raise ScenarioError("source", "must have a GPU for a fit of this kind",
                            host.name, "choose another source or kind")  # fmt: skip
    return [key for _, key in gpus]


def _rows(base: Scenario) -> dict[str, str]:
    """Row of each rack; none of a row alone."""
    if base.facility is None:
        return {}
    return {rack.name: rack.row for rack in facility_of(base).racks}
