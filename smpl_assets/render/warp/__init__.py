"""The default renderer: a rasteriser in NVIDIA Warp."""
