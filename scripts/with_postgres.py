"""
Run a command with a throw-away PostgreSQL server on loopback.

    scripts/with_postgres.py COMMAND [ARGUMENT ...]

The server lives in a temporary folder, listens on 127.0.0.1 only, and stops with the
command. Its address is in NAMEPLATE_TEST_POSTGRES_URL. PostgreSQL refuses to run as
root, so root starts it as the user `postgres` that Debian's package brings.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Start the server, run the command, stop the server."""
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = programs()
    if found is None:
        print("PostgreSQL is not installed; its tests will skip", file=sys.stderr)
        return subprocess.call(sys.argv[1:])
    folder = Path(tempfile.mkdtemp(prefix="nameplate-postgres-"))
    try:
        with _server(found, folder) as url:
            environment = os.environ | {"NAMEPLATE_TEST_POSTGRES_URL": url}
            return subprocess.call(sys.argv[1:], env=environment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def programs() -> Path | None:
    """Folder with initdb and postgres, newest version first."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]),
    )
    return found[-1].parent if found else None


class _server:  # noqa: N801 - used like a function
    """A PostgreSQL server for the length of a with-block."""

    def __init__(self, found: Path, folder: Path) -> None:
        self._programs, self._folder = found, folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> str:
        user = server_user()
        os.chmod(self._folder, 0o700)  # noqa: PTH101
        if user is not None:
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        data = self._folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        demote = demotion(user)
        log = (self._folder / "log").open("wb")
        subprocess.run(
            [
                self._programs / "initdb", "-D", data, "-U", "nameplate", "-A", "trust",
                "-E", "UTF8", "--no-sync",
            ],
            check=True, stdout=log, stderr=log, cwd=self._folder, **demote,
        )  # fmt: skip
        self._process = subprocess.Popen(
            [
                self._programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p",
                str(port), "-k", str(self._folder), "-c", "fsync=off",
            ],
            stdout=log, stderr=log, cwd=self._folder, **demote,
        )  # fmt: skip
        self._wait(port)
        return f"postgresql+psycopg://nameplate@127.0.0.1:{port}/postgres"

    def _wait(self, port: int) -> None:
        for _ in range(60):
            ready = subprocess.run(
                [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
                 str(port), "-t", "1"],
                check=False,
            )  # fmt: skip
            if ready.returncode == 0:
                return
            signal.sigtimedwait([], 0.25)
        log = (self._folder / "log").read_text(errors="replace")
        raise SystemExit(f"PostgreSQL did not start:\n{log}")

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown
            self._process.wait(timeout=20)


def server_user() -> pwd.struct_passwd | None:
    """Who runs the server: oneself, or `postgres` where oneself is root."""
    return pwd.getpwnam("postgres") if os.getuid() == 0 else None


def demotion(user: pwd.struct_passwd | None) -> dict[str, int]:
    """What starts a process as that user."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid}


if __name__ == "__main__":
    sys.exit(main())
