"""Filling the gap: poses of the pool that the data set's own rarity model calls rare."""
