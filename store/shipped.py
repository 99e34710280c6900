"""
Files that ship beside the packages: pages' scripts and styles, documents, results.

They lie beside `store`, `app` and the rest in a checkout, in the image, and where a
wheel was unpacked; pyproject.toml names them as data of the wheel.
"""

from __future__ import annotations

from pathlib import Path

_BESIDE = Path(__file__).resolve().parents[1]


def shipped(name: str) -> Path:
    """Say where a file or folder is, e.g. "docs/glossary.md"."""
    return _BESIDE / name
