"""
Fetch power topology from a live NetBox by its REST API, page by page.

Only hosts the server's owner allows are asked, redirects and next pages that lead
elsewhere are refused, and the token is neither kept nor logged.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

import httpx

from store.exchange.files import Rows, refuse
from twin.exchange.netbox import TABLES

PAGE = 200
MAX_PAGES = 5_000
MAX_ROWS = 200_000
MAX_PAGE_BYTES = 50_000_000
TIMEOUT_S = 30.0
_ABSENT = 404
_SECOND = "nbt_"
"""How NetBox's second kind of token starts; it goes as a bearer (memory)."""


def allowed_host(url: str, hosts: Collection[str]) -> str:
    """
    Check an address against the hosts that may be asked.

    Args:
        url: Address of the NetBox.
        hosts: `host` or `host:port`; without a port, 443 and 80 are meant.

    Returns:
        The address without path, query or user.

    Raises:
        ScenarioError: Says how its owner allows a host.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or "@" in parts.netloc
    ):
        raise refuse(
            "must be http://host or https://host", url[:200],
            "leave user and password out of it", "url",
        )  # fmt: skip
    named = parts.hostname if port is None else f"{parts.hostname}:{port}"
    if named not in hosts:
        raise refuse(
            "must be a host that this server may ask", named,
            f"its owner adds {named} to NAMEPLATE_IMPORT_HOSTS (none are allowed "
            "unless named there), or export the objects and import the file", "url",
        )  # fmt: skip
    return (
        f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/api')}"
    )


def fetch_netbox(url: str, token: str, hosts: Collection[str]) -> dict[str, Rows]:
    """
    Fetch every table of the power path.

    Args:
        url: Address of the NetBox, with or without `/api`.
        token: API token with read rights; sent to that host alone.
        hosts: Hosts that may be asked.

    Raises:
        ScenarioError: If the host is not allowed, does not answer, or refuses.
    """
    base = allowed_host(url, hosts)
    scheme = "Bearer" if token.startswith(_SECOND) else "Token"
    headers = {"accept": "application/json", "authorization": f"{scheme} {token}"}
    with httpx.Client(headers=headers, timeout=TIMEOUT_S, trust_env=False) as http:
        return {table: list(_rows(http, base, table)) for table in TABLES}


def _rows(http: httpx.Client, base: str, table: str) -> Iterator[dict[str, object]]:
    first = f"{base}/api/dcim/{table}/?limit={PAGE}&offset=0"
    url, count, seen = first, 0, set[str]()
    while url:
        if url in seen or len(seen) >= MAX_PAGES:
            raise refuse("must have an end", table, "ask its administrator", "url")
        seen.add(url)
        page = _page(http, url)
        if page is None and url == first:
            return  # older NetBox has no such table
        rows = page.get("results") if page else None
        if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
            raise refuse(
                "must answer pages of objects", table, "give the address of a NetBox",
                "url",
            )  # fmt: skip
        count += len(rows)
        if count > MAX_ROWS:
            raise refuse(f"must have at most {MAX_ROWS:,} rows", table, "filter", "url")
        yield from rows
        url = _next(page or {}, first)


def _next(page: dict[str, object], first: str) -> str:
    """Address of the next page; it must lead to the same host and table."""
    following = page.get("next")
    if not following:
        return ""
    if not isinstance(following, str):
        raise refuse("must give a next page as text", None, "ask its owner", "url")
    here, there = urlsplit(first), urlsplit(following)
    same_host = here.hostname == there.hostname
    if not same_host or there.path != here.path:
        raise refuse(
            "must not lead to another host", following[:200],
            "ask its administrator", "url",
        )  # fmt: skip
    return f"{here.scheme}://{here.netloc}{there.path}?{there.query}"


def _page(http: httpx.Client, url: str) -> dict[str, object] | None:
    try:
        with http.stream("GET", url) as response:
            if response.status_code == _ABSENT:
                return None
            if response.status_code != httpx.codes.OK:
                raise refuse(
                    "must answer 200", response.status_code,
                    "check the address and the token's rights", "url",
                )  # fmt: skip
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_PAGE_BYTES:
                    raise refuse("must send small pages", len(body), "ask", "url")
        found = json.loads(bytes(body))
    except (httpx.HTTPError, ValueError, RecursionError) as error:
        raise refuse(
            "must answer JSON", type(error).__name__, "check the address", "network"
        ) from error
    return found if isinstance(found, dict) else {}
