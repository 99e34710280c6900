"""Write the reference, build the site, check links, run commands; see scripts/docs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scripts.documentation import blocks, picture, reference, site


def main() -> int:
    """Do what was asked."""
    parser = argparse.ArgumentParser(prog="scripts/docs")
    parser.add_argument("--check", action="store_true", help="say what is stale")
    parser.add_argument("--run", action="store_true", help="run the pages' commands")
    parser.add_argument("--picture", action="store_true", help="draw the pictures")
    parser.add_argument("pages", nargs="*", type=Path, help="with --run: only these")
    asked = parser.parse_args()
    if asked.check:
        return _said([f"docs/reference/{p} is stale; run scripts/docs"
                      for p in reference.stale()])  # fmt: skip
    if asked.run:
        return _said(blocks.run_pages([p.resolve() for p in asked.pages]))
    if asked.picture:
        picture.draw()
        return 0
    reference.write()
    faults, outside = site.build_and_check()
    print(f"{len(outside)} links leave the site; they are listed in build/links.txt")
    return _said(faults)


def _said(faults: list[str]) -> int:
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
