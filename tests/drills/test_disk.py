"""A full and a read-only disk: writes are refused with the path, reads go on."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

import httpx
import pytest

from api.client import ApiProblem, Client
from api.main import create_app
from api.transport import InProcessTransport
from store.settings import Settings
from tests.drills.failing import FailingDisk
from tests.drills.house import Crowd, House, faults, send, until
from tests.live.hostile import good
from tests.live.processes import Postgres
from twin.errors import ScenarioError

ROOT = os.geteuid() == 0


def mount(folder, size):
    """Make a small disk there; only root can."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    return ROOT and subprocess.run(command, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path):
    """A disk of six megabytes where root can make one, else a folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = mount(folder, "6m")
    yield folder, mounted
    if mounted:
        subprocess.run(["umount", "-l", folder], check=True)


LATER = 9000
"""A batch that no crowd comes to."""
BIG_SCENARIO = {"name": "n" * 100}


def make(http, name):
    return http.post("/scenarios", json={"scenario": {"name": name}})


def fill_up(client, kept):
    for _ in range(2000):
        kept += [client.create_scenario(BIG_SCENARIO)["id"]]


@contextlib.contextmanager
def full(folder, *, mounted):
    """Until the block ends nothing more fits; where there is no disk, by a limit."""
    if mounted:
        filler = folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"\0" * 4096):
                pass
        yield
        filler.unlink()
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(p.stat().st_size for p in folder.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_refuses_writes_and_nothing_else(disk):
    folder, mounted = disk
    settings = Settings(
        database_url=f"sqlite:///{folder / 'np.db'}", cache_dir=folder, workers=1
    )
    app = create_app(settings, warm=False)
    with Client.in_process(app) as client:
        token = app.state.services.access.tokens.create(
            name="node", scopes=("telemetry:write",), agent="node"
        )[1]
        transport = InProcessTransport(app, lifespan=False)
        head = {"authorization": f"Bearer {token}"}
        http = httpx.Client(base_url="http://t/api/v1", transport=transport, timeout=60)
        now_us = int(time.time() - 5) * 1_000_000

        def send(number):
            body = good(now_us + number * 1000) | {"sequence": number}
            return http.post("/telemetry", json=body, headers=head)

        assert send(0).status_code == 200
        with full(folder, mounted=mounted):
            kept = []
            with pytest.raises(ApiProblem) as refused:
                fill_up(client, kept)
            problem = refused.value.problem
            assert refused.value.status == 507
            assert problem["type"] == "urn:nameplate:problem:no-space"
            assert problem["errors"][0]["field"] == "disk"
            assert problem["errors"][0]["value"] == str(folder / "np.db")
            assert problem["errors"][0]["repair"]
            owed = []
            for number in range(1, 400):  # until not even one row fits any more
                answer = send(number)
                if answer.status_code != 200:
                    owed.append(number)
                    break
            assert answer.status_code == 507
            assert answer.headers["retry-after"] == "5"
            assert client.health()["status"] == "ok"
            assert client.scenario("sample-row")["name"]
        for number in owed:
            assert send(number).json()["duplicate"] is False  # it was not taken
        assert client.create_scenario(BIG_SCENARIO)["id"]
        assert all(client.scenario(key)["id"] == key for key in kept)
        with pytest.raises(ApiProblem, match="does not exist"):
            client.scenario("scenario_none")
        http.close()


@contextlib.contextmanager
def read_only(folder, *, mounted):
    """Until the block ends nothing may be written; without a disk, by its rights."""
    if mounted:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        yield
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        return
    if ROOT:  # rights do not bind root
        why = "root may not mount here: run as another user, or with CAP_SYS_ADMIN"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
    places = [folder, *folder.iterdir()]
    for place in places:
        place.chmod(place.stat().st_mode & ~0o222)
    yield
    for place in places:
        place.chmod(place.stat().st_mode | 0o200)


@pytest.fixture
def crowded():
    """PostgreSQL on a disk of its own that can be full; others than root pretend."""
    folder = Path(tempfile.mkdtemp(prefix="nameplate-disk-"))
    folder.chmod(0o755)  # the database's user passes through it
    place, work = folder / "disk", folder / "work"
    place.mkdir()
    work.mkdir(mode=0o755)
    with contextlib.ExitStack() as mess:
        mess.callback(shutil.rmtree, folder, ignore_errors=True)
        patch = mess.enter_context(pytest.MonkeyPatch.context())
        if mount(place, "100m"):
            mess.callback(subprocess.run, ["umount", "-l", place], check=True)
            filled = partial(full, place, mounted=True)
        else:
            disk = FailingDisk(place, work)
            for name, value in disk.env.items():
                patch.setenv(name, value)
            filled = partial(disk.being, "full")
        postgres = Postgres(place / "postgres")
        postgres.start()
        patch.undo()
        mess.callback(postgres.stop)
        yield postgres, filled


@pytest.mark.postgres
def test_the_databases_own_full_disk_is_told_and_recovers(crowded, tmp_path):
    postgres, filled = crowded
    house = House(tmp_path, postgres.url)
    admin, agent = house.http(house.admin), house.http(house.agent)
    with house.server, admin, agent:
        assert send(agent, 0).status_code == 200
        with filled():
            kept, refused = [], None
            while refused is None:
                answer = make(admin, "n" * 100)
                if answer.status_code == 201:
                    kept.append(answer.json()["id"])
                else:
                    refused = answer
            assert refused.status_code == 507, refused.text
            problem = refused.json()
            assert problem["type"] == "urn:nameplate:problem:no-space"
            assert problem["errors"][0]["field"] == "disk"
            assert "nameplate" in problem["errors"][0]["value"]  # which database
            assert refused.headers["retry-after"] == "5"
            assert admin.get("/scenarios/sample-row").status_code == 200
            assert admin.get("/health").json()["status"] == "ok"
        if postgres.process.poll() is not None:
            postgres.start()  # it ends itself where its log does not fit either
        until(lambda: make(admin, "afterwards").status_code == 201)
        assert send(agent, 0).json()["duplicate"] is True
        assert send(agent, 1).json()["duplicate"] is False
        there = [admin.get(f"/scenarios/{key}").status_code for key in kept]
        assert set(there) <= {200}


def test_a_disk_that_turns_read_only_under_a_server_is_told_and_recovers(tmp_path):
    folder, work = tmp_path / "disk", tmp_path / "work"
    work.mkdir()
    house = House(folder, f"sqlite:///{folder / 'np.db'}")
    house.server.log = work / "server.log"
    disk = FailingDisk(folder, work)
    house.server.env.update(disk.env)
    crowd = Crowd(house)
    admin, agent = house.http(house.admin), house.http(house.agent)
    with house.server, admin, agent:
        with crowd.at_work() as promised:
            until(lambda: promised["run"] and promised["applied"] and promised["batch"])
            with disk.being("read-only"):
                refused = [make(admin, "refused") for _ in range(3)]
                refused += [send(agent, LATER) for _ in range(3)]
                scenarios = admin.get("/scenarios").json()["items"]
                assert admin.get("/health").json()["status"] == "ok"
            until(lambda: make(admin, "taken").status_code == 201)
        for answer in refused:
            assert answer.status_code == 507, answer.text
            problem = answer.json()
            assert problem["type"] == "urn:nameplate:problem:no-space"
            assert problem["errors"][0]["value"] == str(folder / "np.db")
            assert problem["errors"][0]["repair"]
            assert answer.headers["retry-after"] == "5"
        assert len(scenarios) > len(promised["applied"][:1])  # reading goes on
        assert send(agent, LATER).json()["duplicate"] is False  # it was not taken
        crowd.sent.add(LATER)
        names = [row["name"] for row in admin.get("/scenarios").json()["items"]]
        assert {"taken", "refused"} & set(names) == {"taken"}
        until(house.at_rest)
        assert faults(house, crowd) == []


def test_a_start_on_a_read_only_disk_names_it(disk):
    folder, mounted = disk
    url = f"sqlite:///{folder / 'np.db'}"
    settings = Settings(database_url=url, cache_dir=folder, workers=1)
    with Client.in_process(create_app(settings, warm=False)) as client:
        key = client.create_scenario({"name": "kept"})["id"]

    with (
        read_only(folder, mounted=mounted),
        pytest.raises(ScenarioError, match="disk must be writable") as refused,
    ):
        Client.in_process(create_app(settings, warm=False)).__enter__()
    assert refused.value.value == str(folder / "np.db")

    with Client.in_process(create_app(settings, warm=False)) as client:
        assert client.scenario(key)["name"] == "kept"
