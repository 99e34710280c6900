"""Decoders of foreign protocols: exact on what is right, bounded on what is not."""

from __future__ import annotations

import gzip
import struct
import zlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.problems import Refusal
from api.wire import otlp, otlp_json, remote_write
from api.wire.compression import unpack
from tests.api.wire_format import (
    STALE,
    attribute,
    double,
    export,
    fixed,
    gauge,
    histogram,
    message,
    number,
    point,
    snappy,
    total,
    varint,
    write_v1,
    write_v2,
)

T_MS = 1_763_733_600_000
POWER = {"__name__": "DCGM_FI_DEV_POWER_USAGE", "UUID": "GPU-a", "Hostname": "n1"}
TEMP = {**POWER, "__name__": "DCGM_FI_DEV_GPU_TEMP"}


def all_of(samples):
    """(labels, time, value) of every sample, in order."""
    labels = samples.labels(range(len(samples.keys))) if samples.keys else []
    return [
        (labels[s], int(t), float(v))
        for s, t, v in zip(samples.series, samples.time_us, samples.value, strict=True)
    ]


# --- compression --------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_streams_without_end_are_not_followed(encoding):
    """Each costs a copy of what follows: 4 MB of empty ones took 9 s."""
    empty = gzip.compress(b"") if encoding == "gzip" else zlib.compress(b"")

    assert unpack(empty * 16, encoding) == b""
    with pytest.raises(Refusal, match="16 gzip members") as refused:
        unpack(empty * 17, encoding)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", b"power" * 1000),
        ("identity", b"power" * 1000),
        ("gzip", gzip.compress(b"power" * 1000)),
        ("gzip", gzip.compress(b"power" * 500) * 2),
        ("deflate", zlib.compress(b"power" * 1000)),
        ("deflate", zlib.compress(b"power" * 1000)[2:-4]),
        ("zstd", pa.compress(b"power" * 1000, codec="zstd", asbytes=True)),
        ("snappy", snappy(b"power" * 1000)),
    ],
    ids=["none", "identity", "gzip", "gzip in two members", "zlib", "raw deflate",
         "zstd", "snappy"],
)  # fmt: skip
def test_every_encoding_comes_back_as_it_was(encoding, packed):
    assert unpack(packed, encoding) == b"power" * 1000


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(bytes(50_000_000))),
        ("deflate", zlib.compress(bytes(50_000_000))),
        ("zstd", pa.compress(bytes(50_000_000), codec="zstd", asbytes=True)),
        ("snappy", varint(4_000_000_000) + b"\x00a"),
    ],
    ids=["gzip", "deflate", "zstd", "a claim of 4 GB"],
)
def test_a_bomb_is_refused_before_it_fills_the_memory(encoding, packed):
    with pytest.raises(Refusal, match="1 MB") as refused:
        unpack(packed, encoding, most=1_000_000)

    assert refused.value.status == 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "snappy"])
@given(body=st.binary(max_size=200))
def test_damaged_bytes_are_refused_for_good(encoding, body):
    assert _status_of(lambda: unpack(body, encoding)) in {None, 400, 413}


def test_an_unknown_encoding_is_415():
    with pytest.raises(Refusal) as refused:
        unpack(b"", "br")

    assert refused.value.status == 415


# --- remote-write -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "version"),
    [(write_v1, remote_write.V1), (write_v2, remote_write.V2)],
    ids=["1.0", "2.0"],
)
def test_samples_and_labels_come_as_they_were_sent(write, version):
    body = write((POWER, [(412.5, T_MS), (430.0, T_MS + 1000)]), (TEMP, [(61, T_MS)]))

    samples = remote_write.read(body, version)

    assert all_of(samples) == [
        (POWER, T_MS * 1000, 412.5),
        (POWER, (T_MS + 1000) * 1000, 430.0),
        (TEMP, T_MS * 1000, 61.0),
    ]


