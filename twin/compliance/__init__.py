"""A training site held against what utilities ask, before and after its measures."""
