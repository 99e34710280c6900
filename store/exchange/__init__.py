"""Imports and exports at the edge: files, a live NetBox, and what is stored of them."""
