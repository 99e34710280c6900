"""The documentation: its reference, its commands, its links. Used by scripts/docs."""
