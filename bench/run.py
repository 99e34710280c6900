"""
Run the benchmarks of a prefix and write their rows and the machine's limits.

    scripts/bench [PREFIX] --json FILE
    scripts/bench [PREFIX] --record
    scripts/bench --scaling --record

FILE gets `{"rows": [{id, value, unit, bar, passes}], "machine": {...}}`. `--scaling`
measures the scaling curves and the roofline instead of rows, as `curves`. `--record`
adds the run to bench/history.jsonl. Exit code 0 means that all ran, whatever they
measured; 1 that one could not run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench import history
from bench.browser import PAGE_ROWS, browser_rows
from bench.rows import ROW_BARS, finished

FOLDER = Path(__file__).parent


def machine() -> dict[str, Any]:
    """Copy bandwidth and arithmetic of one core here: medians of nine."""
    source = np.ones(1 << 25)
    target = np.empty_like(source)
    copy_s = _median_s(lambda: np.copyto(target, source))
    a = np.ones((768, 768))
    flop_s = _median_s(lambda: a @ a)
    return {
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "copy_bandwidth_bytes_per_s": 2 * source.nbytes / copy_s,
        "matrix_flop_per_s": 2 * 768**3 / flop_s,
    }


def _median_s(work: Any) -> float:
    times = []
    for _ in range(9):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def kernel_rows(prefix: str) -> tuple[list[dict[str, Any]], int]:
    """Run the pytest-benchmark files; return their rows and the exit code."""
    if not any(n.startswith(prefix) for n in ROW_BARS if n not in PAGE_ROWS):
        return [], 0
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "benchmark.json"
        code = subprocess.call(
            [
                sys.executable, "-m", "pytest", *_files(prefix), "-q", "-p",
                "no:cacheprovider",
                "-o", "testpaths=", f"--benchmark-json={out}", "--benchmark-columns",
                "median,iqr,rounds",
            ],
            stdout=sys.stderr,
        )  # fmt: skip
        report = json.loads(out.read_text()) if out.exists() else {"benchmarks": []}
    rows = [r for b in report["benchmarks"] for r in b["extra_info"].get("rows", [])]
    return [r for r in rows if r["id"].startswith(prefix)], code


def _files(prefix: str) -> list[str]:
    """Files of the suites a prefix may mean: bench/test_SUITE.py."""
    stem = prefix.partition(".")[0]
    return [
        str(p) for p in sorted(FOLDER.glob("test_*.py"))
        if p.stem.removeprefix("test_").startswith(stem)
    ]  # fmt: skip


def measure(prefix: str, *, scaling: bool) -> tuple[dict[str, Any], int]:
    """Measure rows or curves; return the document and the exit code."""
    if scaling:
        from bench.kernels import roofline  # compiles on import
        from bench.scaling import curves

        found = [*curves(), roofline()]
        return {"rows": [], "curves": found, "machine": machine()}, 0
    rows, code = kernel_rows(prefix)
    web, web_code = browser_rows(prefix)
    rows = [finished(row) for row in [*rows, *web]]
    return {"rows": rows, "machine": machine()}, 1 if code or web_code else 0


def show(document: dict[str, Any]) -> None:
    """Print a line per row, or per point of a curve."""
    for row in document["rows"]:
        mark = "ok  " if row["passes"] else "MISS"
        print(f"{mark} {row['id']:32} {row['value']:14.4g} {row['unit']:4} "
              f"bar {row['bar']:g}")  # fmt: skip
    for curve in document.get("curves", []):
        for one in curve.get("series", []):
            for x, value in zip(one["x"], one["values"], strict=True):
                print(f"{curve['id']:8} {one['name']:34} {x:8g} {value:10.4g}")


def main() -> int:
    """Measure, print a table, write the JSON, add to the history."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prefix", nargs="?", default="")
    parser.add_argument("--json", type=Path, help="file for the rows")
    parser.add_argument("--record", action="store_true", help="add to the history")
    parser.add_argument("--scaling", action="store_true", help="curves, not rows")
    asked = parser.parse_args()
    if not any(name.startswith(asked.prefix) for name in ROW_BARS):
        known = ", ".join(ROW_BARS)
        parser.error(f"no row starts with {asked.prefix!r}; known: {known}")
    if asked.json:
        asked.json.write_text("")  # find out now whether it can be written
    document, code = measure(asked.prefix, scaling=asked.scaling)
    show(document)
    if asked.json:
        asked.json.write_text(json.dumps(document, indent=2) + "\n")
    if asked.record:
        history.append(
            rows=document["rows"], machine=document["machine"],
            curves=document.get("curves", []),
        )  # fmt: skip
    return code


if __name__ == "__main__":
    sys.exit(main())
