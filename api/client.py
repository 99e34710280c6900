"""
Typed calls for every endpoint, over HTTP or inside this process.

    with Client.in_process(create_app()) as client:
        answer = client.what_if(changes={"fleet.server_count": 52})
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast
from urllib.parse import quote

import httpx

from api.transport import App, InProcessTransport

Document = dict[str, Any]
Progress = Callable[[float, str], None]
Format = Literal["json", "csv", "parquet"]

PREFIX = "/api/v1"
FINISHED = frozenset({"done", "failed", "cancelled"})
_CHUNK_BYTES = 1 << 20


class ApiProblem(Exception):  # noqa: N818 - the document's own name
    """
    The server refused or failed; `problem` is its problem document.

    `problem` has `type, title, status, detail, id` and `errors`, a list of
    `{field, rule, value, repair}`.
    """

    def __init__(self, problem: Mapping[str, Any]) -> None:
        self.problem: Document = dict(problem)
        self.status: int = int(problem.get("status", 500))
        super().__init__(f"{problem.get('title')}: {problem.get('detail')}")


class Client:
    """One connection to the planner. Safe to share between threads."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    @classmethod
    def connect(
        cls, url: str, *, timeout_s: float = 60.0, token: str | None = None
    ) -> Client:
        """
        Speak to a server.

        Args:
            url: Its address, for example http://127.0.0.1:8050.
            timeout_s: Longest wait for one answer. [s]
            token: What a server in tokens mode wants to see.
        """
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return cls(httpx.Client(base_url=url, timeout=timeout_s, headers=headers))

    @classmethod
    def in_process(
        cls, app: App, *, lifespan: bool = True, acting: bool = False
    ) -> Client:
        """
        Speak to an application in this process, without a socket.

        Args:
            app: What `create_app` returned.
            lifespan: Start and stop it. False where a server already runs it.
            acting: Ask with the rights of whom a page is made for, not with ours.
        """
        transport = InProcessTransport(app, lifespan=lifespan, acting=acting)
        # nothing to gain from compressing what never leaves the process
        headers = {"accept-encoding": "identity"}
        return cls(
            httpx.Client(
                base_url="http://in-process", transport=transport, headers=headers
            )
        )

    def close(self) -> None:
        """End the connection; an application started in process is stopped."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- about --------------------------------------------------------------------

    def health(self) -> Document:
        """Whether the server, its database and its kernels are up."""
        return self._json("GET", "/health")

    def version(self) -> Document:
        """Versions of product, model and scenario format."""
        return self._json("GET", "/version")

    def servers(self) -> list[Document]:
        """Server types of the catalogue."""
        return self._items("/catalogue/servers")

    def models(self, server: str | None = None) -> list[Document]:
        """Served models of the catalogue, for one server type if given."""
        return self._items("/catalogue/models", server=server)

    def policies(self) -> list[Document]:
        """Policies with their settings, defaults and sources."""
        return self._items("/catalogue/policies")

    def scenario_schema(self) -> Document:
        """JSON Schema of a scenario."""
        return self._json("GET", "/schema/scenario")

    # --- sites --------------------------------------------------------------------

    def sites(self) -> list[Document]:
        """All sites, newest first."""
        return self._items("/sites", limit=200)

    def create_site(self, site: Mapping[str, Any]) -> Document:
        """Store a site: `{name, time_zone, notes}`."""
        return self._json("POST", "/sites", json=site)

    def site(self, site_id: str) -> Document:
        """Read one site."""
        return self._json("GET", f"/sites/{site_id}")

    def update_site(self, site_id: str, **values: Any) -> Document:
        """Change fields of a site."""
        return self._json("PATCH", f"/sites/{site_id}", json=values)

    def delete_site(self, site_id: str) -> None:
        """Delete a site; its scenarios stay."""
        self._send("DELETE", f"/sites/{site_id}")

    # --- scenarios ----------------------------------------------------------------

    def scenarios(self, *, archived: bool | None = None) -> list[Document]:
        """All scenarios, newest first."""
        return self._items("/scenarios", limit=200, archived=archived)

    def create_scenario(
        self, scenario: Mapping[str, Any], *, site_id: str | None = None
    ) -> Document:
        """Store a scenario."""
        body = {"scenario": scenario, "site_id": site_id}
        return self._json("POST", "/scenarios", json=body)

    def scenario(self, scenario_id: str) -> Document:
        """Read one scenario; its inputs are under `scenario`."""
        return self._json("GET", f"/scenarios/{scenario_id}")

    def put_scenario(
        self,
        scenario_id: str,
        scenario: Mapping[str, Any],
        *,
        site_id: str | None = None,
        version: int | None = None,
    ) -> Document:
        """
        Store a scenario under an id of one's own; repeating it changes nothing.

        Args:
            scenario_id: The id.
            scenario: The inputs.
            site_id: Site it belongs to.
            version: Version the change was made on; refused if it has moved on.
        """
        return self._json(
            "PUT", f"/scenarios/{scenario_id}",
            json={"scenario": scenario, "site_id": site_id},
            headers=_if_match(version),
        )  # fmt: skip

    def update_scenario(
        self, scenario_id: str, *, version: int | None = None, **values: Any
    ) -> Document:
        """Rename or archive a scenario, or move it to another site."""
        return self._json(
            "PATCH", f"/scenarios/{scenario_id}", json=values,
            headers=_if_match(version),
        )  # fmt: skip

    def clone_scenario(self, scenario_id: str, *, name: str | None = None) -> Document:
        """Copy a scenario under a new name."""
        body = {"name": name} if name is not None else {}
        return self._json("POST", f"/scenarios/{scenario_id}/clone", json=body)

    def delete_scenario(self, scenario_id: str) -> None:
        """Delete a scenario; its runs and plans keep their copy of the inputs."""
        self._send("DELETE", f"/scenarios/{scenario_id}")

    # --- questions ----------------------------------------------------------------

    def what_if(
        self,
        scenario: Mapping[str, Any] | None = None,
        *,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        series: bool = True,
        on_progress: Progress | None = None,
    ) -> Document:
        """
        Answer one question, waiting for it however long it takes.

        Args:
            scenario: Base inputs; all defaults if neither this nor an id is given.
            scenario_id: A stored scenario as the base instead.
            changes: New value per dotted path.
            view: Name of the asking view; a newer question of it cancels this one.
            series: Whether the answer has curves over time.
            on_progress: Told part and phase where the answer takes longer.

        Returns:
            `{run, reference, baseline, scenario, provenance, timing}`.

        Raises:
            ApiProblem: Status 409 where a newer question took over.
        """
        body = _question(scenario, scenario_id, changes)
        body |= {"view": view, "series": series}
        response = self._send("POST", "/what-if", json=body)
        if response.status_code != httpx.codes.ACCEPTED:
            return cast("Document", response.json())
        job = self.wait(response.json()["id"], on_progress)
        return cast("Document", job["answer"])

    # --- site ---------------------------------------------------------------------

    def site_run(self, *, series: bool = False, **question: Any) -> Document:
        """
        Run a site, waiting for it however long it takes.

        Args:
            series: Whether every node has its curve over time.
            **question: As `site_ask` takes it.
        """
        return self.site_ask("/site/run", {"series": series}, **question)

    def site_failures(self, *, pairs: bool = True, **question: Any) -> Document:
        """Follow every failure of a site, worst first; `pairs` adds pairs of them."""
        return self.site_ask("/site/failures", {"pairs": pairs}, **question)

    def site_failure(self, *, failed: list[str], **question: Any) -> Document:
        """Follow the loss of these nodes step by step."""
        return self.site_ask("/site/failure", {"failed": failed}, **question)

    def site_fit(
        self, *, servers: int = 0, server_w: float | None = None, **question: Any
    ) -> Document:
        """Find how many more servers each row takes, and a place for `servers`."""
        more = {"servers": servers, "server_w": server_w}
        return self.site_ask("/site/fit", more, **question)

    def site_scheduling(
        self,
        *,
        emergency: Literal["none", "power", "airflow"] = "none",
        oversubscription_frac: float | None = None,
        iaas_frac: float = 0.5,
        days: int = 2,
        **question: Any,
    ) -> Document:
        """
        Try placing, routing and configuring on a site, each alone and all of them.

        Args:
            emergency: What strikes on the last afternoon.
            oversubscription_frac: Servers beyond those planned ÷ those planned; None
                takes the racks as they are.
            iaas_frac: Share of opaque machines where no rack says that it is IaaS.
            days: Days simulated. [d], 1..7
            **question: As `site_ask` takes it.
        """
        more = {
            "emergency": emergency, "oversubscription_frac": oversubscription_frac,
            "iaas_frac": iaas_frac, "days": days,
        }  # fmt: skip
        return self.site_ask("/site/scheduling", more, **question)

    def site_steering(
        self,
        *,
        by: Literal["row", "hall"] = "row",
        parent_w: float | None = None,
        left_frac: float = 1.0,
        growth_frac: float = 0.0,
        **question: Any,
    ) -> Document:
        """
        Share a parent's power out among a site's rows or halls.

        Args:
            by: Whether rows or halls share.
            parent_w: What the parent carries; None is the sum of limits. [W]
            left_frac: What is left of the parent. 0..1
            growth_frac: What is wanted beyond the prediction ÷ the prediction.
            **question: As `site_ask` takes it.
        """
        more = {
            "by": by, "parent_w": parent_w, "left_frac": left_frac,
            "growth_frac": growth_frac,
        }  # fmt: skip
        return self.site_ask("/site/steering", more, **question)

    def cooling_year(
        self, *, it_frac: float = 0.75, price_series: str | None = None,
        carbon_series: str | None = None, utc_offset_h: float = 0.0, **question: Any,
    ) -> Document:  # fmt: skip
        """Run a site's cooling through a year at a share of the rows' limits."""
        asked = {
            "it_frac": it_frac, "price_series": price_series,
            "carbon_series": carbon_series, "utc_offset_h": utc_offset_h,
        }  # fmt: skip
        return self.site_ask("/site/cooling-year", asked, **question)

    def site_network(self, **question: Any) -> Document:
        """Expand a site's template into nodes and racks."""
        return self.site_ask("/site/network", {}, **question)

    def weather(self) -> list[str]:
        """Names of the years of weather on the server's machine."""
        return list(self._json("GET", "/site/weather")["items"])

    # --- stabilize ----------------------------------------------------------------

    def stabilize_run(self, *, points: int = 1200, **question: Any) -> Document:
        """Run training jobs before and after measures, against every rule."""
        return self.site_ask("/stabilize/run", {"points": points}, **question)

    def stabilize_zoom(
        self, *, from_s: float, to_s: float, points: int = 1200, **question: Any
    ) -> Document:
        """Look at a window of a study; peaks are kept."""
        more = {"from_s": from_s, "to_s": to_s, "points": points}
        return self.site_ask("/stabilize/zoom", more, **question)

    def stabilize_size(self, **question: Any) -> Document:
        """Find the cheapest combination of measures that passes."""
        return self.site_ask("/stabilize/size", {}, **question)

    def learn_job(
        self, t_s: Sequence[float], power_w: Sequence[float], **more: Any
    ) -> Document:
        """
        Learn a training job from recorded power.

        Args:
            t_s: Times, rising. [s]
            power_w: Readings. [W]
            **more: `node_count`, `gpus_per_node`, `gpu_count`, `tdp_w`, `host_w`,
                `gaps_allowed`.

        Returns:
            What was seen, the fit's error, and the job for a scenario.
        """
        body = {"t_s": list(t_s), "power_w": list(power_w)} | more
        return self._json("POST", "/stabilize/learn", json=body)

    def grid_rules(self) -> Document:
        """Name grid rules, ride-through tables and critical frequencies."""
        return self._json("GET", "/stabilize/rules")

    def site_ask(
        self,
        path: str,
        more: Mapping[str, Any],
        *,
        scenario: Mapping[str, Any] | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        on_progress: Progress | None = None,
    ) -> Document:
        """
        Put one question about a site, waiting for its answer.

        Args:
            path: Address below the prefix.
            more: What the question says besides the scenario.
            scenario: Base inputs; all defaults if neither this nor an id is given.
            scenario_id: A stored scenario as the base instead.
            changes: New value per dotted path.
            view: Name of the asking view; a newer question of it cancels this one.
            on_progress: Told part and phase where the answer takes longer.

        Returns:
            The answer.

        Raises:
            ApiProblem: Status 409 where a newer question took over.
        """
        body = _question(scenario, scenario_id, changes) | {"view": view} | dict(more)
        response = self._send("POST", path, json=body)
        if response.status_code != httpx.codes.ACCEPTED:
            return cast("Document", response.json())
        job = self.wait(response.json()["id"], on_progress)
        return cast("Document", job["answer"])

    def create_run(
        self,
        scenario: Mapping[str, Any] | None = None,
        *,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> Document:
        """Start a stored run; returns its job, `job["result"]["id"]` is the run."""
        return self._json(
            "POST", "/runs", json=_question(scenario, scenario_id, changes)
        )

    def runs(self) -> list[Document]:
        """All runs, newest first, without results."""
        return self._items("/runs", limit=200)

    def run(self, run_id: str) -> Document:
        """Read one run's inputs, provenance and state."""
        return self._json("GET", f"/runs/{run_id}")

    def run_result(self, run_id: str, format: Format = "json") -> Any:  # noqa: A002
        """Read a run's result: a document, or bytes of its series as CSV or Parquet."""
        return self._result(f"/runs/{run_id}/result", format)

    def create_plan(
        self,
        scenario: Mapping[str, Any] | None = None,
        *,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
    ) -> Document:
        """Start a stored plan; returns its job, `job["result"]["id"]` is the plan."""
        body = _question(scenario, scenario_id, changes) | {"view": view}
        return self._json("POST", "/plans", json=body)

    def plans(self) -> list[Document]:
        """All plans, newest first, without results."""
        return self._items("/plans", limit=200)

    def plan(self, plan_id: str) -> Document:
        """Read one plan's inputs, provenance and state."""
        return self._json("GET", f"/plans/{plan_id}")

    def plan_result(self, plan_id: str, format: Format = "json") -> Any:  # noqa: A002
        """Read a plan's result: a document, or bytes of its cells as CSV or Parquet."""
        return self._result(f"/plans/{plan_id}/result", format)

    # --- jobs ---------------------------------------------------------------------

    def job(self, job_id: str) -> Document:
        """Read one job."""
        return self._json("GET", f"/jobs/{job_id}")

    def cancel_job(self, job_id: str) -> Document:
        """Ask a job to stop."""
        return self._json("DELETE", f"/jobs/{job_id}")

    def job_events(self, job_id: str) -> Iterator[Document]:
        """Follow a job: its document whenever it changes, the last one finished."""
        path = f"{PREFIX}/jobs/{job_id}/events"
        with self._http.stream("GET", path, timeout=None) as response:
            if response.is_error:
                response.read()
                raise _problem_of(response)
            for line in response.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    def wait(
        self,
        job_id: str,
        on_progress: Progress | None = None,
        *,
        poll_s: float = 0.1,
        timeout_s: float | None = None,
    ) -> Document:
        """
        Wait until a job is done.

        Args:
            job_id: The job.
            on_progress: Told part and phase at every look.
            poll_s: Time between looks. [s]
            timeout_s: Longest wait; None waits for ever. [s]

        Returns:
            The finished job.

        Raises:
            ApiProblem: If it failed or was cancelled; with the job's own problem.
            TimeoutError: If it takes longer than allowed.
        """
        end_s = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            job = self.job(job_id)
            if on_progress is not None:
                on_progress(job["part"], job["text"])
            if job["state"] == "done":
                return job
            if job["state"] in FINISHED:
                raise ApiProblem(job["error"])
            if end_s is not None and time.monotonic() > end_s:
                raise TimeoutError(f"job {job_id} is still {job['state']}")
            time.sleep(poll_s)

    # --- datasets -----------------------------------------------------------------

    def datasets(self) -> list[Document]:
        """Datasets known, with licence, source and whether they are present."""
        return self._items("/datasets")

    def pull_dataset(self, name: str) -> Document:
        """Start the download of a published dataset; returns its job."""
        return self._json("POST", f"/datasets/{name}/pull")

    def import_dataset(self, name: str, kind: str, path: str | Path) -> Document:
        """
        Send a CSV of one's own, checked row by row.

        Args:
            name: Name that scenarios will use.
            kind: "requests" or "rates".
            path: The file, here.

        Returns:
            The dataset.
        """
        with Path(path).open("rb") as file:
            chunks = iter(lambda: file.read(_CHUNK_BYTES), b"")
            return self._json(
                "POST", "/datasets/import", params={"name": name, "kind": kind},
                content=chunks, headers={"content-type": "text/csv"},
                timeout=None,
            )  # fmt: skip

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
        asked = {"node": node, "host": list(hosts)}
        return self._json("GET", "/telemetry/now", params=asked)

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
        return self._json("GET", "/telemetry/series", params=asked)

    def telemetry_sources(self) -> list[Document]:
        """Everything that reports, by name."""
        return self._items("/telemetry/sources")

    def telemetry_stored(self, name: str, start_us: int, end_us: int) -> Document:
        """How much of a source is stored, and its holes in a period."""
        asked = {"start_us": start_us, "end_us": end_us}
        path = f"/telemetry/sources/{quote(name, safe='')}/stored"
        return self._json("GET", path, params=asked)

    def telemetry_events(self, start_us: int, end_us: int) -> list[Document]:
        """What agents reported in a period, newest first."""
        return self._items("/telemetry/events", start_us=start_us, end_us=end_us)

    def placement(self) -> Document:
        """Which scenario is watched, and where sources stand in it."""
        return self._json("GET", "/telemetry/placement")

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
        return self._json("GET", f"/tracking/calibrations/{calibration_id}")

    def activate_calibration(
        self, calibration_id: str, *, force: bool = False
    ) -> Document:
        """Let a calibration count, in place of the one of its kind and target."""
        path = f"/tracking/calibrations/{calibration_id}/activate"
        return self._json("POST", path, params={"force": force})

    def delete_calibration(self, calibration_id: str) -> None:
        """Delete a calibration."""
        self._send("DELETE", f"/tracking/calibrations/{calibration_id}")

    def shadow(
        self, *, node: str = "", start_us: int | None = None, end_us: int | None = None
    ) -> Document:
        """Compare measured with predicted; `node` adds curves of a host or node."""
        asked = {"node": node, "start_us": start_us, "end_us": end_us}
        known = {k: v for k, v in asked.items() if v is not None}
        return self._json("GET", "/tracking/shadow", params=known)

    def forecast(
        self, of: str = "site", horizon_s: float = 86_400.0, *, backtest: bool = True
    ) -> Document:
        """Forecast power and what is left of the limit."""
        asked = {"of": of, "horizon_s": horizon_s, "backtest": backtest}
        return self._json("GET", "/tracking/forecast", params=asked)

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
        known = {name: value for name, value in about.items() if value is not None}
        with Path(path).open("rb") as file:
            chunks = iter(lambda: file.read(_CHUNK_BYTES), b"")
            return self._json(
                "POST", "/telemetry/upload", params={"source": source, **known},
                content=chunks, headers={"content-type": "application/octet-stream"},
                timeout=None,
            )  # fmt: skip

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
        items: list[Document] = self._json("GET", "/telemetry/receivers")["items"]
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
        return self._json("POST", f"/imports/{import_id}/apply")

    def imports(self, **equal: Any) -> list[Document]:
        """Imports, newest first."""
        return self._items("/imports", **equal)

    def read_import(self, import_id: str, **part: int) -> Document:
        """One import; `offset` and `limit` choose a part of its lists."""
        return self._json("GET", f"/imports/{import_id}", params=part)

    def series(self) -> list[Document]:
        """Price and carbon series that were imported."""
        return self._items("/series")

    def export_dps(self, scenario_id: str, part: str = "topology") -> Document:
        """A scenario for NVIDIA's power software: topology, policies or devices."""
        asked = {"scenario_id": scenario_id, "part": part}
        return self._json("GET", "/exports/dps", params=asked)

    def export_table(self, scenario_id: str) -> bytes:
        """A scenario's nodes and racks as CSV."""
        asked = {"scenario_id": scenario_id}
        return self._send("GET", "/exports/topology.csv", params=asked).content

    # --- plumbing -----------------------------------------------------------------

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = self._http.request(method, PREFIX + path, **options)
        except httpx.TransportError as error:
            raise ApiProblem(_unreachable(error)) from error
        if response.is_error:
            raise _problem_of(response)
        return response

    def _json(self, method: str, path: str, **options: Any) -> Document:
        return cast("Document", self._send(method, path, **options).json())

    def _items(self, path: str, **query: Any) -> list[Document]:
        """Every item of a list, page by page."""
        asked = {k: v for k, v in query.items() if v is not None}
        items: list[Document] = []
        while True:
            page = self._json("GET", path, params=asked)
            items += page["items"]
            if page.get("next_cursor") is None:
                return items
            asked["cursor"] = page["next_cursor"]

    def _result(self, path: str, kind: Format) -> Any:
        response = self._send("GET", path, params={"format": kind})
        return response.json() if kind == "json" else response.content


def _question(
    scenario: Mapping[str, Any] | None,
    scenario_id: str | None,
    changes: Mapping[str, Any] | None,
) -> Document:
    base: Document = {"changes": dict(changes or {})}
    if scenario_id is not None:
        base["scenario_id"] = scenario_id
    if scenario is not None or scenario_id is None:
        base["scenario"] = dict(scenario or {})
    return base


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"if-match": f'"{version}"'}


def _problem_of(response: httpx.Response) -> ApiProblem:
    try:
        document = response.json()
    except ValueError:
        document = None
    if isinstance(document, dict) and "title" in document:
        return ApiProblem(document)
    return ApiProblem(
        {
            "type": "about:blank",
            "title": "Unexpected answer",
            "status": response.status_code,
            "detail": f"The server answered {response.status_code} without a reason.",
            "id": "",
            "errors": [],
        }
    )


def _unreachable(error: httpx.TransportError) -> Document:
    return {
        "type": "about:blank", "title": "Server not reachable", "status": 503,
        "detail": f"{type(error).__name__}: {error}", "id": "", "errors": [],
    }  # fmt: skip
