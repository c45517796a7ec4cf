"""A fitted person to be looked at: the annotated pose on the photograph, the body over it, the body from the side."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, UInt8

from smpl_assets.body.protocol import BodyModel
from smpl_assets.drawing.crops import cut_square
from smpl_assets.drawing.meshes import draw_mesh, draw_turned
from smpl_assets.drawing.poses import draw_pose, moved
from smpl_assets.inverse.export import pose_fits
from smpl_assets.inverse.fits import Fits
from smpl_assets.skeletons import Skeleton

Photo = UInt8[np.ndarray, "height width 3"]
Tile = UInt8[np.ndarray, "side side 3"]


def annotated_tile(
    photo: Photo,
    fit: Fits,
    skeleton: Skeleton,
    keypoints: Float[np.ndarray, "joints 2"],
    flags: Int[np.ndarray, " joints"],
    side: int,
) -> Tile:
    """The photograph's crop of a fitted person (the first of `fit`) with the annotated pose, px; flags as in `draw_pose`."""
    tile, affine = cut_square(photo, fit.crop_xywh[0].astype(float), side)
    return draw_pose(tile, skeleton, moved(keypoints, affine), flags)


def body_tile(photo: Photo, fit: Fits, body: BodyModel, side: int) -> Tile:
    """The fitted body (the first of `fit`) over the same crop."""
    tile, affine = cut_square(photo, fit.crop_xywh[0].astype(float), side)
    return draw_mesh(tile, *_surface(fit, body), moved_intrinsics(fit.intrinsics[0].astype(float), affine))


def side_tile(fit: Fits, body: BodyModel, side: int) -> Tile:
    """The same body turned by a right angle, on white."""
    return draw_turned(*_surface(fit, body), side)


def moved_intrinsics(intrinsics: Float[np.ndarray, " 4"], affine: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, " 4"]:
    """fx, fy, cx, cy (px) of a crop, from those of its image and the affine that takes px of the image into it."""
    return np.concatenate([intrinsics[:2] * affine[0, 0], intrinsics[2:] * affine[0, 0] + affine[:, 2]])


def _surface(fit: Fits, body: BodyModel) -> tuple[Float[np.ndarray, "vertices 3"], Int[np.ndarray, "faces 3"]]:
    """Vertices (m, camera frame) and faces; a body whose UV file is not given has no faces to show."""
    faces = np.zeros((0, 3), np.int64) if body.topology is None else np.asarray(body.topology.faces)
    return pose_fits(fit, body).vertices[0].double().numpy(), faces
