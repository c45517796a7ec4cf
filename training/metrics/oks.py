"""Object keypoint similarity (eq 2.3)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

THRESHOLDS = np.linspace(0.5, 0.95, 10)
Predicted = Float[np.ndarray, "predictions joints 2"]
Points = Float[np.ndarray, "people joints 2"]
Known = Bool[np.ndarray, "people joints"]
PerPerson = Float[np.ndarray, " people"]
Sigmas = Float[np.ndarray, " joints"]
Similarity = Float[np.ndarray, "predictions people"]


def oks(predicted: Predicted, keypoints: Points, annotated: Known, area: PerPerson, sigmas: Sigmas) -> Similarity:
    """OKS of every prediction with every person (eq 2.3), in [0, 1].

    The mean over annotated joints of exp(-d^2 / (2 area (2 sigma)^2)). Every person needs an annotated joint.
    """
    squared = ((predicted[:, None] - keypoints[None]) ** 2).sum(3)
    exponent = squared / ((2 * sigmas) ** 2 * 2 * (area[:, None] + np.spacing(1)))[None]
    return (np.exp(-exponent) * annotated[None]).sum(2) / annotated.sum(1)[None]


def own_oks(predicted: Points, keypoints: Points, annotated: Known, area: PerPerson, sigmas: Sigmas) -> PerPerson:
    """OKS of each prediction with its own person; every person needs an annotated joint."""
    off = predicted - keypoints
    exponent = np.einsum("nja,nja->nj", off, off)
    exponent /= (2 * sigmas) ** 2 * 2 * (area[:, None] + np.spacing(1))
    similarity = np.exp(np.negative(exponent, out=exponent), out=exponent)
    similarity *= annotated
    return similarity.sum(1) / annotated.sum(1)
