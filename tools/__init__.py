"""Makers of what is shipped or shown in the docs; not part of the package."""
