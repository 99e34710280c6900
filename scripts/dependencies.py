"""
Audit what the product and its extras install; `scripts/audit` runs this.

Known vulnerabilities are asked of the services that pip-audit knows. Where none
answers, as on a machine without that network, one line says so and nothing fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scripts.licences import PRODUCT, closure

ROOT = Path(__file__).resolve().parents[1]
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


def main() -> int:
    """Say what is wrong; 1 if anything is."""
    check = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    faults = check.stdout.splitlines() if check.returncode else []
    extras = distribution(PRODUCT).metadata.get_all("Provides-Extra") or []
    found = closure(PRODUCT, extras)
    faults += unpinned(found, pinned((ROOT / "constraints.txt").read_text("utf-8")))
    versions = {n: d.version for n, d in found.items() if n not in INSTALLERS}
    known = vulnerable(versions)
    faults += known or []
    print("\n".join([*faults, f"{len(versions)} packages looked at"]))
    if known is None:
        print("Known vulnerabilities were not looked up: no advisory service answers")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
