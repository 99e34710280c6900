"""The Live page: what is drawn now, against what may be."""
