"""Uncertainty on plain arrays: limits passed, rare events, and what matters most."""
