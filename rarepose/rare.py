"""Which poses are rare."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rarepose.options import section
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.work import Bench
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.rarity.stage import find_rare_poses


def rarity(
    people: PoseTable, among: PoseTable | None = None, seed: int = 0, progress: Progress = silent, **options: object
) -> RareScores:
    """How rare each pose is, and why: a row per person.

    Args:
        people: whose poses are judged.
        among: the training people that they are compared with; None: with each other.
        seed: of the clustering.
        progress: told how far it is.
        options: of `rare_poses`: rare_share, threshold, policy, clusters ...

    Raises:
        InputError: nobody has an annotated joint, fewer poses than clusters, none is rare, an unknown option.

    Examples:
        >>> people = read("annotations.json")
        >>> scores = rarity(people, clusters=3, rare_share=0.2)
        >>> int(scores.rare.sum()), len(scores.rarest_first())
        (3, 14)
    """
    settings = section(RareSettings, {"sweep": False, "map_people": 0} | options)
    train = people if among is None else among
    with tempfile.TemporaryDirectory() as folder:
        find_rare_poses(train, people, settings, Bench(seed, Path(folder), progress=progress))
        return RareScores.load(Path(folder) / ("train.npz" if among is None else "validation.npz"))
