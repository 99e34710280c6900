"""
Is this tree a release? Says each thing that is not, and ends with 1.

    scripts/release --cut      date [Unreleased] of the changelog as this version's
    scripts/release            quick: minutes
    scripts/release --whole    and every test, validation row and benchmark (an hour)
"""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from api.version import PRODUCT_VERSION

ROOT = Path(__file__).resolve().parents[1]


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
        ("wheels install and start", wheels),
    ]
    if whole:
        strict = ("-m", "cli.main", "validate", "--strict")
        checks += [
            ("checks and tests pass", partial(_command, "scripts/test")),
            ("published figures come out", partial(_run, *strict)),
            ("benchmarks hold", partial(_command, "scripts/bench")),
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


def wheels() -> str:
    """Why what we would hand out does not install or start; empty where it does."""
    with tempfile.TemporaryDirectory() as folder:
        out, site = Path(folder), Path(folder) / "site"
        quiet = ("-q", "--no-deps")
        for path in (".", "agent", "clients/python"):
            made = ("--no-build-isolation", "--wheel-dir", folder, str(ROOT / path))
            if why := _run("-m", "pip", "wheel", *quiet, *made):
                return why
        built = map(str, out.glob("*.whl"))
        why = _run("-m", "pip", "install", *quiet, "--target", str(site), *built)
        # what they need is this environment's; what they are is the wheels'
        begin = f"import sys; sys.path.insert(0, {str(site)!r}); "
        for work in (
            *(
                f"import runpy; sys.argv = ['{name}', '{word}']; "
                f"runpy.run_module('{name}', run_name='__main__')"
                for name, word in (("cli.main", "version"), ("agent", "--help"))
            ),
            "import nameplate_client",
        ):
            why = why or _run("-c", begin + work, folder=out)
        return why


def _run(*words: str, folder: Path = ROOT) -> str:
    return _command(sys.executable, *words, folder=folder)


def _command(*words: str, folder: Path = ROOT) -> str:
    """The last line of what went wrong, empty if nothing did."""
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)} if folder == ROOT else None,
    )  # fmt: skip
    if done.returncode == 0:
        return ""
    told = (done.stdout + done.stderr).strip().splitlines()
    return told[-1] if told else f"ended with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
