"""Places the surface keypoints of a body model: on a licensed one where it is used, on Anny once (tools/place_keypoints.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.optimize import nnls
from scipy.spatial import cKDTree

from smpl_assets.body.keypoints import KeypointTable, keypoint_file
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.body.settings import KeypointShifts

Point = tuple[tuple[int, ...], tuple[float, ...]]
DIRECTIONS = 14
# MPII's pelvis and thorax are the middles of the hips and of the shoulders.
MIDDLES = {"pelvis": ("left_hip", "right_hip"), "thorax": ("left_shoulder", "right_shoulder")}
Vertices = Float[np.ndarray, "vertices 3"]
JointWeights = Float[np.ndarray, "vertices 24"]


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
    "shoulder": ("shoulder", "collar"), "elbow": ("shoulder", "elbow"), "wrist": ("elbow", "wrist"), "hip": ("hip", "pelvis"),
    "knee": ("hip", "knee"), "ankle": ("knee", "ankle"),
}  # fmt: skip
_HEAD = ("head", "neck")
_TRUNK = ("spine3", "left_collar", "right_collar", "neck", "head")


def mirror_map(vertices: np.ndarray) -> np.ndarray:
    """For each vertex of a symmetric mesh (symmetric about x = 0) the one on the other side."""
    return cKDTree(vertices).query(vertices * [-1, 1, 1])[1]


def place(vertices: Vertices, joint_weights: JointWeights, targets: Mapping[str, np.ndarray]) -> dict[str, Point]:
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
    return placed


def with_middles(points: Mapping[str, Point]) -> dict[str, Point]:
    """The points with those in the middle of two others (MIDDLES)."""
    found = dict(points)
    for name, parts in MIDDLES.items():
        sides = [found[p] for p in parts]
        found[name] = (sides[0][0] + sides[1][0], tuple(0.5 * w for s in sides for w in s[1]))
    return found


def moved(table: KeypointTable, vertices: Vertices, joint_weights: JointWeights, shifts: KeypointShifts) -> KeypointTable:
    """The table with points moved on the rest body (x to its left, y up) as the annotators of a data set put them.

    A point cannot leave the body: beyond the surface it stays at the surface.
    """
    if shifts == KeypointShifts():
        return table

    def at(name: str) -> np.ndarray:
        numbers, weights = table.points[name]
        return np.asarray(np.array(weights) @ vertices[list(numbers)])

    torso = float(np.linalg.norm(at("left_shoulder") + at("right_shoulder") - at("left_hip") - at("right_hip"))) / 2
    neck = (0.0, shifts.neck_up)
    steps = {"left_hip": (shifts.hip_out, 0.0), "neck": neck, "upper_neck": neck}
    targets = {n: at(n) + torso / 100 * np.array([*s, 0.0]) for n, s in steps.items() if any(s) and n in table.points}
    return replace(table, points=with_middles(table.points | place(vertices, joint_weights, targets)), _matrices={})


def place_by_rules(kind: str, vertices: Vertices, joint_weights: JointWeights, joints: Mapping[str, np.ndarray]) -> KeypointTable:
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
    return KeypointTable(kind, len(vertices), with_middles(fixed | place(vertices, joint_weights, targets)), raw["skeletons"])
