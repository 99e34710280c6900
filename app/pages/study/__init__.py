"""The Study page: one question at many points."""
