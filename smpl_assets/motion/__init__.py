"""People in motion: paths that meet, gaits with planted feet, movements and clips played in time."""
