"""2D joints to body parameters: pairs, networks, refinement, gate."""
