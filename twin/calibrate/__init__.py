"""Fits of the models to recorded data: from published rows to catalogue tables."""
