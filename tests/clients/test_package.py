"""The client as a distributable of its own: built, installed, typed, imported alone."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.clients.conftest import PACKAGE, ROOT

SITE_PACKAGES = Path(httpx.__file__).parent.parent
ALLOWED = {*sys.stdlib_module_names, "httpx", "nameplate_client", "pandas"}
ALLOWED |= {"typing_extensions"}  # for type checkers alone


def run(*command, **more):
    done = subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, timeout=300, **more
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built without a network from a copy: building writes beside."""
    folder = tmp_path_factory.mktemp("wheel")
    copied = folder / "source"
    run("cp", "-r", PACKAGE, copied)
    run(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-index",
        "--no-build-isolation", "--wheel-dir", folder, copied,
    )  # fmt: skip
    return next(folder.glob("nameplate_client-*.whl"))


def test_the_wheel_has_types_and_licence_and_nothing_of_this_repository(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())

    assert "nameplate_client/py.typed" in names
    assert "nameplate_client/generated/nouns.py" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {n.split("/")[0].split("-")[0] for n in names} == {"nameplate_client"}


def test_the_installed_client_imports_without_this_repository(wheel, tmp_path):
    run(
        sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index",
        "--target", tmp_path / "site", wheel,
    )  # fmt: skip
    script = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import nameplate_client as c\n"
        "ours = {'twin', 'store', 'api', 'app', 'cli', 'agent', 'pandas'}\n"
        "print(c.__file__, sorted(ours & set(sys.modules)))\n"
    )

    said = run(
        sys.executable, "-I", "-S", "-c", script, tmp_path / "site", SITE_PACKAGES,
        cwd=tmp_path,
    )  # fmt: skip

    assert said.strip() == f"{tmp_path}/site/nameplate_client/__init__.py []"


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "nameplate_client").rglob("*.py")), ids=lambda p: p.name
)
def test_a_module_imports_httpx_and_the_standard_library_alone(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(), feature_version=(3, 10))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])

    assert imported <= ALLOWED


def test_the_client_is_typed_strictly_by_itself(tmp_path):
    (tmp_path / "right.py").write_text(
        "from nameplate_client import Client\n"
        "def peak_w(client: Client) -> float | None:\n"
        "    fleet = client.what_if(scenario={'fleet': {'server_count': 52}})\n"
        "    return fleet.run.peak_w\n"
    )
    (tmp_path / "wrong.py").write_text(
        "from nameplate_client import Client\n"
        "def peak(client: Client) -> object:\n"
        "    return client.what_if(scenario={'fleet': {'servers': 52}}).run.peak_kw\n"
    )
    mypy = [sys.executable, "-m", "mypy", "--python-version", "3.10"]
    mypy += ["--config-file", PACKAGE / "pyproject.toml", "--cache-dir", tmp_path / "c"]
    environment = {**os.environ, "MYPYPATH": str(PACKAGE)}

    run(*mypy, cwd=PACKAGE)
    run(*mypy, tmp_path / "right.py", env=environment, cwd=tmp_path)
    found = subprocess.run(
        [str(a) for a in (*mypy, tmp_path / "wrong.py")], capture_output=True,
        text=True, timeout=300, env=environment, cwd=tmp_path,
    )  # fmt: skip

    assert 'expected "Scenario | None"' in found.stdout
    assert 'no attribute "peak_kw"' in found.stdout


def test_the_example_runs(server):
    example = ROOT / "examples/client.py"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "NAMEPLATE_SERVER": server}

    said = run(sys.executable, example, env=environment)

    assert "52 servers peak at" in said
    assert "fleet.server_cuont" in said
