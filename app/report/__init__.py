"""Reports to be sent around: one HTML file, or PDF, for any answer of the twin."""
