"""From fits and settings to scenes."""
