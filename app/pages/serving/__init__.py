"""Serving systems side by side on the same traffic, and the energy of a query."""
