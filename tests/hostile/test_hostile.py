"""What `scripts/hostile` found stays mended, and a few hundred new inputs every time."""  # noqa: E501

from __future__ import annotations

import json
import logging
import math
import re
from itertools import islice
from random import Random

import httpx
import numpy as np
import pytest

from api.client import Client
from api.main import create_app
from api.transport import InProcessTransport
from app.create import create_dash
from app.page_inputs import check, shape_of
from store.scopes import ROLES
from store.settings import Settings
from tests.hostile import files, mutate
from tests.hostile.fire import CASES, Answer, Range, Shot, is_explained
from tests.hostile.pages import callbacks, page_shots
from tests.hostile.rest import ANYWHERE, API, JSON, scenario_shots
from tests.hostile.wires import import_shots, telemetry_shots
from twin.telemetry.readings import Device, Readings
from twin.telemetry.rollup import roll_up

SEED = 20_260_101
LONG = ("/serving/_dash", "/stabilize/_dash", "/site/_dash")
"""Their questions take seconds each: `scripts/hostile` asks them, CI does not."""
SAVED = sorted(CASES.glob("*.json"))


class Inside:
    """What a `Gun` is, without a socket."""

    def __init__(self, app):
        transport = InProcessTransport(app, lifespan=False)
        self._http = httpx.Client(
            base_url="http://127.0.0.1", transport=transport, timeout=60
        )

    def send(self, shot, timeout_s=60.0):
        request = self._http.build_request(
            shot.method, shot.target, content=shot.body, headers=shot.headers
        )
        got = self._http.send(request, stream=True)
        events = got.headers.get("content-type", "").startswith("text/event-stream")
        if not events:
            got.read()
        got.close()
        body = got.content if got.is_stream_consumed else b""
        took_s = got.elapsed.total_seconds()
        return Answer(got.status_code, dict(got.headers), body, took_s)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The whole server, and tokens for those who send readings."""
    folder = tmp_path_factory.mktemp("hostile")
    app = create_app(
        Settings(
            database_url=f"sqlite:///{folder / 'site.db'}", cache_dir=folder / "cache",
            data_dir=None, what_if_wait_s=0.3, workers=2, study_engine="threads",
        ),
        warm=False,
    )  # fmt: skip
    create_dash(app, Client.in_process(app, lifespan=False, acting=True))
    with Client.in_process(app):
        tokens = app.state.services.access.tokens
        made = {
            name: tokens.create(name=name, scopes=ROLES[role], agent=agent)[1]
            for name, role, agent in (
                ("node", "agent", "node"), ("collector", "collector", None),
            )
        }  # fmt: skip
        yield Range(Inside(app), threads=2, save=False), made, app


@pytest.mark.parametrize("path", SAVED, ids=lambda p: p.stem)
def test_what_once_broke_the_server_does_so_no_more(house, path):
    assert house[0].judged(Shot.of(json.loads(path.read_text()))) is None


@pytest.mark.parametrize(
    ("part", "count"),
    [("scenarios", 40), ("imports", 60), ("telemetry", 60), ("urls", 80)],
)
def test_generated_inputs_are_answered_in_time_and_refused_in_words(house, part, count):
    guns, tokens, _ = house
    rng = Random(f"{SEED} {part}")
    made = {
        "scenarios": lambda: scenario_shots(rng),
        "imports": lambda: import_shots(rng),
        "telemetry": lambda: islice(telemetry_shots(rng, tokens), 110, None),
        "urls": lambda: page_shots(rng, guns.gun),
    }[part]()
    shots = (
        s for s in made
        if s.target.isascii() and s.target.startswith("/")
        and not s.target.startswith(LONG)
    )  # fmt: skip

    tally = guns.run(islice(shots, count))

    assert tally.failures == []
    assert tally.unexplained == 0
    assert tally.count == count
    assert len(tally.statuses) > 1


def test_generated_files_are_read_or_refused_and_nothing_else(tmp_path):
    known = files.readers()
    found = {files.REFUSED: 0, files.READ: 0}
    for kind, content in islice(files.files(Random(SEED)), 80):
        ending, reader = known[kind]
        path = tmp_path / f"file{ending}"
        path.write_bytes(content)
        found[files.outcome_of(reader, path)] += 1

    assert min(found.values()) > 3


# --- what was found -------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/what-if", "/studies/check", "/sites", "/tokens"])
def test_200_000_unknown_keys_are_refused_at_once_and_some_are_named(house, path):
    shot = Shot(part="rest", target=API + path, headers=JSON,
                body=mutate.many_keys(200_000))  # fmt: skip
    answer = house[0].gun.send(shot)

    assert answer.status == 422
    assert answer.took_s < 2.0  # it was more than that when each was looked up
    assert 0 < len(answer.body) < 30_000
    assert is_explained(shot, answer)


def asked(house, page, output, **values):
    """Send what a page's first visit asks, with some of its values changed."""
    gun = house[0].gun
    body = next(b for b in callbacks(gun, page) if b["output"].startswith(output))
    for cell in (*body["inputs"], *body["state"]):
        cell["value"] = values.get(cell["id"].partition("-")[2].replace("-", "_"),
                                   cell["value"])  # fmt: skip
    return gun.send(Shot(part="urls", target=f"{page}_dash-update-component",
                         headers=JSON, body=json.dumps(body).encode()))  # fmt: skip


DRAFT = {"base": "own", "base_text": "day: 2026-01-01", "spec": {}}


