"""The set that systems have to learn in half a minute: 64 x 64 stick figures in calm poses, every limb in a colour of its own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import People

SIDE, SHIFT = 64, 4
SKELETON = get_skeleton("lsp14")
# joint -> (the one it hangs on, px from there, degrees from straight down, positive to the person's left); parents come first
_LIMBS = {
    "head_bottom": ("", 15.0, 180), "head_top": ("head_bottom", 8.0, 180), "shoulder": ("head_bottom", 6.0, 70),
    "hip": ("", 4.0, 90), "elbow": ("shoulder", 9.0, 20), "wrist": ("elbow", 8.0, 10), "knee": ("hip", 10.0, 8),
    "ankle": ("knee", 10.0, 0),
}  # fmt: skip
_SPREAD = {"head_bottom": 8, "head_top": 8, "shoulder": 6, "hip": 6, "elbow": 28, "wrist": 32, "knee": 18, "ankle": 18}


@dataclass(frozen=True)
class Figures:
    """images: (N, 64, 64, 3) RGB. keypoints: (N, 14, 2) continuous px. present: joints that are there."""

    images: UInt8[Tensor, "n height width 3"]
    keypoints: Float[Tensor, "n joints 2"]
    present: Bool[Tensor, "n joints"]

    def __len__(self) -> int:
        return len(self.images)

    def people(self, rows: Tensor) -> People:
        """What a training is told of some of them."""
        return People(self.keypoints[rows, None], self.present[rows, None])

    @property
    def torso(self) -> Float[Tensor, " n"]:
        """PCK's unit, px."""
        a, b = (SKELETON.index(name) for name in SKELETON.torso)
        return (self.keypoints[:, a] - self.keypoints[:, b]).norm(dim=1)


def easy_set(count: int, seed: int, absent: float = 0.0) -> Figures:
    """Figures of a seed. absent: share of the joints that are not there."""
    rng = np.random.default_rng([seed, count])
    keypoints = np.stack([_pose(rng) for _ in range(count)])
    present = rng.random(keypoints.shape[:2]) >= absent
    images = np.stack([_draw(*figure, rng) for figure in zip(keypoints, present, strict=True)])
    return Figures(torch.from_numpy(images), torch.from_numpy(keypoints).float(), torch.from_numpy(present))


def _pose(rng: np.random.Generator) -> np.ndarray:
    places = {"": np.array([SIDE / 2, SIDE / 2 + 2]) + rng.normal(0, 3.6, 2)}
    size, lean = rng.uniform(0.8, 1.1), rng.normal(0, 6)
    for name, (parent, length, angle) in _LIMBS.items():
        for side, sign in (("", 1),) if name.startswith("head") else (("left_", 1), ("right_", -1)):
            turned = np.radians(lean + sign * angle + rng.normal(0, _SPREAD[name]))
            start = places.get(side + parent, places.get(parent, places[""]))
            places[side + name] = start + size * length * np.array([np.sin(turned), np.cos(turned)])
    return np.clip(np.stack([places[name] for name in SKELETON.keypoints]), 1, SIDE - 1)


def _draw(keypoints: np.ndarray, present: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    coarse = rng.integers(60, 200, (3, 3, 3)).astype(np.float32)
    image = np.clip(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)
    ends = np.round((keypoints - 0.5) * 2**SHIFT).astype(int)
    for (a, b), colour in zip(SKELETON.limb_indices, COLOURS, strict=True):
        if present[a] and present[b]:
            cv2.line(image, ends[a].tolist(), ends[b].tolist(), colour, 2, cv2.LINE_AA, SHIFT)
    return image


def _colours(count: int) -> list[tuple[int, int, int]]:
    hues = np.stack([np.arange(count) * 180 / count, np.full(count, 255), np.full(count, 255)], 1).astype(np.uint8)
    return [tuple(int(v) for v in row) for row in cv2.cvtColor(hues[None], cv2.COLOR_HSV2RGB)[0]]


COLOURS = _colours(len(SKELETON.limbs))
