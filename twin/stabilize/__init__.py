"""Measures that keep a training job's swings from the grid, and what they cost."""
