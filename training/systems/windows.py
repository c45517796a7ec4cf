"""Square windows cut from images, and how large a person is that they are measured by."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import grid_sample

from smpl_assets.skeletons import Skeleton

TORSO_SHARE = 0.3  # of the diagonal of all joints, where the torso's are not known
SMALLEST = 0.05  # of the image's height
Pairs = tuple[tuple[int, int], ...]


def size_of(image: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "2"]:
    """Width and height of images, px."""
    return torch.tensor(image.shape[:1:-1], dtype=torch.float32, device=image.device)


def torso_pairs(skeleton: Skeleton) -> Pairs:
    """The torso's keypoints and their mirror images as indices, as far as the skeleton has them."""
    pairs = (skeleton.torso, skeleton.mirrored(skeleton.torso))
    return tuple((skeleton.index(a), skeleton.index(b)) for a, b in pairs if {a, b} <= set(skeleton.keypoints))


def diameters(
    points: Float[Tensor, "batch joints 2"], known: Bool[Tensor, "batch joints"], torsos: Pairs, height: int
) -> Float[Tensor, " batch"]:
    """Diam(y) of DeepPose, px: shoulder to opposite hip; where these are not known a share of the joints' extent.

    Not less than a twentieth of the image's height, so that no window is empty.
    """
    high = torch.where(known[..., None], points, -torch.inf).amax(1)
    low = torch.where(known[..., None], points, torch.inf).amin(1)
    diameter = TORSO_SHARE * torch.where(known.any(1, keepdim=True), high - low, 0.0).norm(dim=1)
    for a, b in reversed(torsos):
        diameter = torch.where(known[:, a] & known[:, b], (points[:, a] - points[:, b]).norm(dim=1), diameter)
    return diameter.clamp(min=SMALLEST * height)


def cut_windows(
    image: Float[Tensor, "batch channels height width"],
    centres: Float[Tensor, "batch windows 2"],
    sides: Float[Tensor, "batch windows"],
    size: int,
) -> Float[Tensor, "cut channels size size"]:
    """Windows about centres, of sides in px, resampled to size x size: (B x windows, C, size, size), zero outside the image.

    Continuous px, as everywhere. Images take no gradient here, so nothing of this is undetermined on a GPU.
    """
    batch, windows = sides.shape
    ticks = torch.tensor(_ticks(size), dtype=image.dtype, device=image.device)
    x = centres[..., :1] + sides[..., None] * ticks
    y = centres[..., 1:] + sides[..., None] * ticks
    shape = (batch, windows, size, size)
    grid = torch.stack([x[:, :, None, :].expand(shape), y[:, :, :, None].expand(shape)], 4)
    grid = 2 * grid / torch.tensor(image.shape[:1:-1], dtype=image.dtype, device=image.device) - 1
    cut = grid_sample(image, grid.flatten(1, 2), mode="bilinear", padding_mode="zeros", align_corners=False)
    return cut.unflatten(2, (windows, size)).transpose(1, 2).flatten(0, 1)


def _ticks(size: int) -> Sequence[float]:
    """Middles of the pixels of a window, in its sides from its middle."""
    return [(i + 0.5) / size - 0.5 for i in range(size)]
