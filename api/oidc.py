"""
Signing in with an OpenID Connect provider: authorisation code, PKCE, state and nonce.

The browser carries what belongs to one sign-in in a signed cookie, so strangers who
begin and never end one cost no memory here. The provider's answer is believed if it is
signed by a key the provider publishes now, and issuer, audience, time and nonce are
right; what it then says in one claim is a role by the settings, or nobody gets in.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.caller import PERSON, Caller
from api.problems import Refusal
from store.scopes import ROLES
from store.settings import Settings
from store.signing_in import role_map, safe_address

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
              "ES512", "Ed25519"]  # fmt: skip
"""Signatures only the provider can make: no "none", nothing with a shared key."""
KNOWN_S = 3600.0
"""Age at which the provider's addresses and keys are read again."""
AGAIN_S = 30.0
"""Keys are read again for an unknown one, but not more often than this."""
SIGN_IN_S = 600
LEEWAY_S = 60
_PATIENCE_S = 10.0

Json = dict[str, Any]


class Provider:
    """
    The provider of the settings, and what it has published.

    Args:
        settings: Issuer, client and roles.
    """

    def __init__(self, settings: Settings) -> None:
        self.name = urlsplit(settings.oidc_issuer).hostname or ""
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret
        self._scope = settings.oidc_scope
        self._claim = settings.oidc_role_claim.split(".")
        self._roles = role_map(settings.oidc_roles)
        self._sealing = secrets.token_bytes(32)
        self._published: tuple[float, Json] = (-KNOWN_S, {})
        self._keys: tuple[float, KeySet] = (-KNOWN_S, KeySet([]))

    async def begin(self, redirect_uri: str, after: str) -> tuple[str, str]:
        """
        Begin a sign-in.

        Args:
            redirect_uri: Where the provider shall send the browser back to.
            after: Page that follows.

        Returns:
            The provider's address for the browser, and the cookie to give it.

        Raises:
            Refusal: 503 where the provider does not answer.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        published = await self._discovered()
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code", "client_id": self._client_id,
            "redirect_uri": redirect_uri, "scope": self._scope, "state": state,
            "nonce": nonce, "code_challenge": _text(digest),
            "code_challenge_method": "S256",
        }  # fmt: skip
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "after": after,
                "uri": redirect_uri, "until": time.time() + SIGN_IN_S}  # fmt: skip
        address = published["authorization_endpoint"]
        join = "&" if "?" in address else "?"
        return f"{address}{join}{urlencode(asked)}", self._seal(kept)

    async def finish(
        self, sent: Mapping[str, str], cookie: str, address: str
    ) -> tuple[Caller, str]:
        """
        Find out who came back.

        Args:
            sent: What the provider put into the address.
            cookie: What `begin` gave to this browser.
            address: Where the browser is.

        Returns:
            The person with the rights of his roles, and the page that follows.

        Raises:
            Refusal: 401 or 403 with the reason, 503 where the provider does not answer.
        """
        kept = self._unseal(cookie)
        if not hmac.compare_digest(
            kept["state"].encode(), sent.get("state", "").encode()
        ):
            raise _no("it does not belong to a sign-in begun in this browser (state)")
        if "code" not in sent:
            raise _no(f"the provider said {sent.get('error', 'nothing')[:80]!r}")
        tokens = await self._exchange(sent["code"], kept)
        claims = await self._believed(str(tokens.get("id_token", "")), kept["nonce"])
        if self._given(claims) is None and "access_token" in tokens:
            claims = {**await self._user_info(tokens, claims["sub"]), **claims}
        return self._person(claims, address), str(kept["after"])

    # --- what the provider publishes ----------------------------------------------

    async def _discovered(self) -> Json:
        at_s, found = self._published
        if time.monotonic() - at_s < KNOWN_S:
            return found
        path = "/.well-known/openid-configuration"
        found = await self._asked("GET", self._issuer.rstrip("/") + path)
        if found.get("issuer") != self._issuer:
            raise _no("the provider calls itself by another name than the issuer set")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not safe_address(str(found.get(name, ""))):
                raise _no(f"the provider's {name} is no https address")
        self._published = (time.monotonic(), found)
        return found

    async def _key_set(self, *, afresh: bool = False) -> KeySet:
        at_s, keys = self._keys
        age_s = time.monotonic() - at_s
        if age_s < (AGAIN_S if afresh else KNOWN_S):
            return keys
        published = await self._discovered()
        found = await self._asked("GET", published["jwks_uri"])
        signing = [k for k in found.get("keys", []) if k.get("use", "sig") == "sig"]
        try:
            keys = KeySet.import_key_set({"keys": signing})
        except (JoseError, ValueError, KeyError) as error:
            raise _no("the provider's keys cannot be read") from error
        self._keys = (time.monotonic(), keys)
        return keys

    async def _exchange(self, code: str, kept: Json) -> Json:
        published = await self._discovered()
        form = {
            "grant_type": "authorization_code", "code": code,
            "redirect_uri": kept["uri"], "code_verifier": kept["verifier"],
            "client_id": self._client_id,
        }  # fmt: skip
        secret = self._secret.get_secret_value() if self._secret else None
        taken = published.get("token_endpoint_auth_methods_supported")
        basic = taken is None or "client_secret_basic" in taken
        if secret and not basic:
            form["client_secret"] = secret
        login = (self._client_id, secret) if secret and basic else None
        return await self._asked(
            "POST", published["token_endpoint"], data=form, auth=login
        )

    async def _user_info(self, tokens: Json, subject: str) -> Json:
        """Claims that are told to the holder of the access token alone."""
        address = str((await self._discovered()).get("userinfo_endpoint", ""))
        if not safe_address(address):
            return {}
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        found = await self._asked("GET", address, headers=bearer)
        return found if found.get("sub") == subject else {}

    async def _asked(self, method: str, address: str, **more: Any) -> Json:
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE_S) as http:
                answer = await http.request(method, address, **more)
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise _unreachable(type(error).__name__) from error
        if answer.status_code >= 500:
            raise _unreachable(f"status {answer.status_code}")
        if not isinstance(found, dict) or answer.status_code != 200:
            said = found.get("error", "") if isinstance(found, dict) else ""
            raise _no(f"the provider answered {answer.status_code} {str(said)[:80]}")
        return found

    # --- what is believed -----------------------------------------------------------

    async def _believed(self, id_token: str, nonce: str) -> Json:
        """Claims of an ID token whose signature and claims are right."""
        try:
            keys = await self._key_set()
            if _key_id(id_token) not in {key.kid for key in keys.keys}:
                keys = await self._key_set(afresh=True)
            claims = jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims
            _required(self._issuer, self._client_id, nonce).validate(claims)
        except (JoseError, ValueError) as error:
            raise _no(f"its ID token is not valid ({_reason(error)})") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._client_id) != self._client_id:
            raise _no("its ID token is for another client (azp)")
        return dict(claims)

    def _given(self, claims: Json) -> Any:
        found: Any = claims
        for part in self._claim:
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def _person(self, claims: Json, address: str) -> Caller:
        given = self._given(claims)
        groups = given if isinstance(given, list) else [given]
        roles = {self._roles[g] for g in groups if isinstance(g, str)
                 and g in self._roles}  # fmt: skip
        name = next((claims[n] for n in ("preferred_username", "email", "name", "sub")
                     if isinstance(claims.get(n), str) and claims[n]), "")  # fmt: skip
        who = hashlib.sha256(f"{self._issuer} {claims['sub']}".encode()).hexdigest()
        caller = Caller(
            token_id=f"oidc_{who[:12]}", name=_printable(name), kind=PERSON, agent=None,
            scopes=frozenset(s for role in roles for s in ROLES[role]), address=address,
        )  # fmt: skip
        if not roles:
            raise NoRoleError(
                403, f"{caller.name} has signed in, but has no role here: none of the "
                f"values of the claim {'.'.join(self._claim)} is named in "
                "NAMEPLATE_OIDC_ROLES. Ask an administrator for one.", caller,
            )  # fmt: skip
        return caller

    # --- what the browser carries -----------------------------------------------------

    def _seal(self, kept: Json) -> str:
        body = _text(json.dumps(kept).encode())
        return f"{body}.{self._signature(body)}"

    def _unseal(self, cookie: str) -> Json:
        body, _, signature = cookie.partition(".")
        if not hmac.compare_digest(self._signature(body).encode(), signature.encode()):
            raise _no("this browser has not begun one, or it took too long")
        kept: Json = json.loads(_raw(body))
        if kept["until"] < time.time():
            raise _no(f"it took longer than {SIGN_IN_S // 60} minutes")
        return kept

    def _signature(self, body: str) -> str:
        return hmac.new(self._sealing, body.encode(), "sha256").hexdigest()


class NoRoleError(Refusal):
    """Somebody the provider knows, and nobody here."""

    def __init__(self, status: int, detail: str, caller: Caller) -> None:
        super().__init__(status, detail)
        self.caller = caller


def _required(issuer: str, client_id: str, nonce: str) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        leeway=LEEWAY_S, iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id}, sub={"essential": True},
        exp={"essential": True}, iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )  # fmt: skip


def _key_id(token: str) -> str | None:
    try:
        head = token.partition(".")[0]
        found = json.loads(_raw(head))
        return found.get("kid") if isinstance(found, dict) else None
    except ValueError:
        return None


def _no(why: str) -> Refusal:
    return Refusal(401, f"The sign-in was refused: {why}. Begin again.")


def _unreachable(why: str) -> Refusal:
    return Refusal(
        503, f"The provider of sign-ins does not answer ({why}); try again later",
        retry_s=10,
    )  # fmt: skip


def _reason(error: Exception) -> str:
    parts = (getattr(error, "error", ""), getattr(error, "claim", ""))
    return " ".join(str(part) for part in parts if part) or type(error).__name__


def _printable(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:120] or "nameless"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
