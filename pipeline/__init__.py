"""Data on disk to augmented data set, trained networks, report: the only room that knows the order."""
