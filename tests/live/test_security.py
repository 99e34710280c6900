"""Hostile requests get 4xx, cost bounded memory, store nothing, and learn nothing."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time

import httpx
import pytest

from tests.live.hostile import ANYWHERE, NAMES, batches, good, text

MOST_MEMORY_MB = 300.0
OTLP = "/otlp/v1/metrics"
USUAL = {"content-type": "application/json"}


@pytest.fixture
def unchanged(site):
    """Whatever a test sends: nothing of it is stored, and memory stays bounded."""
    rows, peak_mb = site.rows(), site.peak_mb()
    yield
    assert site.rows() == rows
    assert site.peak_mb() - peak_mb < MOST_MEMORY_MB


@pytest.fixture(scope="module")
def taking(site):
    """Every route that takes a body: (method, address), with ids filled in."""
    with site.client("admin") as client:
        paths = client.get("/openapi.json").json()["paths"]
    return [
        (method, _filled(path))
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "requestBody" in operation
    ]


def _filled(path):
    address = path.removeprefix("/api/v1")
    while "{" in address:
        head, _, rest = address.partition("{")
        address = f"{head}none{rest.partition('}')[2]}"
    return address


def test_no_hostile_batch_is_stored_or_breaks_the_server(site, unchanged):
    found = {}
    with site.client("node") as client:
        for name, body, headers in batches():
            answer = client.post("/telemetry", content=body, headers=USUAL | headers)
            found[name] = answer.status_code

    assert {n: s for n, s in found.items() if not 400 <= s < 500} == {}


def test_no_hostile_body_breaks_any_other_route(site, taking, unchanged):
    found = {}
    for method, path in taking:
        who = "collector" if path.startswith(("/prometheus", "/otlp")) else "admin"
        with site.client("node" if path == "/telemetry" else who) as client:
            for name, body in ANYWHERE.items():
                answer = client.request(method, path, content=body, headers=USUAL)
                found[method, path, name] = answer.status_code

    assert len(taking) > 15
    wrong = {n: s for n, s in found.items() if not 400 <= s < 500}
    # OTLP's rule: keys nobody knows are passed over, and what is left here is nothing
    assert {n: s for n, s in wrong.items() if (n[1], s) != (OTLP, 200)} == {}


def test_no_wrong_content_type_breaks_any_route(site, taking, unchanged):
    kinds = (
        "text/csv",
        "application/x-protobuf",
        "multipart/form-data",
        "x",
        "a/" * 999,
    )
    found = {}
    for method, path in taking:
        who = "collector" if path.startswith(("/prometheus", "/otlp")) else "admin"
        with site.client("node" if path == "/telemetry" else who) as client:
            for kind in kinds:
                answer = client.request(
                    method, path, content=b"=1+1,2\n", headers={"content-type": kind}
                )
                found[method, path, kind] = answer.status_code

    assert {n: s for n, s in found.items() if not 400 <= s < 500} == {}


@pytest.mark.parametrize("path", ["/prometheus/write", "/otlp/v1/metrics"])
@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(b"\xff\xff\xff\xff\x0f", id="snappy claims 4 GiB"),
        pytest.param(b"\x80\x94\xeb\xdc\x03" + b"\0" * 50, id="10^9 bytes claimed"),
        pytest.param(b"\x0a\xff\xff\xff\xff\x7f", id="a field of 32 GiB"),
        pytest.param(b"\x0a\x80" * 50_000, id="varints without end"),
    ],
)
def test_a_claim_of_size_is_not_believed(site, unchanged, path, claim):
    kind = {"content-type": "application/x-protobuf", "content-encoding": "snappy"}
    with site.client("collector") as client:
        answer = client.post(path, content=claim, headers=kind)

    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("trick", NAMES.values(), ids=NAMES.keys())
def test_no_name_of_an_upload_leaves_its_folder(site, unchanged, tmp_path, trick):
    content = f"time,host,power_w\n2026-01-01T00:00:00Z,{json.dumps(trick)},1\n"
    with site.client("planner") as client:
        answer = client.post(
            "/telemetry/upload", content=content.encode(errors="replace"),
            params={"source": trick[:2000], "name": trick[:2000]},
            headers={"content-type": "text/csv"},
        )  # fmt: skip

    assert 400 <= answer.status_code < 500
    assert not list(tmp_path.iterdir())


def test_a_chunked_body_without_a_length_is_cut_at_the_limit(site, unchanged):
    def endless():
        for _ in range(1000):
            yield b" " * 100_000

    with site.client("node") as client:
        answer = _tried(lambda: client.post("/telemetry", content=endless()))

    assert answer in (413, "cut")


def test_many_slow_bodies_do_not_fill_the_memory(site, unchanged):
    """Fifty that each stop 100 kB before their end: 395 MB if all were believed."""
    token = site.tokens["node"]
    head = (
        "POST /api/v1/telemetry HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: 8000000\r\n\r\n"
    ).encode()
    answers, links = [], []
    for _ in range(50):
        link = socket.create_connection(("127.0.0.1", site.server.port), timeout=10)
        links.append(link)
        try:
            link.sendall(head)
            link.sendall(b" " * 7_900_000)
        except OSError:
            pass  # it was answered before its end
    for link in links:
        link.settimeout(0.2)
        try:
            answers.append(link.recv(12))
        except OSError:
            answers.append(b"")
        link.close()

    refused = [a for a in answers if a[9:12] in (b"503", b"429")]
    assert len(refused) > 10


def test_after_all_that_a_good_batch_is_stored(site):
    """So the refusals above were of what was wrong with them."""
    batch = good(time.time_ns() // 1000)
    with site.client("node") as client:
        answer = client.post("/telemetry", content=text(batch), headers=USUAL)

    assert (answer.status_code, answer.json()["stored"]) == (200, 2)


# --- a request without the right scope learns nothing -------------------------------


@pytest.mark.parametrize(
    ("path", "there", "absent"),
    [
        pytest.param("/telemetry/sources/{}/stored", "node", "nobody", id="a source"),
        pytest.param("/telemetry/series?of={}&start_us=0&end_us=1", "node", "nobody",
                     id="a series"),
        pytest.param("/scenarios/{}", "sample-row", "nothing", id="a scenario"),
        pytest.param("/alerts/rules/{}", "alert-rule_1", "x", id="an alert rule"),
        pytest.param("/imports/{}", "import_1", "x", id="an import"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("who", ["node", "collector", None])
def test_without_the_scope_what_exists_looks_like_what_does_not(
    site, path, there, absent, who
):
    answers = [_asked(site, who, path.format(name)) for name in (there, absent)]

    assert answers[0] == answers[1]
    assert answers[0][0] == (401 if who is None else 403)


def test_a_token_of_another_agent_learns_nothing_of_a_spool(site):
    """Whether node's batch was stored must not show in the answer to other's token."""
    now_us = time.time_ns() // 1000
    bodies = [text(good(now_us, sequence=n)) for n in (0, 4711)]
    with site.client("other") as client:
        answers = [client.post("/telemetry", content=b, headers=USUAL) for b in bodies]
        spool = good()["agent"]["spool"]
        hello = client.get("/telemetry/hello", params={"spool": spool}).json()

    assert [a.status_code for a in answers] == [403, 403]
    assert _said(answers[0]) == _said(answers[1])
    assert hello["next_sequence"] == 0


def test_a_body_is_not_read_before_the_token_is_known(site):
    """A wrong token is refused at once, though the body never comes."""
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=20) as link:
        link.sendall(
            b"POST /api/v1/telemetry HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Authorization: Bearer np_agent_000000000000_" + b"0" * 48 + b"\r\n"
            b"Content-Length: 5000000\r\n\r\n"
        )
        answer = link.recv(4096)

    assert answer.startswith(b"HTTP/1.1 401")


def test_no_secret_of_a_request_is_in_the_log(site):
    with site.client("node") as client:
        client.post("/telemetry", content=gzip.compress(b"x"), headers=USUAL)
        client.get("/telemetry/hello", params={"token": site.tokens["node"]})
    log = site.server.log.read_text(errors="replace")

    assert not any(token in log for token in site.tokens.values())
    assert "Traceback" not in log


def _asked(site, who, path):
    if who is None:
        answer = httpx.get(f"{site.server.url}/api/v1{path}")
        return answer.status_code, _said(answer)
    with site.client(who) as client:
        answer = client.get(path)
        return answer.status_code, _said(answer)


def _said(answer):
    """The body without the number every problem has of its own."""
    return {k: v for k, v in answer.json().items() if k != "id"}


def _tried(ask):
    """Status of an answer; "cut" where the server closed while we still sent."""
    found = []

    def work():
        try:
            found.append(ask().status_code)
        except httpx.TransportError:
            found.append("cut")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    return found[0] if found else "hangs"
