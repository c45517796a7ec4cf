"""People whose annotation is probably wrong, by rules that a pose can hardly break."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.pose_table import PoseTable
from training.metrics.oks import oks
from training.metrics.pck import torso_lengths
from training.rarity.frame import impossible_limbs, usual_sizes
from training.rarity.normalise import included_people

People = Bool[np.ndarray, " people"]
Vectors = Float[np.ndarray, "people 2"]
_WIDE = 0.3  # of the torso: pairs of joints farther apart than this have a direction
_OPPOSED = -0.5  # cosine
_SAME_OKS = 0.95
MISTAKES = {
    "limb too long": "a limb is more than twice as long as usual for the person's size: a joint of somebody else, most likely",
    "hips against shoulders": "left and right of hips and shoulders point opposite ways: sides swapped at one of them",
    "eyes against shoulders": "left and right of eyes and shoulders point opposite ways, the face to the camera: sides swapped",
    "joints in one place": "two joints that are not of the face lie on the very same pixel",
    "annotated twice": "another person of the image has nearly the same joints",
}


def suspected_mistakes(table: PoseTable) -> dict[str, Int64[np.ndarray, " people"]]:
    """Rows of the people that each rule of MISTAKES suspects."""
    rules = {
        "limb too long": _long_limbs(table),
        "hips against shoulders": _opposed(table, "hip", "shoulder"),
        "eyes against shoulders": _opposed(table, "eye", "shoulder") & _seen(table, "nose", "left_eye", "right_eye"),
        "joints in one place": _coincide(table),
        "annotated twice": twice(table),
    }
    return {name: np.flatnonzero(found) for name, found in rules.items()}


def _long_limbs(table: PoseTable) -> People:
    rows = np.flatnonzero(included_people(table, False))
    found = np.zeros(len(table), bool)
    if len(rows):
        found[rows] = impossible_limbs(table, rows, usual_sizes(table, rows, False))
    return found


def _opposed(table: PoseTable, first: str, second: str) -> People:
    """Whether left minus right of two pairs of joints point opposite ways, both wide enough to have a direction."""
    one, other = (_across(table, joint) for joint in (first, second))
    lengths = [np.linalg.norm(v, axis=1) for v in (one, other)]
    least = _WIDE * np.nan_to_num(torso_lengths(table), nan=np.inf) * np.array([[0.25 if first == "eye" else 1.0], [1.0]])
    wide = (lengths[0] > least[0]) & (lengths[1] > least[1])
    cosine = (one * other).sum(1) / np.maximum(lengths[0] * lengths[1], 1e-9)
    return np.asarray(wide & (cosine < _OPPOSED))


def _across(table: PoseTable, joint: str) -> Vectors:
    """From the right joint to the left one, px; zero where one is not annotated."""
    names = (f"left_{joint}", f"right_{joint}")
    if any(n not in table.skeleton.keypoints for n in names):
        return np.zeros((len(table), 2))
    left, right = map(table.skeleton.index, names)
    there = table.annotated[:, left] & table.annotated[:, right]
    return np.where(there[:, None], table.keypoints[:, left] - table.keypoints[:, right], 0.0)


def _seen(table: PoseTable, *names: str) -> People:
    if any(n not in table.skeleton.keypoints for n in names):
        return np.zeros(len(table), bool)
    return np.asarray(table.visible[:, [table.skeleton.index(n) for n in names]].all(1))


def _coincide(table: PoseTable) -> People:
    """Whether two limb joints (shoulders to ankles) lie in one place."""
    names = [f"{side}_{j}" for side in ("left", "right") for j in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")]
    joints = [table.skeleton.index(n) for n in names if n in table.skeleton.keypoints]
    found = np.zeros(len(table), bool)
    for place, a in enumerate(joints):
        for b in joints[place + 1 :]:
            same = (np.abs(table.keypoints[:, a] - table.keypoints[:, b]) < 1e-6).all(1)
            found |= table.annotated[:, a] & table.annotated[:, b] & same
    return found


def twice(table: PoseTable) -> People:
    """Whether an earlier person of the same image has nearly the same joints (OKS of 0.95 or more)."""
    found, sigmas = np.zeros(len(table), bool), np.array(table.skeleton.sigmas)
    rows = np.flatnonzero(table.annotated.any(1) & (table.area > 0))
    rows = rows[np.argsort(table.image[rows], kind="stable")]
    _, first = np.unique(table.image[rows], return_index=True)
    for people in np.split(rows, first[1:]):
        if len(people) > 1:
            same = oks(table.keypoints[people], table.keypoints[people], table.annotated[people], table.area[people], sigmas)
            alike = (table.annotated[people][:, None] == table.annotated[people][None]).all(2)
            found[people] = np.tril((same >= _SAME_OKS) & alike, -1).any(1)
    return found
