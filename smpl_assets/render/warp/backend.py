"""The default renderer: a visibility-buffer rasteriser in NVIDIA Warp, on CPU and CUDA."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import warp as wp
from torch import Tensor

from smpl_assets.caches import use_writable_caches
from smpl_assets.errors import StageError
from smpl_assets.render.compose.batch import compose_batch
from smpl_assets.render.compose.composite import compose
from smpl_assets.render.protocol import Picture, RenderOutput
from smpl_assets.render.visibility import SHADOW_CELLS, finish_output, key_frame, occlusion_taps, scene_extent
from smpl_assets.render.warp import light, raster, shade
from smpl_assets.render.warp.mirror import KINDS, Mirror
from smpl_assets.render.warp.packing import GrowingTable, TexturePool, TopologyPool
from smpl_assets.render.warp.types import TILE, Instance, Scene
from smpl_assets.scene import MeshLayer, SceneSpec
from smpl_assets.sensor import TONE_TABLE, srgb_table

MAX_LAYERS = 255
TILE_PX = int(TILE)
NO_BOX = np.array([1e9, 1e9, -1e9, -1e9], np.float32)
_log = logging.getLogger(__name__)


def _quiet_start() -> None:
    """Initialise Warp without its banner, and without its native code complaining where there is no CUDA driver."""
    use_writable_caches()
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
        self.on_cpu = self.device == "cpu"
        self.samples = supersampling
        self.topologies, self.textures = TopologyPool(), TexturePool()
        self._mirrors: dict[str, Mirror] = {}
        self._linear = self._send(srgb_table(), float)
        self._tones = self._send(TONE_TABLE, float)
        self._taps = self._send(occlusion_taps(), wp.vec2)
        self._buffers: dict[str, wp.array] = {}
        self._halved = False

    def render(self, scenes: Sequence[SceneSpec]) -> list[RenderOutput]:
        """Render scenes of one image size; halves the batch when the device's memory is too small for it."""
        return self._in_parts(self._render, scenes)

    def photograph(self, scenes: Sequence[SceneSpec]) -> list[tuple[RenderOutput, Picture]]:
        """Render and compose; on a GPU both happen there."""
        return self._in_parts(self._photograph, scenes)

    def _in_parts(self, work: Callable[[Sequence[SceneSpec]], list[Any]], scenes: Sequence[SceneSpec]) -> list[Any]:
        """What the work makes of all scenes, in halves where the device's memory is too small for them at once."""
        try:
            return work(scenes)
        except RuntimeError as error:
            if "alloc" not in str(error) and "out of memory" not in str(error):
                raise
            if len(scenes) == 1:
                raise StageError(
                    f"{self.device}: no memory for one scene ({error})", "a smaller render.image_size, or another device"
                ) from error
        # Here, not above: the exception holds what the failed attempt had allocated.
        if not self._halved:
            _log.warning("%s: no memory for %d scenes at once, rendering fewer", self.device, len(scenes))
        self._halved = True
        self._buffers.clear()
        half = len(scenes) // 2
        return self._in_parts(work, scenes[:half]) + self._in_parts(work, scenes[half:])

    def _photograph(self, scenes: Sequence[SceneSpec]) -> list[tuple[RenderOutput, Picture]]:
        outputs = self._render(scenes)
        if self.on_cpu:
            return [(output, compose(scene, output)) for scene, output in zip(scenes, outputs, strict=True)]
        subject, others = (self._tensor(self._buffers[name]) for name in ("subject", "others"))
        return list(zip(outputs, compose_batch(scenes, subject, None if _alone(scenes) else others), strict=True))

    def _tensor(self, words: wp.array) -> Tensor:
        """A buffer of RGBA words as bytes (B, H, W, 4) on the device, without a copy."""
        wp.synchronize_device(self.device)  # torch runs on a stream of its own
        shared: Tensor = wp.to_torch(words.view(wp.int32))
        return shared.view(torch.uint8).reshape(*words.shape, 4)

    def _render(self, scenes: Sequence[SceneSpec]) -> list[RenderOutput]:
        camera = scenes[0].camera
        size = (len(scenes), camera.height, camera.width)
        if any((s.camera.height, s.camera.width) != size[1:] for s in scenes):
            raise StageError("render: the scenes of one batch have different image sizes")
        instances, vertices = self._lay_out(scenes)
        subject, others, depth, owner, boxes = self._launch(scenes, instances, vertices, size)
        bounds = np.split(boxes, np.cumsum([len(s.people) for s in scenes])[:-1])
        images = zip(scenes, subject, others, depth, owner, bounds, strict=True)
        return [finish_output(*row) for row in images]

    def _lay_out(self, scenes: Sequence[SceneSpec]) -> tuple[np.ndarray, np.ndarray]:
        """The instance table and all vertices."""
        if self.textures.make_room(scenes):
            self._mirrors.clear()
        table: list[tuple[int | float, ...]] = []
        vertices = []
        start = 0
        for s, scene in enumerate(scenes):
            layers = scene.layers()
            if len(layers) > MAX_LAYERS:
                raise StageError(f"render: a scene has at most {MAX_LAYERS} meshes, this one {len(layers)}")
            for person, layer in layers:
                table.append(self._instance(s, person, start, layer))
                vertices.append(layer.vertices)
                start += len(layer.vertices)
        return np.array(table, dtype=_record(Instance)), np.concatenate(vertices, dtype=np.float32)

    def _instance(self, scene: int, person: int, start: int, layer: MeshLayer) -> tuple[int | float, ...]:
        rows, texture = self.topologies.rows(layer), self.textures.rows(layer.texture)
        drawn = self.textures.drawn(layer, rows)
        mesh = (start, rows.vertices, rows.face0, rows.uv_face0, rows.uv0, rows.incidence0, drawn.start, drawn.count)
        image = (texture.texel0, texture.width, texture.height, texture.levels, self.textures.lift(layer))
        material = (max(layer.roughness, 0.05), layer.specular, layer.subsurface)
        return (scene, person, *mesh, *image, int(layer.two_sided), *material)

    def _scene_table(self, scenes: Sequence[SceneSpec]) -> np.ndarray:
        rows: list[tuple[Any, ...]] = []
        instance = person = 0
        for scene in scenes:
            right, up = key_frame(scene.lighting)
            origin, extent = scene_extent(scene)
            k, lighting, sensor = scene.camera.intrinsics, scene.lighting, scene.sensor
            vectors = [tuple(map(float, v)) for v in (lighting.key_direction, lighting.key_colour, right, up, origin)]
            pair = (tuple(map(float, k[:2])), tuple(map(float, k[2:])))
            gain = tuple(map(float, sensor.gain()))
            rows.append((*pair, instance, person, scene.subject, *vectors, extent, lighting.occlusion, gain, sensor.saturation))
            instance += len(scene.layers())
            person += len(scene.people)
        return np.array(rows, dtype=_record(Scene))

    def _send(self, data: np.ndarray, dtype: Any) -> wp.array:
        return wp.array(np.ascontiguousarray(data), dtype=dtype, device=self.device, copy=not self.on_cpu)

    def _mirror(self, name: str, table: GrowingTable, dtype: Any) -> wp.array:
        """A pool's table on the device; only rows that are new travel."""
        if name not in self._mirrors:
            self._mirrors[name] = Mirror(self.device, dtype)
        return self._mirrors[name].current(table)

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: Any, value: float | int | None = None) -> wp.array:
        """A buffer that is kept from batch to batch, grown or replaced where the shape changed; new ones are filled."""
        found = self._buffers.get(name)
        if found is None or (found.shape != shape if len(shape) > 1 else found.shape[0] < shape[0]):
            self._buffers.pop(name, None)
            found = self._buffers[name] = wp.empty(shape, dtype=dtype, device=self.device)
            if value is not None:
                found.fill_(value)
        return found

    def _pictures(self, size: tuple[int, int, int]) -> dict[str, wp.array]:
        """The image buffers, empty: what the batch before left in them is cleared tile by tile."""
        batch, height, width = size
        k = self.samples
        shapes = {
            "seen": ((batch, height * k, width * k), wp.uint64, 0xFFFFFFFFFFFFFFFF),
            "tiles": ((batch, -(-height // TILE_PX), -(-width // TILE_PX)), wp.uint8, 0),
            "subject": (size, wp.uint32, 0),
            "others": (size, wp.uint32, 0),
            "depth": (size, float, 0),
            "owner": (size, wp.int16, -1),
        }
        found = {name: self._buffer(name, *how) for name, how in shapes.items()}
        self._run(raster.clear, found["tiles"].shape, [k, *(found[n] for n in shapes)])
        return found

    def _launch(
        self, scenes: Sequence[SceneSpec], instances: np.ndarray, vertices: np.ndarray, size: tuple[int, int, int]
    ) -> tuple[np.ndarray, ...]:
        """Run all kernels; subject and others (RGBA bytes), depth, owner, boxes of whole bodies, as host arrays."""
        images, k, n = self._pictures(size), self.samples, len(vertices)
        mesh = {name: self._mirror(name, t, KINDS[name]) for name, t in self.topologies.tables.items()}
        mesh |= {name: self._mirror(name, t, KINDS[name]) for name, t in self.textures.tables.items()}
        surface = [mesh[name] for name in ("faces", "uvs", "uv_faces", "texels")]
        base, table = self._send(vertices, wp.vec3), self._send(instances, Instance)
        views = self._send(self._scene_table(scenes), Scene)
        harmonics = self._send(np.stack([s.lighting.harmonics for s in scenes]).astype(np.float32), wp.vec3)
        verts, screen, diffuse, gloss = (self._buffer(f"vertex {i}", (n,), wp.vec3) for i in range(4))
        needed = self._buffer("needed", (n,), wp.uint8)
        shadow = self._buffer("shadow", (size[0], SHADOW_CELLS, SHADOW_CELLS), float)
        boxes = self._send(np.tile(NO_BOX, (sum(len(s.people) for s in scenes), 1)), float)
        shadow.fill_(-1.0e9)
        needed.fill_(0)
        per_vertex, vertex_run = self._runs(instances["vertices"])
        per_face, face_run = self._runs(instances["drawn"])
        span = TILE_PX if self.on_cpu else 1
        per_pixel = (size[0], -(-size[1] // span), -(-size[2] // span))
        seen, tiles = images["seen"], images["tiles"]
        around = [mesh[name] for name in ("faces", "starts", "touching")]
        self._run(light.lift, per_vertex, [base, *around, table, mesh["lifts"], vertex_run, verts])
        self._run(light.project, per_vertex, [verts, table, views, vertex_run, k, screen, shadow, boxes])
        self._run(raster.rasterise, per_face, [screen, *surface, mesh["drawn"], table, views, face_run, k, seen, tiles])
        self._run(shade.mark, per_pixel, [seen, mesh["faces"], table, views, tiles, k, span, needed])
        lit = [verts, *around, table, views, harmonics, shadow, screen, seen, self._taps, k, needed, vertex_run]
        self._run(light.light, per_vertex, [*lit, diffuse, gloss])
        look = [self._linear, self._tones, table, views, diffuse, gloss, tiles, k, span]
        pictures = [images[name] for name in ("subject", "others", "depth", "owner")]
        self._run(shade.shade, per_pixel, [seen, screen, *surface, *look, *pictures])
        others = np.zeros(size, np.uint32) if _alone(scenes) else self._fetched(images["others"])
        rgba = [words.view(np.uint8).reshape(*size, 4) for words in (self._fetched(images["subject"]), others)]
        return *rgba, self._fetched(images["depth"]), self._fetched(images["owner"]), boxes.numpy()

    def _fetched(self, buffer: wp.array) -> np.ndarray:
        """What a buffer holds now, in memory of its own."""
        found: np.ndarray = buffer.numpy()  # on the CPU this is the buffer, which the next batch overwrites
        return found.copy() if self.on_cpu else found

    def _runs(self, counts: np.ndarray) -> tuple[tuple[int, int], int]:
        """Launch dimensions over instances and runs of their items, and a run's length."""
        most = max(int(counts.max()), 1)
        return ((len(counts), 1), most) if self.on_cpu else ((len(counts), most), 1)

    def _run(self, kernel: Any, dim: tuple[int, ...], inputs: list[Any]) -> None:
        wp.launch(kernel, dim=dim, inputs=inputs, device=self.device)


def _alone(scenes: Sequence[SceneSpec]) -> bool:
    """Whether there is nothing but the subjects in these scenes."""
    return all(len(s.people) == 1 and not s.occluders for s in scenes)
