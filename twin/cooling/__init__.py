"""Cooling: servers, the hall, the plant and the weather. Heat removed is positive."""
