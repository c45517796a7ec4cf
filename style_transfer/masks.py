"""Where a person is, from keypoints alone: capsules along the limbs, sharpened by GrabCut."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from smpl_assets.skeletons import Skeleton
from style_transfer.pixels import resize

# Radii and lengths as shares of the torso (shoulder line to hip line, about 0.5 m).
_RADIUS = {("shoulder", "elbow"): 0.13, ("elbow", "wrist"): 0.10, ("hip", "knee"): 0.19, ("knee", "ankle"): 0.13}
_TORSO_PER_LENGTH = {("shoulder", "elbow"): 1.6, ("elbow", "wrist"): 1.8, ("hip", "knee"): 1.1, ("knee", "ankle"): 1.15}
_REACH = {("elbow", "wrist"): 0.35, ("knee", "ankle"): 0.22}  # hands and feet continue the limb by this share
_HEAD_RADIUS, _TRUNK_RADIUS = 0.24, 0.10
_MAX_TORSO_SHARE = 0.55  # of the longer side of the keypoints' box
_WORK_SIDE = 112  # larger crops are masked at this size
_SHIFT = 4  # OpenCV draws with this many fractional bits


def person_mask(
    image: UInt8[np.ndarray, "side side 3"],
    skeleton: Skeleton,
    keypoints: Float[np.ndarray, "joints 2"],
    annotated: Bool[np.ndarray, " joints"],
    method: Literal["capsules", "grabcut"],
) -> Float[np.ndarray, "side side"]:
    """Soft mask in [0, 1] of the person whose keypoints (px of `image`) are given; all zero where nothing gives its size."""
    whole, side = image.shape[0], min(image.shape[0], _WORK_SIDE)
    image, keypoints = resize(image, side), keypoints * (side / whole)
    torso = torso_length(skeleton, keypoints, annotated)
    if not torso:
        return np.zeros((whole, whole), np.float32)
    capsules = _capsules(side, skeleton, keypoints, annotated, torso, 1.0)
    if method == "grabcut":
        core = _capsules(side, skeleton, keypoints, annotated, torso, 0.55)
        hull = _capsules(side, skeleton, keypoints, annotated, torso, 1.9)
        capsules = _grabcut(image, core, capsules, hull)
    soft = cv2.GaussianBlur(capsules.astype(np.float32), (0, 0), max(0.008 * side, 0.6))
    return np.clip(resize(soft, whole), 0, 1)


def torso_length(skeleton: Skeleton, keypoints: Float[np.ndarray, "joints 2"], annotated: Bool[np.ndarray, " joints"]) -> float:
    """The longest that the visible parts say the torso is, px (foreshortening only shrinks); 0 where no part is annotated."""
    point = {n: k for n, k, a in zip(skeleton.keypoints, keypoints, annotated, strict=True) if a}
    lengths = []
    for side in ("left", "right"):
        if f"{side}_shoulder" in point and f"{side}_hip" in point:
            lengths.append(float(np.linalg.norm(point[f"{side}_shoulder"] - point[f"{side}_hip"])))
        for (a, b), factor in _TORSO_PER_LENGTH.items():
            if f"{side}_{a}" in point and f"{side}_{b}" in point:
                lengths.append(factor * float(np.linalg.norm(point[f"{side}_{a}"] - point[f"{side}_{b}"])))
    if not lengths:
        return 0.0
    spread = np.ptp(keypoints[annotated], axis=0).max()
    return float(min(max(lengths), _MAX_TORSO_SHARE * spread))


def _capsules(
    side: int, skeleton: Skeleton, keypoints: np.ndarray, annotated: np.ndarray, torso: float, widen: float
) -> UInt8[np.ndarray, "side side"]:
    mask = np.zeros((side, side), np.uint8)
    point = {n: k for n, k, a in zip(skeleton.keypoints, keypoints, annotated, strict=True) if a}
    for prefix in ("left", "right"):
        for (a, b), radius in _RADIUS.items():
            start, end = point.get(f"{prefix}_{a}"), point.get(f"{prefix}_{b}")
            if start is not None and end is not None:
                end = end + _REACH.get((a, b), 0.0) * (end - start)
                _capsule(mask, start, end, radius * torso * widen)
    trunk = [point[n] for n in ("left_shoulder", "right_shoulder", "right_hip", "left_hip") if n in point]
    for i, start in enumerate(trunk):
        _capsule(mask, start, trunk[(i + 1) % len(trunk)], _TRUNK_RADIUS * torso * widen)
    if len(trunk) >= 3:
        cv2.fillConvexPoly(mask, cv2.convexHull(_fixed(np.stack(trunk))), 1, shift=_SHIFT)
    _head(mask, point, torso, widen)
    return mask


def _head(mask: np.ndarray, point: dict[str, np.ndarray], torso: float, widen: float) -> None:
    shoulders = [point[n] for n in ("left_shoulder", "right_shoulder") if n in point]
    neck = point.get("head_bottom", np.mean(shoulders, axis=0) if shoulders else None)
    if "head_top" in point and neck is not None:
        top = point["head_top"]
        _capsule(mask, 0.7 * top + 0.3 * neck, 0.45 * top + 0.55 * neck, 0.85 * _HEAD_RADIUS * torso * widen)
        return
    face = [point[n] for n in ("left_ear", "right_ear", "left_eye", "right_eye", "nose", "head") if n in point]
    if not face:
        return
    centre = np.mean(face, axis=0)
    if neck is not None:
        _capsule(mask, centre, neck, 0.6 * _HEAD_RADIUS * torso * widen)
        away = centre - neck
        centre = centre + away / max(float(np.linalg.norm(away)), 1e-6) * 0.06 * torso
    _capsule(mask, centre, centre, _HEAD_RADIUS * torso * widen)


def _fixed(points: np.ndarray) -> np.ndarray:
    """Continuous px -> OpenCV's fixed point, whose pixel centres are whole numbers."""
    return np.rint((np.clip(points, -1e4, 1e4) - 0.5) * (1 << _SHIFT)).astype(np.int32)


def _capsule(mask: np.ndarray, start: np.ndarray, end: np.ndarray, radius: float) -> None:
    a, b = _fixed(np.stack([start, end]))
    cv2.line(mask, tuple(map(int, a)), tuple(map(int, b)), 1, max(round(2 * radius), 1), cv2.LINE_8, _SHIFT)
    for centre in (a, b):
        cv2.circle(mask, tuple(map(int, centre)), round(max(radius, 0.5) * (1 << _SHIFT)), 1, -1, cv2.LINE_8, _SHIFT)


def _grabcut(image: np.ndarray, core: np.ndarray, capsules: np.ndarray, hull: np.ndarray) -> np.ndarray:
    """Colour models grown from the limbs' cores; the capsules themselves where that runs away or collapses."""
    labels = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    labels[hull > 0] = cv2.GC_PR_BGD
    labels[capsules > 0] = cv2.GC_PR_FGD
    labels[core > 0] = cv2.GC_FGD
    if not core.any() or hull.all():
        return capsules
    cv2.setRNGSeed(0)
    cv2.grabCut(
        cv2.cvtColor(image, cv2.COLOR_RGB2BGR), labels, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 3,
        cv2.GC_INIT_WITH_MASK,
    )  # fmt: skip
    found = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) | core
    share = found.sum() / max(int(capsules.sum()), 1)
    return found if 0.5 <= share <= 1.9 else capsules
