"""A full and a read-only disk: writes are refused with the path, reads go on."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import time

import httpx
import pytest

from api.client import ApiProblem, Client
from api.main import create_app
from api.transport import InProcessTransport
from store.settings import Settings
from tests.live.hostile import good
from twin.errors import ScenarioError

ROOT = os.geteuid() == 0


@pytest.fixture
def disk(tmp_path):
    """A disk of six megabytes where root can make one, else a folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = ROOT and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], check=False
    ).returncode == 0  # fmt: skip
    yield folder, mounted
    if mounted:
        subprocess.run(["umount", "-l", folder], check=True)


BIG_SCENARIO = {"name": "n" * 100}


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


def test_a_start_on_a_read_only_disk_names_it(disk):
    folder, mounted = disk
    if not mounted:
        pytest.skip("needs root, to mount a disk that takes no writes")
    url = f"sqlite:///{folder / 'np.db'}"
    settings = Settings(database_url=url, cache_dir=folder, workers=1)
    with Client.in_process(create_app(settings, warm=False)) as client:
        key = client.create_scenario({"name": "kept"})["id"]
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)

    with pytest.raises(ScenarioError, match="disk must be writable") as refused:
        Client.in_process(create_app(settings, warm=False)).__enter__()
    assert refused.value.value == str(folder / "np.db")

    subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
    with Client.in_process(create_app(settings, warm=False)) as client:
        assert client.scenario(key)["name"] == "kept"
