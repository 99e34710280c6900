"""Decoders of foreign protocols: bounded in memory and time, whatever is sent."""
