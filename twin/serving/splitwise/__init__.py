"""Splitwise: prompts and tokens on machines of their own, and how many of each."""
