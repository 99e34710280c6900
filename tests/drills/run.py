"""
The long form of the drills: kills at many moments, then the books are compared.

    scripts/drills [--rounds 20] [--database sqlite|postgresql] [--seed N]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

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
                        help="no further round of kills after so long")  # fmt: skip
    parser.add_argument("--database", choices=("sqlite", "postgresql"),
                        default="sqlite")  # fmt: skip
    parser.add_argument("--seed", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nameplate-drills-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database's user passes through it
        found = _drills(asked, folder)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def _drills(asked: argparse.Namespace, folder: Path) -> dict[str, object]:
    postgres = None
    urls = [f"sqlite:///{folder / name}" for name in ("kill.db", "migrate.db")]
    if asked.database == "postgresql":
        postgres = Postgres(folder / "postgres")
        postgres.start()
        urls = [postgres.url, postgres.url.replace("/postgres", "/template1")]
    try:
        hit = killed_migrations(urls[1], moments=asked.rounds, longest_s=LONGEST_S)
        restores, ends = 0, set()
        if postgres is None:
            restores, ends = killed_restores(
                folder / "restore", moments=asked.rounds, longest_s=LONGEST_S
            )
        end_s = time.monotonic() + asked.seconds
        _, crowd, said = killed_rounds(
            folder / "house", urls[0], rounds=asked.rounds, seed=asked.seed,
            until_s=end_s,
        )  # fmt: skip
    finally:
        if postgres is not None:
            postgres.stop()
    return {
        "database": asked.database, "seed": asked.seed,
        "migrations killed": hit, "restores killed": restores,
        "restores ended": sorted(ends), "servers killed": len(said),
        "promised": {k: len(v) for k, v in sorted(crowd.promised.items())},
        "lost, half written, for ever under way": 0, "last said": said[-1],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
