"""The model: datacenter power from a token up. Knows no file, socket or clock."""
