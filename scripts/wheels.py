"""Do our wheels install, start and serve, with nothing of the checkout beside them?"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTS = (".", "agent", "clients/python")
START_S = 120
_MAIN = "import runpy; runpy.run_module('{}', run_name='__main__', alter_sys=True)"


def wheels(root: Path) -> str:
    """Why what we would hand out does not work; empty where it does."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        return installed(root, site) or begun(site) or served(site)


def begun(site: Path) -> str:
    """Why the programs of unpacked wheels do not start."""
    return (
        _python(site, _MAIN.format("cli.main"), "version")
        or _python(site, _MAIN.format("agent"), "--help")
        or _python(site, "import nameplate_client")
    )


def installed(root: Path, site: Path) -> str:
    """
    Build the wheels from a clean copy of a checkout and unpack them into a folder.

    Args:
        root: The checkout; what git ignores, as an earlier build's files, stays out.
        site: The folder to make.

    Returns:
        Why that failed; empty where it did not.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"],  # noqa: S607
            cwd=root, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (root / name).is_file() and not name.startswith("tests/"):
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / name, tree / name)
        pip = (sys.executable, "-m", "pip", "-q")
        parts = [str(tree / part) for part in PARTS]
        return _said(
            *pip, "install", "--no-deps", "--no-build-isolation", "--no-index",
            "--target", str(site), *parts, folder=tree,
        )  # fmt: skip


def served(site: Path) -> str:
    """Why a dashboard from a folder of wheels lacks something it has to serve."""
    try:
        with serving(site) as port:
            return lacking(site, port)
    except TimeoutError as error:
        return str(error)


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """
    Serve from a folder of wheels, on a free port, with a database of its own.

    Raises:
        TimeoutError: If it does not answer.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    words = _words(site, _MAIN.format("cli.main"), "serve", "--port", port, "--no-open")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            server = subprocess.Popen(
                words, cwd=folder, env=_environment(Path(folder)), stdout=out,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            until = time.monotonic() + START_S
            while not _got(port, "/healthz"):
                if server.poll() is not None or time.monotonic() > until:
                    told = log.read_text("utf-8").strip()[-300:]
                    raise TimeoutError(f"it does not serve: {told}")
                time.sleep(0.2)
            yield port
        finally:
            server.terminate()
            try:
                server.wait(2)
            except subprocess.TimeoutExpired:  # it still compiles kernels
                server.kill()
                server.wait()


def lacking(site: Path, port: str) -> str:
    """What a server does not have of the files that ship beside the packages."""
    asked = ("explore.js", "explore.css")
    paths = [f"/static/any/{name}" for name in asked]
    paths.append("/serving/model-pages/power.md")
    empty = [path for path in paths if not _got(port, path)]
    known = json.loads(_got(port, "/shell/known") or "{}")
    empty += [f"{key} of /shell/known" for key in ("pages", "words") if not known[key]]
    results = "docs/results/validation.json"  # what a report says of its models
    empty += [results] * (not (site / results).is_file())
    return f"empty: {', '.join(empty)}" if empty else ""


def _got(port: str, path: str) -> bytes:
    try:
        address = f"http://127.0.0.1:{port}{path}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            return bytes(answer.read())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return b""


def _python(site: Path, work: str, *arguments: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return _said(*_words(site, work, *arguments), folder=Path(folder))


def _words(site: Path, work: str, *arguments: str) -> tuple[str, ...]:
    """What they need is this environment's, without its link to the checkout (-S)."""
    paths = [str(site), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    begin = f"import sys; sys.path[:0] = {paths!r}; "
    return (sys.executable, "-S", "-c", begin + work, *arguments)


def _environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("NAMEPLATE_", "PYTHON"))}  # fmt: skip
    return kept | {
        "NAMEPLATE_DATABASE_URL": f"sqlite:///{folder}/nameplate.db",
        "NAMEPLATE_CACHE_DIR": str(folder / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _said(*words: str, folder: Path) -> str:
    """The last line of what went wrong, empty if nothing did."""
    done = subprocess.run(
        words, cwd=folder, env=_environment(folder), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    told = (done.stdout + done.stderr).strip().splitlines()
    if done.returncode == 0:
        return ""
    return told[-1] if told else f"ended with {done.returncode}"
