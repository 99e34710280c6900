"""
Is this tree a release? Says each thing that is not, and ends with 1.

    scripts/release --cut      date [Unreleased] of the changelog as this version's
    scripts/release            quick: minutes
    scripts/release --whole    and every test, validation row and benchmark (an hour)
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

from api.version import PRODUCT_VERSION

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable


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
        (
            "tables are those recorded",
            lambda: _run("-m", "cli.validation.document", "--check"),
        ),
        (
            "benchmarks are those recorded",
            lambda: _run("-m", "bench.document", "--check"),
        ),
        (
            "licences are those installed",
            lambda: _run("scripts/licences.py", "--check"),
        ),
        ("the client is the API's", lambda: _run("scripts/make_client", "--check")),
        (
            "the API keeps its promises",
            lambda: _run("scripts/api_contract.py", "--check"),
        ),
        ("wheels install and start", wheels),
    ]
    if whole:
        checks += [
            ("checks and tests pass", lambda: _command("scripts/test")),
            (
                "published figures come out",
                lambda: _run("-m", "cli.main", "validate", "--strict"),
            ),
            ("benchmarks hold", lambda: _command("scripts/bench")),
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
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return f"{len(told)} files, {told[0][3:]} first" if told else ""


def versions() -> str:
    """Places that say another version than the product does."""
    wrong = [
        f"{path} says {found}"
        for path in (
            "pyproject.toml",
            "agent/pyproject.toml",
            "clients/python/pyproject.toml",
        )
        if (found := _project(ROOT / path)["version"]) != PRODUCT_VERSION
    ]
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    images = set(re.findall(r"image: nameplate[\w-]*:(\S+)", compose)) - {
        PRODUCT_VERSION
    }
    wrong += [f"docker-compose.yml says {found}" for found in sorted(images)]
    return ", ".join(wrong)


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


def wheels() -> str:
    """Why what we would hand out does not install or start; empty where it does."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for path in (".", "agent", "clients/python"):
            why = _command(
                PYTHON,
                "-m",
                "pip",
                "wheel",
                "-q",
                "--no-deps",
                "--no-build-isolation",
                "--wheel-dir",
                folder,
                str(ROOT / path),
            )
            if why:
                return why
        site = out / "site"
        built = [str(path) for path in out.glob("*.whl")]
        why = _command(
            PYTHON,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            str(site),
            *built,
        )
        # what they need is this environment's; what they are is the wheels'
        begin = (
            "import sys; sys.path.insert(0, {site!r}); import runpy; "
            "sys.argv = ['{name}', '{word}']; "
            "runpy.run_module('{name}', run_name='__main__')"
        )
        for name, word in (("cli.main", "version"), ("agent", "--help")):
            why = why or _command(
                PYTHON,
                "-c",
                begin.format(site=str(site), name=name, word=word),
                folder=out,
            )
        return why or _command(
            PYTHON,
            "-c",
            f"import sys; sys.path.insert(0, {str(site)!r}); import nameplate_client",
            folder=out,
        )


def _project(path: Path) -> dict:
    return tomllib.loads(path.read_text("utf-8"))["project"]


def _run(*words: str) -> str:
    return _command(PYTHON, *words)


def _command(*words: str, folder: Path = ROOT) -> str:
    """The last line of what went wrong, empty if nothing did."""
    done = subprocess.run(
        words,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=None if folder != ROOT else _environment(),
    )
    if done.returncode == 0:
        return ""
    told = (done.stdout + done.stderr).strip().splitlines()
    return told[-1] if told else f"ended with {done.returncode}"


def _environment() -> dict[str, str]:
    import os

    return os.environ | {"PYTHONPATH": str(ROOT)}


if __name__ == "__main__":
    sys.exit(main())
