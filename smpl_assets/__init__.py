"""Skeletons, bodies, poses, cameras, textures, scenes, renderers and the inverse function."""
