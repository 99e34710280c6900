"""Persistence: scenarios, runs, studies, telemetry, imports, datasets, own files."""
