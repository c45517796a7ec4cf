"""Why a pose is rare: the one thing that, made usual, lowers its score most."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int64, Shaped

from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton
from training.rarity.cluster import assign
from training.rarity.frame import person_sizes, tilt, torso_vector
from training.rarity.model import Judged, RarityModel
from training.rarity.neighbours import FEW_JOINTS_POWER
from training.rarity.normalise import normalise
from training.rarity.scores import MISTAKE

_MOST_STRETCH = 4.0
Points = Float[np.ndarray, "people 2"]
_LIMBS = (("elbow", "wrist"), ("knee", "ankle"))
There = Bool[np.ndarray, " people"]
Known = Bool[np.ndarray, "people joints"]
Keypoints = Float[np.ndarray, "people joints 2"]


def upright(table: PoseTable) -> PoseTable:
    """The people turned in the image plane until the torso is upright."""
    angle = -np.nan_to_num(tilt(table))
    turn = np.stack([np.stack([np.cos(angle), -np.sin(angle)], 1), np.stack([np.sin(angle), np.cos(angle)], 1)], 1)
    return _transformed(table, turn)


def stretched(table: PoseTable, usual_px: Float[np.ndarray, " people"]) -> PoseTable:
    """The people stretched along the torso, where it is shorter, until it has the length (px) that is usual for their size."""
    vector, there = torso_vector(table)
    length = np.linalg.norm(vector, axis=1)
    factor = np.where(there, np.clip(usual_px / np.maximum(length, 1e-6), 1.0, _MOST_STRETCH), 1.0)
    axis = np.where(there[:, None], vector / np.maximum(length, 1e-6)[:, None], np.array([0.0, 1.0]))
    stretch = np.eye(2) + (factor - 1)[:, None, None] * axis[:, :, None] * axis[:, None, :]
    return _transformed(table, stretch)


def uncrossed(table: PoseTable) -> PoseTable:
    """The people with left and right swapped in pairs of limbs that cross each other."""
    keypoints, annotated, visible = table.keypoints.copy(), table.annotated.copy(), table.visible.copy()
    for joints in _LIMBS:
        rows = np.flatnonzero(crossed(table, joints))
        if len(rows):
            left, right = (_indices(table.skeleton, side, joints) for side in ("left", "right"))
            for array in (keypoints, annotated, visible):
                array[rows[:, None], left + right] = array[rows[:, None], right + left]
    return dataclasses.replace(table, keypoints=keypoints, annotated=annotated, visible=visible)


def all_seen(table: PoseTable) -> PoseTable:
    """The people with their hidden joints taken as seen."""
    return dataclasses.replace(table, visible=table.annotated.copy())


def crossed(table: PoseTable, joints: tuple[str, ...]) -> There:
    """Whether left and right arms (from the shoulders) or legs (from the hips) cross in the image; no without these keypoints."""
    root = "shoulder" if "elbow" in joints else "hip"
    if any(f"{side}_{joint}" not in table.skeleton.keypoints for side in ("left", "right") for joint in (root, *joints)):
        return np.zeros(len(table), bool)
    left, right = (_indices(table.skeleton, side, (root, *joints)) for side in ("left", "right"))
    found = np.zeros(len(table), bool)
    for a, b in pairwise(left):
        for c, d in pairwise(right):
            there = table.annotated[:, [a, b, c, d]].all(1)
            found |= there & _segments_cross(*(table.keypoints[:, joint] for joint in (a, b, c, d)))
    return found


def _segments_cross(a: Points, b: Points, c: Points, d: Points) -> There:
    def side(p: Points, q: Points, r: Points) -> Float[np.ndarray, " people"]:
        return (q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0])

    return (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)


def _indices(skeleton: Skeleton, side: str, joints: tuple[str, ...]) -> list[int]:
    return [skeleton.index(f"{side}_{joint}") for joint in joints]


def _transformed(table: PoseTable, matrix: Float[np.ndarray, "people 2 2"]) -> PoseTable:
    """Keypoints times a matrix each around the person's centre; the box keeps its margins around the joints."""
    middle = table.center[:, None]
    moved = np.einsum("nab,njb->nja", matrix, table.keypoints - middle) + middle
    keypoints = np.where(table.annotated[..., None], moved, 0.0)
    low, high = _extent(table.keypoints, table.annotated)
    new_low, new_high = _extent(keypoints, table.annotated)
    corner = table.bbox_xywh[:, :2] + new_low - low
    far = table.bbox_xywh[:, :2] + table.bbox_xywh[:, 2:] + new_high - high
    return dataclasses.replace(table, keypoints=keypoints, bbox_xywh=np.concatenate([corner, np.maximum(far - corner, 1.0)], 1))


