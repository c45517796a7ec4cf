"""Training people shared out into folds, so that no network is asked about people of a photograph that it learnt from."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.seeds import numpy_generator

FoldOf = Int64[np.ndarray, " people"]


def draw_folds(table: PoseTable, folds: int, seed: int) -> FoldOf:
    """The fold of each person, 0 to folds - 1.

    All people of a photograph, or of a sequence, share one. The seed draws who comes together; photographs and sequences are
    dealt out from those with the most people to those with the fewest, so that folds are about equally large.

    Raises:
        InputError: there are fewer photographs and sequences with people than folds.
    """
    scene = _scenes(table)
    sizes = np.bincount(scene)
    if len(sizes) < folds:
        raise InputError(
            f"rare_poses.error.folds = {folds}: the {len(table)} training people are on {len(sizes)} photographs and sequences, "
            "and those of one stay together",
            'give more photographs, fewer folds (2 at least), or set rare_poses.by = "rarity"',
        )
    order = np.lexsort((numpy_generator(seed, "folds").random(len(sizes)), -sizes))
    fold = np.empty(len(sizes), np.int64)
    fold[order] = np.arange(len(sizes)) % folds
    return fold[scene]


def _scenes(table: PoseTable) -> Int64[np.ndarray, " people"]:
    """A number from 0 on for what people share: the sequence of their photograph, else the photograph."""
    sequence = table.images.sequence[table.image]
    kinds = np.stack([sequence >= 0, np.where(sequence >= 0, sequence, table.image)], 1)
    return np.unique(kinds, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
