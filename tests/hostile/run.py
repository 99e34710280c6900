"""
Generate hostile inputs, send them to a server of their own, and count what came of it.

`scripts/hostile --inputs 100000 --seed 8`; the tally goes to docs/results/hostile.json.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import psutil

from tests.hostile import files
from tests.hostile.fire import MOST_MB, Gun, Memory, Range, Shot, Tally
from tests.hostile.pages import mcp_shots, page_shots
from tests.hostile.rest import rest_shots, scenario_shots
from tests.hostile.site import Site
from tests.hostile.wires import import_shots, telemetry_shots

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "docs" / "results" / "hostile.json"
SHARES = {"rest": 0.28, "scenarios": 0.2, "imports": 0.13, "telemetry": 0.16,
          "urls": 0.15, "mcp": 0.02, "files": 0.06}  # fmt: skip


def shots_of(
    part: str, site: Site, guns: Range, seed: int, count: int
) -> Iterator[Shot]:
    """Inputs of a part, without end."""
    rng = Random(f"{seed} {part}")
    if part == "rest":
        return rest_shots(site.schema(), count, seed, site.tokens)
    if part == "scenarios":
        return scenario_shots(rng)
    if part == "imports":
        return import_shots(rng)
    if part == "telemetry":
        return telemetry_shots(rng, site.tokens)
    return page_shots(rng, guns.gun) if part == "urls" else mcp_shots(rng, guns.gun)


def run_part(
    part: str, count: int, seed: int, site: Site | None, *, seconds: float = float("inf"),  # noqa: E501
    save: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Run one part; the files are read without a server."""
    began_s = time.monotonic()
    if part == "files" or site is None:
        tally, peak_mb = files.run(seed, count, began_s + seconds)
        return _told(part, tally, peak_mb, 0.0, began_s, seed)
    memory, guns, before = Memory(site.process.pid), Range(Gun(site.port), save=save), (
        site.tracebacks()
    )  # fmt: skip
    shots = islice(shots_of(part, site, guns, seed, count), count)

    def tell(tally: Tally) -> None:
        now_s = time.monotonic() - began_s
        print(f"{part}: {tally.count} in {now_s:.0f} s, {dict(tally.statuses)}, "
              f"{memory.peak_mb:.0f} MB", flush=True)  # fmt: skip

    tally = guns.run(shots, until_s=began_s + seconds, tell=tell)
    memory.stop()
    if site.process.poll() is not None:
        tally.failures.append({"key": "dead", "why": "the server ended"})
    if max(memory.peak_mb, memory.child_peak_mb) > MOST_MB:
        why = f"{memory.peak_mb:.0f} MB, its workers {memory.child_peak_mb:.0f} MB"
        tally.failures.append({"key": "memory", "why": why})
    found = _told(part, tally, memory.peak_mb, memory.child_peak_mb, began_s, seed)
    return found | {"tracebacks_in_log": site.tracebacks() - before}


def _told(
    part: str, tally: Tally, peak_mb: float, child_mb: float, began_s: float, seed: int
) -> dict[str, Any]:
    took_s = time.monotonic() - began_s
    return {"part": part, "seed": seed, "took_s": round(took_s)} | tally.document() | {
        "peak_rss_mb": round(peak_mb), "worker_peak_rss_mb": round(child_mb),
    }  # fmt: skip


def _about() -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=True,  # noqa: E501
                            capture_output=True, text=True).stdout.strip()  # fmt: skip
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "commit": commit,
        "machine": f"{os.cpu_count()} shared cores, "
        f"{psutil.virtual_memory().total / 1e9:.0f} GB, Python "
        f"{platform.python_version()}, other work beside it",
        "load_average": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run the parts asked for; exit code 1 where anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="of a part")
    parser.add_argument("--part", choices=SHARES, action="append")
    parser.add_argument("--out", type=Path, default=RESULT)
    asked = parser.parse_args(arguments)
    parts = asked.part or list(SHARES)
    whole = sum(SHARES[p] for p in parts)
    wrong = 0
    served = [p for p in parts if p != "files"]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        site = stack.enter_context(Site(Path(folder))) if served else None
        for part in parts:
            count = round(asked.inputs * SHARES[part] / whole)
            found = run_part(part, count, asked.seed, site, seconds=asked.seconds)
            found |= _about()
            wrong += len(found["failures"])
            print(json.dumps(found, indent=1), flush=True)
            _merge(asked.out, part, found)
    return 1 if wrong else 0


def _merge(path: Path, part: str, found: dict[str, Any]) -> None:
    """Put a part's tally beside those of the others."""
    known = json.loads(path.read_text())["parts"] if path.exists() else {}
    known[part] = found
    ordered = {name: known[name] for name in SHARES if name in known}
    total = sum(p["inputs"] for p in ordered.values())
    failures = sum(len(p["failures"]) for p in ordered.values())
    document = {"inputs": total, "failures": failures, "parts": ordered}
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
