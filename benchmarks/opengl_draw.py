"""One body drawn by OpenGL on Mesa's llvmpipe, off screen (see opengl_peer.py)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8
from opengl_shaders import BODY_FRAGMENT, BODY_VERTEX, RESOLVE_FRAGMENT, SCREEN_VERTEX, SHADOW_VERTEX
from scipy import sparse

from smpl_assets.render.visibility import key_frame, occlusion_taps, project_points, scene_extent
from smpl_assets.scene import MeshLayer, SceneSpec
from smpl_assets.sensor import shoulder, to_srgb

SAMPLES = 2
NEAR_M, FAR_M = 0.05, 100.0
SHADOW_CELLS = 64
SRGB8 = 0x8C41  # GL_SRGB8: the sampler turns texels into linear light before it filters them


@dataclass(frozen=True)
class Picture:
    """colour: (H, W, 4) sRGB premultiplied by coverage, as a sensor of exposure 1 gives it.

    depth: (H, W) metres, 0 where fewer than half the samples hit.
    """

    colour: UInt8[np.ndarray, "height width 4"]
    depth: Float32[np.ndarray, "height width"]

    @property
    def mask(self) -> Bool[np.ndarray, "height width"]:
        """Pixels that belong to the body."""
        return self.depth > 0


class BodyBuffers:
    """One topology on the device: OpenGL has one index per corner, so vertices are split where the texture has a seam."""

    def __init__(self, context: Any, programs: tuple[Any, Any], layer: MeshLayer) -> None:
        corners = np.stack([layer.faces.ravel(), layer.uv_faces.ravel()], axis=1)
        pairs, index = np.unique(corners, axis=0, return_inverse=True)
        self.layer, self.rows = layer, pairs[:, 0]
        self.moving = context.buffer(reserve=len(pairs) * 24, dynamic=True)
        still = context.buffer(np.ascontiguousarray(layer.uvs[pairs[:, 1]], np.float32))
        faces = context.buffer(index.astype(np.int32))
        body, shadow = programs
        self.body = context.vertex_array(body, [(self.moving, "3f 3f", "position", "normal"), (still, "2f", "uv")], faces)
        self.points = context.vertex_array(shadow, [(self.moving, "3f 12x", "position")])
        shape, ones = (len(layer.vertices), len(layer.faces)), np.ones(layer.faces.size, np.float32)
        self.touching = sparse.csr_matrix((ones, (layer.faces.ravel(), np.arange(layer.faces.size) // 3)), shape)

    def upload(self, vertices: Float32[np.ndarray, "vertices 3"]) -> None:
        """Positions and area-weighted normals."""
        x, y, z = np.ascontiguousarray(vertices.T)
        a, b, c = np.ascontiguousarray(self.layer.faces.T)
        p, q = [u[b] - u[a] for u in (x, y, z)], [u[c] - u[a] for u in (x, y, z)]
        normals = np.stack([p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]], axis=1)
        self.moving.write(np.concatenate([vertices, self.touching @ normals], axis=1)[self.rows])


class OpenglPeer:
    """Renders scenes of one image size and one person with one opaque layer; keeps topologies and textures, as Warp does."""

    def __init__(self, height: int, width: int, effects: bool = True) -> None:
        self.context = context = new_context()
        self.size, self.effects = (width, height), effects
        # compiled in or out: llvmpipe runs both sides of a branch
        head = "#version 330\n" + ("#define EFFECTS\n" if effects else "")
        self.body = context.program(head + BODY_VERTEX, BODY_FRAGMENT)
        self.splat = context.program(SHADOW_VERTEX, "#version 330\nvoid main() {}")
        self.resolve = context.program(SCREEN_VERTEX, RESOLVE_FRAGMENT)
        self.screen = context.vertex_array(self.resolve, [])
        fine = (width * SAMPLES, height * SAMPLES)
        self.colours, self.depths = context.texture(fine, 4, dtype="f2" if effects else "f1"), context.depth_texture(fine)
        self.depths.compare_func = ""
        self.shadow = context.depth_texture((SHADOW_CELLS, SHADOW_CELLS))
        self.shadow.compare_func = "<="
        self.fine = context.framebuffer([self.colours], self.depths)
        self.above = context.framebuffer(depth_attachment=self.shadow)
        self.done = context.framebuffer([context.texture(self.size, 4), context.texture(self.size, 1, dtype="f4")])
        self._tones = np.dstack([*[developed(np.arange(256, dtype=np.float32) / 255)] * 3, np.arange(256, dtype=np.uint8)])
        self._buffers: dict[tuple[int, int, int], BodyBuffers] = {}
        self._textures: dict[int, tuple[Any, np.ndarray]] = {}
        _set(self.resolve, taps=occlusion_taps(), clip=(NEAR_M, FAR_M), colours=0, depths=1)
        _set(self.body, size=self.size, clip=(NEAR_M, FAR_M), skin=0, shadow=1)

    def all(self, scenes: list[SceneSpec]) -> list[Picture]:
        """Every scene, in this peer's own context, whichever was used last."""
        with self.context:
            return [self.render(scene) for scene in scenes]

    def render(self, scene: SceneSpec) -> Picture:
        """One image, read back."""
        layer = scene.people[0].layers[0]
        buffers, texture = self._buffer(layer), self._texture(layer.texture)
        buffers.upload(np.asarray(layer.vertices, np.float32))
        self._light(scene, layer)
        if self.effects:
            self._shadows(buffers)
        self._draw(buffers, texture)
        return self._resolved(scene) if self.effects else self._averaged()

    def _light(self, scene: SceneSpec, layer: MeshLayer) -> None:
        light, (origin, extent) = scene.lighting, scene_extent(scene)
        # OpenGL's matrices are column by column
        axes = np.stack([*key_frame(light), light.key_direction], axis=1)
        for program in (self.body, self.splat):
            _set(program, key_axes=axes, key_origin=origin, key_extent=extent)
        material = (max(layer.roughness, 0.05), layer.specular, 0.35 * layer.subsurface)
        _set(self.body, intrinsics=scene.camera.intrinsics, harmonics=light.harmonics, material=material)
        _set(self.body, key_direction=light.key_direction, key_colour=light.key_colour)

    def _shadows(self, buffers: BodyBuffers) -> None:
        """The key light's depth map; vertices as points, as in Warp, lie dense enough for its cells."""
        self.above.use()
        self.above.clear()
        self.context.enable_only(self.context.DEPTH_TEST)
        buffers.points.render(self.context.POINTS)

    def _draw(self, buffers: BodyBuffers, texture: Any) -> None:
        self.fine.use()
        self.fine.clear()
        self.context.enable_only(self.context.DEPTH_TEST | self.context.CULL_FACE)
        self.context.front_face = "cw"  # rows are counted downwards, so that nothing has to be flipped after reading
        texture.use(0)
        self.shadow.use(1)
        buffers.body.render()

    def _resolved(self, scene: SceneSpec) -> Picture:
        """Samples averaged in linear light, darkened where occluded and developed, by one pass over the body's box."""
        _set(self.resolve, focal=SAMPLES * float(scene.camera.intrinsics[0]), occlusion=scene.lighting.occlusion)
        self.done.use()
        self.done.clear()
        self.context.enable_only(self.context.NOTHING)
        self.colours.use(0)
        self.depths.use(1)
        self.done.scissor = _box(scene)
        self.screen.render(vertices=3)
        self.done.scissor = None
        return Picture(_pixels(self.done, 4, 0), _pixels(self.done, 1, 1, "f4")[..., 0])

    def _averaged(self) -> Picture:
        """8-bit samples averaged on the CPU: without occlusion cheaper than a pass."""
        linear = cv2.resize(_pixels(self.fine, 4, 0), self.size, interpolation=cv2.INTER_AREA)
        depth = _pixels(self.fine, 1, -1, "f4")[..., 0]
        nearest = np.minimum(depth[::2], depth[1::2])
        nearest = np.minimum(nearest[:, ::2], nearest[:, 1::2])
        metres = NEAR_M * FAR_M / (FAR_M - nearest * (FAR_M - NEAR_M))
        return Picture(cv2.LUT(linear, self._tones), np.where(linear[..., 3] >= 127, metres, np.float32(0)))

    def _buffer(self, layer: MeshLayer) -> BodyBuffers:
        key = (id(layer.faces), id(layer.uvs), id(layer.uv_faces))
        if key not in self._buffers:
            self._buffers[key] = BodyBuffers(self.context, (self.body, self.splat), layer)
        return self._buffers[key]

    def _texture(self, image: np.ndarray) -> Any:
        if id(image) not in self._textures:
            texture = self.context.texture(image.shape[1::-1], 3, np.ascontiguousarray(image[..., :3]), internal_format=SRGB8)
            texture.build_mipmaps()
            texture.filter = (self.context.LINEAR_MIPMAP_NEAREST, self.context.LINEAR)
            self._textures[id(image)] = (texture, image)  # the image too, so that its id stays its own
        return self._textures[id(image)][0]


