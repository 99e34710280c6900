"""
The long form of the drills: kills at many moments, then the books are compared.

    scripts/drills [--rounds 20] [--seconds 600] [--database sqlite|postgresql]
                   [--seed N] [--out docs/results/drills.json]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from store.engine import open_engine
from tests.drills.test_backup import killed_restores
from tests.drills.test_kill import killed_rounds
from tests.drills.test_upgrade import killed_migrations
from tests.live.processes import Postgres

LONGEST_S = 0.6
"""Migrations and restores of the drills are done after about so long."""


def main() -> int:
    """Run them; a drill that finds a loss ends with its traceback."""
    parser = argparse.ArgumentParser(
        prog="scripts/drills", description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=600.0,
                        help="no further kill after so long, about")  # fmt: skip
    parser.add_argument("--database", choices=("sqlite", "postgresql"),
                        default="sqlite")  # fmt: skip
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--out", type=Path, help="file of results to add the tally to")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nameplate-drills-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database's user passes through it
        began_s = time.monotonic()
        found = {"commit": _commit(), "cores": os.cpu_count()} | _drills(asked, folder)
        found["took_s"] = round(time.monotonic() - began_s)
    if asked.out is not None:
        _keep(asked.out, asked.database, found)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def _drills(asked: argparse.Namespace, folder: Path) -> dict[str, object]:
    postgres = None
    urls = [f"sqlite:///{folder / name}.db" for name in ("kill", "migrate", "restore")]
    if asked.database == "postgresql":
        postgres = Postgres(folder / "postgres")
        postgres.start()
        urls = [postgres.url, postgres.url.replace("/postgres", "/template1"),
                _made(postgres.url, "restore")]  # fmt: skip
    share_s = asked.seconds / 4
    try:
        hit, migrated_s = killed_migrations(
            urls[1], moments=asked.rounds, longest_s=LONGEST_S, for_s=share_s
        )
        ends, restored_s = killed_restores(
            folder / "restore", urls[2], moments=asked.rounds, longest_s=2 * LONGEST_S,
            for_s=share_s,
        )  # fmt: skip
        _, crowd, said, started_s = killed_rounds(
            folder / "house", urls[0], rounds=asked.rounds, seed=asked.seed,
            until_s=time.monotonic() + 2 * share_s, with_pages=True,
        )  # fmt: skip
    finally:
        if postgres is not None:
            postgres.stop()
    return {
        "seed": asked.seed,
        "migrations_killed": hit, "next_start_after_migration_s": _spread(migrated_s),
        "restores_killed": len(ends), "restores_left_old": ends.count("old"),
        "restores_left_new": ends.count("new"),
        "next_start_after_restore_s": _spread(restored_s),
        "server_kills": len(started_s), "server_start_s": _spread(started_s),
        "promised": {k: len(v) for k, v in sorted(crowd.promised.items())},
        "lost": 0, "half_written": 0, "for_ever_under_way": 0,  # else it ended above
        "last_said": said[-1],
    }  # fmt: skip


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(
        asked, check=False, capture_output=True, text=True
    ).stdout.strip()


def _made(url: str, name: str) -> str:
    """A further database of a server."""
    engine = open_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return url.replace("/postgres", f"/{name}")


def _spread(values: list[float]) -> dict[str, float]:
    """Median and longest. [s]"""
    if not values:
        return {}
    return {"median": round(median(values), 2), "longest": round(max(values), 2)}


def _keep(path: Path, database: str, found: dict[str, object]) -> None:
    """Put the tally of a database among the results."""
    known = json.loads(path.read_text()) if path.exists() else {}
    known[database] = found
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
