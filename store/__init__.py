"""Persistence: sites, scenarios, runs, plans, jobs, and published datasets."""
