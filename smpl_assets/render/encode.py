"""Pictures as files' bytes."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from smpl_assets.errors import StageError

# Run-length strategy at level 1: half the time of zlib's default on cut-out people, and smaller files than its fastest setting.
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)


def encode_jpeg(image: UInt8[np.ndarray, "height width 3"], quality: int) -> bytes:
    """RGB as JPEG."""
    return _encode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, quality))


def encode_png(image: UInt8[np.ndarray, "height width 4"]) -> bytes:
    """RGBA as PNG, lossless."""
    return _encode(".png", cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA), _PNG)


def encode_depth(depth_m: Float32[np.ndarray, "height width"]) -> bytes:
    """Depth as 16-bit PNG in millimetres, 0 where nothing is seen (at most 65.5 m)."""
    return _encode(".png", np.clip(np.rint(depth_m * 1000), 0, 65535).astype(np.uint16), _PNG)


def _encode(suffix: str, image: np.ndarray, options: tuple[int, ...]) -> bytes:
    done, data = cv2.imencode(suffix, image, options)
    if not done:
        raise StageError(f"OpenCV could not encode a {image.shape} image as {suffix}")
    return data.tobytes()
