"""Requests on model instances: traffic, phase tables, the compiled kernel."""
