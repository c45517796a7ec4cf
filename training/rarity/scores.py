"""The record of the `rare_poses` stage: one row per person of a PoseTable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64, Shaped

from smpl_assets.columns import Columns

MISTAKE = "annotation"  # the reason of a pose with an impossible limb


@dataclass(frozen=True, eq=False)
class RareScores(Columns):
    """How rare each of N people's poses is, in the table's order.

    included: (N,), False for people without any annotated joint (T 4.3.1: "samples with no visible joint are excluded").
    cluster: (N,), the nearest training centre; -1 where not included.
    distance: (N,) to that centre (T eq 4.1), in normalised coordinates; NaN where not included.
    score: (N,), what the rule compares with `threshold`; the distance under policy `thesis`; NaN where not included.
    rare: (N,), included and score >= threshold (T eq 4.2).
    reason: (N,) strings, why a rare pose is rare (`training.rarity.reasons.REASONS`), `MISTAKE` where a pose that would be
        rare has an impossible limb and so is not (but under `rare_poses.mistakes = "keep"`); else empty.
    """

    included: Bool[np.ndarray, " people"]
    cluster: Int64[np.ndarray, " people"]
    distance: Float[np.ndarray, " people"]
    score: Float[np.ndarray, " people"]
    rare: Bool[np.ndarray, " people"]
    reason: Shaped[np.ndarray, " people"]
    threshold: float
    policy: str

    @property
    def mistaken(self) -> Bool[np.ndarray, " people"]:
        """People whose pose would be rare but for an impossible limb: neither usual nor rare."""
        return (self.reason == MISTAKE) & ~self.rare

    def rarest_first(self) -> Int64[np.ndarray, " included"]:
        """Rows of the included people by falling score; equal scores keep the table's order."""
        rows = np.flatnonzero(self.included)
        return rows[np.argsort(-self.score[rows], kind="stable")]
