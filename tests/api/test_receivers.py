"""Receivers over HTTP: what others send is stored under the right host and field."""

from __future__ import annotations

import errno
import gzip
import time
import zlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from api.problems import Refusal
from api.receivers_service import Receivers
from api.wire import remote_write
from store.settings import Settings
from tests.api.wire_format import (
    STALE,
    export,
    gauge,
    message,
    number,
    point,
    snappy,
    total,
    write_v1,
    write_v2,
)
from twin.errors import ScenarioError
from twin.telemetry.hygiene import Left

WRITE, OTLP = "/api/v1/prometheus/write", "/api/v1/otlp/v1/metrics"
V1 = {"content-type": "application/x-protobuf", "content-encoding": "snappy",
      "x-prometheus-remote-write-version": "0.1.0"}  # fmt: skip
V2 = {**V1, "content-type": f"application/x-protobuf;proto={remote_write.V2}"}
WRITTEN = "x-prometheus-remote-write-{}-written"


def now_ms():
    return time.time_ns() // 1_000_000


def gpu(name, host, uuid="GPU-a", **labels):
    return {"__name__": f"DCGM_FI_DEV_{name}", "Hostname": host, "UUID": uuid, **labels}


@pytest.fixture
def stored(app, client):
    """Readings of a host as they are in the store."""

    def read(host):
        telemetry = app.state.services.telemetry
        now = telemetry.clock_us()
        return telemetry.reader.raw(telemetry.source(host), now - 10**9, now + 10**9)

    return read


# --- remote-write -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "headers", "host"),
    [(write_v1, V1, "rw1"), (write_v2, V2, "rw2")],
    ids=["1.0", "2.0"],
)
def test_samples_are_stored_under_their_host_and_field(
    http, stored, write, headers, host
):
    at = now_ms()
    body = write(
        (gpu("POWER_USAGE", host), [(412.5, at), (430.25, at + 1000)]),
        (gpu("SM_CLOCK", host), [(1980, at)]),
        ({"__name__": "node_load1", "instance": host}, [(0.5, at)]),
    )

    answer = http.post(WRITE, content=snappy(body), headers=headers)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers[WRITTEN.format("samples")] == "4"
    readings = stored(host)
    assert [d.key for d in readings.devices] == ["GPU-a"]
    assert_allclose(readings.time_us, [at * 1000, (at + 1000) * 1000])
    assert_allclose(readings.columns["power_average_w"], [412.5, 430.25])
    assert_allclose(readings.columns["sm_clock_hz"], [1.98e9, np.nan])


def test_fields_of_one_instant_may_come_in_several_requests(http, stored):
    """A Prometheus spreads the series of one scrape over its queues."""
    at = now_ms()
    for name, value in (("POWER_USAGE", 412.0), ("GPU_TEMP", 61.0)):
        body = write_v1((gpu(name, "spread"), [(value, at)]))
        assert http.post(WRITE, content=snappy(body), headers=V1).status_code == 204

    readings = stored("spread")

    assert len(readings) == 1
    assert_allclose(readings.columns["power_average_w"], [412.0])
    assert_allclose(readings.columns["gpu_c"], [61.0])


def test_a_request_sent_again_changes_nothing(http, stored):
    body = snappy(write_v1((gpu("POWER_USAGE", "again"), [(412.0, now_ms())])))

    for _ in range(3):
        assert http.post(WRITE, content=body, headers=V1).status_code == 204

    assert len(stored("again")) == 1


def test_a_stale_marker_and_metadata_alone_are_taken_and_store_nothing(http):
    stale = write_v1((gpu("POWER_USAGE", "ghost"), [(STALE, now_ms())]))
    metadata = message(3, number(1, 2), message(2, "up"))

    for body in (stale, metadata, b""):
        answer = http.post(WRITE, content=snappy(body), headers=V1)
        assert answer.status_code == 204


def test_samples_that_break_a_rule_are_400_and_the_others_stay(http, stored):
    """The specification wants 400 where any sample is invalid; what is good is kept."""
    at = now_ms()
    body = write_v2(
        (gpu("POWER_USAGE", "partly"), [(412.0, at), (413.0, at + 3_600_000)])
    )

    answer = http.post(WRITE, content=snappy(body), headers=V2)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert "NTP" in answer.json()["errors"][0]["repair"]
    assert answer.headers[WRITTEN.format("samples")] == "1"
    assert_allclose(stored("partly").columns["power_average_w"], [412.0])


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"content-type": "application/json"}, b"{}", 415),
        ({"content-encoding": "gzip"}, gzip.compress(b""), 415),
        ({"content-type": "application/x-protobuf;proto=x.Y"}, snappy(b""), 415),
        ({}, b"not snappy at all", 400),
        ({}, snappy(b"\x0a\xff"), 400),
        ({}, b"\x80\x80\x80\x80\x0f" + b"a", 413),
    ],
    ids=["JSON", "gzip", "another message", "no snappy", "no protobuf", "4 GB claimed"],
)
def test_what_cannot_be_read_is_refused_for_good(http, headers, content, status):
    answer = http.post(WRITE, content=content, headers={**V1, **headers})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(body=st.binary(max_size=300), packed=st.booleans(), second=st.booleans())
