"""What a run refuses before it makes anything, and its dry run in the same words. Imported only where something is to be made."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.plan import Plan
from pipeline.skeleton_check import check_skeleton
from pipeline.training_logs import check_logs
from training.cross_fit.check import check_choice
from training.systems.check import check_networks


def check_run(plan: Plan, stages: Collection[str], logs: tuple[str, ...]) -> None:
    """InputError where a network cannot be built or fed as asked for, a skeleton has too little, or a logger is missing.

    stages: the ones asked for and what they read, directly or not.
    """
    if "train" in stages:
        check_networks(plan.config.train)
    if "cross_fit" in stages:
        check_choice(plan.config.rare_poses, plan.config.train)
    check_skeleton(plan, stages)
    check_logs(logs)
