"""A rendered person over its surroundings through one camera: composite, straight RGBA of the person, background."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.render.compose.ground_shadow import ground_shadow, shade_floor
from smpl_assets.render.protocol import Picture, RenderOutput
from smpl_assets.scene import SceneSpec
from smpl_assets.sensor import add_noise, blur, expose


def compose(scene: SceneSpec, output: RenderOutput) -> Picture:
    """The scene as its sensor sees it: the background exposed and shaded, the person over it, blur and noise.

    `image` is `person` over `background` plus noise, so that a translated person can take the rendered one's place. Colours are
    mixed in 8-bit sRGB; light (exposure, shadows, the person's shading) is worked out in linear light.
    """
    spec = scene.sensor
    behind = blur(_surroundings(scene, output), spec)
    image, person = behind.copy(), np.zeros_like(output.subject)
    where = _around(output.bbox_amodal[scene.subject], 3 + int(3 * spec.defocus_px + spec.motion_px))
    subject = output.subject[where]
    if subject.size:
        person[where], image[where] = _over(blur(subject, spec), behind[where])
    return Picture(add_noise(image, spec), person, behind)


def _around(box: Float[np.ndarray, "4"], margin: int) -> tuple[slice, slice]:
    """Rows and columns of a box (xywh, px) and `margin` px around it; nothing for an empty one."""
    if box[2] == 0:
        return slice(0), slice(0)
    low, high = np.floor(box[:2]).astype(int) - margin, np.ceil(box[:2] + box[2:]).astype(int) + margin
    (left, top), (right, bottom) = np.maximum(low, 0), np.maximum(high, 0)
    return slice(top, bottom), slice(left, right)


def _over(
    subject: UInt8[np.ndarray, "h w 4"], behind: UInt8[np.ndarray, "h w 3"]
) -> tuple[UInt8[np.ndarray, "h w 4"], UInt8[np.ndarray, "h w 3"]]:
    """The person (premultiplied) with straight colours, and over the background."""
    red, green, blue, alpha = cv2.split(subject)
    opaque, clear = cv2.merge((alpha, alpha, alpha)), 255 - alpha
    colours = cv2.merge((red, green, blue))
    image = cv2.add(cv2.multiply(behind, cv2.merge((clear, clear, clear)), scale=1 / 255), colours)
    straight = cv2.divide(colours, opaque, scale=255)
    return cv2.merge((*cv2.split(straight), alpha)), image


def _surroundings(scene: SceneSpec, output: RenderOutput) -> UInt8[np.ndarray, "height width 3"]:
    """The exposed background with the shadow, other people and occluders."""
    behind = expose(scene.background, scene.sensor)
    shadow = ground_shadow(scene)
    if shadow is not None:
        shade_floor(behind, shadow)
    others = output.others
    if (len(scene.people) > 1 or scene.occluders) and others[..., 3].any():
        # Their coverage counts only what the subject leaves free; beside the subject's own share it is stretched to full.
        room = np.maximum(255 - output.subject[..., 3:].astype(np.float32), 1)
        cover = np.minimum(others / room, 1)
        behind = (behind * (1 - cover[..., 3:]) + 255 * cover[..., :3] + np.float32(0.5)).astype(np.uint8)
    return behind
