"""The reasons of a table's rare people, under whichever policy found them."""

from __future__ import annotations

import numpy as np

from smpl_assets.pose_table import PoseTable
from training.rarity.cluster import assign
from training.rarity.frame import person_sizes
from training.rarity.model import Judged, RarityModel
from training.rarity.normalise import normalise
from training.rarity.reasons import CAUSES, REASONS, explain
from training.rarity.score import FEW_JOINTS_POWER


def explain_rare(
    table: PoseTable, rare: np.ndarray, judged: Judged, model: RarityModel, group: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Reasons (N,) strings, empty where not rare, and the rare people's gains (n, 5) by `CAUSES`; `group` as for `judge`."""
    width = max(len(name) for name in REASONS)
    reasons = np.full(len(table), "", f"<U{width}")
    rows = np.flatnonzero(rare)
    if not len(rows):
        return reasons, np.zeros((0, len(CAUSES)))
    people = table.select(rows)
    usual_torso = model.sizes.torso * person_sizes(people, np.arange(len(people)), model.sizes)
    own = None if group is None else group[rows]

    def rescore(other: PoseTable) -> np.ndarray:
        return model.judge(other, own).score

    found, gains = explain(people, judged.score[rows], rescore, truncation_share(people, model), usual_torso)
    reasons[rows] = found
    return reasons, gains


def truncation_share(people: PoseTable, model: RarityModel) -> np.ndarray:
    """(n,) the share of the score that rests on joints that are not annotated.

    Where these count as places (`zero`): how much smaller the distance over the annotated joints is. Else: how much smaller
    the score were if the joints that are not annotated were as in the nearest pose.
    """
    known = people.annotated
    if model.settings.policy == "thesis" and model.settings.missing_policy != "masked":
        rows = np.arange(len(people))
        poses = normalise(people, model.normalisation, rows)
        whole = model.judge(people).distance
        part = assign(poses.coordinates, poses.known, model.clusters.centres)[1]
        return np.where(known.all(1), 0.0, np.clip(1 - part / np.maximum(whole, 1e-9), 0.0, 1.0))
    share = known.sum(1) / known.shape[1]
    if model.references is None:
        return 1 - np.sqrt(share)
    return 1 - share ** (0.5 - FEW_JOINTS_POWER)
