"""Readings of real machines: fields, their hygiene and their rollups."""
