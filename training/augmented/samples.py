"""What training knows of the people of one kind (`real`, `render`, `translated`, `fill`) beside their poses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.columns import Columns
from smpl_assets.pose_table import PoseTable
from training.augmented.settings import AugmentSettings
from training.rarity.scores import RareScores

SAMPLES, POSES, LABELS, IMAGES = "samples.npz", "poses.npz", "labels.npz", "images.tar"


def rarity_weight(score: float, threshold: float, slope: float = 1.0, span: float = 0.5, relative: bool = False) -> float:
    """w(d) of eq 4.4: 1 below the threshold, rising with the slope above it, constant beyond threshold + span.

    `relative` measures the excess in units of the threshold, for scores on another scale than the thesis's distances.
    A score or threshold that is not finite (a person that rarity left out) has weight 1.
    """
    excess = score - threshold
    if not excess >= 0 or excess == float("inf"):
        return 1.0
    if relative:
        excess /= max(abs(threshold), 1e-12)
    return 1.0 + slope * min(excess, span)


@dataclass(frozen=True, eq=False)
class Samples(Columns):
    """N people, columns of equal length.

    person: row of annotations/train, of a synthetic one the person that it was made from; poses that nobody holds (`fill`) are
    numbered on from there. sample_id: of the label, of a real one its row. rare, cluster, score, distance: of that person or
    pose (RareScores). weight: w of eq 4.4, to 6 digits.
    """

    kind: str
    person: Int64[np.ndarray, " samples"]
    sample_id: Int64[np.ndarray, " samples"]
    rare: Bool[np.ndarray, " samples"]
    cluster: Int64[np.ndarray, " samples"]
    score: Float[np.ndarray, " samples"]
    distance: Float[np.ndarray, " samples"]
    weight: Float[np.ndarray, " samples"]

    @property
    def keys(self) -> list[str]:
        """Names of the samples over all recipes: order and augmentation hang on them."""
        return [f"{self.kind}/{number}" for number in self.sample_id]


@dataclass(frozen=True)
class Part:
    """The samples of one kind with their poses, row by row."""

    table: PoseTable
    samples: Samples


def real_samples(scores: RareScores, settings: AugmentSettings) -> Samples:
    """Every person of annotations/train as a sample."""
    rows = np.arange(len(scores.rare))
    return _samples("real", rows, rows, scores, person_weights(scores, settings))


def synthetic_samples(
    kind: str, person: Int64[np.ndarray, " samples"], sample_id: Int64[np.ndarray, " samples"], scores: RareScores,
    settings: AugmentSettings,
) -> Samples:  # fmt: skip
    """Samples made from people; their weight is that of the person, or 1 (`augment.synthetic_weight`)."""
    weights = person_weights(scores, settings) if settings.synthetic_weight == "source" else np.ones(len(scores.rare))
    return _samples(kind, person, sample_id, scores, weights)


def person_weights(scores: RareScores, settings: AugmentSettings) -> Float[np.ndarray, " people"]:
    """W of each person (eq 4.4); 1 for people that rarity left out, and for labelling mistakes."""
    relative = scores.policy != "thesis" if settings.weight_relative == "auto" else settings.weight_relative
    values = np.where(scores.included & ~scores.mistaken, scores.score, -np.inf)
    return np.array(
        [rarity_weight(float(v), float(scores.threshold), settings.weight_slope, settings.weight_range, relative) for v in values]
    )


def _samples(kind: str, person: np.ndarray, sample_id: np.ndarray, scores: RareScores, weights: np.ndarray) -> Samples:
    columns = {n: getattr(scores, n)[person] for n in ("rare", "cluster", "score", "distance")}
    return Samples(kind, person.astype(np.int64), sample_id.astype(np.int64), **columns, weight=np.round(weights[person], 6))
