"""The default renderer: a visibility-buffer rasteriser in NVIDIA Warp, on CPU and CUDA."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import warp as wp

from smpl_assets.errors import StageError
from smpl_assets.render import warp_light, warp_raster, warp_shade
from smpl_assets.render.packing import (
    TexturePool,
    TopologyPool,
    TopologyRows,
    key_frame,
    occlusion_taps,
    scene_extent,
    texels_per_metre,
)
from smpl_assets.render.protocol import RenderOutput
from smpl_assets.render.visibility import finish_output
from smpl_assets.render.warp_types import TILE, Instance, Scene
from smpl_assets.scene import MeshLayer, SceneSpec
from smpl_assets.sensor import srgb_table

SHADOW_CELLS = 64
MAX_LAYERS = 255
TILE_PX = int(TILE)
_log = logging.getLogger(__name__)


def _quiet_start() -> None:
    """Initialise Warp without its banner, and without its native code complaining where there is no CUDA driver."""
    wp.config.log_level = wp.LOG_ERROR
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        wp.init()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _record(struct: Any) -> np.dtype[Any]:
    """NumPy's type of a Warp struct."""
    return np.dtype(struct.numpy_dtype())


class WarpBackend:
    """Renders batches of scenes; keeps meshes and textures that recur on the device."""

    name = "warp"
    version = str(wp.__version__)

    def __init__(self, device: str = "cpu", supersampling: int = 2) -> None:
        """`device` is `cpu`, `cuda` or `cuda:N`; every pixel is the mean of supersampling x supersampling samples."""
        _quiet_start()
        self.device = str(wp.get_device(device))
        self.samples = supersampling
        self.topologies, self.textures = TopologyPool(), TexturePool()
        self._constant: dict[str, Any] = {}
        self._versions = (-1, -1)
        self._linear = self._send(srgb_table(), float)
        self._taps = self._send(occlusion_taps(), wp.vec2)
        self._buffers: dict[str, wp.array] = {}
        self._halved = False

    def render(self, scenes: Sequence[SceneSpec]) -> list[RenderOutput]:
        """Render scenes of one image size; halves the batch when the device's memory is too small for it."""
        try:
            return self._render(scenes)
        except RuntimeError as error:
            if "alloc" not in str(error) and "out of memory" not in str(error):
                raise
            if len(scenes) == 1:
                raise StageError(
                    f"{self.device}: no memory for one scene ({error})", "render.image_size or another device"
                ) from error
            if not self._halved:
                _log.warning("%s: no memory for %d scenes at once, rendering fewer", self.device, len(scenes))
            self._halved = True
            self._buffers.clear()
            half = len(scenes) // 2
            return self.render(scenes[:half]) + self.render(scenes[half:])

    def _render(self, scenes: Sequence[SceneSpec]) -> list[RenderOutput]:
        camera = scenes[0].camera
        size = (len(scenes), camera.height, camera.width)
        if any((s.camera.height, s.camera.width) != size[1:] for s in scenes):
            raise StageError("render: the scenes of one batch have different image sizes")
        instances, vertices, groups = self._lay_out(scenes)
        images = self._launch(scenes, instances, vertices, groups, size)
        return [finish_output(scene, *(image[i] for image in images)) for i, scene in enumerate(scenes)]

    def _lay_out(self, scenes: Sequence[SceneSpec]) -> tuple[np.ndarray, np.ndarray, list[tuple[TopologyRows, np.ndarray]]]:
        """The instance table, all vertices, and the instances of each topology."""
        self.textures.make_room(scenes)
        table: list[tuple[int | float, ...]] = []
        vertices = []
        groups: dict[TopologyRows, list[int]] = {}
        start = 0
        for s, scene in enumerate(scenes):
            layers = scene.layers()
            if len(layers) > MAX_LAYERS:
                raise StageError(f"render: a scene has at most {MAX_LAYERS} meshes, this one {len(layers)}")
            for person, layer in layers:
                rows = self.topologies.rows(layer)
                groups.setdefault(rows, []).append(len(table))
                table.append(self._instance(s, person, start, layer, rows))
                vertices.append(layer.vertices)
                start += len(layer.vertices)
        records: np.ndarray = np.array(table, dtype=_record(Instance))
        flat = np.concatenate(vertices, dtype=np.float32)
        return records, flat, [(rows, np.array(ids, np.int32)) for rows, ids in groups.items()]

    def _instance(self, scene: int, person: int, start: int, layer: MeshLayer, rows: TopologyRows) -> tuple[int | float, ...]:
        texture = self.textures.rows(layer.texture)
        where = (scene, person, start, rows.face0, rows.uv_face0, rows.uv0, rows.incidence0)
        image = (
            texture.texel0,
            texture.width,
            texture.height,
            texture.levels,
            self.textures.alpha_row(layer, rows),
            int(layer.two_sided),
        )
        return (*where, *image, texels_per_metre(layer), max(layer.roughness, 0.05), layer.specular, layer.subsurface)

    def _scene_table(self, scenes: Sequence[SceneSpec]) -> np.ndarray:
        rows: list[tuple[Any, ...]] = []
        first = 0
        for scene in scenes:
            right, up = key_frame(scene.lighting)
            origin, extent = scene_extent(scene)
            k = scene.camera.intrinsics
            light = scene.lighting
            vectors = [tuple(map(float, v)) for v in (light.key_direction, light.key_colour, right, up, origin)]
            pair = (tuple(map(float, k[:2])), tuple(map(float, k[2:])))
            rows.append((*pair, first, scene.subject, *vectors, extent, light.occlusion))
            first += len(scene.layers())
        return np.array(rows, dtype=_record(Scene))

    def _send(self, data: np.ndarray, dtype: Any) -> wp.array:
        return wp.array(np.ascontiguousarray(data), dtype=dtype, device=self.device)

    def _filled(self, name: str, shape: tuple[int, ...], dtype: Any, value: float | int) -> wp.array:
        """A buffer that is kept from batch to batch, filled with a value."""
        found = self._buffers.get(name)
        if found is None or found.shape != shape:
            self._buffers.pop(name, None)
            found = self._buffers[name] = wp.empty(shape, dtype=dtype, device=self.device)
        found.fill_(value)
        return found

    def _scratch(self, name: str, length: int, dtype: Any) -> wp.array:
        """A flat buffer of at least `length`, kept and grown."""
        found = self._buffers.get(name)
        if found is None or found.shape[0] < length:
            self._buffers.pop(name, None)
            found = self._buffers[name] = wp.empty(int(length * 1.25), dtype=dtype, device=self.device)
        return found

    def _tables(self) -> dict[str, Any]:
        """Device copies of the pools, sent again only when they grew."""
        pool, textures = self.topologies, self.textures
        if self._versions[0] != pool.version:
            kinds = {"faces": wp.vec3i, "uvs": wp.vec2, "uv_faces": wp.vec3i, "starts": int, "touching": int}
            self._constant.update({name: self._send(getattr(pool, name), kind) for name, kind in kinds.items()})
        if self._versions[1] != textures.version:
            on_cpu = self.device == "cpu"
            texels = textures.texels if on_cpu else textures.texels[: textures.used]
            self._constant["texels"] = wp.array(texels, dtype=wp.uint32, device=self.device, copy=not on_cpu)
            self._constant["face_alpha"] = self._send(textures.face_alpha, wp.uint8)
        self._versions = (pool.version, textures.version)
        return self._constant

    def _launch(
        self,
        scenes: Sequence[SceneSpec],
        instances: np.ndarray,
        vertices: np.ndarray,
        groups: list[tuple[TopologyRows, np.ndarray]],
        size: tuple[int, int, int],
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Run all kernels; subject, others, depth, owner as host arrays."""
        t, n, k = self._tables(), len(vertices), self.samples
        batch, height, width = size
        verts = self._send(vertices, wp.vec3)
        table, views = self._send(instances, Instance), self._send(self._scene_table(scenes), Scene)
        harmonics = self._send(np.stack([s.lighting.harmonics for s in scenes]).astype(np.float32), wp.vec3)
        screen, diffuse, gloss = (self._scratch(name, n, wp.vec3) for name in ("screen", "diffuse", "gloss"))
        shadow = self._filled("shadow", (batch, SHADOW_CELLS, SHADOW_CELLS), float, -1.0e9)
        seen = self._filled("seen", (batch, height * k, width * k), wp.uint64, 0xFFFFFFFFFFFFFFFF)
        tiles = self._filled("tiles", (batch, -(-height // TILE_PX), -(-width // TILE_PX)), wp.uint8, 0)
        sets = [(rows, self._send(ids, int)) for rows, ids in groups]
        mesh = [t[name] for name in ("faces", "uvs", "uv_faces", "texels")]
        for rows, ids in sets:
            dim = (len(ids), rows.vertices)
            self._run(warp_light.project, dim, [verts, table, views, ids, k, screen])
            self._run(warp_light.splat_key_depth, dim, [verts, table, views, ids, shadow])
            self._run(
                warp_raster.rasterise, (len(ids), rows.faces), [screen, *mesh, t["face_alpha"], table, views, ids, k, seen, tiles]
            )
        for rows, ids in sets:
            inputs = [verts, t["faces"], t["starts"], t["touching"], table, views, harmonics, shadow, ids, diffuse, gloss]
            self._run(warp_light.light, (len(ids), rows.vertices), inputs)
        subject, others = (self._filled(name, size, wp.vec4, 0) for name in ("subject", "others"))
        depth, owner = self._filled("depth", size, float, 0), self._filled("owner", size, wp.int16, -1)
        light = [self._linear, table, views, diffuse, gloss, self._taps, tiles, k]
        self._run(warp_shade.shade, size, [seen, screen, *mesh, *light, subject, others, depth, owner])
        alone = all(len(s.people) == 1 and not s.occluders for s in scenes)
        rest = np.zeros((*size, 4), np.float32) if alone else others.numpy().copy()
        return subject.numpy().copy(), rest, depth.numpy().copy(), owner.numpy().copy()

    def _run(self, kernel: Any, dim: tuple[int, ...], inputs: list[Any]) -> None:
        wp.launch(kernel, dim=dim, inputs=inputs, device=self.device)
