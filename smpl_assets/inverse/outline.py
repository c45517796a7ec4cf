"""What a camera sees of a body, told from its capsules without a mesh: the box about it, the keypoints that it hides."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from smpl_assets.body.capsules import closest_points
from smpl_assets.camera import MIN_DEPTH_M
from smpl_assets.inverse.overlaps import RigCapsules, capsule_ends
from smpl_assets.inverse.rig import Posed, linear_features

_COVER_M = 0.04  # a keypoint no deeper than this below what is seen counts as seen (cf. render.studio.people.CLOTH_M)


@dataclass(frozen=True)
class Outline:
    """M capsules of B bodies: the ends of their axes (B, M, 2, 3) m, camera frame, and radii (B, M) m."""

    ends: Float[Tensor, "batch capsules 2 3"]
    radii: Float[Tensor, "batch capsules"]

    @classmethod
    def of(cls, capsules: RigCapsules, posed: Posed, shape: Float[Tensor, "batch shape"]) -> Outline:
        """The capsules of posed bodies of these shapes."""
        return cls(capsule_ends(capsules, posed), (linear_features(shape) @ capsules.radii).exp())

    def boxes(self, intrinsics: Float[Tensor, "batch 4"]) -> Float[Tensor, "batch 4"]:
        """Boxes (xywh, px) about the bodies in the image of a camera with fx, fy, cx, cy."""
        depth = self.ends[..., 2:].clamp(min=MIN_DEPTH_M)
        focal, centre = intrinsics[:, None, None, :2], intrinsics[:, None, None, 2:]
        middle, reach = focal * self.ends[..., :2] / depth + centre, focal * self.radii[..., None, None] / depth
        low, high = (middle - reach).amin((1, 2)), (middle + reach).amax((1, 2))
        return torch.cat([low, high - low], 1)

    def hidden(self, points: Float[Tensor, "batch keypoints 3"]) -> Bool[Tensor, "batch keypoints"]:
        """Whether a part of the body lies before a point (m, camera frame), and not only what the point itself lies in."""
        count, many = self.radii.shape[1], points.shape[1]
        start, end = (self.ends[:, None, :, e].expand(-1, many, -1, -1) for e in (0, 1))
        point, radii = points[:, :, None].expand(-1, -1, count, -1), self.radii[:, None]
        far = point.norm(dim=-1)
        on_ray, on_axis = closest_points(torch.zeros_like(point), point, start, end)
        entry = on_ray.norm(dim=-1) - _half_chord(radii, (on_ray - on_axis).norm(dim=-1))
        inside, within = closest_points(point, point + 1e-6 * point / far[..., None], start, end)
        own = _half_chord(radii, (inside - within).norm(dim=-1))
        crossed = (on_ray - on_axis).norm(dim=-1) < radii
        return (crossed & (entry < far - own - _COVER_M)).any(2)


def _half_chord(radius: Tensor, distance: Tensor) -> Tensor:
    """How far a line at a distance from a centre runs within the radius, on one side."""
    return (radius**2 - distance**2).clamp(min=0).sqrt()
