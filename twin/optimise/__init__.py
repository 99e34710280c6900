"""Finding plans: placement by integer programming, search without derivatives."""
