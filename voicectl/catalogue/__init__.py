"""What the world offers, as data files with a source per row."""
