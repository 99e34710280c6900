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
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def _server(found: Path, folder: Path) -> Iterator[str]:
    """A PostgreSQL server for the length of a with-block; its address."""
    user = server_user()
    folder.chmod(0o700)
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with (folder / "log").open("wb") as log:
        run = {"stdout": log, "stderr": log, "cwd": folder, **demotion(user)}
        subprocess.run(
            [
                found / "initdb", "-D", data, "-U", "nameplate", "-A", "trust",
                "-E", "UTF8", "--no-sync",
            ],
            check=True, **run,
        )  # fmt: skip
        process = subprocess.Popen(
            [
                found / "postgres", "-D", data, "-h", "127.0.0.1", "-p", port,
                "-k", str(folder), "-c", "fsync=off",
            ],
            **run,
        )  # fmt: skip
    try:
        if not _is_up([found / "pg_isready", "-q", "-h", "127.0.0.1", "-p", port]):
            said = (folder / "log").read_text(errors="replace")
            raise SystemExit(f"PostgreSQL did not start:\n{said}")
        yield f"postgresql+psycopg://nameplate@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown
        process.wait(timeout=20)


def _is_up(asked: list[str | Path]) -> bool:
    for _ in range(60):
        if subprocess.run([*asked, "-t", "1"], check=False).returncode == 0:
            return True
        signal.sigtimedwait([], 0.25)
    return False


def server_user() -> pwd.struct_passwd | None:
    """Who runs the server: oneself, or `postgres` where oneself is root."""
    return pwd.getpwnam("postgres") if os.getuid() == 0 else None


def demotion(user: pwd.struct_passwd | None) -> dict[str, int]:
    """What starts a process as that user."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid}


if __name__ == "__main__":
    sys.exit(main())
