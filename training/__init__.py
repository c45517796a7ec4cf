"""Data sets, rarity, the augmented set, pose networks and their metrics."""
