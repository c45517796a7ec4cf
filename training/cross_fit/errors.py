"""What is known of each training person from networks that were not trained on it, and the files of the two stages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64, Shaped

from smpl_assets.columns import Columns, whole

PREDICTIONS = "predictions.npz"  # of `cross_fit`
SCORES, ERRORS, LIST, SUMMARY = "train.npz", "errors.npz", "choice.csv", "summary.json"  # of `choice`


@dataclass(frozen=True, eq=False)
class PersonErrors(Columns):
    """N training people, in the table's order.

    fold: (N,) the network that was not trained on a person. keypoints: (N, J, 2) px that it found, NaN where it could not look.
    error: (N,) 1 - quality, in [0, 1]; NaN where there is none. left_out: (N,) why an error may not choose a person, else empty.
    metric: what the quality is.
    """

    fold: Int64[np.ndarray, " people"]
    keypoints: Float[np.ndarray, "people joints 2"]
    error: Float[np.ndarray, " people"]
    left_out: Shaped[np.ndarray, " people"]
    metric: str = whole()

    @property
    def eligible(self) -> Bool[np.ndarray, " people"]:
        """Who may be chosen."""
        return np.asarray(self.left_out == "")