def test_equal_labels_have_equal_keys_and_others_do_not():
    body = write_v1((POWER, [(1, T_MS)]), (TEMP, [(2, T_MS)]), (POWER, [(3, T_MS)]))

    keys = remote_write.read(body, remote_write.V1).keys

    assert keys[0] == keys[2] != keys[1]


def test_a_stale_marker_is_not_a_number():
    samples = remote_write.read(write_v1((POWER, [(STALE, T_MS)])), remote_write.V1)

    assert np.isnan(samples.value).all()


def test_unknown_fields_are_skipped_and_metadata_carries_no_sample():
    metadata = message(3, number(1, 2), message(2, "up"), message(4, "help"))
    odd = fixed(15, 7) + varint(99 << 3 | 5) + b"abcd" + number(98, 1)

    samples = remote_write.read(metadata + write_v1((POWER, [(1, T_MS)])) + odd,
                                remote_write.V1)  # fmt: skip

    assert all_of(samples) == [(POWER, T_MS * 1000, 1.0)]


def test_references_one_by_one_are_read_like_packed_ones():
    """Parsers must accept both ways of writing repeated numbers."""
    symbols = b"".join(message(4, s) for s in ("", "__name__", "up"))
    loose = message(5, number(1, 1), number(1, 2), message(2, double(1, 1.0)))

    samples = remote_write.read(symbols + loose, remote_write.V2)

    assert all_of(samples) == [({"__name__": "up"}, 0, 1.0)]


def test_histograms_and_exemplars_are_counted():
    symbols = b"".join(message(4, s) for s in ("", "__name__", "up"))
    series = message(5, message(1, varint(1), varint(2)), message(3), message(3),
                     message(4))  # fmt: skip

    samples = remote_write.read(symbols + series, remote_write.V2)

    assert samples.unsupported == {"histograms": 2, "exemplars": 1}


@pytest.mark.parametrize(
    ("body", "version"),
    [
        pytest.param(b"\x0a\xff", remote_write.V1, id="longer than it is"),
        pytest.param(message(1, message(2, number(1, 5))), remote_write.V1, id="type"),
        pytest.param(message(1, b"\x12\x00"), remote_write.V1, id="no labels"),
        pytest.param(b"\x0b\x0c", remote_write.V1, id="a group"),
        pytest.param(b"\x80" * 11, remote_write.V1, id="an endless number"),
        pytest.param(message(1, message(1, message(1, b"\xff"))), remote_write.V1,
                     id="not UTF-8"),
        pytest.param(write_v1((POWER, [(1, 2**62)])), remote_write.V1, id="year 10^8"),
        pytest.param(message(5, message(1, varint(1), varint(1))), remote_write.V2,
                     id="no symbols"),
        pytest.param(message(4, "a") + message(5, message(1, b"\x00\x00")),
                     remote_write.V2, id="symbols without the empty one"),
        pytest.param(message(4, "") + message(5, message(1, b"\x00\x07")),
                     remote_write.V2, id="a reference to nowhere"),
        pytest.param(message(4, "") + message(5, message(1, b"\x00")),
                     remote_write.V2, id="half a pair"),
        pytest.param(message(4, "") + message(5, message(1, b"\xff" * 9 + b"\x01\x00")),
                     remote_write.V2, id="a reference below zero"),
    ],
)  # fmt: skip
def test_what_breaks_the_specification_is_refused_for_good(body, version):
    def all_labels():
        samples = remote_write.read(body, version)
        samples.labels(range(len(samples.keys)))

    assert _status_of(all_labels) == 400


def test_a_label_twice_is_refused():
    twice = message(1, *(message(1, message(1, "a"), message(2, v)) for v in "xy"))

    with pytest.raises(Refusal, match="twice"):
        remote_write.read(twice, remote_write.V1).labels([0])


