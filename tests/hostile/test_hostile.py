"""What `scripts/hostile` found stays mended, and a few hundred new inputs every time."""  # noqa: E501

from __future__ import annotations

import json
import logging
from itertools import islice
from random import Random

import httpx
import numpy as np
import pytest

from api.client import Client
from api.main import create_app
from api.transport import InProcessTransport
from app.create import create_dash
from store.scopes import ROLES
from store.settings import Settings
from tests.hostile import files, mutate
from tests.hostile.fire import CASES, Answer, Range, Shot, is_explained
from tests.hostile.pages import page_shots
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
        yield Range(Inside(app), threads=2, save=False), made


@pytest.mark.parametrize("path", SAVED, ids=lambda p: p.stem)
def test_what_once_broke_the_server_does_so_no_more(house, path):
    assert house[0].judged(Shot.of(json.loads(path.read_text()))) is None


@pytest.mark.parametrize(
    ("part", "count"),
    [("scenarios", 40), ("imports", 60), ("telemetry", 60), ("urls", 80)],
)
def test_generated_inputs_are_answered_in_time_and_refused_in_words(house, part, count):
    guns, tokens = house
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


@pytest.mark.parametrize("body", [b"{}", b"no JSON", b"[[["])
def test_a_page_that_sends_what_it_never_would_is_refused_and_logged(
    house, caplog, body
):
    shot = Shot(part="urls", target="/_dash-update-component", headers=JSON, body=body)
    with caplog.at_level(logging.WARNING, "nameplate.app"):
        answer = house[0].gun.send(shot)

    assert answer.status == 422
    assert json.loads(answer.body)["errors"][0]["repair"] == "load the page again"
    assert json.loads(answer.body)["id"] in caplog.text  # Dash itself says nothing


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
