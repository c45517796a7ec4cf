"""What a camera does to light: exposure, white balance, blur, noise, JPEG; and the statistics of real photographs to match."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SensorSpec:
    """One camera's doing, drawn per sample.

    exposure: factor on linear light; white_balance: (3,) factors on linear RGB.
    defocus_px: sigma of the blur; motion_px: length and motion_rad: direction of a straight motion blur.
    resolution: share of the image's pixels per side that the camera really had (1: all; 0.5: enlarged twice).
    noise: standard deviation at mid grey, 8-bit counts; shot_share: share of it that grows with the light.
    jpeg_quality: of the finished picture.
    """

    exposure: float = 1.0
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    defocus_px: float = 0.0
    motion_px: float = 0.0
    motion_rad: float = 0.0
    resolution: float = 1.0
    noise: float = 0.0
    shot_share: float = 0.5
    jpeg_quality: int = 92
