"""A scene described apart from whoever renders it: dressed bodies, camera, light, background, occluders, sensor."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from smpl_assets.errors import StageError
from smpl_assets.sensor import SensorSpec


@dataclass(frozen=True)
class MeshLayer:
    """One textured mesh of a scene: a body, a garment, hair, an occluder.

    Layers of one topology should share the very same `faces`, `uvs` and `uv_faces` arrays (and looks the same `texture`
    array), so that backends keep them on the device between scenes.

    vertices: (V, 3) metres, camera frame (x right, y down, z forward).
    faces: (F, 3) indices into vertices, counter-clockwise seen from outside.
    uvs: (T, 2) in [0, 1], v up (the texture's first row is v = 1).
    uv_faces: (F, 3) indices into uvs.
    texture: (H, W, 3) sRGB or (H, W, 4) with an alpha that cuts the mesh out where it is below 128.
    two_sided: draw back faces too (open meshes: garments, hair, leaves).
    roughness: 0 mirror .. 1 matte, and specular: reflectance at normal incidence (0.04: skin, plastic; 0.01: cloth).
    subsurface: 0..1, how far light wraps around the terminator, reddened (skin).
    lift: (V,) metres that whoever draws the mesh moves its vertices along its smooth normals (cloth off the skin), or None.
    """

    name: str
    vertices: Float[np.ndarray, "vertices 3"]
    faces: Int[np.ndarray, "faces 3"]
    uvs: Float[np.ndarray, "uvs 2"]
    uv_faces: Int[np.ndarray, "faces 3"]
    texture: UInt8[np.ndarray, "height width channels"]
    two_sided: bool = False
    roughness: float = 0.8
    specular: float = 0.02
    subsurface: float = 0.0
    lift: Float32[np.ndarray, " vertices"] | None = None

    def __post_init__(self) -> None:
        if self.texture.shape[2] not in (3, 4):
            raise StageError(f"layer {self.name}: a texture has 3 or 4 channels, this one has {self.texture.shape[2]}")
        if len(self.uvs) == 0:
            raise StageError(f"layer {self.name}: it has no texture coordinates", "give the model's UV file: body.uv")

    def lifted(self) -> Float[np.ndarray, "vertices 3"]:
        """The vertices where they are drawn, metres, camera frame."""
        if self.lift is None:
            return self.vertices
        first, second, third = (self.vertices[self.faces[:, i]] for i in range(3))
        crossed = np.cross(second - first, third - first)
        normals = np.zeros_like(self.vertices)
        for corner in range(3):
            np.add.at(normals, self.faces[:, corner], crossed)
        return self.vertices + normals * (self.lift / np.maximum(np.linalg.norm(normals, axis=1), 1e-12))[:, None]

    @property
    def cut_out(self) -> bool:
        """Whether the texture's alpha shapes the mesh."""
        return self.texture.shape[2] == 4


@dataclass(frozen=True)
class Person:
    """One dressed body.

    layers: its meshes, the skin first.
    keypoints: (J, 3) metres, camera frame, the data set's keypoints; NaN where a fit has none.
    keypoint_reach: (J,) metres, how deep below the surface each keypoint lies (0 on the surface): a keypoint is seen if
        nothing lies nearer than it by more than its reach.
    texture: name or seed of its look, kept with the labels.
    """

    layers: tuple[MeshLayer, ...]
    keypoints: Float[np.ndarray, "keypoints 3"]
    keypoint_reach: Float[np.ndarray, " keypoints"]
    texture: str = ""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: image size in px and fx, fy, cx, cy in continuous px."""

    width: int
    height: int
    intrinsics: Float[np.ndarray, "4"]


@dataclass(frozen=True)
class Lighting:
    """Light in linear RGB, camera frame.

    harmonics: (9, 3) irradiance by spherical harmonics of degree 2 (basis order: 1, y, z, x, xy, yz, 3z^2-1, xz, x^2-y^2,
        unnormalised), so irradiance(n) = sum_i harmonics[i] * basis_i(n).
    key_direction: (3,) unit vector towards the strongest light; key_colour: (3,) its irradiance at normal incidence.
    occlusion: 0..1 strength of the ambient occlusion. shadow_strength: 0..1 darkness of the shadow on the floor, cast along
        -shadow_direction ((3,) unit, towards the light).
    """

    harmonics: Float[np.ndarray, "9 3"]
    key_direction: Float[np.ndarray, "3"]
    key_colour: Float[np.ndarray, "3"]
    occlusion: float = 0.8
    shadow_strength: float = 0.0
    shadow_direction: Float[np.ndarray, "3"] = field(default_factory=lambda: np.array([0.0, -1.0, 0.0]))


@dataclass(frozen=True)
class SceneSpec:
    """Everything an image is made from; `people[subject]` is the one that is labelled.

    background: (H, W, 3) sRGB, the size of the camera's image.
    occluders: meshes that belong to nobody; they hide and are not part of any mask.
    floor: plane that takes the shadow, as unit normal (up, away from the floor) and offset with normal . p = offset in
        the camera frame (metres), or None.
    """

    people: tuple[Person, ...]
    camera: Camera
    lighting: Lighting
    background: UInt8[np.ndarray, "height width 3"]
    background_name: str = ""
    occluders: tuple[MeshLayer, ...] = ()
    floor: tuple[float, float, float, float] | None = None
    subject: int = 0
    sensor: SensorSpec = field(default_factory=SensorSpec)

    def __post_init__(self) -> None:
        if not 0 <= self.subject < len(self.people):
            raise StageError(f"scene: subject {self.subject} of {len(self.people)} people")
        if self.background.shape[:2] != (self.camera.height, self.camera.width):
            raise StageError(f"scene: background is {self.background.shape[:2]}, camera {self.camera.height, self.camera.width}")

    def layers(self) -> list[tuple[int, MeshLayer]]:
        """All meshes with the person each belongs to (-1: an occluder), in a fixed order."""
        owned = [(i, layer) for i, person in enumerate(self.people) for layer in person.layers]
        return owned + [(-1, layer) for layer in self.occluders]
