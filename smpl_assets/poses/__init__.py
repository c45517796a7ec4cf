"""The pose pool: generator and mocap readers."""
