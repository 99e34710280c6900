"""Training power against grid rules: swings before and after measures, and sizing."""
