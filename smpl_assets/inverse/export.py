"""Fitted bodies as mesh files for other programs, and as pictures over their photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import trimesh
from jaxtyping import Float, Int, UInt8

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import BodyModel, BodyOutput, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.drawing.crops import cut_square
from smpl_assets.drawing.meshes import draw_mesh, draw_turned
from smpl_assets.drawing.poses import draw_pose, moved
from smpl_assets.errors import InputError
from smpl_assets.inverse.fits import Fits
from smpl_assets.progress import Progress, silent
from smpl_assets.skeletons import Skeleton

_SKIN = np.array([205, 170, 145, 255], np.uint8)
_UP = np.diag([1.0, -1.0, -1.0])  # camera frame (y down, z forward) to what viewers expect (y up, z towards the viewer)


def pose_fits(fits: Fits, body: BodyModel) -> BodyOutput:
    """The fitted bodies, camera frame, m."""
    with torch.no_grad():
        return body(BodyPose.from_axis_angle(fits.bodies))


def export_fits(fits: Fits, body: BodySettings, out: Path, kind: str = "glb", progress: Progress = silent) -> list[Path]:
    """Write every accepted fit as `out/PERSON.glb` or `.obj`: metres, y up, the camera at the origin looking along -z.

    Raises:
        InputError: the fits are of another body, the kind is not known, or the body has no surface to write.
    """
    if kind not in ("glb", "obj"):
        raise InputError(f"fits can be exported as glb or obj, not as '{kind}'", "--kind glb")
    model = load_body(body)
    if fits.body != model.name:
        raise InputError(f"the fits are of the body '{fits.body}', not '{model.name}'", f"--set body.name={fits.body}")
    out.mkdir(parents=True, exist_ok=True)
    rows = np.flatnonzero(fits.accepted)
    written = []
    for done, row in enumerate(rows):
        one = fits.select(np.array([row]))
        vertices = pose_fits(one, model).vertices[0].numpy() @ _UP.T
        mesh = trimesh.Trimesh(vertices, faces_of(model), process=False, vertex_colors=np.tile(_SKIN, (len(vertices), 1)))
        path = out / f"{int(one.person[0]):06d}.{kind}"
        mesh.export(path)
        written.append(path)
        progress(done + 1, len(rows))
    return written


def faces_of(model: BodyModel) -> np.ndarray:
    """The body's faces (F, 3); InputError where it has none."""
    if model.topology is None:
        raise InputError(f"the body '{model.name}' has no topology: its UV file was not given", "--set body.uv=PATH")
    return model.topology.faces


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
