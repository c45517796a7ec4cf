"""Draws a fitted body over its photograph and from the side, to be looked at (not for training: see render)."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from smpl_assets.body.protocol import BodyModel
from smpl_assets.inverse.export import faces_of, pose_fits
from smpl_assets.inverse.fits import Fits
from smpl_assets.skeletons import Skeleton

_SKIN = np.array([150.0, 190.0, 235.0])
_LIGHT = np.array([-0.35, -0.6, -0.72])
_ROOM = 1.15  # of a strip around the person crop
_FINE = 2  # drawn this many times larger, then averaged


def draw_mesh(
    image: UInt8[np.ndarray, "height width 3"],
    vertices: Float[np.ndarray, "vertices 3"],
    faces: Int[np.ndarray, "faces 3"],
    intrinsics: Float[np.ndarray, " 4"],
    opacity: float = 0.85,
) -> UInt8[np.ndarray, "height width 3"]:
    """A shaded mesh (m, camera frame) over a copy of an image (RGB), far faces first."""
    height, width = image.shape[:2]
    colour = np.zeros((height * _FINE, width * _FINE, 3), np.uint8)
    cover = np.zeros((height * _FINE, width * _FINE), np.uint8)
    depth = vertices[:, 2]
    spots = (vertices[:, :2] / np.maximum(depth, 0.05)[:, None] * intrinsics[:2] + intrinsics[2:]) * _FINE
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    facing = (normals * corners.mean(1)).sum(1) < 0
    shade = 0.35 + 0.65 * np.clip(normals @ _LIGHT, 0.0, 1.0)
    seen = np.flatnonzero(facing & (depth[faces].min(1) > 0.05))
    order = seen[np.argsort(-depth[faces[seen]].mean(1), kind="stable")]
    polygons = np.clip(np.round(spots[faces] * 16), -(2**24), 2**24).astype(np.int32)
    for face in order:
        cv2.fillConvexPoly(colour, polygons[face], (_SKIN * shade[face]).tolist(), shift=4)
        cv2.fillConvexPoly(cover, polygons[face], 255, shift=4)
    small = (width, height)
    alpha = cv2.resize(cover, small, interpolation=cv2.INTER_AREA)[..., None] / 255.0
    person = cv2.resize(colour, small, interpolation=cv2.INTER_AREA).astype(np.float64)
    blended = image * (1.0 - opacity * alpha) + opacity * person
    return np.clip(np.round(blended), 0, 255).astype(np.uint8)


def draw_side(
    vertices: Float[np.ndarray, "vertices 3"], faces: Int[np.ndarray, "faces 3"], size: int, turn_rad: float = np.pi / 2
) -> UInt8[np.ndarray, "size size 3"]:
    """The mesh on white, seen after turning it about its vertical by `turn_rad`, filling a square image."""
    middle = (vertices.min(0) + vertices.max(0)) / 2
    cosine, sine = np.cos(turn_rad), np.sin(turn_rad)
    turned = (vertices - middle) @ np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]]).T
    far = 6.0
    focal = 0.46 * size * (far - np.abs(turned).max()) / np.abs(turned[:, :2]).max()
    white = np.full((size, size, 3), 255, np.uint8)
    return draw_mesh(white, turned + np.array([0.0, 0.0, far]), faces, np.array([focal, focal, size / 2, size / 2]), opacity=1.0)


def draw_skeleton(
    image: UInt8[np.ndarray, "height width 3"],
    skeleton: Skeleton,
    keypoints: Float[np.ndarray, "joints 2"],
    shown: np.ndarray,
    thickness: int = 2,
) -> UInt8[np.ndarray, "height width 3"]:
    """Limbs and joints (px) of the keypoints that are `shown` (J,) over a copy of an RGB image."""
    drawn = image.copy()
    spots = [tuple(int(v) for v in np.clip(np.round(p * 16 - 8), -(2**24), 2**24)) for p in keypoints]
    for a, b in skeleton.limb_indices:
        if shown[a] and shown[b]:
            cv2.line(drawn, spots[a], spots[b], skeleton.colours[b], thickness, cv2.LINE_AA, 4)
    for joint in np.flatnonzero(shown):
        cv2.circle(drawn, spots[joint], int(thickness * 1.5 * 16), skeleton.colours[joint], -1, cv2.LINE_AA, 4)
    return drawn


def cut_out(
    image: UInt8[np.ndarray, "height width 3"], intrinsics: Float[np.ndarray, " 4"], crop_xywh: Float[np.ndarray, " 4"], size: int
) -> tuple[UInt8[np.ndarray, "size size 3"], Float[np.ndarray, " 4"], Float[np.ndarray, "2 3"]]:
    """The square crop at `size` px (grey outside the image), the intrinsics there, and the affine that takes image px into it."""
    scale = size / crop_xywh[2]
    affine = np.array([[scale, 0.0, -crop_xywh[0] * scale], [0.0, scale, -crop_xywh[1] * scale]])
    pixel = affine.copy()
    pixel[:, 2] += 0.5 * scale - 0.5  # OpenCV counts from pixel centres
    cut = cv2.warpAffine(
        image, pixel, (size, size), flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR, borderValue=(128, 128, 128)
    )
    moved = np.concatenate([intrinsics[:2] * scale, intrinsics[2:] * scale + affine[:, 2]])
    return cut, moved, affine


def draw_strip(
    fit: Fits,
    skeleton: Skeleton,
    keypoints: Float[np.ndarray, "joints 2"],
    annotated: Bool[np.ndarray, " joints"],
    image: UInt8[np.ndarray, "height width 3"],
    body: BodyModel,
    size: int,
) -> UInt8[np.ndarray, "size width3 3"]:
    """One fitted person (the first of `fit`) as three squares of `size` px.

    They are the annotation (px of the photo) on its photo, the mesh over that, and the mesh from the side.
    """
    vertices = pose_fits(fit, body).vertices[0].double().numpy()
    faces = faces_of(body)
    wide = fit.crop_xywh[0, 2] * _ROOM
    corner = fit.crop_xywh[0, :2] - (wide - fit.crop_xywh[0, 2]) / 2
    cut, intrinsics, affine = cut_out(image, fit.intrinsics[0], np.array([*corner, wide, wide]), size)
    spots = keypoints @ affine[:, :2].T + affine[:, 2]
    thin = max(1, size // 120)
    annotation = draw_skeleton(cut, skeleton, spots, annotated, thin)
    over = draw_skeleton(draw_mesh(cut, vertices, faces, intrinsics), skeleton, spots, annotated, thin)
    return np.concatenate([annotation, over, draw_side(vertices, faces, size)], axis=1)
