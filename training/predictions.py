"""The record of predicted poses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int64


@dataclass(frozen=True)
class Predictions:
    """One prediction per person of a PoseTable, in its order.

    keypoints: (N, J, 2) continuous px of the image. joint_score: (N, J) heatmap maxima. score: (N,) their mean over joints.
    valid: (N,), False where the image could not be used (the other columns are zero there).
    network: (N,) index into `networks`, the one whose prediction was taken (always 0 but for DACP).
    """

    keypoints: Float[np.ndarray, "people joints 2"]
    joint_score: Float[np.ndarray, "people joints"]
    score: Float[np.ndarray, " people"]
    valid: Bool[np.ndarray, " people"]
    network: Int64[np.ndarray, " people"]
    networks: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.score)

    def save(self, path: Path) -> None:
        """Write as one .npz without pickles; the same predictions give the same bytes."""
        np.savez(path, networks=np.array(self.networks), **{n: getattr(self, n) for n in _ARRAYS})

    @classmethod
    def load(cls, path: Path) -> Predictions:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(**{n: file[n] for n in _ARRAYS}, networks=tuple(str(n) for n in file["networks"]))


_ARRAYS = ("keypoints", "joint_score", "score", "valid", "network")


def divide_and_conquer(usual: Predictions, rare: Predictions) -> Predictions:
    """DACP (algorithm 1): per person the prediction with the larger score; the usual network's where they are equal."""
    take = rare.score > usual.score

    def choose(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(take.reshape(-1, *[1] * (a.ndim - 1)), b, a)

    return Predictions(
        choose(usual.keypoints, rare.keypoints),
        choose(usual.joint_score, rare.joint_score),
        choose(usual.score, rare.score),
        usual.valid & rare.valid,
        take.astype(np.int64),
        usual.networks + rare.networks,
    )
