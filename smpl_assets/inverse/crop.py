"""The person crop: a square around the annotated keypoints, seen as a 256 px image by its own camera."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

CROP_PX = 256.0
MARGIN = 1.25
Points = Float[Tensor, "people joints 2"]
Known = Bool[Tensor, "people joints"]
Boxes = Float[Tensor, "people 4"]
PerPerson = Float[Tensor, " people"]


def crop_around(keypoints: Points, annotated: Known) -> Boxes:
    """Square crops (x, y, side, side): the middle of the annotated keypoints' box, its longer side x 1.25.

    A person without annotated keypoints gets a unit crop at the origin.
    """
    known = annotated[..., None]
    low = torch.where(known, keypoints, torch.inf).amin(1)
    high = torch.where(known, keypoints, -torch.inf).amax(1)
    some = annotated.any(1, keepdim=True)
    low, high = torch.where(some, low, 0.0), torch.where(some, high, 1.0)
    side = ((high - low).amax(1, keepdim=True) * MARGIN).clamp(min=1e-3)
    return torch.cat([(low + high - side) / 2, side, side], 1)


def to_crop(keypoints: Points, annotated: Known, crop_xywh: Boxes) -> Points:
    """Image px to crop px measured from the crop's centre (+-128 at its edges); zero where not annotated."""
    centre, side = crop_xywh[:, None, :2] + crop_xywh[:, None, 2:] / 2, crop_xywh[:, None, 2:]
    return torch.where(annotated[..., None], (keypoints - centre) / side * CROP_PX, 0.0)


def crop_intrinsics(focal_px: PerPerson, crop_xywh: Boxes) -> Boxes:
    """Intrinsics in the source image of a camera with `focal_px` in 256 px crops, aimed at the crop's centre."""
    focal = (focal_px / CROP_PX)[:, None] * crop_xywh[:, 2:]
    return torch.cat([focal, crop_xywh[:, :2] + crop_xywh[:, 2:] / 2], 1)


def solve_translation(
    points: Float[Tensor, "people joints 3"], targets: Points, weights: Float[Tensor, "people joints"], focal_px: PerPerson
) -> Float[Tensor, "people 3"]:
    """The translation (m) that best brings points (m, camera axes, any origin) onto targets (px from the principal point).

    Linear least squares of u (Z + tz) = f (X + tx), v (Z + tz) = f (Y + ty); depth stays beyond half a metre.
    """
    focal = focal_px[:, None].expand_as(targets[..., 0])
    zero = torch.zeros_like(focal)
    u, v = targets.unbind(-1)
    system = torch.cat([torch.stack([focal, zero, -u], -1), torch.stack([zero, focal, -v], -1)], 1)
    x, y, z = points.unbind(-1)
    wanted = torch.cat([u * z - focal * x, v * z - focal * y], 1)[..., None]
    scale = torch.cat([weights, weights], 1)[..., None]
    normal = (system * scale).transpose(1, 2) @ system
    normal = normal + 1e-6 * normal.diagonal(dim1=1, dim2=2).mean(1)[:, None, None] * torch.eye(3, dtype=points.dtype)
    transl = torch.linalg.solve(normal, (system * scale).transpose(1, 2) @ wanted)[..., 0]
    depth = transl[:, 2:]
    nearest = 0.5 - torch.where(weights > 0, z, 0.0).amin(1, keepdim=True)
    sensible = torch.maximum(depth, nearest).clamp(max=60.0)
    return torch.cat([transl[:, :2] / depth.abs().clamp(min=1e-3) * sensible, sensible], 1)
