"""Answers of the API, each field with its unit, meaning and example."""
