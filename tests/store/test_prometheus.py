"""Range queries of a Prometheus: only of hosts allowed, in pieces, whole."""

from __future__ import annotations

from urllib.parse import parse_qs

import httpx
import pytest
from numpy.testing import assert_allclose

from store import prometheus
from store.prometheus import PrometheusError, RangeQuery, check_host, check_range, fetch
from twin.errors import Cancelled

START_S = 1_763_733_600.0


def query(**changes):
    known = {"url": "http://prom:9090", "query": "x", "start_s": START_S,
             "end_s": START_S + 60, "step_s": 15.0}  # fmt: skip
    return RangeQuery(**{**known, **changes})


class Standing:
    """A Prometheus that holds one series whose value is its time."""

    def __init__(self, most_steps=11_000, padding=0):
        self.asked, self.most_steps, self.padding = [], most_steps, padding

    def client(self):
        return httpx.Client(transport=httpx.MockTransport(self.answer))

    def answer(self, request):
        form = {k: v[0] for k, v in parse_qs(request.content.decode()).items()}
        start, end, step = (float(form[n]) for n in ("start", "end", "step"))
        self.asked.append((str(request.url), form, dict(request.headers)))
        count = int((end - start) / step + 1e-6) + 1
        if count > self.most_steps:
            return httpx.Response(400, json={"status": "error", "error": "too many"})
        values = [[start + i * step, str(start + i * step)] for i in range(count)]
        metric = {
            "__name__": "up",
            "instance": "a:1",
            "pad": "x" * self.padding * count,
        }
        data = {
            "resultType": "matrix",
            "result": [{"metric": metric, "values": values}],
        }
        return httpx.Response(200, json={"status": "success", "data": data})


def all_times(pieces):
    return [t for piece in pieces for t in piece.time_us.tolist()]


def test_a_range_comes_with_labels_times_and_values():
    standing = Standing()

    (piece,) = fetch(query(), client=standing.client())

    assert piece.labels == [{"__name__": "up", "instance": "a:1", "pad": ""}]
    expected_s = [START_S + 15.0 * i for i in range(5)]
    assert_allclose(piece.value, expected_s)
    assert piece.time_us.tolist() == [int(at * 1e6) for at in expected_s]
    assert standing.asked[0][0] == "http://prom:9090/api/v1/query_range"


def test_a_long_range_is_fetched_in_pieces_every_instant_once():
    standing = Standing()
    day = query(end_s=START_S + 86_400, step_s=1.0)

    times = all_times(fetch(day, client=standing.client()))

    assert times == [int((START_S + i) * 1e6) for i in range(86_401)]
    assert len(standing.asked) > 8
    assert max(_steps(form) for _, form, _ in standing.asked) <= prometheus.MOST_STEPS


def _steps(form):
    return (float(form["end"]) - float(form["start"])) / float(form["step"]) + 1


def test_an_answer_that_is_too_large_is_asked_for_in_smaller_pieces(monkeypatch):
    monkeypatch.setattr(prometheus, "MOST_ANSWER_BYTES", 50_000)
    standing = Standing(padding=1000)  # a kilobyte per instant

    times = all_times(fetch(query(end_s=START_S + 1000, step_s=1.0),
                            client=standing.client()))  # fmt: skip

    assert times == [int((START_S + i) * 1e6) for i in range(1001)]


def test_one_instant_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(prometheus, "MOST_ANSWER_BYTES", 50)

    with pytest.raises(PrometheusError, match="fewer series"):
        list(fetch(query(), client=Standing().client()))


def test_the_secret_goes_into_the_header_and_into_no_message():
    secret = "Bearer not-for-anybody"
    standing = Standing()
    asked = query(authorization=secret)

    list(fetch(asked, client=standing.client()))

    assert standing.asked[0][2]["authorization"] == secret
    assert secret not in repr(asked)
    refusing = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(401))
    )
    with pytest.raises(PrometheusError) as refused:
        list(fetch(asked, client=refusing))
    assert refused.value.field == "authorization"
    assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (httpx.Response(200, text="<html>"), "url"),
        (httpx.Response(200, json={"status": "success", "data": {"resultType": "vector",
                                                                "result": []}}), "url"),
        (httpx.Response(200, json={"data": {"resultType": "matrix", "result": [1]}}),
         "url"),
        (httpx.Response(400, json={"error": "parse error"}), "query"),
        (httpx.Response(302, headers={"location": "http://169.254.169.254/"}), "query"),
        (httpx.Response(500, text="x"), "query"),
    ],
)  # fmt: skip
def test_what_does_not_answer_as_a_prometheus_is_refused(answer, field):
    client = httpx.Client(transport=httpx.MockTransport(lambda _: answer))

    with pytest.raises(PrometheusError) as refused:
        list(fetch(query(), client=client))

    assert refused.value.field == field


def test_a_server_that_is_not_there_is_said_to_be_out_of_reach():
    def gone(_request):
        raise httpx.ConnectError("refused")

    with pytest.raises(PrometheusError, match="reach"):
        list(fetch(query(), client=httpx.Client(transport=httpx.MockTransport(gone))))


def test_a_pull_stops_when_it_is_cancelled():
    with pytest.raises(Cancelled):
        list(fetch(query(), client=Standing().client(), cancelled=lambda: True))


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://prom:9090", "prom:9090"),
        ("http://prom:9090/mimir/", "other, prom:9090"),
        ("https://PROM.site", "prom.site"),
        ("http://[::1]:9090", "[::1]:9090"),
    ],
)
def test_hosts_that_the_owner_named_may_be_asked(url, allowed):
    check_host(url, allowed)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://prom:9090", ""),
        ("http://prom:9091", "prom:9090"),
        ("http://prom:9091", "prom"),
        ("http://prom.evil.example", "prom"),
        ("http://prom@evil.example", "prom"),
        ("http://user:hunter2@prom", "prom"),
        ("file:///etc/passwd", "prom"),
        ("http://169.254.169.254/latest", "prom"),
        ("http://", "prom"),
        ("http://prom:99999999", "prom:99999999"),
        ("not an address", "prom"),
    ],
)
def test_any_other_address_is_refused(url, allowed):
    with pytest.raises(PrometheusError) as refused:
        check_host(url, allowed)

    assert "hunter2" not in str(refused.value)


def test_a_range_that_makes_no_sense_is_refused():
    with pytest.raises(PrometheusError, match="before start"):
        check_range(query(end_s=START_S - 1))
    with pytest.raises(PrometheusError, match="too many"):
        check_range(query(end_s=START_S + 1e9, step_s=0.1))


def test_the_preset_asks_for_every_name_of_dcgm_that_is_known():
    text = prometheus.PRESETS["dcgm"]

    assert text.startswith('{__name__=~"DCGM_FI_DEV_POWER_USAGE_INSTANT|')
    assert "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION" in text