def test_too_many_series_are_refused_before_they_are_taken_apart():
    with pytest.raises(Refusal, match="series"):
        remote_write.read(b"\x0a\x00" * 200_001, remote_write.V1)


@pytest.mark.parametrize(
    ("content_type", "version"),
    [
        ("application/x-protobuf", remote_write.V1),
        ("application/x-protobuf;proto=prometheus.WriteRequest", remote_write.V1),
        ("Application/X-Protobuf; Proto=io.prometheus.write.v2.Request",
         remote_write.V2),
        ('application/x-protobuf; proto="io.prometheus.write.v2.Request"',
         remote_write.V2),
    ],
)  # fmt: skip
def test_the_content_type_tells_the_version(content_type, version):
    assert remote_write.message_of(content_type) == version


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "application/x-protobuf;proto=other.Message"],
)
def test_any_other_content_type_is_415(content_type):
    with pytest.raises(Refusal) as refused:
        remote_write.message_of(content_type)

    assert refused.value.status == 415


# --- OpenTelemetry ------------------------------------------------------------------

T_NS = T_MS * 1_000_000
HOST = {"host.name": "n1"}
HW = {"hw.id": "GPU-a", "hw.type": "gpu"}


def test_gauges_and_sums_come_with_the_attributes_of_resource_and_point():
    body = export(
        HOST, gauge("hw.power", point(412.5, T_NS, HW)),
        total("hw.energy", point(7_000, T_NS, HW)),
    )  # fmt: skip

    samples = otlp.read_protobuf(body)

    assert all_of(samples) == [
        ({**HOST, **HW, "__name__": "hw.power"}, T_MS * 1000, 412.5),
        ({**HOST, **HW, "__name__": "hw.energy"}, T_MS * 1000, 7000.0),
    ]


def test_attributes_that_are_no_text_are_written_as_text():
    body = export(
        {}, gauge("x", point(1.0, T_NS, {"i": -3, "b": True, "f": 0.5, "s": "t"}))
    )

    ((labels, _, _),) = all_of(otlp.read_protobuf(body))

    assert labels == {"i": "-3", "b": "true", "f": "0.5", "s": "t", "__name__": "x"}


def test_two_resources_keep_their_own_hosts():
    body = export({"host.name": "n1"}, gauge("x", point(1.0, T_NS, {}))) + export(
        {"host.name": "n2"}, gauge("x", point(2.0, T_NS, {}))
    )

    found = {
        labels["host.name"]: v for labels, _, v in all_of(otlp.read_protobuf(body))
    }

    assert found == {"n1": 1.0, "n2": 2.0}


def test_differences_histograms_and_points_without_a_time_are_counted_not_kept():
    body = export(
        HOST, total("hw.energy", point(5, T_NS, HW), temporality=1),
        histogram("latency", 3), gauge("hw.power", point(1.0, 0, HW)),
    )  # fmt: skip

    samples = otlp.read_protobuf(body)

    assert samples.value.size == 0
    assert sorted(samples.unsupported.values()) == [1, 1, 3]


def test_a_point_that_says_it_has_no_value_is_missing():
    samples = otlp.read_protobuf(
        export(HOST, gauge("x", point(5.0, T_NS, {}, flags=1)))
    )

    assert np.isnan(samples.value).all()


