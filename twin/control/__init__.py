"""Capping policies: compiled built-ins, and a user's own Python function."""

from __future__ import annotations

from twin.control.controller import Controller, controller_for

__all__ = ["Controller", "controller_for"]
