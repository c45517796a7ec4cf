"""The figures of the `rare_poses` stage."""
