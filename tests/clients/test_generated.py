"""The generated part of the client says what the API says, always."""

from __future__ import annotations

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest

from api.main import create_app
from clients.maker.schemas import operations
from tests.clients.conftest import PACKAGE, ROOT

COMMITTED = PACKAGE / "nameplate_client/generated"


@pytest.fixture(scope="module")
def make_client():
    """The script as a function; it takes seconds to import the application again."""
    script = str(ROOT / "scripts/make_client")
    loader = SourceFileLoader("make_client", script)
    module = module_from_spec(spec_from_loader("make_client", loader))
    loader.exec_module(module)

    def run(*arguments):
        return module.main([str(a) for a in arguments])

    return run


@pytest.fixture(scope="module")
def made(make_client, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    assert make_client("--folder", folder) == 0
    return folder


def test_the_committed_files_are_what_openapi_makes_of_them(made):
    names = {path.name for path in made.glob("*.py")}

    assert names == {path.name for path in COMMITTED.glob("*.py")}
    for name in names:
        drifted = f"{name}: run scripts/make_client"
        assert (COMMITTED / name).read_text() == (made / name).read_text(), drifted


def test_a_file_that_was_changed_by_hand_is_found(make_client, made, tmp_path, capsys):
    for path in made.glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    unchanged = make_client("--check", "--folder", tmp_path)
    answers = tmp_path / "answers.py"
    answers.write_text(answers.read_text().replace("peak_w:", "peak_kw:"))

    changed = make_client("--check", "--folder", tmp_path)

    assert (unchanged, changed) == (0, 1)
    assert capsys.readouterr().out.startswith("answers.py not as OpenAPI says")


def test_every_operation_is_called_by_a_method_and_nothing_else():
    offered = {
        (method.upper(), re.sub(r"\{.*?\}", "{}", path))
        for path, method, _ in operations(create_app(warm=False).openapi())
    }

    text = (COMMITTED / "nouns.py").read_text()
    called = {
        (method, re.sub(r"\{.*?\}", "{}", path))
        for method, path in re.findall(r'"([A-Z]+)",\s+f?"(/[^"]*)"', text)
    }

    assert called == offered
