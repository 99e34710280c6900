"""The compose file's services run here as it says, and each does what it is for."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import pytest
import yaml

from deploy.compose import read
from deploy.local import ROOT, Topology
from deploy.topology import check, passwords
from tests.agent.fake import COMPILER, Fake, build

needs = pytest.mark.skipif(
    COMPILER is None or shutil.which("prometheus") is None,
    reason="needs packages gcc and prometheus",
)


@pytest.fixture
def folder():
    """A folder that PostgreSQL's own user can pass through, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="nameplate-topology-") as path:
        yield Path(path)


@needs
@pytest.mark.prometheus
@pytest.mark.postgres
def test_every_service_of_the_compose_file_does_its_work(folder):
    cards = Fake(folder / "cards", gpus=2, watts=500.0).env(build(folder / "nvml"))
    seen = {key: cards[key] for key in ("LD_LIBRARY_PATH", "FAKE_NVML_STATE")}
    # the scheduler's worker and the server look for no cards of their own
    quiet = {"DASK_DISTRIBUTED__DIAGNOSTICS__NVML": "False", "NAMEPLATE_WORKERS": "1"}

    with Topology(
        folder / "state",
        passwords(),
        profiles=("agent",),
        extra={"agent": seen, "worker": quiet, "scheduler": quiet, "nameplate": quiet},
    ) as at:
        said = list(check(at))
        token = (at.volume("admin") / "admin").read_text().strip()

    assert [line.split(":")[0] for line in said] == [
        "the server asks strangers for a token",
        "a what-if answers",
        "a study of 2 points on the dask workers",
        "the agent sends",
        "Prometheus reads the server",
        "Prometheus takes all 26 queries of Grafana's dashboard",
    ]
    assert at.left_out == ["grafana"]
    assert all(process.poll() is not None for process in at.processes.values())
    logs = {name: at.log(name) for name in at.processes}
    assert not [name for name, text in logs.items() if token in text]
    assert not [name for name, text in logs.items() if "Traceback" in text]


def test_a_password_that_is_not_set_is_asked_for():
    with pytest.raises(ValueError, match="NAMEPLATE_DB_PASSWORD: set NAMEPLATE_DB"):
        read(ROOT / "docker-compose.yml", {})


def test_nothing_is_reachable_from_outside_but_on_loopback():
    told = yaml.safe_load((ROOT / "docker-compose.yml").read_text())

    for service in told["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("path", ["Dockerfile", "agent/Dockerfile"])
def test_an_image_does_not_run_as_root_and_copies_what_there_is(path):
    text = (ROOT / path).read_text()
    last = text[text.rindex("\nFROM") :]

    assert re.search(r"^USER (?!root)\w+", last, re.MULTILINE)
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / path).parent.joinpath(source).exists(), source


def test_mounted_files_of_the_repository_are_there():
    services = read(ROOT / "docker-compose.yml", passwords())

    for service in services.values():
        for source, _ in service.mounts:
            assert not source.startswith(".") or (ROOT / source).exists()
