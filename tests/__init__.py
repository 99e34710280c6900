"""What must hold: a folder for each of the product's, and drills, hostile, deploy."""
