"""Disks and offsets: whether a cell is near a joint, and where the joint is from there (O 3.1.4)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Found, Frame, Knobs, Loss, People
from training.codecs.peaks import smooth

RADIUS_PX = 16.0  # of the input; the paper gives no radius
Maps = Float[Tensor, "batch channels rows columns"]


@dataclass(frozen=True)
class DiskTargets:
    """disks: (B, J, h, w), 1 within the radius of a joint, else 0. offsets: (B, J, 2, h, w), from the cell to the joint in radii.

    supervised: joints that have a cell in their disk.
    """

    disks: Float[Tensor, "batch joints rows columns"]
    offsets: Float[Tensor, "batch joints 2 rows columns"]
    supervised: Bool[Tensor, "batch joints"]


@dataclass(frozen=True)
class DiskOffset:
    """Three maps a joint: its disk, and the offsets in x and in y.

    radius: of the disks, cells; none = 16 px of the input (2 cells at stride 8, 1 at stride 16), at least one cell.
    """

    radius: float | None = None

    def channels(self, skeleton: Skeleton) -> int:
        """Three per keypoint."""
        return 3 * len(skeleton)

    def reach(self, frame: Frame) -> float:
        """The disks' radius, cells."""
        return max(1.0, RADIUS_PX / frame.stride) if self.radius is None else self.radius

    def targets(self, people: People, frame: Frame) -> DiskTargets:
        """Eq 1 and 2: cells closer than the radius R have 1, and (g - x) / R towards the joint g."""
        keypoints, supervised = people.subject
        (rows, columns), reach = frame.cells_hw, self.reach(frame)
        x, y = (torch.arange(n, dtype=keypoints.dtype, device=keypoints.device) + 0.5 for n in (columns, rows))
        places = keypoints / frame.stride
        dx, dy = (places[..., :1] - x) / reach, (places[..., 1:] - y) / reach
        disks = (dx[:, :, None, :] ** 2 + dy[:, :, :, None] ** 2 <= 1) & supervised[..., None, None]
        shape = (*disks.shape[:2], rows, columns)
        offsets = torch.stack([dx[:, :, None, :].expand(shape), dy[:, :, :, None].expand(shape)], 2)
        return DiskTargets(disks.to(keypoints.dtype), offsets, disks.flatten(2).any(2))

    def loss(self, output: Maps, targets: DiskTargets) -> Loss:
        """Smooth L1 of both, added: the disks over the whole map, the offsets inside the disk, each the mean over its cells.

        The paper does not say how its sums are normalised.
        """
        disks, offsets = self._parts(output)
        wrong = smooth_l1_loss(disks, targets.disks, reduction="none").mean((2, 3))
        off = smooth_l1_loss(offsets, targets.offsets, reduction="none").sum(2) * targets.disks
        near = targets.disks.sum((2, 3)).clamp(min=1)
        error = (wrong + off.sum((2, 3)) / near) * targets.supervised
        return Loss(error.sum(1), targets.supervised.sum(1).to(error.dtype))

    def mirror(self, output: Maps, flip: tuple[int, ...]) -> Maps:
        """Turned back; offsets in x change their sign."""
        signs = torch.tensor([1.0, -1.0, 1.0], dtype=output.dtype, device=output.device)
        joints = output.unflatten(1, (-1, 3)).flip(4)[:, list(flip)]
        return (joints * signs[:, None, None]).flatten(1, 2)

    def decode(self, output: Maps, frame: Frame) -> Found:
        """Eq 3 and 4: the largest cell T of the smoothed disk map, and T + R O(T). The score is the disk map at T."""
        disks, offsets = self._parts(output)
        reach, width = self.reach(frame), output.shape[3]
        place = smooth(disks, reach / 2).flatten(2).argmax(2)
        cells = torch.stack([place % width, torch.div(place, width, rounding_mode="floor")], 2).to(output.dtype) + 0.5
        moved = offsets.flatten(3).gather(3, place[:, :, None, None].expand(-1, -1, 2, 1))[..., 0]
        score = disks.flatten(2).gather(2, place[..., None])[..., 0]
        return Found((cells + reach * moved) * frame.stride, score.clamp(0, 1))

    def _parts(self, output: Maps) -> tuple[Tensor, Tensor]:
        joints = output.unflatten(1, (-1, 3))
        return joints[:, :, 0], joints[:, :, 1:]


def open_disk_offset(knobs: Knobs) -> DiskOffset:
    """The codec of `train.codec = "disk_offset"`."""
    return DiskOffset()
