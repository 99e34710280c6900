"""
Start docker-compose.yml's services from Debian's packages, and ask what each is for.

    scripts/topology up       until Ctrl-C; says where everything is
    scripts/topology check    asks every service, says what it found, stops
"""

from __future__ import annotations

import json
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from api.client import Client
from deploy.local import ROOT, Topology

DASHBOARD = ROOT / "deploy" / "grafana" / "nameplate.json"
PATIENCE_S = 60.0
LATER = "made after the backup"
STUDY = {
    "name": "Topology",
    "base": {"horizon": {"days": 0.05}, "fleet": {"server_count": 8}},
    "axes": [{"field": "fleet.server_count", "values": [8, 10]}],
}


def check(at: Topology) -> Iterator[str]:
    """
    Ask each running service what it is there for.

    Yields:
        A line for each thing found well.

    Raises:
        AssertionError: With what is wrong.
    """
    server = at.url("nameplate", 8050)
    token = (at.volume("admin") / "admin").read_text().strip()
    with httpx.Client(base_url=server, timeout=30) as stranger:
        assert stranger.get("/api/v1/version").status_code == httpx.codes.UNAUTHORIZED
        assert stranger.get("/healthz").text.strip() == "ok"
    yield "the server asks strangers for a token"
    with Client.connect(server, token=token) as client:
        answer = client.what_if(STUDY["base"], series=False)
        assert answer["run"]["peak_w"] > 0
        yield f"a what-if answers: peak {answer['run']['peak_w'] / 1e3:.1f} kW"
        job = client.start_study(STUDY)
        client.wait(job["id"], timeout_s=PATIENCE_S)
        study = client.study(job["result"]["id"])
        assert study["status"] == "done", study["status"]
        assert study["engine"].startswith("tcp://"), study["engine"]
        yield f"a study of {study['points']['done']} points on the dask workers"
    if "agent" in at.processes:
        with Client.connect(server, token=token) as client:
            found = _until(client.telemetry_sources, "the agent's readings")
        yield f"the agent sends: {found[0]['devices']} devices of {found[0]['name']}"
    made = json.loads(
        at.run("nameplate", ["nameplate", "backup", "/backups", "--json"])
    )
    prometheus = at.url("prometheus", 9090)
    _until(lambda: _value(prometheus, 'up{job="nameplate"}') == 1, "Prometheus' scrape")
    series = _value(prometheus, 'count({__name__=~"nameplate_.*"})')
    yield f"Prometheus reads the server: {series:.0f} series"
    asked = [_asked(prometheus, query) for query in _queries()]
    yield f"Prometheus takes all {len(asked)} queries of Grafana's dashboard"
    with Client.connect(server, token=token) as client:
        client.create_scenario({"name": LATER})
    assert LATER in at.ask("SELECT name FROM scenarios")
    at.stop("nameplate")
    at.run("nameplate", ["nameplate", "restore", made["path"]])
    assert at.ask("SELECT name FROM studies") == [STUDY["name"]]
    assert LATER not in at.ask("SELECT name FROM scenarios")
    yield f"a backup is put back: {len(made['files'])} part"


def main() -> int:
    """Start, ask or wait, stop."""
    what = sys.argv[1] if len(sys.argv) == 2 else ""
    if what not in ("up", "check"):
        print(__doc__, file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="nameplate-topology-") as folder,
        Topology(Path(folder), secret_files(Path(folder) / "secrets")) as at,
    ):
        for name in at.left_out:
            print(f"without {name}: Debian has no package of it")
        if what == "check":
            for line in check(at):
                print("✓", line)
            return 0
        print(f"Nameplate   {at.url('nameplate', 8050)}")
        print(f"Prometheus  {at.url('prometheus', 9090)}")
        print(f"Token       {(at.volume('admin') / 'admin').read_text().strip()}")
        print("Ctrl-C ends; everything is then gone", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


def secret_files(folder: Path) -> dict[str, str]:
    """Fresh passwords where the compose file looks for them; what to set for it."""
    folder.mkdir(mode=0o700)
    for name in ("database", "grafana"):
        (folder / f"{name}_password").write_text(secrets.token_urlsafe() + "@/'\n")
    return {"NAMEPLATE_SECRETS": str(folder)}


def _queries() -> list[str]:
    """Every query of the dashboard, with its variables filled in as Grafana does."""
    filled = {"$__rate_interval": "1m", "$root": "site", "$node": ".*", "$job": ".*"}
    queries = list(_expressions(json.loads(DASHBOARD.read_text("utf-8"))))
    for name, value in filled.items():
        queries = [query.replace(name, value) for query in queries]
    return queries


def _expressions(part: Any) -> Iterator[str]:
    if isinstance(part, dict) and isinstance(part.get("expr"), str):
        yield part["expr"]
    inner = part.values() if isinstance(part, dict) else part
    if isinstance(inner, (list, type({}.values()))):
        for one in inner:
            yield from _expressions(one)


def _asked(prometheus: str, query: str) -> list[Any]:
    answer = httpx.get(
        f"{prometheus}/api/v1/query", params={"query": query}, timeout=30
    )
    assert answer.is_success, f"{query}: {answer.text}"
    return list(answer.json()["data"]["result"])


def _value(prometheus: str, query: str) -> float | None:
    found = _asked(prometheus, query)
    return float(found[0]["value"][1]) if found else None


def _until(ask: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (found := ask()):
        assert time.monotonic() < end, f"{what} did not come in {PATIENCE_S:.0f} s"
        time.sleep(0.3)
    return found


if __name__ == "__main__":
    sys.exit(main())
