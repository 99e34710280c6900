"""A live NetBox: pages, tokens, and hosts nobody allowed."""

from __future__ import annotations

import pytest

from store.exchange.netbox_client import allowed_host, fetch_netbox
from tests.store.exchange.netbox_server import TOKEN, netbox
from tests.twin.exchange.samples import two_sided
from twin.errors import ScenarioError
from twin.exchange.netbox import read_netbox


def test_all_pages_of_all_tables_are_fetched():
    racks = [{"id": k, "name": f"K{k}"} for k in range(1, 8)]
    with netbox({**two_sided(), "racks": racks}, page=3) as (host, asked):
        tables = fetch_netbox(f"http://{host}", TOKEN, {host})

    assert [r["id"] for r in tables["racks"]] == list(range(1, 8))
    pages = [path for path, _ in asked if "/racks/" in path]
    assert len(pages) == 3
    assert "offset=0" in pages[0]


def test_what_is_fetched_maps_as_a_file_does():
    with netbox(two_sided()) as (host, _):
        tables = fetch_netbox(f"http://{host}/api/", TOKEN, {host})

    assert read_netbox(tables).nodes == read_netbox(two_sided()).nodes


def test_a_table_it_does_not_have_is_empty():
    with netbox({"racks": []}) as (host, _):
        tables = fetch_netbox(f"http://{host}", TOKEN, {host})

    assert tables["power-feeds"] == []


def test_a_wrong_token_is_said_without_showing_it():
    with (
        netbox(two_sided()) as (host, _),
        pytest.raises(ScenarioError, match="403") as caught,
    ):
        fetch_netbox(f"http://{host}", "hunter2", {host})

    assert "hunter2" not in repr(caught.value) + str(vars(caught.value))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest", "http://127.0.0.1:5432", "http://[::1]/",
        "https://netbox.example.org:8443", "https://netbox.example.org.evil.test",
        "https://user:pw@netbox.example.org", "file:///etc/passwd", "gopher://x",
        "https://netbox.example.org@evil.test/", "http://", "http://a:b:c",
    ],
)  # fmt: skip
def test_only_hosts_named_by_the_owner_are_asked(url):
    with pytest.raises(ScenarioError):
        allowed_host(url, {"netbox.example.org"})


def test_an_allowed_host_is_asked_at_its_api():
    found = allowed_host(
        "https://netbox.example.org/nb/api/?a=b", {"netbox.example.org"}
    )

    assert found == "https://netbox.example.org/nb"


def test_a_next_page_elsewhere_is_not_followed():
    def elsewhere(_, document):
        return document | {"next": "http://evil.test/api/dcim/sites/?offset=2"}

    with (
        netbox(two_sided(), odd=elsewhere) as (host, asked),
        pytest.raises(ScenarioError, match="another host"),
    ):
        fetch_netbox(f"http://{host}", TOKEN, {host})
    assert len(asked) == 1


def test_pages_without_end_are_left():
    def again(path, document):
        return document | {"next": f"http://127.0.0.1{path}"}

    with (
        netbox(two_sided(), odd=again) as (host, _),
        pytest.raises(ScenarioError, match="end"),
    ):
        fetch_netbox(f"http://{host}", TOKEN, {host})


def test_nobody_there_is_no_crash():
    with netbox({}) as (host, _):
        pass
    with pytest.raises(ScenarioError, match="ConnectError"):
        fetch_netbox(f"http://{host}", TOKEN, {host})
