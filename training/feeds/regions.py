"""Regions of training crops: Edge Boxes of the picture of each person, moved with its joints."""

from __future__ import annotations

from collections.abc import Hashable

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from training.codecs.codec import SHORTEST_RANDOM, RegionRequest
from training.feeds.edge_boxes import Boxes, edge_boxes, require_edge_boxes
from training.feeds.transforms import Affine, Box, apply_affine, invert, padded_size
from training.feeds.views import FirstCome, View

LONGEST = 224  # px, the side of what boxes are looked for in: of larger pictures they take seconds
PICTURES = 8  # of this part of the memory is for boxes: 3 kB a person


class Proposals:
    """What a codec asked for, drawn from boxes that are found once per picture and kept while memory allows."""

    def __init__(self, asked: RegionRequest, size_hw: tuple[int, int], padding: float) -> None:
        """InputError where OpenCV has no Edge Boxes."""
        require_edge_boxes()
        self.asked, self.size_hw, self.padding = asked, size_hw, padding
        self._found: FirstCome[Boxes] = FirstCome(0)

    def keep(self, memory: int) -> int:
        """Bytes of a memory that is shared with pictures which the boxes, once found, may take from now on."""
        self._found = FirstCome(memory // PICTURES)
        return self._found.limit

    def draw(
        self, key: Hashable, view: View | None, region: Box, crop_from_image: Affine, rng: np.random.Generator
    ) -> Float[Tensor, "regions 4"]:
        """Regions of one crop, px of it; boxes of the same key are the same. Without a view, all are of random place and size."""
        boxes = np.zeros((0, 4), np.float32)
        if view is not None:
            boxes = self._found.get(key, lambda: proposed(view, region, self.size_hw, self.padding))
        return torch.from_numpy(draw_regions(moved(boxes, crop_from_image), self.asked, self.size_hw, rng))


def proposed(view: View, region: Box, size_hw: tuple[int, int], padding: float) -> Boxes:
    """Edge Boxes of what the unmoved crop of a region shows of its image, at the crop's resolution or less, px of the image."""
    x, y, w, h = (float(v) for v in region)
    half = np.array(padded_size(region, size_hw, padding)) / 2
    middle = np.array([x + w / 2, y + h / 2])
    height, width = view.image.shape[:2]
    ends = apply_affine(invert(view.matrix), np.stack([middle - half, middle + half]))
    left, top, right, bottom = (int(v) for v in np.clip(np.round(ends), 0, [width, height]).ravel())
    if left >= right or top >= bottom:
        return np.zeros((0, 4), np.float32)
    finest = min(1.0, LONGEST / max(size_hw)) * size_hw[1] / (2 * half[0]) * view.matrix[0, 0]
    sides = np.array([right - left, bottom - top])
    small = np.maximum(1, np.round(sides * min(1.0, finest))).astype(int)
    part = cv2.resize(view.image[top:bottom, left:right], small.tolist(), interpolation=cv2.INTER_AREA)
    corners = edge_boxes(part).reshape(-1, 2) * (sides / small) + [left, top]
    return apply_affine(view.matrix, corners).reshape(-1, 4).astype(np.float32)


def moved(boxes: Boxes, matrix: Affine) -> Boxes:
    """The upright boxes about what an affine map makes of boxes."""
    x0, y0, x1, y1 = boxes.T.astype(np.float64)
    corners = apply_affine(matrix, np.stack([np.stack(p, 1) for p in ((x0, y0), (x1, y0), (x0, y1), (x1, y1))]))
    return np.concatenate([corners.min(0), corners.max(0)], axis=1).astype(np.float32)


def draw_regions(
    boxes: Boxes, asked: RegionRequest, size_hw: tuple[int, int], rng: np.random.Generator
) -> Float[np.ndarray, "regions 4"]:
    """As many regions of a crop as were asked for, px: boxes that are large enough in it, then some of random place and size."""
    size = np.array([size_hw[1], size_hw[0]], np.float32)
    clipped = np.clip(boxes, 0, np.tile(size, 2))
    large = clipped[((clipped[:, 2:] - clipped[:, :2]) >= asked.smallest).all(1)]
    chosen = large[rng.permutation(len(large))[: asked.count]]
    dice = rng.random((asked.count - len(chosen), 4), np.float32)
    sides = np.maximum(SHORTEST_RANDOM + (1 - SHORTEST_RANDOM) * dice[:, :2], np.minimum(asked.smallest / size, 1)) * size
    corners = dice[:, 2:] * (size - sides)
    return np.concatenate([chosen, np.concatenate([corners, corners + sides], axis=1)]).astype(np.float32)
