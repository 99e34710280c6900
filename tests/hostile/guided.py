"""
Bytes that find their own way: guided fuzzing of all that reads strangers' bytes.

    scripts/fuzz [--target NAME] [--seconds 60] [--seed 8] [--out FILE]

atheris watches which branches an input reaches and changes those that reach new ones.
A reader may read or refuse; any other error, 5 s or 1 GB ends its target, and the input
is kept in tests/hostile/guided/, where `test_guided.py` reads it from then on.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.hostile.fire import MOST_MB, MOST_S

KEPT = Path(__file__).parent / "guided"
SEEDS = 24
"""Right inputs that a target starts from."""
ENCODINGS = ("snappy", "gzip", "deflate", "zstd")
Read = Callable[[bytes], Any]


def targets() -> dict[str, tuple[Read, Callable[[Random], bytes]]]:
    """By name: what reads the bytes, and what makes bytes that are nearly right."""
    from api.wire import otlp, otlp_json, remote_write
    from api.wire.compression import unpack
    from tests.api import wire_format
    from tests.hostile import mutate, wires
    from tests.hostile.files import readers
    from tests.hostile.rest import EXAMPLES

    def write(version: int) -> Callable[[Random], bytes]:
        made = wire_format.write_v2 if version == 2 else wire_format.write_v1
        return lambda rng: made(*wires._series(rng))

    def packed(rng: Random) -> bytes:
        import gzip

        data = wire_format.write_v1(*wires._series(rng))
        which = rng.randrange(len(ENCODINGS))
        body = wire_format.snappy(data) if which == 0 else gzip.compress(data)
        return bytes([which]) + body

    def unpacked(data: bytes) -> None:
        if data:
            unpack(data[1:], ENCODINGS[data[0] % len(ENCODINGS)], most=4_000_000)

    def example(rng: Random) -> bytes:
        return mutate.as_yaml(EXAMPLES[rng.choice(sorted(EXAMPLES))], rng)

    known: dict[str, tuple[Read, Callable[[Random], bytes]]] = {
        "remote-write-1": (lambda d: remote_write.read(d, remote_write.V1), write(1)),
        "remote-write-2": (lambda d: remote_write.read(d, remote_write.V2), write(2)),
        "otlp-protobuf": (otlp.read_protobuf, lambda rng: wires._otlp(rng)[-1]),
        "otlp-json": (otlp_json.read_json, lambda rng: wires._otlp_json(rng)[-1]),
        "encodings": (unpacked, packed),
    }
    for name, right in (
        ("scenario", example), ("inputs", example),
        ("requests", lambda rng: wires.REQUESTS.encode()),
        ("telemetry", lambda rng: wires.CSV.encode()),
    ):  # fmt: skip
        known[name] = (_from_file(*readers()[name]), right)
    return known


_FILES = tempfile.TemporaryDirectory(prefix="nameplate-fuzz-")


def _from_file(ending: str, reader: Callable[[Path], Any]) -> Read:
    path = Path(_FILES.name) / f"file{ending}"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        reader(path)

    return read


def attempt(read: Read, data: bytes) -> None:
    """Read; a refusal of ours is an answer, anything else is raised."""
    from api.problems import Refusal
    from cli.problem import Problem
    from twin.errors import NameplateError

    try:
        read(data)
    except (Refusal, Problem, NameplateError):
        return


def fuzz(name: str, flags: list[str]) -> None:
    """Fuzz one target in this process until libFuzzer ends it."""
    import atheris

    import api.wire.kernel  # noqa: F401 - compiled; its branches cannot be watched

    with atheris.instrument_imports(
        include=["api.wire", "store", "cli", "twin", "yaml"]
    ):
        read, right = targets()[name]
        attempt(read, right(Random(0)))  # which imports and compiles
    atheris.Setup([name, *flags], lambda data: attempt(read, data))
    atheris.Fuzz()


def run(name: str, seconds: int, seed: int) -> dict[str, Any]:
    """Fuzz one target in a process of its own; what it did and found."""
    _, right = targets()[name]
    rng = Random(seed)
    kept = KEPT / name
    with tempfile.TemporaryDirectory(prefix="nameplate-fuzz-") as folder:
        corpus, found = Path(folder) / "corpus", Path(folder) / "found"
        for made in (corpus, found):
            made.mkdir()
        for number in range(SEEDS):
            (corpus / str(number)).write_bytes(right(rng))
        flags = [
            f"-max_total_time={seconds}", f"-seed={seed}", f"-timeout={MOST_S:.0f}",
            f"-rss_limit_mb={MOST_MB:.0f}", "-max_len=65536", "-print_final_stats=1",
            f"-artifact_prefix={found}/", str(corpus),
        ]  # fmt: skip
        asked = [sys.executable, "-m", "tests.hostile.guided", "--one", name, *flags]
        # a process begins with the most that its parent held: a small one in between
        apart = ["sh", "-c", '"$@" & wait $!', "sh", *asked]
        place = os.environ | {"TMPDIR": folder}  # libFuzzer leaves its files behind
        ended = subprocess.run(
            apart, capture_output=True, text=True, check=False, env=place
        )
        inputs = sorted(found.iterdir())
        for one in inputs:
            kept.mkdir(parents=True, exist_ok=True)
            (kept / one.name).write_bytes(one.read_bytes())

        def told(stat: str) -> int:
            last = re.findall(rf"stat::{stat}:\s+(\d+)", ended.stderr)
            return int(last[-1]) if last else 0

        reached = re.findall(r"\bcov: (\d+)", ended.stderr)
        result = {
            "inputs": told("number_of_executed_units"),
            "slowest_s": told("slowest_unit_time_sec"),
            "peak_mb": told("peak_rss_mb"),
            "branches": int(reached[-1]) if reached else 0,
            "kept_inputs": len(list(corpus.iterdir())),
            "failures": [one.name for one in inputs],
        }
    if inputs or ended.returncode:
        sys.stderr.write(ended.stdout[-4000:] + ended.stderr[-4000:])
    return result


def main() -> int:
    """Fuzz the targets one after the other; 1 where one was found wanting."""
    if sys.argv[1:2] == ["--one"]:
        fuzz(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--target", choices=sorted(targets()), help="else all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--out", type=Path, help="file of results")
    asked = parser.parse_args()
    names = [asked.target] if asked.target else sorted(targets())
    found = {name: run(name, asked.seconds, asked.seed) for name in names}
    text = json.dumps({"seed": asked.seed, "targets": found}, indent=1) + "\n"
    sys.stdout.write(text)
    if asked.out is not None:
        asked.out.write_text(text)
    return int(any(one["failures"] or not one["inputs"] for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
