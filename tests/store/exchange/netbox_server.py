"""A small NetBox on loopback: its REST shape, pages, tokens and odd behaviour."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

TOKEN = "0123456789abcdef"


@contextmanager
def netbox(tables, *, page=2, token=TOKEN, odd=None):
    """
    Serve tables as NetBox does; yields its address and what was asked.

    Args:
        tables: Rows by endpoint.
        page: Most rows of a page, whatever the client asks for.
        token: Token it takes.
        odd: Called with path and document before it is sent; may change it.
    """
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("authorization")))
            parts = urlsplit(self.path)
            name = parts.path.removeprefix("/api/dcim/").strip("/")
            if self.headers.get("authorization") != f"Token {token}":
                self.answer(403, {"detail": "Invalid token"})
            elif name not in tables:
                self.answer(404, {"detail": "Not found."})
            else:
                self.answer(200, self.listed(name, parse_qs(parts.query)))

        def listed(self, name, query):
            rows, offset = tables[name], int(query["offset"][0])
            upto = offset + page
            following = f"http://{self.headers['host']}/api/dcim/{name}/?limit={page}"
            document = {
                "count": len(rows), "previous": None, "results": rows[offset:upto],
                "next": f"{following}&offset={upto}" if upto < len(rows) else None,
            }  # fmt: skip
            return odd(self.path, document) if odd else document

        def answer(self, status, document):
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
