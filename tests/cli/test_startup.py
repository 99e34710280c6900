"""A command imports what it needs, and nothing that others need."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

HEAVY = {"dash", "numba", "pandas", "plotly", "scipy", "sqlalchemy", "api.main",
         "app.create", "twin.facility", "twin.simulate", "twin.study"}  # fmt: skip
STARTS = """
import sys
from cli.main import main

sys.argv = ["nameplate", "version"]
try:
    main()
finally:
    print(*sys.modules)
"""


def test_the_version_is_told_without_what_answers_questions():
    done = subprocess.run(
        [sys.executable, "-c", STARTS], capture_output=True, text=True, check=True
    )
    said, modules = done.stdout.split("\n", 1)

    assert said.startswith("nameplate ")
    assert "cli.version" in modules.split()
    assert all(find_spec(name) for name in HEAVY)
    assert sorted(HEAVY & set(modules.split())) == []
