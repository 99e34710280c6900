"""The tracking twin: what measured power tells about what comes, and what drifts."""