def test_no_bytes_break_the_server(http, body, packed, second):
    for address, headers in ((WRITE, V2 if second else V1), (OTLP, _OTLP_SNAPPY)):
        content = snappy(body) if packed else body
        status = http.post(address, content=content, headers=headers).status_code
        assert status in {200, 204, 400, 413, 415}


_OTLP_SNAPPY = {"content-type": "application/x-protobuf", "content-encoding": "snappy"}


def test_what_was_ignored_is_shown_by_name(http):
    body = write_v1(
        ({"__name__": "weird_metric", "instance": "a"}, [(1, now_ms()), (2, now_ms())])
    )
    http.post(WRITE, content=snappy(body), headers=V1)

    items = http.get("/api/v1/telemetry/receivers").json()["items"]

    receiver = next(item for item in items if item["kind"] == "prometheus")
    assert {"name": "weird_metric", "reason": "unknown name", "samples": 2} in (
        receiver["ignored"]
    )
    assert receiver["requests"] >= 1


# --- OpenTelemetry ------------------------------------------------------------------


def otlp_body(host, at_ms, value=412.5):
    hw = {"hw.id": "GPU-a", "hw.type": "gpu"}
    return export(
        {"host.name": host},
        gauge("hw.power", point(value, at_ms * 1_000_000, hw)),
        total("hw.energy", point(7000, at_ms * 1_000_000, hw)),
    )


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate", "zstd"])
def test_opentelemetry_in_protobuf_is_stored(http, stored, encoding):
    pack = {
        "": bytes, "gzip": gzip.compress, "deflate": zlib.compress,
        "zstd": lambda b: pa.compress(b, codec="zstd", asbytes=True),
    }[encoding]  # fmt: skip
    host, at = f"otlp{encoding}", now_ms()
    headers = {"content-type": "application/x-protobuf", "content-encoding": encoding}

    answer = http.post(OTLP, content=pack(otlp_body(host, at)), headers=headers)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-protobuf"
    readings = stored(host)
    assert_allclose(readings.columns["power_w"], [412.5])
    assert_allclose(readings.columns["energy_j"], [7000.0])


def test_opentelemetry_in_json_is_stored_and_answered_in_json(http, stored):
    at = now_ms()
    document = {"resourceMetrics": [{
        "resource": {"attributes": [
            {"key": "host.name", "value": {"stringValue": "otlp-json"}}]},
        "scopeMetrics": [{"metrics": [
            {"name": "hw.host.power", "gauge": {"dataPoints": [
                {"timeUnixNano": str(at * 1_000_000), "asDouble": 5210.0}]}},
            {"name": "latency", "histogram": {"dataPoints": [{}, {}]}},
        ]}],
    }]}  # fmt: skip

    answer = http.post(OTLP, json=document)

    assert answer.status_code == 200
    part = answer.json()["partialSuccess"]
    assert part["rejectedDataPoints"] == "2"
    assert "histograms" in part["errorMessage"]
    assert_allclose(stored("otlp-json").columns["power_w"], [5210.0])


def test_a_refusal_of_otlp_is_a_status_in_the_encoding_of_the_request(http):
    binary = {"content-type": "application/x-protobuf"}

    in_protobuf = http.post(OTLP, content=b"\x0a\xff", headers=binary)
    in_json = http.post(
        OTLP, content=b"[1", headers={"content-type": "application/json"}
    )

    assert (in_protobuf.status_code, in_json.status_code) == (400, 400)
    assert in_protobuf.content.startswith(b"\x08\x03\x12")  # code 3: invalid argument
    assert in_json.json()["code"] == 3


# --- towards the store --------------------------------------------------------------


class Remembering:
    """A store that remembers, and fails as it is told."""

    def __init__(self, failing=(), refused=()):
        self.taken, self.failing, self.refused = [], dict(failing), refused

    def take(self, source, kind, readings, *, key):
        if source in self.failing:
            raise self.failing[source]
        self.taken.append((source, kind, readings, key))
        return _Taken(len(readings), self.refused)


class _Taken:
    def __init__(self, stored, refused):
        self.stored, self.refused, self.duplicate = stored, refused, False


@pytest.fixture
def receivers():
    made = []

    def make(store):
        made.append(Receivers(store, jobs=None, settings=Settings()))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_each_host_has_a_key_of_its_own_the_same_when_sent_again(receivers):
    store = Remembering()
    hosts = [f"n{i}" for i in range(20)]
    body = snappy(write_v1(*((gpu("POWER_USAGE", h), [(1.0, 10**12)]) for h in hosts)))
    one = receivers(store)

    one.remote_write(body, V1["content-type"], "snappy")
    one.remote_write(body, V1["content-type"], "snappy")

    keys = {source: set() for source, *_ in store.taken}
    for source, kind, _, key in store.taken:
        assert kind == "prometheus"
        keys[source].add(key)
    assert set(keys) == set(hosts)
    assert {len(k) for k in keys.values()} == {1}
    assert len(set.union(*keys.values())) == 20


