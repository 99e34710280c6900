"""A small OpenID Connect provider on loopback: it signs whatever a test wants told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "nameplate", "canary-of-the-client"


class Provider:
    """
    What the provider knows, and what it says next.

    Attributes:
        user: Claims of whoever signs in.
        wrong: Claims that replace the right ones in the next ID token; None removes.
        forge: Makes the ID token from its claims instead of the provider's key.
        info: Claims told by the userinfo address alone.
        grants: Codes handed out and not yet used.
    """

    def __init__(self, host="localhost"):
        self.keys = [RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})]
        self.user = {"sub": "248289761001", "preferred_username": "ada",
                     "groups": ["planners", "tea"]}  # fmt: skip
        self.wrong, self.forge, self.info, self.grants = {}, None, {}, {}
        self.metadata, self.asked = {}, []
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.issuer = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def rotate(self, name):
        """Sign with a new key from now on, and publish it alone."""
        self.keys = [RSAKey.generate_key(2048, {"kid": name, "use": "sig"})]

    def document(self):
        return {
            "issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            **self.metadata,
        }  # fmt: skip

    def authorize(self, asked):
        """Let the user in at once, and send the browser back with a code."""
        code = secrets.token_urlsafe(16)
        self.grants[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return f"{asked['redirect_uri']}?{back}"

    def token(self, form, login):
        """Answer a code once, to the right client with the right verifier."""
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.grants.pop(form.get("code"), None)
        if login != f"Basic {expected}" or asked is None:
            return 401, {"error": "invalid_client"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if _text(digest) != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {
            "access_token": "opaque", "token_type": "Bearer",
            "id_token": self.id_token(asked["nonce"]),
        }  # fmt: skip

    def id_token(self, nonce):
        now = int(time.time())
        right = {"iss": self.issuer, "aud": CLIENT, "nonce": nonce, "iat": now,
                 "exp": now + 300, **self.user}  # fmt: skip
        claims = {k: v for k, v in (right | self.wrong).items() if v is not None}
        return (self.forge or self.signed)(claims)

    def signed(self, claims, key=None, kid=None):
        key = key or self.keys[0]
        return jwt.encode({"alg": "RS256", "kid": kid or key.kid}, claims, key)

    # --- ways to make one up ----------------------------------------------------------

    def unsigned(self, claims):
        return f"{_part({'alg': 'none'})}.{_part(claims)}."

    def by_a_stranger(self, claims):
        return self.signed(claims, RSAKey.generate_key(2048), self.keys[0].kid)

    def by_an_unknown_key(self, claims):
        return self.signed(claims, RSAKey.generate_key(2048), "nobody's")

    def by_the_public_key(self, claims):
        """As an HMAC whose key is the public one, which everybody has."""
        signed = f"{_part({'alg': 'HS256', 'kid': self.keys[0].kid})}.{_part(claims)}"
        key = self.keys[0].as_pem(private=False)
        return f"{signed}.{_text(hmac.digest(key, signed.encode(), 'sha256'))}"


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def log_message(self, *_args):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        self.provider.asked.append(parts.path)
        if parts.path == "/authorize":
            asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
            self.send_response(302)
            self.send_header("location", self.provider.authorize(asked))
            self.send_header("content-length", "0")
            self.end_headers()
            return
        self._say(200, {
            "/.well-known/openid-configuration": self.provider.document(),
            "/keys": {"keys": [k.as_dict(private=False) for k in self.provider.keys]},
            "/userinfo": {"sub": self.provider.user["sub"], **self.provider.info},
        }[parts.path])  # fmt: skip

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {k: v[0] for k, v in parse_qs(sent).items()}
        self._say(*self.provider.token(form, self.headers.get("authorization")))

    def _say(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _part(document):
    return _text(json.dumps(document).encode())


def _text(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
