"""Synchronous training jobs as power over time, on the waveform clock."""
