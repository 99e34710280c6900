"""What a site costs over its years: capital, bills, carbon, and levelised cost."""
