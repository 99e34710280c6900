"""The physical site: one page of three views, Site, Failures and Cooling."""
