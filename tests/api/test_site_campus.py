"""A campus over the API: one answer on every engine, lost workers, limits in words."""

from __future__ import annotations

import contextlib
import math
import signal
import time

import httpx
import psutil
import pytest

from api.client import ApiProblem, Client
from api.main import create_app
from api.schemas.campus import CampusOut
from api.transport import InProcessTransport
from tests.api.test_engines import Cluster

PATIENCE_S = 120.0
LIMITS = {
    "contract_w": 250e3, "cooling_capacity_w": 300e3,
    "curtailments": [{"t_s": 1500, "duration_s": 600, "contract_w": 180e3}],
}  # fmt: skip
SMALL = {
    "horizon.days": 1 / 24,
    "workload.load.requests_per_server_s": 0.06,
    "policy": {"name": "no-cap"},
    "facility": {
        "template": {"design": "2n", "halls": 2, "rows_per_hall": 2,
                     "racks_per_row": 5},
        "campus": LIMITS,
    },
}  # fmt: skip
DAY = SMALL | {"horizon.days": 1.0}
HERE = ("effort", "engine", "timing", "provenance")
"""What may differ between two answers to one question."""


def campus(**more):
    """The small campus with other limits."""
    facility = SMALL["facility"] | {"campus": LIMITS | more}
    return SMALL | {"facility": facility}


def told(found):
    return {key: value for key, value in found.items() if key not in HERE}


@pytest.fixture(scope="module")
def found(client):
    return client.site_campus(changes=SMALL, series=True, nodes=True)


def test_an_answer_fits_its_schema_and_says_what_binds(found):
    CampusOut.model_validate(found)
    keys = [limit["key"] for limit in found["limits"]]

    assert keys == ["contract", "cooling"]
    assert found["binding"].startswith("contract at ")
    assert "clocks held down for" in found["binding"]
    assert found["warnings"] == []


def test_halls_add_up_to_the_campus(found):
    drawn_wh = math.fsum(hall["drawn_wh"] for hall in found["halls"])
    racks = found["racks"]

    assert drawn_wh + found["shared_loss_wh"] == pytest.approx(found["facility_wh"])
    assert sum(racks["server_count"]) == found["server_count"] == 80
    assert len(found["nodes"]["name"]) == found["node_count"]
    rack_wh = math.fsum(racks["mean_w"]) * found["horizon_s"] / 3600.0
    assert rack_wh == pytest.approx(found["it_wh"], rel=1e-6)


def test_the_contract_is_used_as_the_meter_says(found):
    contract = found["limits"][0]
    used = zip(
        found["series"]["most"]["utility_w"], found["series"]["contract_w"], strict=True
    )

    assert contract["used_frac"] <= max(w / most for w, most in used)
    assert contract["used_frac"] == pytest.approx(contract["used"] / contract["limit"])
    assert 0.9 < contract["used_frac"] < 1.5
    assert contract["bound_s"] == found["contract"]["ceiling_s"] > 0


def test_curves_of_halls_and_single_nodes_come_when_asked_for(client, found):
    less = client.site_campus(changes=SMALL)

    assert less["series"]["hall_mean"] is less["series"]["share_w"] is None
    assert less["nodes"] is less["racks"] is None
    assert less["series"]["mean"] == found["series"]["mean"]
    assert len(found["series"]["hall_mean"]["drawn_w"][0]) == 2


def test_without_limits_what_is_fullest_is_told(client):
    free = dict.fromkeys(("contract_w", "cooling_capacity_w")) | {"curtailments": []}
    found = client.site_campus(changes=campus(**free))
    fullest = found["fullest"][0]

    assert found["limits"] == []
    assert found["binding"] == f"{fullest['name']} at {fullest['peak_frac']:.1%}"
    assert found["contract"]["contract_w"] is None


def test_scarce_water_is_told_apart_from_a_small_plant(client):
    free = {"contract_w": None, "curtailments": [], "cooling_capacity_w": 1e6}
    plenty = client.site_campus(changes=campus(**free))
    used_kg_s = max(plenty["series"]["most"]["water_kg_s"])
    short = client.site_campus(changes=campus(**free, make_up_kg_s=0.8 * used_kg_s))
    cooling, water = short["limits"]

    assert water["key"] == "water"
    assert water["bound_s"] > 0
    assert short["binding"] == water["words"]
    assert (cooling["bound_s"], plenty["limits"][0]["bound_s"]) == (0.0, 0.0)


# --- engines ------------------------------------------------------------------------


def test_every_engine_of_this_machine_gives_the_same_answer(client, found):
    for engine in ("serial", "processes"):
        again = client.site_campus(
            changes=SMALL, series=True, nodes=True, engine=engine
        )
        assert told(again) == told(found)
        assert again["engine"] == engine