def new_context() -> Any:
    """An off-screen context on llvmpipe with one raster thread; RuntimeError that says why where there is none."""
    # Mesa reads these when the context is made; one thread, because the figure is per core.
    os.environ.update(LP_NUM_THREADS="1", LIBGL_ALWAYS_SOFTWARE="1")
    try:
        import moderngl

        context = moderngl.create_context(standalone=True, backend="egl")
    except ImportError as error:
        raise RuntimeError(f"{error}: pip install moderngl") from error
    except Exception as error:  # moderngl has no narrower one
        raise RuntimeError(f"no EGL context ({error}): apt install libegl1 libgl1-mesa-dri") from error
    if "llvmpipe" not in context.info["GL_RENDERER"]:
        raise RuntimeError(f"OpenGL is {context.info['GL_RENDERER']} here, not llvmpipe")
    return context


def _set(program: Any, **values: Any) -> None:
    """Write uniforms; those that a variant of the shader does not use are not there."""
    for name, value in values.items():
        found = program.get(name, None)
        if found is not None:
            found.write(np.ascontiguousarray(value, np.int32 if isinstance(value, int) else np.float32))


def _pixels(target: Any, channels: int, attachment: int, kind: str = "f1") -> np.ndarray:
    """An attachment read back as (H, W, C)."""
    data = target.read(components=channels, attachment=attachment, dtype=kind)
    return np.frombuffer(data, np.float32 if kind == "f4" else np.uint8).reshape(*target.size[::-1], channels)


def _box(scene: SceneSpec) -> tuple[int, int, int, int]:
    """The body's box in the image: x, y, width and height in whole px."""
    limit = (scene.camera.width, scene.camera.height)
    points = project_points(scene.people[0].layers[0].vertices, scene.camera)
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    x0, y0 = (int(np.clip(value, 0, side)) for value, side in zip(low, limit, strict=True))
    x1, y1 = (int(np.clip(np.ceil(value), 0, side)) for value, side in zip(high, limit, strict=True))
    return x0, y0, x1 - x0, y1 - y0


def developed(linear: Float32[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    """Linear light as a sensor of exposure 1 gives it."""
    return np.rint(255 * to_srgb(shoulder(linear))).astype(np.uint8)
