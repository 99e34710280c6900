"""
What the API offers, with types.

Written by scripts/make_client from OpenAPI; not to be changed by hand.
"""
