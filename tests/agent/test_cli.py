"""What people type, and what they are told."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli import main
from agent.settings import NAMES, SettingError, Settings, load
from tests.agent.conftest import ROOT
from tests.agent.fake import NO_PERMISSION, Fake
from tests.agent.server import PROBLEM, TOKEN, Receiver, problem


def check(env, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "agent", "check", *map(str, arguments)],
        env={"PATH": "/usr/bin:/bin", **env}, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


def test_a_host_that_is_ready_passes(tmp_path, library, token_file):
    fake = Fake(tmp_path / "cards", gpus=2)
    with Receiver() as receiver:
        done = check(
            fake.env(library), "--server", receiver.url, "--name", "node",
            "--token-file", token_file, "--spool-dir", tmp_path / "s", "--json",
        )  # fmt: skip

    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["ok"] is True
    texts = [f"{f['level']} {f['subject']}: {f['text']}" for f in told["findings"]]
    assert any("good gpu 1" in t and "400.0 W now" in t for t in texts)
    assert any(t.startswith("good server") and "'node'" in t for t in texts)
    assert any(t.startswith("good clock: server minus host") for t in texts)
    assert any(
        t.startswith("note gpu 0: fan_frac (nvmlDeviceGetFanSpeed)") for t in texts
    )
    assert TOKEN not in done.stdout + done.stderr


def test_a_machine_without_a_gpu_is_told_what_to_do(tmp_path):
    done = check(
        {"NAMEPLATE_AGENT_RAPL": "off", "NAMEPLATE_AGENT_IPMI": "off"},
        "--spool-dir", tmp_path,
    )  # fmt: skip

    assert done.returncode == 1
    assert (
        "note nvml: no GPU can be read: libnvidia-ml.so.1 was not found" in done.stdout
    )
    assert "without NVIDIA GPUs here this is as it should be" in done.stdout
    assert "FAIL sources: nothing on this host can be measured" in done.stdout
    assert "--redfish" in done.stdout


def test_a_field_without_permission_comes_with_its_repair(tmp_path, library):
    fake = Fake(tmp_path / "cards", gpus=3)
    fake.fault("nvmlDeviceGetEnforcedPowerLimit", code=NO_PERMISSION)

    done = check(fake.env(library), "--spool-dir", tmp_path / "s")

    line = "gpu 0-2: power_limit_w (nvmlDeviceGetEnforcedPowerLimit): no permission"
    assert f"note {line}" in done.stdout
    assert "run the agent as root" in done.stdout


@pytest.mark.parametrize(
    ("answer", "why", "repair"),
    [
        ((401, {"title": "unknown token"}), "401 unknown token", "telemetry:write"),
        (
            (302, {}, {"Location": "https://login.example"}),
            "redirects to",
            "own address",
        ),
        ((200, b"<html>"), "200", "own address"),
        ((503, {}), "503", "try again"),
        ((403, {"title": "another agent"}), "403 another agent", "telemetry:write"),
        ((400, {"message": "Bad Request"}), "400", "own address"),
        (
            (400, problem("unreadable", "Host"), PROBLEM),
            "400 Host breaks a rule",
            "NAMEPLATE_ALLOWED_HOSTS",
        ),
        ((422, problem("invalid-input", "spool"), PROBLEM), "422 spool", "old or new"),
    ],
)
def test_a_server_that_does_not_answer_well_comes_with_a_repair(
    tmp_path, token_file, answer, why, repair
):
    with Receiver() as receiver:
        receiver.answers.append(answer)
        done = check({}, "--server", receiver.url, "--token-file", token_file,
                     "--spool-dir", tmp_path, "--no-gpu", "--json")  # fmt: skip

    (found,) = [
        f for f in json.loads(done.stdout)["findings"] if f["subject"] == "server"
    ]
    assert done.returncode == 1
    assert why in found["text"]
    assert repair in found["repair"]


def test_a_server_that_is_down_and_a_token_of_another_are_told(tmp_path, token_file):
    common = ("--token-file", token_file, "--spool-dir", tmp_path, "--no-gpu")
    done = check({}, "--server", "http://127.0.0.1:9", *common)
    assert "Connection refused" in done.stdout

    with Receiver() as receiver:
        done = check({}, "--server", receiver.url, "--name", "other", *common)
    assert "the token is of 'node', this agent is 'other'" in done.stdout


def test_a_token_everyone_can_read_is_warned_of(tmp_path, token_file):
    token_file.chmod(0o644)
    with Receiver() as receiver:
        done = check({}, "--server", receiver.url, "--name", "node", "--no-gpu",
                     "--token-file", token_file, "--spool-dir", tmp_path)  # fmt: skip

    assert f"chmod 600 {token_file}" in done.stdout


def test_a_missing_token_and_a_locked_folder_are_told(tmp_path):
    file = tmp_path / "file"
    file.write_text("")

    done = check({}, "--server", "http://127.0.0.1:9", "--spool-dir", file / "s")

    assert "FAIL token: no token: write it into a file" in done.stdout
    assert f"FAIL spool: {file}/s cannot be written" in done.stdout


def test_later_sources_of_settings_win(tmp_path):
    config = tmp_path / "agent.toml"
    config.write_text('rate_hz = 2\nname = "file"\nspool_mb = 10\n')
    env = {"NAMEPLATE_AGENT_NAME": "env", "NAMEPLATE_AGENT_RATE_HZ": "5"}

    settings = load({"rate_hz": 10.0, "name": None}, config=config, env=env)

    assert (settings.rate_hz, settings.name, settings.spool_mb) == (10.0, "env", 10.0)


def test_systemd_hands_the_token_over(tmp_path):
    (tmp_path / "token").write_text(TOKEN)

    settings = load({}, config=None, env={"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert settings.token_file == tmp_path / "token"


@pytest.mark.parametrize(
    ("flags", "text", "why"),
    [
        ({"rate_hz": 51.0}, "", "rate_hz must be from 0.1 to 50, got 51"),
        ({"server": "nameplate.example"}, "", "must begin with http"),
        ({"server": "https://u:p@host"}, "", "no user or password"),
        ({}, 'ipmi = "maybe"', "ipmi must be auto, on or off, got 'maybe'"),
        ({}, "rate = 3", "no setting is called 'rate'"),
        ({}, 'token = "x"', "belongs in a file: token_file"),
        ({}, 'rate_hz = "fast"', "rate_hz must be a float, got 'fast'"),
        ({}, "rate_hz = ", "is not TOML"),
        ({"allow_control": True}, "", "needs policy_file and policy_key_file"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(tmp_path, flags, text, why):
    config = tmp_path / "agent.toml"
    config.write_text(text)

    with pytest.raises(SettingError, match=why):
        load(flags, config=config, env={})


def test_a_spool_that_is_held_stops_a_second_agent(tmp_path, token_file, capsys):
    from agent.spool import Spool

    held = Spool(tmp_path / "s", limit_bytes=4_000_000)

    code = main(["run", "--server", "http://127.0.0.1:9", "--spool-dir",
                 str(tmp_path / "s"), "--token-file", str(token_file)])  # fmt: skip

    held.close()
    assert code == 3
    assert "held by another agent" in capsys.readouterr().err


def test_what_is_in_the_spool_can_be_asked(tmp_path, capsys):
    from agent.chunk import pack
    from agent.spool import Spool
    from tests.agent.make import chunk

    spool = Spool(tmp_path, limit_bytes=4_000_000)
    spool.append(pack(chunk(0, 10)), 10)

    assert main(["spool", "--spool-dir", str(tmp_path), "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["readings"], told["unsent_readings"]) == (10, 10)
    spool.close()


def test_every_setting_stands_in_the_documentation():
    page = (ROOT / "docs/agent.md").read_text()

    assert [name for name in NAMES if f"`{name}`" not in page] == []


def test_every_field_read_stands_in_the_documentation():
    from agent.check import values_of_interest

    page = (ROOT / "docs/agent.md").read_text()

    for name, nvml_name in values_of_interest().items():
        assert f"`{name}`" in page
        assert f"`{nvml_name}`" in page


def test_the_agents_own_page_version_and_package_agree():
    import tomllib

    from agent import __version__

    package = tomllib.loads((ROOT / "agent/pyproject.toml").read_text())["project"]

    assert package["version"] == __version__
    assert {d.partition(">")[0] for d in package["dependencies"]} == {
        "httpx",
        "nvidia-ml-py",
    }


@pytest.mark.parametrize(
    ("user", "env", "folder"),
    [
        pytest.param(0, {"HOME": "/root"}, "/var/lib/nameplate-agent", id="root"),
        pytest.param(
            1000, {"HOME": "/home/ops"}, "/home/ops/.local/state/nameplate-agent",
            id="a user",
        ),
        pytest.param(
            1000, {"HOME": "/home/ops", "XDG_STATE_HOME": "/srv/state"},
            "/srv/state/nameplate-agent", id="a user with a place for state",
        ),
        pytest.param(
            1000, {"HOME": "/home/ops", "XDG_STATE_HOME": "state"},
            "/home/ops/.local/state/nameplate-agent", id="a place that is no place",
        ),
        pytest.param(
            61000, {"STATE_DIRECTORY": "/var/lib/nameplate-agent"},
            "/var/lib/nameplate-agent", id="systemd's user",
        ),
    ],
)  # fmt: skip
def test_readings_wait_where_the_user_may_write(monkeypatch, user, env, folder):
    monkeypatch.setattr("os.geteuid", lambda: user)

    assert load({}, config=None, env=env).spool_dir == Path(folder)


UNIT = ROOT / "agent/nameplate-agent.service"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    """But that the program is not installed where the tests run."""
    unit = tmp_path / UNIT.name
    program = "/opt/nameplate-agent/bin/nameplate-agent"
    unit.write_text(UNIT.read_text().replace(program, "/bin/true"))

    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_units_steps_make_what_it_reads(tmp_path):
    """Its install lines, run in a folder; and its own user may read the settings."""
    head = UNIT.read_text().partition("[Unit]")[0]
    etc = tmp_path / "etc"
    steps = [
        line.removeprefix("#   ").partition("   ")[0]
        for line in head.splitlines()
        if line.startswith(("#   install ", "#   echo "))
    ]
    script = "\n".join(["umask 077", *steps]).replace("/etc/nameplate-agent", str(etc))
    subprocess.run(["sh", "-euc", script], input=TOKEN, text=True, check=True)

    assert (etc.stat().st_mode & 0o777, (etc / "token").stat().st_mode & 0o777) == (
        0o755,
        0o600,
    )
    assert (etc / "agent.toml").stat().st_mode & 0o777 == 0o644
    settings = load({}, config=etc / "agent.toml", env={})
    assert settings.server == "https://nameplate.example"


def test_defaults_are_read_only():
    assert Settings().allow_control is False
    assert Settings().metrics_port == 0
    assert Path(Settings().spool_dir) == Path("/var/lib/nameplate-agent")
