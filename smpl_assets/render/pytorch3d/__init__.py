"""PyTorch3D as a renderer."""
