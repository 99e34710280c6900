"""
The server as a process: `python -m tests.live.serve PORT`.

The whole API behind its gate, as `nameplate serve --access tokens` runs it, without the
pages and without compiling the planner's kernels, which telemetry never uses.
"""

from __future__ import annotations

import sys

import uvicorn

from api.main import create_app
from cli.serve import KEEP_ALIVE_S, allow_many_connections
from store.settings import Settings


def main(port: int) -> None:
    """Serve until told to stop."""
    allow_many_connections()
    app = create_app(Settings(access="tokens"), warm=False)
    uvicorn.run(
        app, host="127.0.0.1", port=port, log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_S,
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
