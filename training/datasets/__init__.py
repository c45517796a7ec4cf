"""Readers of pose data sets, each into one PoseTable."""
