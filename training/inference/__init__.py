"""Using a trained network on anybody's pictures and videos."""