@pytest.mark.parametrize(
    "error", [Refusal(429, "full", headers={"retry-after": "2"}), TimeoutError()]
)
def test_a_store_that_is_full_is_503_because_a_prometheus_drops_after_429(
    receivers, error
):
    body = snappy(write_v1((gpu("POWER_USAGE", "n1"), [(1.0, 10**12)])))

    with pytest.raises(Refusal) as refused:
        receivers(Remembering({"n1": error})).remote_write(body, V1["content-type"],
                                                           "snappy")  # fmt: skip

    assert refused.value.status == 503
    assert refused.value.headers["retry-after"] == "2"


FULL = ScenarioError("devices", "at most 4096 per source", 4097,
                     "use the same key for the same device")  # fmt: skip


def hundred_hosts():
    return write_v1(
        *((gpu("POWER_USAGE", f"h{i}"), [(1.0, 10**12)]) for i in range(100))
    )


def test_a_host_that_breaks_a_rule_costs_no_other_its_readings(receivers):
    """A Prometheus does not send again what was answered with 400."""
    store = Remembering({"h0": FULL})

    with pytest.raises(Refusal) as refused:
        receivers(store).remote_write(
            snappy(hundred_hosts()), V1["content-type"], "snappy"
        )

    assert {source for source, *_ in store.taken} == {f"h{i}" for i in range(1, 100)}
    assert refused.value.status == 400
    assert "h0: devices" in refused.value.detail
    assert refused.value.headers[WRITTEN.format("samples")] == "99"


def test_the_other_hosts_of_an_otlp_request_are_stored_too(receivers):
    store = Remembering({"h0": FULL})
    hw, at_ns = {"hw.id": "GPU-a", "hw.type": "gpu"}, 10**18
    body = b"".join(
        export({"host.name": f"h{i}"}, gauge("hw.power", point(400.0, at_ns, hw)))
        for i in range(20)
    )

    answer = receivers(store).otlp(body, "application/x-protobuf", "")

    assert len(store.taken) == 19
    assert b"\x08\x01" in answer  # rejected_data_points = 1
    assert b"h0: devices" in answer


def test_a_full_store_is_told_before_a_broken_rule_as_it_passes(receivers):
    store = Remembering({"h0": FULL, "h1": Refusal(429, "full")})

    with pytest.raises(Refusal) as refused:
        receivers(store).remote_write(
            snappy(hundred_hosts()), V1["content-type"], "snappy"
        )

    assert refused.value.status == 503
    assert len(store.taken) == 98


# --- files that come in ---------------------------------------------------------------


def test_more_files_at_once_than_the_disk_should_take_wait(receivers):
    one = receivers(Remembering())

    with one.uploading(10), one.uploading(10), pytest.raises(Refusal) as refused:
        one.uploading(10).__enter__()
    with one.uploading(10) as folder:
        assert folder.is_dir()

    assert refused.value.status == 503
    assert "retry-after" in refused.value.headers


def test_a_file_for_which_the_disk_has_no_room_is_refused_before_it_comes(receivers):
    one = receivers(Remembering())

    with pytest.raises(Refusal, match="no room") as refused, one.uploading(10**18):
        pytest.fail("it was let in")

    assert refused.value.status == 503
    with one.uploading(10), one.uploading(10):
        pass  # the refused one holds no place


def test_a_disk_that_fills_up_meanwhile_is_said_and_leaves_nothing(receivers):
    one = receivers(Remembering())

    folders = []

    def fill_up():
        with one.uploading(10) as folder:
            folders.append(folder)
            (folder / "upload").write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Refusal, match="no room"):
        fill_up()

    assert not folders[0].exists()


def test_refused_points_of_otlp_are_counted_with_their_reason(receivers):
    left = Left(reason="late", field="offset_us", count=2, repair="import rollups")
    store = Remembering(refused=(left,))

    answer = receivers(store).otlp(otlp_body("n1", 10**9), "application/x-protobuf", "")

    assert answer.startswith(b"\x0a")
    assert b"\x08\x02" in answer  # rejected_data_points = 2
    assert b"import rollups" in answer


def test_a_request_that_makes_up_hosts_without_end_is_refused(receivers):
    store = Remembering()
    series = ((gpu("POWER_USAGE", f"n{i}"), [(1.0, 10**12)]) for i in range(2001))

    with pytest.raises(Refusal, match="2001 hosts"):
        receivers(store).remote_write(snappy(write_v1(*series)), V1["content-type"],
                                      "snappy")  # fmt: skip

    assert store.taken == []


def test_names_beyond_the_limit_are_counted_together(receivers):
    one = receivers(Remembering())
    series = (
        ({"__name__": f"m{i}", "instance": "a"}, [(1, 10**12)]) for i in range(250)
    )

    one.remote_write(snappy(write_v1(*series)), V1["content-type"], "snappy")

    status = next(s for s in one.status() if s["kind"] == "prometheus")
    assert len(status["ignored"]) == 200
    assert status["ignored_more"] == 50
