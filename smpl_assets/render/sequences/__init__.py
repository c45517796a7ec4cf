"""Rendered sequences: one scene kept over time, and people who go through it."""
