"""Pages of the planner, drawn from the API alone."""
