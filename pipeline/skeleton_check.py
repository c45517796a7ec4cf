"""Whether the people's skeleton can have what a configuration asks for: said at once, by a run as by `doctor`."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.config import Config
from pipeline.plan import Plan
from pipeline.tasks.shared import split_of
from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton, require_limbs
from training.datasets.reader import Reader
from training.datasets.table import READERS
from training.limits import require_metric
from training.systems.check import check_joints


def skeleton_of(config: Config, split: str) -> Skeleton | None:
    """The skeleton that a split's format has or its files name, None where that is not known before; InputError if unreadable."""
    settings = split_of(config, split)
    reader: Reader = READERS.load(settings.format)
    return None if reader.skeleton is None else reader.skeleton(settings)


def check_skeleton(plan: Plan, stages: Collection[str]) -> None:
    """InputError where the skeleton of the training people does not allow what is asked for: bodies, networks, metrics."""
    if {"cross_fit", "fit", "train", "evaluate"} & set(stages):
        skeleton = _made(plan) or skeleton_of(plan.config, "train")
        if skeleton is not None:
            require(plan.config, skeleton, stages)


def require(config: Config, skeleton: Skeleton, stages: Collection[str]) -> None:
    """The same for a skeleton that is known."""
    if "fit" in stages:
        require_limbs(skeleton)
    if "train" in stages:
        check_joints(config.train, skeleton)
    if "cross_fit" in stages:
        check_joints(config.rare_poses.error.training(config.train), skeleton)
    if "evaluate" in stages:
        reader: Reader = READERS.load(config.data.train.format)
        require_metric(skeleton, config.evaluate.metrics, reader.heads)


def _made(plan: Plan) -> Skeleton | None:
    """The skeleton in the finished unit of `annotations`."""
    state = plan.unit_state("annotations", "train")
    return PoseTable.load(plan.store.path("annotations", state.key) / "poses.npz").skeleton if state.done else None
