"""The trackers to beat: each gives people of two frames a similarity, on the same detections."""
