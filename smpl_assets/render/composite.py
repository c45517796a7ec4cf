"""A rendered person over its surroundings through one camera: composite, straight RGBA of the person, background."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from smpl_assets.render.protocol import RenderOutput
from smpl_assets.scene import SceneSpec
from smpl_assets.sensor import add_noise, blur, desaturate, shoulder, to_linear, to_srgb


@dataclass(frozen=True)
class Picture:
    """image: the finished photograph; person: straight sRGB + alpha; background: everything but the person. All uint8."""

    image: UInt8[np.ndarray, "height width 3"]
    person: UInt8[np.ndarray, "height width 4"]
    background: UInt8[np.ndarray, "height width 3"]


def compose(scene: SceneSpec, output: RenderOutput) -> Picture:
    """Composite in linear light what the renderer gave, then let the scene's sensor look at it.

    `image` is `person` over `background` plus noise, so that a translated person can take the rendered one's place.
    """
    spec = scene.sensor
    gain = np.float32(spec.exposure) * np.asarray(spec.white_balance, np.float32)
    behind = blur(_surroundings(scene, output) * gain, spec)
    where = _extent(output.subject[..., 3], 2 + int(3 * spec.defocus_px + spec.motion_px))
    subject = output.subject[where].copy()
    subject[..., :3] = shoulder(subject[..., :3] * gain)
    if spec.saturation != 1:
        behind, subject[..., :3] = desaturate(behind, spec.saturation), desaturate(subject[..., :3], spec.saturation)
    subject = np.clip(blur(subject, spec), 0, None) if subject.size else subject
    behind = to_srgb(behind)
    image, person = behind.copy(), np.zeros_like(output.subject)
    alpha = np.minimum(subject[..., 3:], 1)
    colour = to_srgb(subject[..., :3] / np.maximum(alpha, np.float32(1e-4)))
    image[where] += alpha * (colour - behind[where])
    person[where] = np.concatenate([colour * (alpha > 0), alpha], axis=2)
    return Picture(_bytes(add_noise(image, spec)), _bytes(person), _bytes(behind))


def _extent(alpha: Float32[np.ndarray, "height width"], margin: int) -> tuple[slice, slice]:
    """Rows and columns that hold anything, and `margin` px around them."""
    rows, columns = np.flatnonzero(alpha.max(axis=1)), np.flatnonzero(alpha.max(axis=0))
    if len(rows) == 0:
        return slice(0), slice(0)
    return slice(max(rows[0] - margin, 0), rows[-1] + 1 + margin), slice(max(columns[0] - margin, 0), columns[-1] + 1 + margin)


def _surroundings(scene: SceneSpec, output: RenderOutput) -> Float32[np.ndarray, "height width 3"]:
    """Linear background with the contact shadow, other people and occluders."""
    behind = to_linear(scene.background)
    shadow = ground_shadow(scene)
    if shadow is not None:
        behind *= shadow[..., None]
    others = output.others
    if others[..., 3].any():
        room = np.maximum(1 - output.subject[..., 3:], np.float32(1e-4))
        cover = np.minimum(others[..., 3:] / room, 1)
        behind = behind * (1 - cover) + shoulder(others[..., :3] / np.maximum(others[..., 3:], np.float32(1e-4))) * cover
    return behind


def ground_shadow(scene: SceneSpec) -> Float32[np.ndarray, "height width"] | None:
    """Share of the light that still reaches the floor, per pixel: vertices dropped onto the floor, near ones weighing most."""
    if scene.floor is None:
        return None
    height, width = scene.background.shape[:2]
    small = (max(width // 2, 1), max(height // 2, 1))
    dark = np.zeros((small[1], small[0]), np.float32)
    normal, offset = np.asarray(scene.floor[:3]), scene.floor[3]
    towards = scene.lighting.shadow_direction
    for person in scene.people:
        points = person.layers[0].vertices
        above = points @ normal - offset
        drop = above / max(float(towards @ normal), 0.2)
        fallen = points - drop[:, None] * towards
        pixel = scene.camera.intrinsics[:2] * fallen[:, :2] / np.maximum(fallen[:, 2:], 0.2) + scene.camera.intrinsics[2:]
        cell = np.floor(pixel * 0.5).astype(np.int64)
        inside = (cell[:, 0] >= 0) & (cell[:, 0] < small[0]) & (cell[:, 1] >= 0) & (cell[:, 1] < small[1]) & (above > -0.05)
        weight = (np.exp(-np.maximum(above, 0) * 9.0) + 0.12 * np.exp(-np.maximum(above, 0) * 1.5))[inside]
        index = cell[inside, 1] * small[0] + cell[inside, 0]
        dark += np.bincount(index, weight, dark.size).reshape(dark.shape).astype(np.float32)
    spread = (
        0.035 * float(scene.camera.intrinsics[0]) / float(np.median(scene.people[scene.subject].layers[0].vertices[:, 2])) * 0.5
    )
    soft = cv2.GaussianBlur(dark, (0, 0), max(spread, 0.8)) + 0.5 * cv2.GaussianBlur(dark, (0, 0), max(3 * spread, 1.6))
    share = 1 - scene.lighting.shadow_strength * (1 - np.exp(-soft * 0.35))
    return cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)


def _bytes(image: Float32[np.ndarray, "height width channels"]) -> UInt8[np.ndarray, "height width channels"]:
    return (np.clip(image, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
