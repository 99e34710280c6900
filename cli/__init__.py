"""The `nameplate` command: files in, tables and files out, mostly asked of the API."""
