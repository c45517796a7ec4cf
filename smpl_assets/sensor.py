"""What a camera does to light: exposure, white balance, blur, noise; and the statistics of real photographs to match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Int16, Shaped, UInt8
from PIL import Image

from smpl_assets.photographs import Photograph
from smpl_assets.pictures import BadImage
from smpl_assets.seeds import numpy_generator

SRGB_TOE = np.float32(0.055 * 255)
LEAST_DEFOCUS_PX = 0.2
LEAST_MOTION_PX = 1.5


@dataclass(frozen=True)
class SensorSpec:
    """One camera's doing, drawn per sample.

    exposure: factor on linear light; white_balance: (3,) factors on linear RGB.
    defocus_px: sigma of the blur; motion_px: length and motion_rad: direction of a straight motion blur.
    noise: standard deviation at mid grey, 8-bit counts; chroma: share of it that differs between the colours.
    saturation: 0 black and white .. 1 as it is. jpeg_quality: of the finished picture. seed: of the noise.
    """

    exposure: float = 1.0
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    defocus_px: float = 0.0
    motion_px: float = 0.0
    motion_rad: float = 0.0
    noise: float = 0.0
    chroma: float = 0.4
    saturation: float = 1.0
    jpeg_quality: int = 92
    seed: int = 0

    def gain(self) -> Float32[np.ndarray, "3"]:
        """Factors on linear RGB: exposure and white balance."""
        return np.float32(self.exposure) * np.asarray(self.white_balance, np.float32)


def srgb_table() -> Float32[np.ndarray, "256"]:
    """Linear light of every 8-bit sRGB value (IEC 61966-2-1)."""
    value = np.arange(256) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


_TO_LINEAR = srgb_table()
_STEPS = 4096
_LEVELS = (np.arange(_STEPS) / (_STEPS - 1.0)) ** 2
# sRGB in [0, 1] of linear light (i / 4095) squared
_VALUES = np.where(_LEVELS <= 0.0031308, 12.92 * _LEVELS, 1.055 * _LEVELS ** (1 / 2.4) - 0.055)
TONE_TABLE: Float32[np.ndarray, "4096"] = _VALUES.astype(np.float32)


def to_linear(srgb: UInt8[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """8-bit sRGB to linear light."""
    return _TO_LINEAR.take(srgb)


def to_srgb(linear: Float32[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """Linear light, clipped to [0, 1], to sRGB in [0, 1]: a table over the square root, within a quarter of an 8-bit step."""
    root = np.sqrt(np.clip(linear, 0, 1))
    return TONE_TABLE.take((root * np.float32(_STEPS - 1) + np.float32(0.5)).astype(np.uint16))


def shoulder(linear: Float32[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """A film-like shoulder: unchanged up to 0.6, then bent so that 2.5 times white just clips."""
    high = np.maximum(linear - np.float32(0.6), 0)
    return linear - high + high / (1 + high * np.float32(1.6))


def develop(linear: Float32[np.ndarray, "*shape 3"], spec: SensorSpec) -> UInt8[np.ndarray, "*shape 3"]:
    """Linear light as the sensor renders it: exposure, white balance, shoulder, saturation, 8-bit sRGB."""
    colour = shoulder(linear * spec.gain())
    if spec.saturation != 1:
        colour = colour @ _saturation(spec.saturation).T
    return (to_srgb(colour) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def expose(srgb: UInt8[np.ndarray, "height width 3"], spec: SensorSpec) -> UInt8[np.ndarray, "height width 3"]:
    """A background, photographed once already, with another exposure, white balance and saturation."""
    return cv2.transform(srgb, exposure_matrix(spec))


def exposure_matrix(spec: SensorSpec) -> Float32[np.ndarray, "3 4"]:
    """What `expose` does to an 8-bit sRGB colour.

    Light times g is (v + toe) g^(1 / 2.4) - toe in sRGB: exact above its linear part, and linear in v.
    """
    factor = spec.gain() ** np.float32(1 / 2.4)
    change = np.concatenate([np.diag(factor), SRGB_TOE * (factor - 1)[:, None]], axis=1)
    return _saturation(spec.saturation) @ change if spec.saturation != 1 else change


def _saturation(saturation: float) -> Float32[np.ndarray, "3 3"]:
    """The matrix that moves colours towards their luminance (Rec. 709 weights)."""
    grey = np.tile(np.array([0.2126, 0.7152, 0.0722], np.float32), (3, 1))
    return grey + np.float32(saturation) * (np.eye(3, dtype=np.float32) - grey)


def motion_kernel(length_px: float, angle_rad: float) -> Float32[np.ndarray, "side side"]:
    """Weights of a straight streak."""
    half = int(np.ceil(0.5 * length_px))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    reach = 0.5 * length_px * 16
    end = (int(np.cos(angle_rad) * reach) + half * 16, int(np.sin(angle_rad) * reach) + half * 16)
    start = (2 * half * 16 - end[0], 2 * half * 16 - end[1])
    cv2.line(kernel, start, end, 1.0, 1, cv2.LINE_AA, 4)
    return kernel / kernel.sum()


def blur(image: Shaped[np.ndarray, "height width channels"], spec: SensorSpec) -> Shaped[np.ndarray, "height width channels"]:
    """Defocus and motion blur of an image of bytes or floats."""
    if spec.defocus_px > LEAST_DEFOCUS_PX:
        image = cv2.GaussianBlur(image, (0, 0), spec.defocus_px, borderType=cv2.BORDER_REPLICATE)
    if spec.motion_px >= LEAST_MOTION_PX:
        image = cv2.filter2D(image, -1, motion_kernel(spec.motion_px, spec.motion_rad), borderType=cv2.BORDER_REPLICATE)
    return image


_GRAIN_SIDE = 1024
_GRAIN_SCALE = 32  # so that 4 standard deviations fill a signed byte
STRONGEST_NOISE_AT = 102
_STRENGTH_SCALE = 8  # their product, over 256, is in 8-bit counts
_grain: dict[float, np.ndarray] = {}


def grain(height: int, width: int, chroma: float, seed: int) -> Int16[np.ndarray, "height width 3"]:
    """Noise in 1 / 32 of its standard deviation, slightly correlated as demosaicing leaves it, `chroma` of it coloured.

    A window of one fixed field, so that it costs nothing.
    """
    if chroma not in _grain:
        rng = numpy_generator(0, "grain")
        field = cv2.GaussianBlur(rng.standard_normal((_GRAIN_SIDE, _GRAIN_SIDE, 4), dtype=np.float32), (3, 3), 0.55)
        mixed = (field[..., :1] + np.float32(chroma) * field[..., 1:]) * np.float32(_GRAIN_SCALE / field.std())
        _grain[chroma] = np.clip(np.rint(mixed), -127, 127).astype(np.int16)
    rng = numpy_generator(seed, "grain")
    y, x = (int(rng.integers(0, _GRAIN_SIDE - side + 1)) if side <= _GRAIN_SIDE else 0 for side in (height, width))
    window = _grain[chroma][y : y + height, x : x + width]
    if window.shape[:2] != (height, width):
        window = np.tile(window, (-(-height // window.shape[0]), -(-width // window.shape[1]), 1))[:height, :width]
    return window


def noise_weight(spec: SensorSpec) -> tuple[float, float]:
    """Slope and offset of what `grain` is weighted with, over a value's distance from STRONGEST_NOISE_AT."""
    full = _STRENGTH_SCALE * spec.noise
    return -0.6 * full / 255, 1.15 * full


