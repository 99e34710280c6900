"""The physical site: power, protection, cooling and control on one clock."""