def as_json(value, **more):
    point = {"timeUnixNano": str(T_NS), "attributes": [
        {"key": "hw.id", "value": {"stringValue": "GPU-a"}},
        {"key": "hw.type", "value": {"stringValue": "gpu"}},
    ], **value}  # fmt: skip
    metric = {"name": "hw.power", **more, "gauge": {"dataPoints": [point]}}
    resource = {"attributes": [{"key": "host.name", "value": {"stringValue": "n1"}}]}
    return {"resourceMetrics": [
        {"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}
    ]}  # fmt: skip


@pytest.mark.parametrize(
    "value", [{"asDouble": 412.5}, {"asInt": "412"}, {"asInt": 412}]
)
def test_json_says_the_same_as_protobuf(value):
    import json

    told = float(next(iter(value.values())))
    binary = export(HOST, gauge("hw.power", point(told, T_NS, HW)))

    found = otlp_json.read_json(json.dumps(as_json(value)).encode())

    assert all_of(found) == all_of(otlp.read_protobuf(binary))


def test_the_answer_is_empty_where_all_was_taken_and_counts_where_not():
    assert otlp.answer(otlp.PROTOBUF, rejected=0, message="") == b""
    assert otlp.answer(otlp.JSON, rejected=0, message="") == b"{}"
    expected = message(1, number(1, 300), message(2, "why"))
    assert otlp.answer(otlp.PROTOBUF, rejected=300, message="why") == expected
    assert otlp.answer(otlp.JSON, rejected=3, message="why") == (
        b'{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"why"}}'
    )


# --- anything at all ----------------------------------------------------------------

PIECES = st.recursive(
    st.one_of(
        st.binary(max_size=12),
        st.builds(number, st.integers(0, 12), st.integers(-(2**63), 2**64)),
        st.builds(double, st.integers(1, 12), st.floats()),
    ),
    lambda inner: st.builds(
        lambda field, parts: message(field, *parts), st.integers(1, 12),
        st.lists(inner, max_size=4),
    ),
    max_leaves=30,
)  # fmt: skip
READERS = {
    "1.0": lambda b: remote_write.read(b, remote_write.V1),
    "2.0": lambda b: remote_write.read(b, remote_write.V2),
    "otlp": otlp.read_protobuf,
    "otlp json": otlp_json.read_json,
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
@given(parts=st.lists(PIECES, max_size=4))
def test_no_bytes_at_all_break_a_decoder(read, parts):
    _all_or_400(read, b"".join(parts))


GOOD = {
    "1.0": write_v1((POWER, [(412.5, T_MS)]), (TEMP, [(61, T_MS)])),
    "2.0": write_v2((POWER, [(412.5, T_MS)]), (TEMP, [(61, T_MS)])),
    "otlp": export(HOST, gauge("hw.power", point(412.5, T_NS, {**HW, "n": 1})),
                   total("hw.energy", point(1, T_NS, HW)), histogram("h", 2)),
    "otlp json": b'{"resourceMetrics":[{"resource":{"attributes":[]},"scopeMetrics":'
    b'[{"metrics":[{"name":"x","gauge":{"dataPoints":[{"timeUnixNano":"1"}]}}]}]}]}',
}  # fmt: skip


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_a_good_message_with_bytes_changed_breaks_no_decoder(kind, data):
    body = bytearray(GOOD[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        if data.draw(st.booleans()):
            body[place] = data.draw(st.integers(0, 255))
        else:
            del body[place : place + data.draw(st.integers(1, 5))]
        if not body:
            break

    _all_or_400(READERS[kind], bytes(body))


def _all_or_400(read, body):
    def check():
        samples = read(body)
        samples.labels(list(range(len(samples.keys))))
        assert samples.series.size == samples.time_us.size == samples.value.size
        if samples.series.size:
            assert 0 <= samples.series.min() <= samples.series.max() < len(samples.keys)

    assert _status_of(check) in {None, 400, 413}


def _status_of(call):
    """Status of the refusal, None where there was none; other errors go on."""
    try:
        call()
    except Refusal as refused:
        return refused.status
    return None


def test_attributes_of_the_test_format_are_as_the_table_says():
    """The writer above is checked once against bytes written out by hand."""
    by_hand = bytes.fromhex("3a" + "08" + "0a0161" + "1203" + "0a0162")
    assert attribute(7, "a", "b") == by_hand
    assert double(1, 1.0) == b"\x09" + struct.pack("<d", 1.0)
    assert varint(300) == b"\xac\x02"  # the example of the encoding's documentation
