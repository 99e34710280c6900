"""
What the host agent costs its host: 8 GPUs at 10 Hz against the stand-in for NVML.

The agent is a process of its own, sends to a server in this one, and is watched through
/proc. A real driver's calls cost more than the stand-in's; the rest is the same.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.telemetry_load import cpu_s, memory_mb
from tests.agent.fake import Fake, build
from tests.agent.server import TOKEN, Receiver

ROOT = Path(__file__).parent.parent
WARM_S = 6.0


def measure(
    seconds: float = 30.0, *, gpus: int = 8, rate_hz: float = 10.0, samples_us: int = 0
) -> dict[str, float]:
    """
    Watch an agent at work.

    Args:
        seconds: How long, after a start that is left out. [s]
        gpus: How many cards the stand-in has.
        rate_hz: How often each is read. [Hz]
        samples_us: Period of the driver's own sample buffer; 0 is none. [µs]

    Returns:
        cpu_frac (of one core), rss_mb, peak_rss_mb, readings_per_s.
    """
    with tempfile.TemporaryDirectory() as name, Receiver() as receiver:
        folder = Path(name)
        fake = Fake(folder, gpus=gpus)
        for gpu in range(gpus):
            fake.profile(gpu, _course(gpu), period_s=60.0)
            fake.set(gpu, samples=f"{samples_us} 120")
        agent = _start(folder, fake, receiver, rate_hz)
        try:
            time.sleep(WARM_S)
            return _watch(agent.pid, receiver, seconds)
        finally:
            agent.send_signal(signal.SIGTERM)
            agent.wait(20)


def _course(gpu: int) -> list[tuple[float, float]]:
    """Power that changes ten times a second, as training does."""
    return [(k / 10, 250.0 + (k * 37 + gpu * 101) % 449) for k in range(600)]


def _start(
    folder: Path, fake: Fake, receiver: Receiver, rate_hz: float
) -> subprocess.Popen[bytes]:
    token = folder / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    return subprocess.Popen(
        [
            sys.executable, "-m", "agent", "run", "--server", receiver.url,
            "--name", "node", "--rate-hz", str(rate_hz), "--token-file", str(token),
            "--spool-dir", str(folder / "spool"), "--spool-mb", "64",
        ],
        env=dict(fake.env(build(folder / "lib"))), cwd=ROOT, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _watch(pid: int, receiver: Receiver, seconds: float) -> dict[str, float]:
    before_s, readings, began = cpu_s(pid), len(receiver.readings), time.monotonic()
    time.sleep(seconds)
    took_s = time.monotonic() - began
    return {
        "cpu_frac": (cpu_s(pid) - before_s) / took_s,
        "rss_mb": memory_mb(pid),
        "peak_rss_mb": memory_mb(pid, "VmHWM"),
        "readings_per_s": (len(receiver.readings) - readings) / took_s,
    }


if __name__ == "__main__":
    wanted_s = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    plain = measure(wanted_s)
    finer = measure(wanted_s, samples_us=20_000)
    print(json.dumps({"polled": plain, "with 50 Hz samples": finer}, indent=1))
