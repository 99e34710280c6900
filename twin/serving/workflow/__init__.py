"""Workflows of stages: graphs, stage pools, the simulation and its provisioning."""
