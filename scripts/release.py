"""
Is this tree a release? Says each thing that is not, and ends with 1.

    scripts/release --cut      date [Unreleased] of the changelog as this version's
    scripts/release            quick: minutes
    scripts/release --whole    and every test, validation row and benchmark (an hour)
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from api.version import PRODUCT_VERSION
from bench.rows import ROW_BARS
from scripts import dependencies
from scripts.wheels import wheels

ROOT = Path(__file__).resolve().parents[1]
Row = dict[str, Any]


def main() -> int:
    """Run the checks, one line each."""
    if sys.argv[1:] == ["--cut"]:
        return _cut()
    whole = sys.argv[1:] == ["--whole"]
    if sys.argv[1:] and not whole:
        print(__doc__, file=sys.stderr)
        return 2
    checks: list[tuple[str, Callable[[], str]]] = [
        ("nothing is uncommitted", uncommitted),
        ("one version everywhere", versions),
        ("the changelog tells it", changelog),
        *(
            (what, partial(_run, *words, "--check"))
            for what, *words in (
                ("tables are those recorded", "-m", "cli.validation.document"),
                ("benchmarks are those recorded", "-m", "bench.document"),
                ("licences are those installed", "scripts/licences.py"),
                ("the client is the API's", "scripts/make_client"),
                ("the API keeps its promises", "scripts/api_contract.py"),
            )
        ),
        ("advisories were asked and know nothing", advisories),
        ("wheels install, start and serve", partial(wheels, ROOT)),
    ]
    if whole:
        checks += [
            ("checks and tests pass", partial(_command, "scripts/test")),
            ("published figures come out", figures),
            ("benchmarks hold", benchmarks),
        ]
    failed = 0
    for what, check in checks:
        why = check()
        failed += bool(why)
        print(f"{'✕' if why else '✓'} {what}" + (f": {why}" if why else ""), flush=True)
    return 1 if failed else 0


def uncommitted() -> str:
    """Files that no commit has."""
    told = subprocess.run(
        ["git", "status", "--porcelain"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return f"{len(told)} files, {told[0][3:]} first" if told else ""


def versions() -> str:
    """Places that say another version than the product does."""
    said = {
        (path, tomllib.loads((ROOT / path).read_text("utf-8"))["project"]["version"])
        for path in (
            f"{part}pyproject.toml" for part in ("", "agent/", "clients/python/")
        )
    }
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    images = re.findall(r"image: nameplate[\w-]*:(\S+)", compose)
    said |= {("docker-compose.yml", found) for found in images}
    wrong = sorted(one for one in said if one[1] != PRODUCT_VERSION)
    return ", ".join(f"{path} says {found}" for path, found in wrong)


def changelog(text: str | None = None, today: dt.date | None = None) -> str:
    """What is missing of this version's section."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8") if text is None else text
    found = re.search(
        rf"^## \[{re.escape(PRODUCT_VERSION)}\] - ([\d-]{{10}})\n(.*?)(?=^## |\Z)",
        text,
        re.MULTILINE | re.DOTALL,
    )
    if not found:
        return (
            f"{PRODUCT_VERSION} is not released: its lines stand under [Unreleased]; "
            "`scripts/release --cut` dates them, commit that and ask again"
        )
    if dt.date.fromisoformat(found[1]) > (today or dt.datetime.now(dt.UTC).date()):
        return f"{found[1]} is not yet"
    if "### Results" not in found[2]:
        return "its section has no `### Results`; write `none` if no number moved"
    above = text[: found.start()].partition("## [Unreleased]")[2].strip()
    return "lines are left under [Unreleased]" if above else ""


def _cut() -> int:
    """Turn [Unreleased] into this version's section, under a new empty one."""
    path = ROOT / "CHANGELOG.md"
    text = path.read_text("utf-8")
    if f"## [{PRODUCT_VERSION}]" in text:
        print(f"{PRODUCT_VERSION} has its section; raise PRODUCT_VERSION first")
        return 1
    path.write_text(cut(text, dt.datetime.now(dt.UTC).date()), "utf-8")
    return 0


def cut(text: str, today: dt.date) -> str:
    """The changelog with this version's section, dated."""
    head = "## [Unreleased]"
    return text.replace(head, f"{head}\n\n## [{PRODUCT_VERSION}] - {today}", 1)


def advisories() -> str:
    """Why what is pinned cannot be called free of known vulnerabilities."""
    record = json.loads(dependencies.RECORD.read_text("utf-8"))
    pins = dependencies.pinned((ROOT / "constraints.txt").read_text("utf-8"))
    return dependencies.unanswered(record, pins)


def figures() -> str:
    """Rows that held when they were recorded, computed anew."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "validate", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return f"nameplate validate ended with {done.returncode}"
    recorded = (ROOT / "docs" / "results" / "validation.json").read_text("utf-8")
    return lost(json.loads(recorded), json.loads(done.stdout))


def lost(recorded: list[Row], found: list[Row]) -> str:
    """Rows that held and no longer do, or are gone; recorded misses may miss."""
    now = {row["id"]: row["passes"] for row in found}
    held = [row["id"] for row in recorded if row["passes"]]
    fallen = [name for name in held if now.get(name) is False]
    gone = [row["id"] for row in recorded if row["id"] not in now]
    told = [f"{', '.join(fallen)} held and no longer do"] * bool(fallen)
    if gone:
        told.append(f"{', '.join(gone)} did not come out; is NAMEPLATE_DATA_DIR set?")
    return "; ".join(told)


def benchmarks() -> str:
    """Bars that are missed, measured anew; those the README names are only told."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        why = _command("scripts/bench", "--json", file.name)
        text = Path(file.name).read_text("utf-8")
    if why or not text:
        return why or "scripts/bench wrote nothing"
    known = admitted((ROOT / "README.md").read_text("utf-8"))
    why, told = missed(json.loads(text)["rows"], known, ROW_BARS)
    if told:
        print(f"  missed, and known by README.md: {', '.join(told)}")
    return why


def admitted(readme: str) -> set[str]:
    """Rows whose bar the README says is not kept."""
    line = re.search(r"keep their bar; not kept: (.+)", readme)
    return set(re.findall(r"`([\w.]+)`", line[1])) if line else set()


def missed(
    rows: list[Row], known: set[str], wanted: Iterable[str]
) -> tuple[str, list[str]]:
    """What is wrong with measured rows, and the misses that are known."""
    over = [row["id"] for row in rows if not row["passes"]]
    fresh = [name for name in over if name not in known]
    left = sorted(set(wanted) - {row["id"] for row in rows})
    told = [f"missed and not in README.md: {', '.join(fresh)}"] * bool(fresh)
    told += [f"not measured: {', '.join(left)}"] * bool(left)
    return "; ".join(told), [name for name in over if name in known]


def _run(*words: str) -> str:
    return _command(sys.executable, *words)


def _command(*words: str) -> str:
    """The last line of what went wrong, empty if nothing did."""
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if done.returncode == 0:
        return ""
    told = (done.stdout + done.stderr).strip().splitlines()
    return told[-1] if told else f"ended with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
