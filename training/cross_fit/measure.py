"""How wrong networks that were not trained on them find the training people, and whom that may choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from smpl_assets.errors import StageError
from smpl_assets.pose_table import PoseTable
from training.cross_fit.errors import PersonErrors
from training.cross_fit.settings import ChoiceSettings
from training.evaluate_settings import EvaluateSettings
from training.metrics.match import match_people
from training.metrics.person_errors import errors_of
from training.poses import Poses
from training.rarity.frame import impossible_limbs, usual_sizes
from training.rarity.normalise import included_people, resolve_normalisation

LONG_LIMB = "a limb is impossibly long: the annotation is taken for a mistake"


def together(folds: Sequence[Poses]) -> Poses:
    """What the networks of all folds found, `network` saying which; StageError where a person was looked for twice."""
    usable = np.sum([~poses.unusable for poses in folds], axis=0)
    if usable.max() > 1:
        raise StageError("cross_fit: folds overlap, somebody is in two of them", "rarepose verify --deep")
    parts = [replace(p, network=np.full(len(p), k), unusable=usable == 0, networks=()) for k, p in enumerate(folds)]
    return replace(Poses.concatenate(parts), networks=tuple(n for poses in folds for n in poses.networks))


def person_errors(
    table: PoseTable, included: Bool[np.ndarray, " people"], folds: Sequence[Poses], settings: ChoiceSettings
) -> PersonErrors:
    """The error of each person, by OKS or else by the share of correct joints.

    Args:
        table: annotations/train.
        included: (N,) people that rarity has a score for.
        folds: what each network found of its own fold, as `cross_fit` leaves it.
        settings: the `rare_poses` section.

    Raises:
        StageError: folds that overlap, or nobody who may be chosen.
    """
    matched = match_people(together(folds), table)
    errors = errors_of(table, matched, EvaluateSettings())
    least = min(settings.error.min_joints, len(table.skeleton))
    few = f"fewer than {least} annotated joints"
    rules = {
        "no annotated joint": ~included,
        few: table.annotated.sum(1) < least,
        "the image cannot be used": ~matched.valid,
        "neither an area nor a torso to measure by": np.isnan(errors.quality),
        LONG_LIMB: long_limbs(table, settings) & (not settings.keeps_mistakes),
    }
    left_out = np.select(list(rules.values()), list(rules), "")
    if not (left_out == "").any():
        counts = ", ".join(f"{(left_out == why).sum()} x {why}" for why in rules if (left_out == why).any())
        raise StageError(
            f'rare_poses.by = "{settings.by}": nobody can be chosen by error ({counts})',
            'lower rare_poses.error.min_joints, or set rare_poses.by = "rarity"',
        )
    error = np.where(table.annotated.sum(1) < least, np.nan, errors.error)
    return PersonErrors(matched.network, matched.keypoints, error, left_out, errors.name)


def long_limbs(table: PoseTable, settings: ChoiceSettings) -> Bool[np.ndarray, " people"]:
    """Who has an impossibly long limb, as the rule of rarity sees it."""
    rows, found = np.flatnonzero(included_people(table, settings.include_empty)), np.zeros(len(table), bool)
    measured = resolve_normalisation(settings.normalisation, table) == "mpii"
    found[rows] = impossible_limbs(table, rows, usual_sizes(table, rows, measured))
    return found
