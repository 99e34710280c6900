"""Telemetry at rest: exactly once in, folded into levels, read back by time."""