def _extent(keypoints: Keypoints, annotated: Known) -> tuple[Points, Points]:
    """Lowest and highest place of the annotated joints; zero where there is none."""
    low = np.where(annotated[..., None], keypoints, np.inf).min(1)
    high = np.where(annotated[..., None], keypoints, -np.inf).max(1)
    there = np.asarray(annotated.any(1))[:, None]
    return np.where(there, low, 0.0), np.where(there, high, 0.0)


CAUSES = ("orientation", "viewpoint", "crossing", "truncation", "occlusion")
REASONS = ("posture", *CAUSES, MISTAKE)
LEAST_GAIN = 0.15  # a cause counts if the score falls by this share without it

PerPerson = Float[np.ndarray, " people"]
Gains = Float[np.ndarray, "people causes"]
Rescore = Callable[[PoseTable], PerPerson]


def explain_rare(
    table: PoseTable, rare: There, judged: Judged, model: RarityModel, group: Int64[np.ndarray, " people"] | None = None
) -> tuple[Shaped[np.ndarray, " people"], Float[np.ndarray, "rare causes"]]:
    """Reasons of a table's people under whichever policy found them, and the rare people's gains by `CAUSES`.

    Reasons are strings, empty where not rare; `group` as for `judge`.
    """
    width = max(len(name) for name in REASONS)
    reasons = np.full(len(table), "", f"<U{width}")
    rows = np.flatnonzero(rare)
    if not len(rows):
        return reasons, np.zeros((0, len(CAUSES)))
    people = table.select(rows)
    usual_torso = model.sizes.torso * person_sizes(people, np.arange(len(people)), model.sizes)
    own = None if group is None else group[rows]

    def rescore(other: PoseTable) -> PerPerson:
        return model.judge(other, own).score

    found, gains = _explain(people, judged.score[rows], rescore, _truncation_share(people, model), usual_torso)
    reasons[rows] = found
    return reasons, gains


def _explain(
    table: PoseTable, score: PerPerson, rescore: Rescore, truncation_share: PerPerson, usual_torso_px: PerPerson
) -> tuple[Shaped[np.ndarray, " people"], Gains]:
    """Reasons and gains of the people of a small table.

    A gain is the share by which the score falls when the torso is turned upright (orientation), stretched to `usual_torso_px`
    (viewpoint), crossed arms or legs are swapped (crossing), unannotated joints are taken as usual (truncation; given as
    `truncation_share`), hidden joints are taken as seen (occlusion). The largest gain of at least 15 % is the reason;
    where there is none, the posture itself is.
    """
    changed = {
        "orientation": upright(table),
        "viewpoint": stretched(table, usual_torso_px),
        "crossing": uncrossed(table),
        "occlusion": all_seen(table),
    }
    safe = np.maximum(score, 1e-9)
    gains = {name: 1 - rescore(other) / safe for name, other in changed.items()}
    gains["truncation"] = truncation_share
    matrix = np.clip(np.nan_to_num(np.stack([gains[cause] for cause in CAUSES], 1)), 0.0, 1.0)
    best = matrix.argmax(1)
    names = np.array(CAUSES)[best]
    return np.where(matrix[np.arange(len(best)), best] >= LEAST_GAIN, names, "posture"), matrix


def _truncation_share(people: PoseTable, model: RarityModel) -> PerPerson:
    """The share of the score that rests on joints that are not annotated.

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
