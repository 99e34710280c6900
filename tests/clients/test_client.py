"""The client against a server behind a socket, and against one that is busy."""

from __future__ import annotations

import io
import json
import threading

import httpx
import pytest
from nameplate_client import (
    Client,
    Conflict,
    InvalidInput,
    JobTimeout,
    NotAllowed,
    NotFound,
    Problem,
    ServerUnreachable,
    TooMuchWork,
    Unavailable,
)
from nameplate_client.progress import Line

from api.main import create_app
from tests.clients.conftest import SHORT, serving, settings_in, token_of

# --- questions and jobs -----------------------------------------------------------


def test_a_question_that_takes_longer_is_waited_for_with_progress(client):
    told = []

    answer = client.what_if(
        scenario={},
        changes=SHORT,
        on_progress=lambda part, text: told.append((part, text)),
    )

    run = answer.run
    assert run.peak_frac == pytest.approx(run.peak_w / run.provisioned_w)
    assert told[-1][0] == 1.0
    assert all(0.0 <= part <= 1.0 for part, _ in told)


def test_a_scenario_of_the_users_own_is_the_base(client):
    answer = client.what_if(
        scenario={"fleet": {"server_count": 44}}, changes=SHORT, series=False
    )

    assert answer.run.server_count == 44
    assert answer.scenario["fleet"]["server_count"] == 44
    assert answer.run.series is None


def test_a_stored_run_is_made_followed_and_read_in_every_format(client):
    job = client.runs.create(scenario={}, changes=SHORT)

    seen = list(client.follow(job))
    done = client.wait(job)
    run = client.runs.result(done.result.id)
    curves = run.series.frame()

    assert [seen[-1].state, done.state] == ["done", "done"]
    assert client.runs.read(done.result.id).status == "done"
    assert client.runs.list().first().id == done.result.id
    as_csv = client.runs.result_csv(done.result.id).frame()
    as_parquet = client.runs.result_parquet(done.result.id).frame()
    assert as_csv["row_mean_w"].tolist() == pytest.approx(curves["row_mean_w"].tolist())
    assert as_parquet["row_max_w"].tolist() == curves["row_max_w"].tolist()
    assert curves.attrs["units"]["row_mean_w"] == "W"


def test_a_download_is_written_where_it_is_wanted(client, tmp_path):
    done = client.wait(client.runs.create(scenario={}, changes=SHORT))

    path = client.runs.result_csv(done.result.id).save(tmp_path / "run.csv")

    assert path.read_text().splitlines()[0].startswith("t_s,")


def test_a_cancelled_job_is_a_conflict(client):
    job = client.runs.create(scenario={}, changes={"horizon.days": 30})

    client.cancel(job)

    with pytest.raises(Conflict, match="cancelled"):
        client.wait(job)


def test_who_waits_no_longer_is_told_that_the_job_goes_on(client):
    job = client.runs.create(scenario={}, changes={"horizon.days": 30})

    with pytest.raises(JobTimeout, match=job.id):
        client.wait(job, timeout_s=0.0)

    assert client.jobs.read(job.id).state in {"queued", "running"}
    client.cancel(job)


