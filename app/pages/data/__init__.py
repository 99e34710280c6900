"""The Data page: sources, where they stand, imports and calibrations."""
