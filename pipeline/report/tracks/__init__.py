"""Figures about tracking."""
