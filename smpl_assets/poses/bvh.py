"""BVH motion files, retargeted to SMPL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.errors import InputError
from smpl_assets.poses.bvh_file import BvhMotion, read_bvh
from smpl_assets.poses.bvh_names import recognise
from smpl_assets.poses.clips import Clip, ClipFormat, thin
from smpl_assets.poses.retarget import ALIGNED_BONES, retarget

_UPRIGHT = 0.5  # of the trunk's length that goes up
_ALONG = 0.8  # cosine from which on a direction is taken for an axis


def is_clip(path: Path) -> bool:
    """Whether to try this file at all."""
    return path.suffix.lower() == ".bvh"


def joint_names(motion: BvhMotion, path: Path) -> dict[str, int]:
    """SMPL joint -> joint of the file; InputError if hips or limbs are not there under a known name."""
    found = recognise(motion.names, motion.parents)
    missing = [j for j in ("pelvis", *ALIGNED_BONES, *ALIGNED_BONES.values()) if j not in found]
    if missing:
        raise InputError(
            f"{path}: no joint found for {', '.join(dict.fromkeys(missing))} among {', '.join(motion.names)}",
            "rename the joints as Mixamo or CMU do (docs/poses.md)",
        )
    return found


def body_axes(motion: BvhMotion, found: dict[str, int], path: Path) -> Float[np.ndarray, "3 3"]:
    """The file's axes that point to the body's left, up and front in its rest posture, as columns.

    InputError where the rest posture stands along no axes.
    """
    places = np.zeros_like(motion.offsets)
    for joint, parent in enumerate(motion.parents):
        places[joint] = motion.offsets[joint] + (places[parent] if parent >= 0 else 0.0)
    at = {name: places[joint] for name, joint in found.items()}
    knees, hips = at["left_knee"] + at["right_knee"], at["left_hip"] + at["right_hip"]
    left, up = _axis(at["left_hip"] - at["right_hip"]), _axis(hips - knees)
    trunk = at["left_shoulder"] + at["right_shoulder"] - 2 * at["pelvis"]
    if left is None or up is None or np.dot(left, up) or np.dot(trunk, up) < _UPRIGHT * np.linalg.norm(trunk):
        raise InputError(f"{path}: the offsets do not make a standing body", "export it with a T-pose as its rest posture")
    return np.stack([left, up, np.cross(left, up)], axis=1)


def _axis(direction: np.ndarray) -> np.ndarray | None:
    """The unit vector along an axis that a direction means, None where it means none."""
    length = float(np.linalg.norm(direction))
    number = int(np.abs(direction).argmax())
    if length == 0 or abs(direction[number]) < _ALONG * length:
        return None
    axis = np.zeros(3)
    axis[number] = np.sign(direction[number])
    return axis


def rest_directions(motion: BvhMotion, found: dict[str, int], axes: Float[np.ndarray, "3 3"]) -> dict[str, torch.Tensor]:
    """Direction of every aligned bone in the file's rest posture, in SMPL's axes."""
    offsets = {joint: motion.offsets[found[end]] @ axes for joint, end in ALIGNED_BONES.items()}
    return {joint: torch.from_numpy(offset).float() for joint, offset in offsets.items() if np.linalg.norm(offset) > 0}


def read_clip(path: Path, frames_per_second: float = 0.0) -> Clip:
    """One file as SMPL poses, thinned to about `frames_per_second` (0: all frames)."""
    motion = read_bvh(path)
    found = joint_names(motion, path)
    axes = body_axes(motion, found, path)
    rows, rate = thin(len(motion.rotations), motion.rate, frames_per_second)
    whole = torch.from_numpy(axes.T @ motion.global_rotations() @ axes).float()[rows]
    rotations = {joint: whole[:, index] for joint, index in found.items()}
    return replace(retarget(path.stem, rotations, rest_directions(motion, found, axes)), rate=rate)


BVH = ClipFormat(("*.bvh",), is_clip, read_clip)
