"""The compose file's services run here as it says, and each does what it is for."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml

from deploy import first_tokens
from deploy.compose import read
from deploy.local import ROOT, Topology
from deploy.topology import check, secret_files
from store.access import Tokens
from store.engine import open_engine
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
        secret_files(folder / "secrets"),
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
        "a backup is put back",
    ]
    assert at.left_out == ["grafana"]
    assert all(process.poll() is not None for process in at.processes.values())
    logs = {name: at.log(name) for name in at.processes}
    assert not [name for name, text in logs.items() if token in text]
    assert not [name for name, text in logs.items() if "Traceback" in text]


@pytest.fixture(scope="module")
def told():
    """The compose file as it stands, merged."""
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_a_variable_that_has_to_be_set_is_asked_for(tmp_path):
    path = tmp_path / "compose.yml"
    path.write_text("services: {a: {image: '${IMAGE:?set IMAGE}'}}")

    with pytest.raises(ValueError, match="IMAGE: set IMAGE"):
        read(path, {})


def test_a_password_is_a_file_and_goes_to_those_who_need_it(told):
    assert {name: s.get("secrets") for name, s in told["services"].items()} == {
        "database": ["database_password"],
        "setup": ["database_password"],
        "nameplate": ["database_password"],
        "grafana": ["grafana_password"],
    } | dict.fromkeys(("scheduler", "worker", "prometheus", "agent"))
    for service in told["services"].values():
        for key, value in service.get("environment", {}).items():
            assert "PASSWORD" not in key or value.startswith("/run/secrets/"), key


def test_nothing_is_reachable_from_outside_but_on_loopback(told):
    for service in told["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_every_service_is_confined_bounded_and_watched(told):
    for name, service in told["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        if name not in ("setup", "worker", "agent", "nameplate"):  # an image's, or none
            assert "test" in service["healthcheck"], name
    assert "\nHEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    assert "\nHEALTHCHECK" in (ROOT / "agent/Dockerfile").read_text()


def test_a_read_only_service_keeps_what_it_writes_in_a_volume(told, folder):
    """Not in /tmp, which is gone with every restart, nor in the image."""
    services = read(ROOT / "docker-compose.yml", secret_files(folder / "secrets"))
    written = {
        "nameplate": ("NUMBA_CACHE_DIR", "NAMEPLATE_CACHE_DIR"),
        "worker": ("NUMBA_CACHE_DIR",),
        "agent": ("NAMEPLATE_AGENT_SPOOL_DIR",),
    }

    for name, variables in written.items():
        kept = [t for source, t in services[name].mounts if source in told["volumes"]]
        for variable in variables:
            place = services[name].environment[variable]
            assert any(f"{place}/".startswith(f"{at}/") for at in kept), (name, place)


def test_the_image_has_the_databases_own_programs(told):
    """An older pg_dump refuses; a newer pg_restore sets what the server has not."""
    client = re.search(r"postgresql-client-(\d+)", (ROOT / "Dockerfile").read_text())
    database = told["services"]["database"]["image"]

    assert database == f"postgres:{client[1]}"
    assert "backups:/backups" in told["services"]["nameplate"]["volumes"]


def test_first_tokens_are_made_once_and_a_lost_machine_token_again(
    tmp_path, monkeypatch
):
    url = f"sqlite:///{tmp_path / 'np.db'}"
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", url)
    files = [tmp_path / name for name in ("admin", "prometheus", "agent")]
    monkeypatch.setattr("sys.argv", ["first_tokens", *map(str, files), "host1"])

    def after(change):
        change()
        assert first_tokens.main() == 0
        return [file.read_text() if file.exists() else "" for file in files]

    def rows():
        engine = open_engine(url)
        try:
            return Tokens(engine).known()
        finally:
            engine.dispose()

    def revoke(token):
        engine = open_engine(url)
        Tokens(engine).revoke(token.split("_")[2])
        engine.dispose()

    first = after(lambda: None)
    assert [file.stat().st_mode & 0o777 for file in files] == [0o400, 0o444, 0o444]
    assert sorted((k.name, k.kind) for k in rows().values()) == [
        ("admin", "user"), ("host1", "agent"), ("prometheus", "user"),
    ]  # fmt: skip
    assert after(lambda: None) == first
    assert after(files[0].unlink) == ["", *first[1:]]  # and no second admin
    assert after(lambda: revoke(first[0])) == ["", *first[1:]]
    now = after(lambda: revoke(first[1]))
    assert (now[0], now[2]) == ("", first[2])
    assert now[1] != first[1]
    new = after((tmp_path / "np.db").unlink)  # another database: none of them counts
    assert all(new)
    assert not set(new) & {*first, *now}
    assert len(rows()) == 3


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    """But that the programs are not installed where the tests run."""
    units = [
        tmp_path / name for name in ("nameplate.service", "nameplate-worker.service")
    ]
    for unit in units:
        text = (ROOT / "deploy" / unit.name).read_text()
        unit.write_text(re.sub(r"/opt/nameplate/bin/\w+", "/bin/true", text))

    done = subprocess.run(
        ["systemd-analyze", "verify", *units],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_command_beside_the_unit_has_its_user_settings_and_folders():
    unit = (ROOT / "deploy" / "nameplate.service").read_text()
    beside = (ROOT / "deploy" / "nameplate-admin").read_text()
    shared = (
        "DynamicUser", "User", "StateDirectory", "StateDirectoryMode", "CacheDirectory",
        "UMask", "WorkingDirectory", "EnvironmentFile",
    )  # fmt: skip

    def lines(text, begin):
        return [
            found[1]
            for key in shared
            for found in re.finditer(rf"^{begin}({key}=\S+)", text, re.MULTILINE)
        ]

    assert lines(beside, r"\s+--property=") == lines(unit, "")
    assert len(lines(unit, "")) == len(shared) + 1  # two files of settings
    assert not re.search("^Environment=", unit, re.MULTILINE)  # it would have it alone
    image = re.search(r'--editable "\.(\[.+?\])"', (ROOT / "Dockerfile").read_text())
    assert f"/srv/nameplate{image[1]}" in unit


@pytest.mark.parametrize("path", ["Dockerfile", "agent/Dockerfile"])
def test_an_image_does_not_run_as_root_and_copies_what_there_is(path):
    text = (ROOT / path).read_text()
    last = text[text.rindex("\nFROM") :]

    assert re.search(r"^USER (?!root)\w+", last, re.MULTILINE)
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source


def test_mounted_files_of_the_repository_are_there(folder):
    services = read(ROOT / "docker-compose.yml", secret_files(folder / "secrets"))

    for service in services.values():
        for source, _ in service.mounts:
            assert source[0] not in "./" or (ROOT / source).exists()
