"""The `nameplate` command."""
