"""What the shell looks up, without a browser."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.caller import Caller
from app.known import serve_known, who, words
from app.static import ROOT, serve_static


def caller(*scopes, token="0f9a1c22d3e4"):
    return Caller(
        token_id=token, name="Ana", kind="user", agent=None, scopes=frozenset(scopes)
    )


def test_a_reader_is_told_with_the_widest_role():
    assert who(None) is None
    assert who(caller("admin", token=None)) is None
    assert who(caller("scenarios:read")) == {"name": "Ana", "role": "viewer"}
    assert who(caller("scenarios:read", "scenarios:write"))["role"] == "planner"
    assert who(caller("admin", "scenarios:write"))["role"] == "admin"


def test_words_and_model_pages_come_from_the_documentation(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "ups.md").write_text("# Losses of a UPS\n\ntext\n")
    (tmp_path / "glossary.md").write_text(
        "| word | what it is |\n|---|---|\n| `limit_w` | what may be planned with |\n"
    )
    server = FastAPI()
    serve_known(server, tmp_path)
    found = TestClient(server).get("/shell/known").json()

    assert found == {
        "who": None,
        "pages": [{"title": "Losses of a UPS", "href": "/serving/model-pages/ups.md"}],
        "words": [{"term": "limit_w", "said": "what may be planned with"}],
    }
    assert words(tmp_path / "nowhere") == []


def test_static_files_are_packed_and_nothing_else_is_served():
    server = FastAPI()
    serve_static(server, {"site": ("site", "oneline"), "live": ("live",)})
    client = TestClient(server)
    ask = f"{ROOT}/site.css"
    found = client.get(ask, headers={"accept-encoding": "gzip"})
    plain = client.get(ask, headers={"accept-encoding": "identity"})

    base, own, other = (
        Path(f"assets/{n}.css").read_text() for n in ("base", "site", "live")
    )
    assert plain.text.index(base) < plain.text.index(own)
    assert other not in plain.text
    assert found.headers["content-encoding"] == "gzip"
    assert "immutable" in found.headers["cache-control"]
    assert found.text == plain.text
    part = f"{ROOT}/_dash-component-suites"
    assert client.get(f"{part}/dash/dcc/async-graph.js").status_code == 200
    for path in (f"{ROOT}/..%2fpyproject.toml", f"{ROOT}/none.css",
                 f"{ROOT}/site.py", f"{part}/dash/dash.py",
                 f"{part}/os/path.py", f"{part}/dash/..%2f..%2fx.js"):  # fmt: skip
        assert client.get(path).status_code == 404
