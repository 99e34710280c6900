"""The `nameplate` command: files in, tables and files out, asked of the API."""
