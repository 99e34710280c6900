"""What to build and buy, and when, so that power arrives when servers need it."""
