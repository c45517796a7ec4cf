"""Renderers behind one protocol."""
