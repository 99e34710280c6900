"""Pages of the planner, drawn from what the API answers."""
