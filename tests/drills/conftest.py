"""Databases for the drills, as the tests of the store have them."""

from __future__ import annotations

from tests.store.conftest import database, engine

__all__ = ["database", "engine"]
