"""Tracking: temporal flow maps for limbs, the combined tracker, the trackers they are compared with."""
