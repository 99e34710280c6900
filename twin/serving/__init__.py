"""Requests on model instances: traffic, kernels, fleets and published systems."""
