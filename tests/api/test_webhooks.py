"""Notices reach the webhook they are meant for, signed, and never this machine."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from api import webhooks
from api.webhooks import Webhooks, signature
from twin.errors import ScenarioError

BODY = b'{"version":"4"}'


class Receiver:
    """A real HTTP server on loopback that keeps what it is sent."""

    def __init__(self):
        self.got, self.answers, self.location = [], [], None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                outer.got.append((self.path, dict(self.headers), body))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                if outer.location:
                    self.send_header("location", outer.location)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?key=hush"

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def sender():
    """A sender that may reach the receiver, which is on this machine."""
    return Webhooks("127.0.0.1, hooks.test", lambda host, port: ["127.0.0.1"])


@pytest.fixture
def guarded():
    """A sender as it is by default; names lead where `places` says."""
    places = {}
    webhooks = Webhooks("", lambda host, port: places[host])
    webhooks.places = places
    return webhooks


def test_a_notice_arrives_as_it_was_written(sender, receiver):
    outcome = sender.send(receiver.url, None, BODY)

    path, headers, body = receiver.got[0]
    assert outcome == (True, False, "200")
    assert (path, body) == ("/hook?key=hush", BODY)
    assert headers["content-type"] == "application/json"
    assert "x-nameplate-signature" not in {name.lower() for name in headers}


def test_the_signature_covers_time_and_body(sender, receiver):
    sender.send(receiver.url, "a secret of ours", BODY)

    headers = {k.lower(): v for k, v in receiver.got[0][1].items()}
    stamp, _, tag = headers["x-nameplate-signature"].partition(",v1=")
    message = stamp.removeprefix("t=").encode() + b"." + BODY
    expected = hmac.new(b"a secret of ours", message, hashlib.sha256).hexdigest()
    assert tag == expected
    assert signature("a secret of ours", BODY, 1) != signature("another", BODY, 1)


def test_the_name_is_asked_for_though_the_address_was_judged(sender, receiver):
    sender.send(f"http://hooks.test:{receiver.port}/x", None, BODY)

    headers = {k.lower(): v for k, v in receiver.got[0][1].items()}
    assert headers["host"] == f"hooks.test:{receiver.port}"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        pytest.param(204, (True, False, "204"), id="taken"),
        pytest.param(500, (False, True, "500"), id="failed: again"),
        pytest.param(503, (False, True, "503"), id="busy: again"),
        pytest.param(429, (False, True, "429"), id="too often: again"),
        pytest.param(404, (False, False, "404"), id="nothing there: no use"),
        pytest.param(401, (False, False, "401"), id="not allowed: no use"),
    ],
)
def test_an_answer_says_whether_to_try_again(sender, receiver, status, outcome):
    receiver.answers = [status]

    assert sender.send(receiver.url, None, BODY) == outcome


def test_a_redirect_is_not_followed(sender, receiver):
    receiver.answers, receiver.location = [307], receiver.url

    assert sender.send(receiver.url, None, BODY) == (False, False, "307")
    assert len(receiver.got) == 1


def test_nobody_listening_is_worth_another_try(sender, receiver):
    receiver.close()
    try:
        assert sender.send(receiver.url, None, BODY) == (False, True, "ConnectError")
    finally:
        receiver.close = lambda: None


# --- where it never sends -----------------------------------------------------------

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254", "100.100.100.200",
    "192.0.0.192", "::1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "fe80::1", "fd00:ec2::254", "2002:7f00:1::", "224.0.0.1", "240.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_names_that_lead_to_this_machine_or_its_keeper_are_not_called(guarded, address):
    guarded.places["hooks.test"] = [address]

    assert guarded.send("https://hooks.test/", None, BODY) == (
        False, False, "this server does not send there",
    )  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_such_addresses_are_refused_when_the_rule_is_written(guarded, address):
    host = f"[{address}]" if ":" in address else address

    with pytest.raises(ScenarioError, match="this machine"):
        guarded.check(f"https://{host}/")


def test_one_bad_address_among_good_ones_is_enough(guarded):
    guarded.places["hooks.test"] = ["192.0.2.7", "127.0.0.1"]

    assert not guarded.send("https://hooks.test/", None, BODY).delivered


def test_a_name_that_changes_its_mind_gains_nothing(receiver):
    """The address that was judged is the one that is called."""
    answers = [["127.0.0.1"], ["192.0.2.7"]]
    webhooks = Webhooks("hooks.test", lambda host, port: answers.pop(0))

    outcome = webhooks.send(f"http://hooks.test:{receiver.port}/", None, BODY)

    assert outcome.delivered
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        pytest.param("ftp://hooks.test/", "http or https", id="another scheme"),
        pytest.param("file:///etc/passwd", "http or https", id="a file"),
        pytest.param("hooks.test/x", "http or https", id="no scheme"),
        pytest.param("https:///x", "http or https", id="no host"),
        pytest.param("https://u:p@hooks.test/", "password", id="a password in it"),
        pytest.param("https://hooks.test:x/", "an address", id="no port"),
        pytest.param("https://h/" + "x" * 2000, "http or https", id="endless"),
    ],
)
def test_what_is_no_webhook_is_refused_without_being_repeated(guarded, url, rule):
    with pytest.raises(ScenarioError, match=rule) as caught:
        guarded.check(url)
    assert url not in str(caught.value)


def test_where_hosts_are_named_no_other_is_called(sender):
    with pytest.raises(ScenarioError, match="may send to"):
        sender.check("https://elsewhere.test/")
    assert sender.send("https://elsewhere.test/", None, BODY) == (
        False, False, "must be a host this server may send to",
    )  # fmt: skip


def test_an_unknown_name_is_worth_another_try():
    def unknown(host, port):
        raise OSError("no such host")

    webhooks = Webhooks("", unknown)

    assert webhooks.send("https://hooks.test/", None, BODY).again


class Dribble:
    """A receiver that answers a byte at a time, and never comes to an end."""

    def __init__(self, first=b"HTTP/1.1 200 OK\r\nx-slow: "):
        self._first, self._stop = first, threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()
        self.asked = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/hook"

    def _serve(self):
        while True:
            link, _ = self._listener.accept()
            if self._stop.is_set():
                link.close()
                return
            self.asked += 1
            self._threads.append(threading.Thread(target=self._answer, args=(link,)))
            self._threads[-1].start()

    def _answer(self, link):
        with link:
            try:
                link.sendall(self._first)
                while not self._stop.wait(0.02):
                    link.sendall(b"x")
            except OSError:
                return

    def close(self):
        self._stop.set()
        socket.create_connection(self._listener.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()


@pytest.fixture
def dribble():
    made = Dribble()
    yield made
    made.close()


def test_an_answer_that_comes_a_byte_at_a_time_is_not_waited_for(
    sender, dribble, monkeypatch
):
    """Every byte is in time; only all of them together are not."""
    monkeypatch.setattr(webhooks, "TIMEOUT_S", 0.3)

    outcome = sender.send(dribble.url, None, BODY)

    assert (outcome.delivered, outcome.again) == (False, True)
    assert outcome.answer.startswith("no answer within")
