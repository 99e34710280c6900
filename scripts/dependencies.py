"""
Audit what the product and its extras install; `scripts/audit [--record]` runs this.

Known vulnerabilities are asked of the services that pip-audit knows. Where none
answers, as on a machine without that network, the last line says "not looked up" and
nothing fails. `--record` writes the answer, or that there was none, with its date and
versions to docs/results/dependencies.json; `scripts/release` wants an answer there.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scripts.licences import PRODUCT, closure, extras_of

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "docs" / "results" / "dependencies.json"
NOT_LOOKED_UP = "not looked up"
INSTALLERS = {"pip", "setuptools"}
"""Come with Python itself, or build; nothing of them runs in the product."""
SERVICES = ("pypi", "osv")
PROBE_S, ALL_S = 20, 240


def pinned(text: str) -> dict[str, str]:
    """Versions of a constraints file, by name."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    pairs = (line.split("==") for line in lines if line)
    return {canonicalize_name(name): version for name, version in pairs}


def unpinned(found: dict[str, Distribution], pins: dict[str, str]) -> list[str]:
    """What is installed and not pinned, or not as it is pinned."""
    return [
        f"{name} {held.version}: constraints.txt has {pins.get(name, 'no line for it')}"
        for name, held in sorted(found.items())
        if name not in INSTALLERS and pins.get(name) != held.version
    ]


def asked(service: str, names: dict[str, str], limit_s: float) -> list[Any] | None:
    """What a service knows of some versions; None where it does not answer."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{name}=={v}\n" for name, v in names.items()))
        file.flush()
        command = [
            sys.executable, "-m", "pip_audit", "--requirement", file.name, "--no-deps",
            "--disable-pip", "--vulnerability-service", service, "--timeout", "5",
            "--format", "json", "--progress-spinner", "off",
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=limit_s, check=False
            )
            told = json.loads(done.stdout)["dependencies"]
        except (subprocess.TimeoutExpired, ValueError, KeyError):
            return None
    known = [d for d in told if "vulns" in d]
    return known or None  # a service that knows no package at all is no answer


def vulnerable(versions: dict[str, str]) -> list[str] | None:
    """Known vulnerabilities, in words; None where no service answers."""
    probe = dict(list(versions.items())[:1])
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        answers = pool.map(lambda s: asked(s, probe, PROBE_S), SERVICES)
        up = [s for s, answer in zip(SERVICES, answers, strict=True) if answer]
    for service in up:
        told = asked(service, versions, ALL_S)
        if told is not None:
            return [
                f"{d['name']} {d['version']}: {v['id']}, mended in "
                f"{', '.join(v.get('fix_versions') or ['no version yet'])}"
                for d in told
                for v in d["vulns"]
            ]
    return None


def recorded(versions: dict[str, str], known: list[str] | None) -> dict[str, Any]:
    """What is known today of some versions, for RECORD."""
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "packages": dict(sorted(versions.items())),
        "advisories": NOT_LOOKED_UP if known is None else known,
    }


def unanswered(record: dict[str, Any], pins: dict[str, str]) -> str:
    """Why a record does not clear the pinned versions; empty where it does."""
    again = "run scripts/audit --record where an advisory service answers"
    if record["advisories"] == NOT_LOOKED_UP:
        return f"advisories were {NOT_LOOKED_UP} on {record['date']}: {again}"
    if record["advisories"]:
        return "; ".join(record["advisories"])
    moved = [n for n, v in record["packages"].items() if pins.get(n) != v]
    return f"{', '.join(moved)} changed since {record['date']}: {again}" * bool(moved)


def main() -> int:
    """Say what is wrong; 1 if anything is."""
    if sys.argv[1:] not in ([], ["--record"]):
        print(__doc__, file=sys.stderr)
        return 2
    check = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    faults = check.stdout.splitlines() if check.returncode else []
    found = closure(PRODUCT, extras_of(PRODUCT))
    faults += unpinned(found, pinned((ROOT / "constraints.txt").read_text("utf-8")))
    versions = {n: d.version for n, d in found.items() if n not in INSTALLERS}
    known = vulnerable(versions)
    faults += known or []
    print("\n".join([*faults, f"{len(versions)} packages looked at"]))
    if known is None:
        print(f"Known vulnerabilities: {NOT_LOOKED_UP}, no advisory service answers")
    if sys.argv[1:]:
        record = recorded(versions, known)
        RECORD.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
