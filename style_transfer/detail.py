"""Sharpness and noise of a domain and their transfer, at the render's full resolution."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated

import cv2
import numpy as np
from jaxtyping import Float
from pydantic import Field, TypeAdapter

from smpl_assets.seeds import numpy_generator
from style_transfer.domains import Domain

_LAPLACIANS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)  # Immerkaer 1996: blind to edges, sees noise
_QUIET = 0.25  # share of the responses taken for noise alone: cloth and folds make the others
_NOISE_PER_RESPONSE = 1 / (6 * 0.3186)  # a Gaussian's absolute value has this quarter quantile
_FINE_NOISE_SHARE = 0.76  # of white noise's variance that x - blur(x, 1) keeps
_BLURS = (0.35, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5)
_SHARPENS = (0.15, 0.3, 0.45)  # more makes a person crisper than the picture it stands in
_MAX_NOISE = 12.0
_COARSE_SEEN = 0.57  # of coarse noise that is left at half size
_ENLARGED = 1.15  # cubic enlargement by two takes some of a noise's variance

Amount = Annotated[float, Field(ge=0, le=100)]


@dataclass(frozen=True)
class DetailTransfer:
    """blur_px: sigma of a Gaussian; sharpen: amount of unsharp masking.

    noise: added standard deviation of the brightness, 8-bit counts; coarse_noise: the same with a grain of about 2 px, as
    enlarged photographs have it.
    """

    blur_px: Amount = 0.0
    sharpen: Amount = 0.0
    noise: Amount = 0.0
    coarse_noise: Amount = 0.0

    @classmethod
    def of(cls, values: object) -> DetailTransfer:
        """What `to_dict` gave; ValueError if it is none."""
        return TypeAdapter(cls).validate_python(values)

    @classmethod
    def between(cls, source: Domain, target: Domain) -> DetailTransfer:
        """What takes the typical sharpness and noise of `source` to that of `target`; their crops must have one size."""
        wanted = _level(list(target.images), target)
        choices = [cls(), *(cls(blur_px=b) for b in _BLURS), *(cls(sharpen=s) for s in _SHARPENS)]
        best, best_gap, left = cls(), np.inf, wanted
        for choice in choices:
            pairs = zip(source.images, source.masks, strict=True)
            changed = [choice.filter(i.astype(np.float32), m / np.float32(255)) for i, m in pairs]
            found = _level(changed, source)
            gap = abs(np.log(max(found.sharpness, 1e-6) / max(wanted.sharpness, 1e-6)))
            if gap < best_gap - 1e-9:
                best, best_gap, left = choice, gap, found
        fine, coarse = _missing(wanted.noise, left.noise), _missing(wanted.coarse_noise, left.coarse_noise)
        return cls(best.blur_px, best.sharpen, fine, coarse)

    def filter(self, image: Float[np.ndarray, "height width 3"], alpha: Float[np.ndarray, "height width"]) -> np.ndarray:
        """Blur or sharpen straight RGB (0..255) without letting in what lies outside `alpha`."""
        if not self.blur_px and not self.sharpen:
            return image
        weight = cv2.GaussianBlur(alpha, (0, 0), self.blur_px or 1.0)[..., None]
        blurred = cv2.GaussianBlur(image * alpha[..., None], (0, 0), self.blur_px or 1.0) / np.maximum(weight, 1e-3)
        blurred = np.where(weight > 1e-3, blurred, image)
        return blurred if self.blur_px else image + self.sharpen * (image - blurred)

    def __call__(self, image: np.ndarray, alpha: np.ndarray, seed: int) -> np.ndarray:
        """Filter, then add noise: mostly brightness, some colour; straight RGB (H, W, 3) in 0..255 in and out (unclipped)."""
        image = self.filter(image, alpha)
        height, width = alpha.shape
        if self.noise:
            image = image + self.noise * _grain(height, width, seed, "fine")
        if self.coarse_noise:
            coarse = _grain((height + 1) // 2, (width + 1) // 2, seed, "coarse")
            coarse = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
            image = image + self.coarse_noise * _ENLARGED * coarse
        return image

    def to_dict(self) -> dict[str, float]:
        """For the card."""
        return asdict(self)


def _grain(height: int, width: int, seed: int, name: str) -> np.ndarray:
    """Noise of about unit variance in brightness, a quarter of it coloured, (H, W, 3)."""
    rng = numpy_generator(seed, "grain", name)
    luma, chroma = rng.standard_normal((height, width, 1), np.float32), rng.standard_normal((height, width, 3), np.float32)
    return 0.9 * luma + 0.45 * chroma


def _missing(wanted: float, there: float) -> float:
    return round(min(float(np.sqrt(max(wanted**2 - there**2, 0.0))), _MAX_NOISE), 4)


@dataclass(frozen=True)
class _Level:
    """Medians over people: noise and coarse noise (8-bit counts), sharpness (fine over middle detail)."""

    noise: float
    coarse_noise: float
    sharpness: float


def _level(images: list[np.ndarray], domain: Domain) -> _Level:
    """What a domain's people look like, measured well inside them."""
    rows = []
    for image, mask in zip(images, domain.masks, strict=True):
        inside = cv2.erode(mask, np.ones((7, 7), np.uint8))
        if (inside > 200).sum() < 64:
            continue
        grey = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
        noise = _noise(grey, inside)
        half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        of_half = _noise(half, cv2.resize(inside, half.shape[::-1], interpolation=cv2.INTER_NEAREST))
        core = inside > 200
        fine = float((grey - cv2.GaussianBlur(grey, (0, 0), 1.0))[core].var()) - _FINE_NOISE_SHARE * noise**2
        middle = float((grey - cv2.GaussianBlur(grey, (0, 0), 4.0))[core].var()) - noise**2
        coarse = float(np.sqrt(max(of_half**2 - 0.25 * noise**2, 0.0))) / _COARSE_SEEN
        rows.append((noise, coarse, float(np.sqrt(max(fine, 0.0) / max(middle, 1.0)))))
    return _Level(*(float(v) for v in np.median(rows, axis=0))) if rows else _Level(0.0, 0.0, 1.0)


def _noise(grey: np.ndarray, inside: np.ndarray) -> float:
    response = np.abs(cv2.filter2D(grey, -1, _LAPLACIANS))[inside > 200]
    return float(np.quantile(response, _QUIET)) * _NOISE_PER_RESPONSE if len(response) else 0.0
