"""A campus: many halls as one model, run hall by hall, their common limits kept."""
