"""Colour statistics of a domain and their transfer: the translator without training, and where a trained one starts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from style_transfer.domains import Domain
from style_transfer.method import Method
from style_transfer.pixels import to_uint8

# RGB -> luma and two chroma axes (BT.601): statistics are matched here, so contrast and saturation follow as well as the cast.
_OPPONENT = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
_GAIN_RANGE = (0.6, 1.6)  # beyond it a person leaves the light of its own picture
_CORE = 230  # mask level above which a pixel surely shows the person


@dataclass(frozen=True)
class ColourTransfer:
    """An affine change of colour: x -> matrix @ x + offset for RGB in [-1, 1]."""

    matrix: Float[np.ndarray, "3 3"]
    offset: Float[np.ndarray, "3"]

    @classmethod
    def identity(cls) -> ColourTransfer:
        """Changes nothing."""
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def between(cls, source: Domain, target: Domain) -> ColourTransfer:
        """The change that gives the people of `source` the mean and spread of luma and chroma that those of `target` have.

        Every person counts the same, whatever their size. What small sets say by chance (another few people, other clothes) is
        left out: shifts and log gains are shrunk by their standard errors. Gains stay within 0.6 and 1.6.
        """
        one, two = _moments(source), _moments(target)
        shift = _shrunk(two.mean - one.mean, one.mean_error, two.mean_error)
        gain = np.clip(np.exp(_shrunk(two.log_spread - one.log_spread, one.spread_error, two.spread_error)), *_GAIN_RANGE)
        back = np.linalg.inv(_OPPONENT)
        return cls(back @ np.diag(gain) @ _OPPONENT, back @ ((1 - gain) * one.mean + shift))

    def recolour(self, domain: Domain) -> Domain:
        """The domain with its people recoloured, the grey around them left as it is."""
        images = []
        for image, mask in zip(domain.images, domain.masks, strict=True):
            share = mask[..., None].astype(np.float64) / 255
            images.append(to_uint8(image + share * (self(image.astype(np.float64)) - image)))
        return replace(domain, images=np.stack(images)) if images else domain

    def __call__(self, image: Float[np.ndarray, "height width 3"]) -> Float[np.ndarray, "height width 3"]:
        """Recolour RGB in 0..255 (unclipped)."""
        return ((image / 127.5 - 1) @ self.matrix.T + self.offset + 1) * 127.5


@dataclass(frozen=True)
class _Moments:
    """Mean and log of the spread of luma and chroma over people, with the standard errors of both; all (3,)."""

    mean: np.ndarray
    log_spread: np.ndarray
    mean_error: np.ndarray
    spread_error: np.ndarray


def _moments(domain: Domain) -> _Moments:
    """Of a domain's people, each weighing 1; those without a core are left out."""
    means, spreads = [], []
    for image, mask in zip(domain.images, domain.masks, strict=True):
        pixels = (image[mask > _CORE].astype(np.float64) / 127.5 - 1) @ _OPPONENT.T
        if len(pixels):
            means.append(pixels.mean(0))
            spreads.append(pixels.std(0) + 1e-3)
    if not means:
        return _Moments(np.zeros(3), np.zeros(3), np.ones(3), np.ones(3))
    mean, logs, root = np.array(means), np.log(np.array(spreads)), np.sqrt(len(means))
    return _Moments(mean.mean(0), logs.mean(0), mean.std(0) / root, logs.std(0) / root)


def _shrunk(difference: np.ndarray, *errors: np.ndarray) -> np.ndarray:
    """A difference less what chance explains of it: James and Stein's positive part, with twice the variance to be careful."""
    variance = 2 * sum(e**2 for e in errors)
    return difference * np.maximum(1 - variance / np.maximum(difference**2, 1e-12), 0)


METHOD = Method(recolours=lambda settings: True)
