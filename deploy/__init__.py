"""How a site runs Nameplate: its neighbours' settings, the compose file unpacked."""
