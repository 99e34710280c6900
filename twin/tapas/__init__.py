"""Thermal- and power-aware placement, routing and configuration (TAPAS-shaped)."""