def test_an_interrupt_cancels_the_job(client):
    job = client.runs.create(scenario={}, changes={"horizon.days": 30})

    def interrupt(_part, _text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.wait(job, on_progress=interrupt)

    with pytest.raises(Conflict, match="cancelled"):
        client.wait(job)


def test_a_line_of_progress_is_written_over_and_wiped():
    terminal = io.StringIO()
    line = Line(terminal)

    line(0.25, "a long phrase")
    line(0.5, "short")
    line.clear()

    assert terminal.getvalue().split("\r") == [
        "", " 25% a long phrase", " 50% short        ", " " * 10, "",
    ]  # fmt: skip


# --- stored things ----------------------------------------------------------------


def test_a_scenario_is_stored_changed_and_deleted(client):
    made = client.scenarios.create(scenario={"name": "Row of my own"})

    renamed = client.scenarios.change(
        made.id, name="Another", if_match=f'"{made.version}"'
    )
    client.scenarios.delete(made.id)

    assert renamed.name == "Another"
    with pytest.raises(NotFound):
        client.scenarios.read(made.id)


def test_a_list_is_read_through_all_its_pages(client):
    made = {client.sites.create(name=f"Site {i}").id for i in range(5)}

    found = {site.id for site in client.sites.list(limit=2)}

    assert made <= found
    assert "Site 4" in client.sites.list(limit=2)._repr_html_()


# --- refusals ---------------------------------------------------------------------


def test_a_refusal_names_field_rule_value_and_repair(client):
    with pytest.raises(InvalidInput, match=r"fleet\.server_cuont") as caught:
        client.what_if(scenario={}, changes={"fleet.server_cuont": 52})

    wrong = caught.value.errors[0]
    assert caught.value.status == 422
    assert wrong.field == "fleet.server_cuont"
    assert wrong.value == 52
    assert "server_count" in wrong.repair


def test_an_id_is_one_part_of_an_address_whatever_is_in_it(client):
    with pytest.raises(Problem) as caught:
        client.runs.read("../tokens")

    assert caught.value.status in {404, 422}


def test_a_token_is_shown_where_one_is_wanted(tmp_path):
    app = create_app(settings_in(tmp_path, access="tokens"), warm=False)
    with serving(app) as url:
        token = token_of(app, "viewer")
        with Client(url) as nobody, Client(url, token) as viewer:
            with pytest.raises(NotAllowed, match="needs a token"):
                nobody.scenarios.list().first()
            assert viewer.scenarios.list().first().id == "sample-row"
            with pytest.raises(NotAllowed, match="scenarios:write"):
                viewer.runs.create(scenario={}, changes=SHORT)


def test_a_server_that_is_not_there_is_named():
    with (
        Client("http://127.0.0.1:1", patience_s=0.0) as client,
        pytest.raises(ServerUnreachable, match=r"http://127\.0\.0\.1:1"),
    ):
        client.health()


# --- a busy server ----------------------------------------------------------------


class Busy:
    """Refuses some requests, then answers."""

    def __init__(self, status, times, headers=None):
        self.status, self.times, self.headers = status, times, headers or {}
        self.asked = 0

    def __call__(self, request):
        self.asked += 1
        if self.asked <= self.times:
            body = {"title": "Busy", "status": self.status, "detail": "later"}
            return httpx.Response(self.status, headers=self.headers, json=body)
        return httpx.Response(200, json={"sent": json.loads(request.content or "{}")})


def busy_client(busy, **more):
    return Client("http://busy", transport=httpx.MockTransport(busy), **more)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_when_it_says(status):
    busy = Busy(status, 2, {"retry-after": "0"})

    learned = busy_client(busy).stabilize.learn(t_s=[0.0], power_w=[1.0])

    assert learned.document == {"sent": {
        "t_s": [0.0], "power_w": [1.0], "node_count": 1, "gaps_allowed": False,
    } | learned.document["sent"]}  # fmt: skip
    assert busy.asked == 3


def test_patience_ends():
    busy = Busy(429, 9, {"retry-after": "5"})

    with pytest.raises(TooMuchWork, match="later"):
        busy_client(busy, patience_s=4.0).health()

    assert busy.asked == 1


def test_a_change_is_not_repeated_unless_the_server_says_when():
    busy = Busy(503, 1)

    with pytest.raises(Unavailable):
        busy_client(busy).sites.create(name="Once")

    assert busy.asked == 1


def test_a_refusal_that_is_no_problem_document_has_its_status():
    def proxy(_request):
        return httpx.Response(502, text="<html>Bad gateway</html>")

    with pytest.raises(Problem, match="answered 502"):
        busy_client(proxy).health()


def test_one_client_serves_several_threads(client):
    found = []

    def ask(count):
        answer = client.what_if(
            scenario={}, changes={**SHORT, "fleet.server_count": count}
        )
        found.append((count, answer.run.server_count))

    threads = [threading.Thread(target=ask, args=(n,)) for n in (40, 44, 48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == [(40, 40), (44, 44), (48, 48)]
