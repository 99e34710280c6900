"""Studies: one question asked at many points, with ranges instead of one figure."""
