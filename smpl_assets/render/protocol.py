"""What a renderer takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float32, Int16, UInt8

from smpl_assets.render.table import RENDERERS
from smpl_assets.scene import SceneSpec


@dataclass(frozen=True)
class Picture:
    """image: the finished photograph; person: straight sRGB + alpha; background: everything but the person. All uint8."""

    image: UInt8[np.ndarray, "height width 3"]
    person: UInt8[np.ndarray, "height width 4"]
    background: UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class RenderOutput:
    """One rendered scene, before composite, blur and noise.

    subject: (H, W, 4) sRGB premultiplied by soft alpha, the labelled person as far as nothing hides it, exposed as the scene's
        sensor says (`smpl_assets.sensor.develop`).
    others: (H, W, 4) the same for all other meshes (people, occluders).
    owner: (H, W) index of the person seen at each pixel, -1 where none is; not anti-aliased.
    depth: (H, W) metres (z) of what is seen, 0 where nothing is; not anti-aliased.
    keypoints: (P, J, 2) continuous px of every person.
    in_frame, seen: (P, J), whether a keypoint lies in the image, and whether nothing hides it there.
    bbox, bbox_amodal: (P, 4) xywh in px, of the visible pixels (zero if none) and of the whole projected body, unclipped.
    """

    subject: UInt8[np.ndarray, "height width 4"]
    others: UInt8[np.ndarray, "height width 4"]
    owner: Int16[np.ndarray, "height width"]
    depth: Float32[np.ndarray, "height width"]
    keypoints: Float[np.ndarray, "people keypoints 2"]
    in_frame: Bool[np.ndarray, "people keypoints"]
    seen: Bool[np.ndarray, "people keypoints"]
    bbox: Float[np.ndarray, "people 4"]
    bbox_amodal: Float[np.ndarray, "people 4"]


@runtime_checkable
class Backend(Protocol):
    """A renderer. `name` is its key in RENDERERS, `version` goes into fingerprints."""

    name: str
    version: str

    def __init__(self, device: str = "cpu", supersampling: int = 2) -> None: ...

    def render(self, scenes: Sequence[SceneSpec]) -> list[RenderOutput]:
        """Render scenes of one image size; StageError if the device's memory does not hold a single one."""
        ...

    def photograph(self, scenes: Sequence[SceneSpec]) -> list[tuple[RenderOutput, Picture]]:
        """Render scenes and let their sensors look at them (composite.compose)."""
        ...


def get_backend(name: str, device: str = "cpu", supersampling: int = 2) -> Backend:
    """The named backend on a device; InputError that says how to get it where it is missing."""
    backend: Backend = RENDERERS.load(name)(device=device, supersampling=supersampling)
    return backend
