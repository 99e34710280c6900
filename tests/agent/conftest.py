"""A host in a test: stand-in cards, a spool folder, a server on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.clock import HostClock, ServerClock
from agent.recorder import Recorder
from tests.agent.fake import COMPILER, Fake, build, build_wall
from tests.agent.server import TOKEN

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def library(tmp_path_factory) -> Path:
    """Folder of the compiled stand-in for libnvidia-ml.so.1."""
    if COMPILER is None:
        if os.environ.get("CI") == "true":
            pytest.fail("needs a C compiler: packages gcc, libc6-dev")
        pytest.skip("needs a C compiler: packages gcc, libc6-dev")
    return build(tmp_path_factory.mktemp("nvml"))


@pytest.fixture(scope="session")
def wall_library(tmp_path_factory, library) -> Path:
    return build_wall(tmp_path_factory.mktemp("wall"))


@pytest.fixture
def cards(tmp_path, library, monkeypatch):
    """Make cards that this process sees."""

    def make(gpus=1, watts=400.0):
        fake = Fake(tmp_path / "cards", gpus=gpus, watts=watts)
        fake.attach(library, monkeypatch)
        return fake

    return make


@pytest.fixture
def recorder():
    return Recorder(HostClock(), ServerClock())


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def start_agent(tmp_path, library, token_file):
    """Start `python -m agent run` as its own process; ends with the test."""
    running: list[subprocess.Popen[str]] = []

    def start(fake, url, *arguments, env=None, rate_hz=20):
        process = subprocess.Popen(
            [
                sys.executable, "-m", "agent", "run", "--server", url, "--name", "node",
                "--rate-hz", str(rate_hz), "--token-file", str(token_file),
                "--spool-dir", str(tmp_path / "spool"), *map(str, arguments),
            ],
            env={**fake.env(library), **QUICK, **(env or {})}, cwd=ROOT, text=True,
            stderr=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


QUICK = {
    "NAMEPLATE_AGENT_FLUSH_S": "0.1",
    "NAMEPLATE_AGENT_BATCH_S": "0.2",
    "NAMEPLATE_AGENT_RETRY_S": "0.02",
    "NAMEPLATE_AGENT_RETRY_MAX_S": "0.1",
    "NAMEPLATE_AGENT_DENIED_S": "0.1",
    "NAMEPLATE_AGENT_SPOOL_MB": "8",
    "NAMEPLATE_AGENT_KEEP_SENT": "1",
}
"""Settings of an agent that need not be gentle."""