def test_an_engine_that_nobody_allowed_is_refused(client):
    with pytest.raises(ApiProblem) as refused:
        client.site_campus(changes=SMALL, engine="tcp://127.0.0.1:9")
    with pytest.raises(ApiProblem) as unknown:
        client.site_campus(changes=SMALL, engine="cloud")

    assert refused.value.status == 403
    assert "NAMEPLATE_STUDY_ENGINES" in str(refused.value)
    assert unknown.value.problem["errors"][0]["field"] == "engine"


def test_a_scenario_without_a_facility_says_what_to_add(client):
    with pytest.raises(ApiProblem) as refused:
        client.site_campus()

    assert refused.value.problem["errors"][0]["field"] == "facility"


def test_a_site_says_that_a_campus_keeps_the_shared_limits(client):
    (said,) = client.site_run(changes=SMALL)["warnings"]

    assert "campus.contract_w 250000 W, campus.cooling_capacity_w 300000 W" in said
    assert "`nameplate campus`" in said


class Server:
    """A server that answers with a job at once, so that jobs can be followed."""

    def __init__(self, app, client, http):
        self.app, self.client, self.http = app, client, http

    def start(self, **more):
        """Ask, and wait until simulated time has passed."""
        asked = {"scenario": {}} | more
        answer = self.http.post("/api/v1/site/campus", json=asked)
        assert answer.status_code == 202, answer.text
        self.job = answer.json()["id"]
        self.until(lambda job: job["text"].startswith("simulated"))

    def until(self, holds):
        end_s = time.monotonic() + PATIENCE_S
        while True:
            job = self.http.get(f"/api/v1/jobs/{self.job}").json()
            if holds(job):
                return job
            assert job["state"] in {"queued", "running"}, job
            assert time.monotonic() < end_s, job
            time.sleep(0.01)

    def end(self):
        """Wait for the job's end."""
        return self.until(lambda job: job["state"] not in {"queued", "running"})


@pytest.fixture
def server(settings, tmp_path):
    with contextlib.ExitStack() as stack:

        def start(**changes):
            changed = settings.model_copy(
                update={"what_if_wait_s": 0.0,
                        "database_url": f"sqlite:///{tmp_path}/server.db"} | changes
            )  # fmt: skip
            app = create_app(changed, warm=False)
            client = stack.enter_context(Client.in_process(app))
            transport = InProcessTransport(app, lifespan=False)
            http = stack.enter_context(
                httpx.Client(base_url="http://test", transport=transport, timeout=60)
            )
            return Server(app, client, http)

        yield start


def test_progress_follows_simulated_time_and_a_cancel_stops_it(server):
    asked = server()
    asked.start(changes=SMALL | {"horizon.days": 30.0})
    seen = asked.until(lambda job: job["part"] > 0.1)
    of, end = seen["text"].removeprefix("simulated ").removesuffix(" h").split(" of ")

    asked.client.cancel_job(asked.job)

    assert asked.end()["state"] == "cancelled"
    assert float(end) == 720.0
    assert seen["part"] == pytest.approx(0.1 + 0.88 * float(of) / 720.0, abs=1e-4)


def test_a_process_killed_at_work_changes_nothing_in_the_answer(server, client):
    asked = server()
    asked.start(changes=DAY, engine="processes")
    here = psutil.Process()
    workers = [  # children of the fork server, not of ours
        p for p in here.children(recursive=True) if p.ppid() != here.pid
    ]
    workers[0].send_signal(signal.SIGKILL)
    ended = asked.end()

    assert ended["state"] == "done", ended
    assert ended["answer"]["effort"]["lost"] > 0
    assert told(ended["answer"]) == told(client.site_campus(changes=DAY))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("dask"))
    made.connect().close()  # it takes its time to start
    yield made
    made.stop()


def test_dask_gives_the_same_answer_though_a_worker_is_lost(server, client, cluster):
    asked = server(study_engines=cluster.address)
    asked.start(changes=DAY, engine=cluster.address)
    cluster.workers[0].kill()
    ended = asked.end()

    assert ended["state"] == "done", ended
    assert ended["answer"]["engine"] == cluster.address
    assert told(ended["answer"]) == told(client.site_campus(changes=DAY))


@pytest.mark.filterwarnings("ignore")  # dask's own, of the connection that broke
def test_a_scheduler_lost_at_work_is_said_and_the_server_goes_on(server, cluster):
    asked = server(study_engines=cluster.address)
    asked.start(changes=DAY, engine=cluster.address)
    cluster.scheduler.kill()
    ended = asked.end()

    assert ended["state"] == "failed"
    assert ended["error"]["status"] == 503
    assert "run it again" in ended["error"]["detail"]
    asked.start(changes=DAY)
    assert asked.end()["state"] == "done"
