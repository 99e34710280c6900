"""The Compare page: stored runs, scenarios and points of studies side by side."""