def add_noise(srgb: UInt8[np.ndarray, "height width 3"], spec: SensorSpec) -> UInt8[np.ndarray, "height width 3"]:
    """Sensor noise (at most 27 counts) on an sRGB image.

    It is weaker in the highlights and the deepest shadows, as after a camera's curve.
    """
    if spec.noise <= 0:
        return srgb
    slope, full = noise_weight(spec)
    from_middle = cv2.absdiff(srgb, np.full_like(srgb, STRONGEST_NOISE_AT))
    weight = cv2.convertScaleAbs(from_middle, alpha=slope, beta=full).astype(np.int16)
    weight *= grain(srgb.shape[0], srgb.shape[1], spec.chroma, spec.seed)
    weight += 128
    weight >>= 8
    weight += srgb
    return np.clip(weight, 0, 255, out=weight).astype(np.uint8)


@dataclass(frozen=True)
class PhotoStatistics:
    """What cameras did to a set of photographs, one row per photograph.

    noise: standard deviation in 8-bit counts. jpeg_quality: from the quantisation tables, 0 where unknown.
    skipped: how many photographs could not be measured, by reason.
    """

    noise: Float32[np.ndarray, " photos"]
    jpeg_quality: Float32[np.ndarray, " photos"]
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.noise)


def noise_level(image: UInt8[np.ndarray, "height width 3"]) -> float:
    """Noise of a photograph in 8-bit counts: the median of the diagonal Laplacian over the flattest tenth of its 8 x 8 blocks.

    After Immerkaer, Fast noise variance estimation, CVIU 1996, eq. 8, with blocks chosen by their own spread. BadImage if it is
    smaller than a block.
    """
    if min(image.shape[:2]) < 8:
        raise BadImage("smaller than 8 px")
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(grey, -1, mask))
    blocks = cv2.resize(response, (grey.shape[1] // 8, grey.shape[0] // 8), interpolation=cv2.INTER_AREA)
    return float(np.sqrt(np.pi / 2) / 6 * np.quantile(blocks, 0.1))


def jpeg_quality(path: Path) -> float:
    """Quality (libjpeg's scale) whose luminance table has the sum that the file's has; 0 if the file is no JPEG."""
    with Image.open(path) as image:
        tables = getattr(image, "quantization", None)
    if not tables:
        return 0.0
    scale = 100.0 * sum(tables[min(tables)]) / 3691.0  # libjpeg's luminance table at quality 50 sums to 3691
    return float(np.clip(5000.0 / scale if scale > 100 else (200.0 - scale) / 2, 1, 100))


def photo_statistics(photographs: Sequence[Photograph | Path]) -> PhotoStatistics:
    """Statistics of the readable ones of these photographs, or files."""
    rows, skipped = [], Counter[str]()
    for given in photographs:
        photograph = Photograph(given) if isinstance(given, Path) else given
        try:
            rows.append((noise_level(photograph.read()), jpeg_quality(photograph.path)))
        except BadImage as error:
            skipped[str(error)] += 1
    table = np.array(rows, np.float32).reshape(-1, 2)
    return PhotoStatistics(table[:, 0], table[:, 1], dict(skipped))
