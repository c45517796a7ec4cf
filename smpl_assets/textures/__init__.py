"""Skin, clothes and hair."""
