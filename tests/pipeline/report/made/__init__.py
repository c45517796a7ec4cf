"""A run's artifacts made by hand, small, one file per part of the page."""
