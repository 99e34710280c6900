"""Hostile files to the readers of the command line, in a process that may be ended."""

from __future__ import annotations

import multiprocessing
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from tests.hostile import mutate, wires
from tests.hostile.fire import MOST_MB, MOST_S, Tally

REFUSED, READ = "refused", "read"


def readers() -> dict[str, tuple[str, Callable[[Path], Any]]]:
    """Every reader of a file a person hands over: ending, and the reader."""
    from cli.scenario_file import load_inputs, load_scenario
    from store.readers import read_rates, read_requests
    from store.telemetry_files import FileSource, TelemetryFile

    def telemetry(path: Path) -> None:
        file = TelemetryFile(path, FileSource(kind="gpu", device="", zone=None,
                                              start_us=None))  # fmt: skip
        file.look()
        for _ in file.readings():
            pass

    return {
        "scenario": (".yaml", load_scenario), "json": (".json", load_scenario),
        "inputs": (".yaml", load_inputs), "requests": (".csv", read_requests),
        "rates": (".csv.gz", read_rates), "telemetry": (".csv", telemetry),
    }  # fmt: skip


def files(rng: Random) -> Iterator[tuple[str, bytes]]:
    """Files by reader."""
    from tests.hostile.rest import EXAMPLES

    names = sorted(EXAMPLES)
    while True:
        kind = rng.choice(("scenario", "scenario", "inputs", "json", "requests", "rates",  # noqa: E501
                           "telemetry"))  # fmt: skip
        if kind in {"scenario", "inputs"}:
            changed = mutate.document(EXAMPLES[rng.choice(names)], rng)
            yield kind, mutate.as_yaml(changed, rng)
        elif kind == "json":
            changed = mutate.document(EXAMPLES["row"], rng)
            yield kind, mutate.as_json(changed, rng)
        elif kind == "telemetry" and rng.random() < 0.5:
            yield kind, wires.parquet(rng)
        else:
            text = {"requests": wires.REQUESTS, "rates": wires.RATES}.get(
                kind, wires.CSV
            )
            yield kind, mutate.text_table(text, rng)


def run(seed: int, count: int, until_s: float) -> tuple[Tally, float]:
    """Read so many files in another process; its tally and its peak. [MB]"""
    tally, peak_mb = Tally(), 0.0
    sent, at = files(Random(seed)), 0
    while at < count and time.monotonic() < until_s:
        size = min(500, count - at)
        chunk = [next(sent) for _ in range(size)]
        peak_mb = max(peak_mb, _read_apart(chunk, tally))
        at += size
    return tally, peak_mb


def _read_apart(chunk: list[tuple[str, bytes]], tally: Tally) -> float:
    """Read a chunk in a process of its own; a file that hangs it is noted and left."""
    context = multiprocessing.get_context("spawn")
    todo, peak_mb = chunk, 0.0
    while todo:
        here, there = context.Pipe()
        worker = context.Process(target=_work, args=(there, todo), daemon=True)
        worker.start()
        there.close()
        here.poll(60)  # it imports and compiles first
        done = 0
        while here.poll(6 * MOST_S):
            try:
                outcome, took_s, rss_mb = here.recv()
            except EOFError:
                break
            if outcome == "ready":
                continue
            _note(tally, todo[done], outcome, took_s)
            peak_mb, done = max(peak_mb, rss_mb), done + 1
        if done < len(todo):
            _note(tally, todo[done], "hangs or ends the process", 6 * MOST_S)
            worker.kill()
            done += 1
        worker.join()
        todo = todo[done:]
    if peak_mb > MOST_MB:
        tally.failures.append({"key": "memory", "why": f"{peak_mb:.0f} MB"})
    return peak_mb


def _work(pipe: Any, chunk: list[tuple[str, bytes]]) -> None:
    known = readers()
    pipe.send(("ready", 0.0, 0.0))
    with tempfile.TemporaryDirectory() as folder:
        for kind, content in chunk:
            ending, reader = known[kind]
            path = Path(folder) / f"file{ending}"
            path.write_bytes(content)
            began_s = time.perf_counter()
            outcome = outcome_of(reader, path)
            took_s = time.perf_counter() - began_s
            pipe.send((outcome, took_s, _peak_mb()))


def _peak_mb() -> float:
    """Most this process ever held; getrusage would count its parent's before exec."""
    line = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(line[1]) / 1e3 if line else 0.0


def outcome_of(reader: Callable[[Path], Any], path: Path) -> str:
    """What a reader made of a file; anything but a refusal of ours is a fault."""
    from cli.problem import Problem
    from twin.errors import NameplateError

    try:
        reader(path)
    except (Problem, NameplateError):
        return REFUSED
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    return READ


def _note(tally: Tally, file: tuple[str, bytes], outcome: str, took_s: float) -> None:
    tally.count += 1
    good = outcome in {REFUSED, READ}
    tally.statuses[outcome if good else "fault"] += 1
    if took_s * 1e3 > tally.slowest_ms:
        tally.slowest_ms, tally.slowest = took_s * 1e3, file[0]
    if not good or took_s > MOST_S:
        why = f"{file[0]}: {outcome} after {took_s:.1f} s {file[1][:80]!r}"
        tally.failures.append({"key": outcome[:40], "why": why, "body": file[1]})
