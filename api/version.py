"""Versions that answers carry: product, the model's numbers, scenario format."""

from __future__ import annotations

PRODUCT_VERSION = "0.1.0"
"""Same as in pyproject.toml; a test compares them."""

MODEL_VERSION = "2"
"""Grows whenever the same scenario and seed may give other numbers."""

SCENARIO_SCHEMA_VERSION = 1
"""`schema_version` of the scenarios this version reads."""
