"""Sharpness and noise of a domain and their transfer, at the render's full resolution."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import cv2
import numpy as np
from jaxtyping import Float

from smpl_assets.seeds import numpy_generator
from style_transfer.domains import Domain

_LAPLACIANS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)  # Immerkaer 1996: blind to edges, sees noise
_NOISE_PER_RESPONSE = 1 / (6 * 0.6745)
_FINE_NOISE_SHARE = 0.76  # of white noise's variance that x - blur(x, 1) keeps
_BLURS = (0.35, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5)
_SHARPENS = (0.15, 0.3, 0.45)  # more makes a person crisper than the picture it stands in
_MAX_NOISE = 12.0


@dataclass(frozen=True)
class DetailTransfer:
    """blur_px: sigma of a Gaussian; sharpen: amount of unsharp masking; noise: added standard deviation of the brightness."""

    blur_px: float = 0.0
    sharpen: float = 0.0
    noise: float = 0.0

    @classmethod
    def between(cls, source: Domain, target: Domain) -> DetailTransfer:
        """What takes the typical sharpness and noise of `source` to that of `target`; their crops must have one size."""
        wanted_noise, wanted = _level(list(target.images), target)
        choices = [cls(), *(cls(blur_px=b) for b in _BLURS), *(cls(sharpen=s) for s in _SHARPENS)]
        best, best_gap, noise_left = cls(), np.inf, 0.0
        for choice in choices:
            changed = [
                choice.filter(i.astype(np.float32), m / np.float32(255)) for i, m in zip(source.images, source.masks, strict=True)
            ]
            noise, sharpness = _level(changed, source)
            gap = abs(np.log(max(sharpness, 1e-6) / max(wanted, 1e-6)))
            if gap < best_gap - 1e-9:
                best, best_gap, noise_left = choice, gap, noise
        added = float(np.sqrt(max(wanted_noise**2 - noise_left**2, 0.0)))
        return cls(best.blur_px, best.sharpen, round(min(added, _MAX_NOISE), 4))

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
        if not self.noise:
            return image
        rng = numpy_generator(seed, "grain")
        luma, chroma = rng.standard_normal((*alpha.shape, 1), np.float32), rng.standard_normal((*alpha.shape, 3), np.float32)
        return image + self.noise * (0.9 * luma + 0.45 * chroma)

    def to_dict(self) -> dict[str, float]:
        """For the card."""
        return asdict(self)


def _level(images: list[np.ndarray], domain: Domain) -> tuple[float, float]:
    """Median noise (8-bit counts) and sharpness (fine over middle detail) of a domain's people, measured well inside them."""
    noises, sharpnesses = [], []
    for image, mask in zip(images, domain.masks, strict=True):
        inside = cv2.erode(mask, np.ones((7, 7), np.uint8)) > 200
        if inside.sum() < 64:
            continue
        grey = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
        noise = float(np.median(np.abs(cv2.filter2D(grey, -1, _LAPLACIANS)[inside]))) * _NOISE_PER_RESPONSE
        fine = float((grey - cv2.GaussianBlur(grey, (0, 0), 1.0))[inside].var()) - _FINE_NOISE_SHARE * noise**2
        middle = float((grey - cv2.GaussianBlur(grey, (0, 0), 4.0))[inside].var()) - noise**2
        noises.append(noise)
        sharpnesses.append(float(np.sqrt(max(fine, 0.0) / max(middle, 1.0))))
    return (float(np.median(noises)), float(np.median(sharpnesses))) if noises else (0.0, 1.0)