@pytest.mark.parametrize(
    ("page", "output", "values", "field"),
    [
        pytest.param("/live/", "..live-alerts", {"side": 3}, "live-side.data",
                     id="a number for a question"),
        pytest.param("/data/", "data-place-grid", {"watched": ["x"]},
                     "data-watched.value", id="a list in a picker"),
        pytest.param("/", "..explore-verdict", {"request": {"seq": 1}},
                     "explore-request.data.view", id="no view"),
        pytest.param("/study/", "study-check", {"check_ask": {"n": math.inf}}, "body",
                     id="no number"),
        pytest.param("/compare/", "cmp-add", {"add": "\ud800"}, "body", id="no text"),
    ],
)  # fmt: skip
def test_a_value_no_page_holds_is_refused_before_a_callback_sees_it(
    house, page, output, values, field
):
    answer = asked(house, page, output, **values)

    (wrong,) = json.loads(answer.body)["errors"]
    assert (answer.status, wrong["field"]) == (422, field)
    assert wrong["repair"] == "load the page again"


@pytest.mark.parametrize("body", [
    b"{}", b"no JSON", b"[[[", b'{"output": "cmp-add.data"}',
    b"""{"output": "cmp-add.data", "outputs": {"id": "cmp-add", "property": "data"},
         "inputs": [{"id": "cmp-add", "property": "value"}]}""",
])  # fmt: skip
def test_a_question_that_no_callback_declares_is_refused(house, body):
    shot = Shot(part="urls", target="/compare/_dash-update-component", headers=JSON,
                body=body)  # fmt: skip
    answer = house[0].gun.send(shot)

    assert answer.status == 422
    assert is_explained(shot, answer)


def test_a_body_larger_than_a_page_sends_is_not_read(house):
    shot = Shot(part="urls", target="/_dash-update-component", headers=JSON,
                body=b"[" + b" " * 6_000_000 + b"]")  # fmt: skip
    assert house[0].gun.send(shot).status == 413


@pytest.mark.parametrize(
    ("page", "output", "values"),
    [
        pytest.param("/study/", "study-check", {"check_ask": {"n": 1, "draft": draft}},
                     id=name)
        for name, draft in (
            ("axes of text", {"spec": {"axes": ["x"], "limits": 4}}),
            ("axes a number", {"spec": {"axes": 5}}), ("a date in YAML", DRAFT),
            ("values of dates", {"spec": {"axes": [{"values_text": "2026-13-45"}]}}),
        )
    ] + [pytest.param("/study/", "..study-acted", {"act_ask": {
             "n": 1, "act": "read", "text": "axes: 5"}}, id="a text read"),
         pytest.param("/data/", "..data-fit-note", {"fit_source": "\0", "fit": 1},
                      id="an id that makes no address")],
)  # fmt: skip
def test_what_people_can_type_is_answered_in_words_on_the_page(
    house, page, output, values
):
    assert asked(house, page, output, **values).status == 200


def test_a_fault_of_ours_is_no_refusal_and_is_logged_and_counted(
    house, caplog, monkeypatch
):
    def broken(*_: object) -> None:
        raise KeyError("levels")

    monkeypatch.setattr("app.pages.live.answer.alerts_list", broken)
    before = faults(house)
    with caplog.at_level(logging.ERROR, "nameplate.api"):
        answer = asked(house, "/live/", "..live-alerts-list")

    told = json.loads(answer.body)
    assert answer.status == told["status"] == 500
    assert told["id"] in caplog.text
    assert "alerts_list" in caplog.text  # where it came from
    assert faults(house) == before + 1


def faults(house):
    shot = Shot(part="", method="GET", target="/metrics")
    told = house[0].gun.send(shot).body.decode()
    return float(
        re.search(r"^nameplate_page_faults_total (\S+)", told, re.MULTILINE)[1]
    )


def test_every_value_that_a_page_posts_has_a_shape_and_its_first_ones_fit(house):
    callbacks_of = house[2].state.callbacks
    for page, known in callbacks_of.items():
        for one in known.values():
            for cell in (*one["inputs"], *one["state"]) if "callback" in one else ():
                many = cell["id"].startswith("{")
                shape_of(f"{'' if many else cell['id']}.{cell['property']}")
        for body in callbacks(house[0].gun, page):
            first = body["inputs"][0]
            if isinstance(first, list) or first["value"] is not None:
                check(body, known)


def test_a_script_nobody_has_is_not_found_and_no_failure(house):
    target = "/_dash-component-suites/dash/none.js"
    answer = house[0].gun.send(Shot(part="urls", method="GET", target=target))

    assert answer.status == 404


def test_a_damaged_remote_write_says_what_is_wrong_field_by_field(house):
    shot = Shot(
        part="telemetry", target=f"{API}/prometheus/write", body=ANYWHERE["zeros"],
        headers={"authorization": f"Bearer {house[1]['collector']}",
                 "content-type": "application/x-protobuf", "content-encoding": "snappy"},  # noqa: E501
    )  # fmt: skip
    answer = house[0].gun.send(shot)

    assert answer.status == 400
    assert is_explained(shot, answer)


def test_readings_of_nothing_but_a_time_fold_into_bins_without_power():
    """They are stored, so folding must bear them: one sender stopped all others here."""  # noqa: E501
    bare = Readings(
        devices=(Device(key="GPU-0", kind="gpu"),), device=np.zeros(3, np.int64),
        time_us=np.arange(3) * 1_000_000, columns={},
    )  # fmt: skip
    found = roll_up(bare, start_us=0, bins=10, bin_us=1_000_000)

    assert np.isnan(found.columns["power_mean_w"]).all()
