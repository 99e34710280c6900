"""
Send a notice to a webhook, and to nowhere else.

Whoever may write a rule chooses an address that this server then calls from inside the
network. So the name is looked up here, every address behind it is judged, and the call
goes to the very address that was judged; redirects are not followed.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import socket
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from twin.errors import ScenarioError

TIMEOUT_S = 5.0
"""For all of an attempt: a receiver that answers a byte at a time gains no more."""
MOST_URL = 2000
SIGNATURE = "x-nameplate-signature"
_PORTS = {"http": 80, "https": 443}
_METADATA = frozenset({"fd00:ec2::254", "100.100.100.200", "192.0.0.192"})
"""Where clouds keep their machines' secrets, besides link-local addresses."""
_TRANSIENT = frozenset({408, 425, 429})
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]


class Outcome(NamedTuple):
    """What became of an attempt: delivered, worth another, or neither."""

    delivered: bool
    again: bool
    answer: str


def resolve(host: str, port: int) -> list[str]:
    """
    Addresses of a host.

    Raises:
        OSError: If it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[4][0]) for place in found]


class Webhooks:
    """
    A sender of notices.

    Args:
        hosts: The only hosts it may send to, with commas between; empty takes all but
            this machine and link-local addresses.
        find: Looks addresses up.
    """

    def __init__(self, hosts: str = "", find: Resolve = resolve) -> None:
        named = {name.strip().lower() for name in hosts.split(",")} - {""}
        self._hosts, self._find = frozenset(named), find
        self._trusted = httpx.create_ssl_context(trust_env=False)

    def check(self, url: str) -> httpx.URL:
        """
        Look whether an address may be a webhook at all.

        Raises:
            ScenarioError: If it may not.
        """
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, ValueError) as error:
            raise _wrong("must be an address", "use https://host/path") from error
        if parsed.scheme not in _PORTS or not parsed.host or len(url) > MOST_URL:
            raise _wrong("must be http or https", "use https://host/path")
        if parsed.userinfo:
            raise _wrong("must not hold a password", "let webhook_secret sign instead")
        if self._hosts and parsed.host.lower() not in self._hosts:
            raise _wrong("must be a host this server may send to",
                         "name it in NAMEPLATE_WEBHOOK_HOSTS")  # fmt: skip
        literal = _address(parsed.host)
        if literal is not None and not self._hosts and _forbidden(literal):
            raise _wrong("must not be this machine or a link-local address",
                         "name the host in NAMEPLATE_WEBHOOK_HOSTS")  # fmt: skip
        return parsed

    def send(self, url: str, secret: str | None, body: bytes) -> Outcome:
        """
        Make one attempt.

        Args:
            url: Where to.
            secret: Key of the signature; None sends none.
            body: The notice, as JSON.
        """
        try:
            parsed = self.check(url)
            port = parsed.port or _PORTS[parsed.scheme]
            found = [_unwrapped(a) for a in self._find(parsed.host, port)]
        except ScenarioError as error:
            return Outcome(False, False, error.rule)
        except (OSError, UnicodeError) as error:
            return Outcome(False, True, f"unknown host: {type(error).__name__}")
        if not found or (not self._hosts and any(_forbidden(a) for a in found)):
            return Outcome(False, False, "this server does not send there")
        return self._post(parsed, found[0], secret, body)

    def _post(
        self, url: httpx.URL, address: Address, secret: str | None, body: bytes
    ) -> Outcome:
        headers = {"content-type": "application/json", "user-agent": "nameplate",
                   "host": url.netloc.decode("ascii")}  # fmt: skip
        if secret is not None:
            headers[SIGNATURE] = signature(secret, body, int(time.time()))
        extensions: dict[str, Any] = {"sni_hostname": url.host}
        request = httpx.Request(
            "POST", url.copy_with(host=str(address)), content=body, headers=headers,
            extensions=extensions,
        )  # fmt: skip
        try:
            status = asyncio.run(self._status(request))
        except TimeoutError:
            return Outcome(False, True, f"no answer within {TIMEOUT_S:.0f} s")
        except httpx.HTTPError as error:
            return Outcome(False, True, type(error).__name__)
        again = status >= 500 or status in _TRANSIENT
        return Outcome(200 <= status < 300, again, str(status))

    async def _status(self, request: httpx.Request) -> int:
        """
        Send a request on a connection of its own.

        Raises:
            TimeoutError: If there is no answer in time, however the time was spent.
        """
        async with asyncio.timeout(TIMEOUT_S):
            client = httpx.AsyncClient(
                timeout=None, follow_redirects=False, trust_env=False,  # noqa: S113
                verify=self._trusted,
            )  # fmt: skip
            async with client:
                response = await client.send(request, stream=True)
                await response.aclose()
                return response.status_code


def signature(secret: str, body: bytes, at_s: int) -> str:
    """Sign a notice: its time and HMAC-SHA256 of time, a dot and the body."""
    message = f"{at_s}.".encode() + body
    return f"t={at_s},v1={hmac.new(secret.encode(), message, 'sha256').hexdigest()}"


def _address(text: str) -> Address | None:
    try:
        return _unwrapped(text)
    except ValueError:
        return None


def _unwrapped(text: str) -> Address:
    """Read an address; one of IPv4 inside IPv6 is what it stands for."""
    found = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        return found.ipv4_mapped or found.sixtofour or found
    return found


def _forbidden(address: Address) -> bool:
    return (
        address.is_loopback or address.is_link_local or address.is_unspecified
        or address.is_multicast or address.is_reserved or str(address) in _METADATA
    )  # fmt: skip


def _wrong(rule: str, repair: str) -> ScenarioError:
    """Refuse without repeating the address, which may hold a secret."""
    return ScenarioError("webhook_url", rule, "(not repeated here)", repair)
