"""Published serving systems, one file each, behind one interface."""
