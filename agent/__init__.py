"""Reads what a GPU host draws and sends it to Nameplate, losing nothing."""

__version__ = "0.1.0"
