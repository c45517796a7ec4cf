"""PyTorch3D as the rasteriser, with the shading of `shade`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytorch3d
import torch
from jaxtyping import Float, Float32, Int64, UInt8
from pytorch3d.renderer.mesh.rasterize_meshes import rasterize_meshes
from pytorch3d.structures import Meshes
from torch import Tensor

from smpl_assets.errors import StageError
from smpl_assets.render.compose.composite import compose
from smpl_assets.render.protocol import Picture, RenderOutput
from smpl_assets.render.pytorch3d.shade import Fragments, layer_uv, opaque, shade_samples
from smpl_assets.render.visibility import NEAR_M, amodal_bounds, finish_output
from smpl_assets.scene import Camera, MeshLayer, SceneSpec
from smpl_assets.sensor import SensorSpec, develop, srgb_table

PEELED = 6
EDGE_NDC = 1e-10  # squared distance: samples exactly on an edge belong to both faces, as with Warp, not to neither


class Pytorch3dBackend:
    """Renders scene by scene; every pixel is the mean of supersampling x supersampling samples."""

    name = "pytorch3d"
    version = str(pytorch3d.__version__)

    def __init__(self, device: str = "cpu", supersampling: int = 2) -> None:
        self.device = torch.device(device)
        self.samples = supersampling
        self._linear = torch.from_numpy(srgb_table()).to(self.device)

    def render(self, scenes: Sequence[SceneSpec]) -> list[RenderOutput]:
        """Render scenes of one image size; StageError where they differ or the device's memory does not hold one."""
        if len({(s.camera.height, s.camera.width) for s in scenes}) > 1:
            raise StageError("render: the scenes of one batch have different image sizes")
        try:
            with torch.inference_mode():
                return [self._one(scene) for scene in scenes]
        except torch.cuda.OutOfMemoryError as error:
            raise StageError(f"{self.device}: no memory for one scene ({error})", "a smaller render.image_size") from error

    def photograph(self, scenes: Sequence[SceneSpec]) -> list[tuple[RenderOutput, Picture]]:
        """Render and compose."""
        return [(output, compose(scene, output)) for scene, output in zip(scenes, self.render(scenes), strict=True)]

    def _one(self, scene: SceneSpec) -> RenderOutput:
        owners = [owner for owner, _ in scene.layers()]
        layers = [replace(layer, vertices=layer.lifted(), lift=None) for _, layer in scene.layers()]
        fragments, depth_map = self._visible(layers, scene.camera)
        colour = shade_samples(scene, layers, fragments, depth_map, self.samples, self._linear)
        owner = torch.tensor(owners, device=self.device)[fragments.layer]
        mine = owner == scene.subject
        images = [self._mean(fragments, colour, chosen, depth_map.shape) for chosen in (mine, ~mine)]
        who, depth = self._majority(fragments, owner, mine, depth_map.shape)
        subject, others = (_developed(image.cpu().numpy(), scene.sensor) for image in images)
        bounds = np.stack([amodal_bounds(person, scene.camera) for person in scene.people])
        return finish_output(scene, subject, others, depth.cpu().numpy(), who.cpu().numpy().astype(np.int16), bounds)

    def _visible(self, layers: list[MeshLayer], camera: Camera) -> tuple[Fragments, Float[Tensor, "height width"]]:
        """Nearest opaque fragment per sample, and the depth map of all samples (0: empty)."""
        height, width = camera.height * self.samples, camera.width * self.samples
        vertices, faces, layer, number = self._join(layers, camera)
        if len(faces) == 0:
            none = torch.zeros(0, dtype=torch.int64, device=self.device)
            empty = Fragments(none, none, none, none, vertices.new_zeros(0, 3), vertices.new_zeros(0))
            return empty, torch.zeros(height, width, device=self.device)
        peel = PEELED if any(one.cut_out for one in layers) else 1
        mesh = Meshes(verts=[self._screen(vertices, camera, height, width)], faces=[faces])
        found, depth, weights, _ = rasterize_meshes(
            mesh, image_size=(height, width), blur_radius=EDGE_NDC, faces_per_pixel=peel, bin_size=0, perspective_correct=True
        )
        chosen = self._first_opaque(layers, found[0], weights[0], layer, number)
        row, column, k = torch.nonzero(chosen, as_tuple=True)
        face = found[0, row, column, k]
        fragments = Fragments(row, column, layer[face], number[face], weights[0, row, column, k], depth[0, row, column, k])
        depth_map = torch.zeros(height, width, device=self.device)
        depth_map[row, column] = fragments.depth
        return fragments, depth_map

    def _join(self, layers: list[MeshLayer], camera: Camera) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One mesh: vertices, faces before the camera (without back faces of one-sided layers), their layer and number."""
        points, parts, start = [], [], 0
        for index, layer in enumerate(layers):
            vertices = torch.from_numpy(np.ascontiguousarray(layer.vertices, np.float32)).to(self.device)
            faces = torch.from_numpy(layer.faces.astype(np.int64)).to(self.device)
            corners = vertices[faces]
            keep = (corners[..., 2] >= NEAR_M).all(dim=1)
            if not layer.two_sided:
                flat = corners[..., :2] / corners[..., 2:].clamp(min=NEAR_M)
                a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
                keep &= a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] < 0
            kept = torch.nonzero(keep)[:, 0]
            parts.append((faces[kept] + start, torch.full_like(kept, index), kept))
            points.append(vertices)
            start += len(vertices)
        faces, layer_of, number = (torch.cat(column) for column in zip(*parts, strict=True))
        return torch.cat(points), faces, layer_of, number

    def _screen(self, vertices: Tensor, camera: Camera, height: int, width: int) -> Float[Tensor, "vertices 3"]:
        """PyTorch3D's NDC: x left, y up, the shorter image side spans -1 .. 1; z stays the depth in metres."""
        intrinsics = torch.from_numpy(np.asarray(camera.intrinsics, np.float32)).to(self.device) * self.samples
        depth = vertices[:, 2:].clamp(min=NEAR_M)
        pixel = intrinsics[:2] * vertices[:, :2] / depth + intrinsics[2:]
        half = torch.tensor([width / 2, height / 2], device=self.device)
        return torch.cat([(half - pixel) * (2 / min(height, width)), vertices[:, 2:]], dim=1)

    def _first_opaque(
        self,
        layers: list[MeshLayer],
        found: Int64[Tensor, "h w k"],
        weights: Float[Tensor, "h w k 3"],
        layer: Tensor,
        number: Tensor,
    ) -> Tensor:
        """(H, W, K) one-hot: the nearest fragment that its texture's alpha keeps."""
        solid = found >= 0
        for index, one in enumerate(layers):
            if one.cut_out:
                where = torch.nonzero(solid & (layer[found.clamp(min=0)] == index), as_tuple=True)
                uv = layer_uv(one, number[found[where]], weights[where])
                solid[where] = opaque(one, uv)
        return solid & (solid.cumsum(dim=2) == 1)

    def _mean(self, fragments: Fragments, colour: Tensor, chosen: Tensor, size: torch.Size) -> Float[Tensor, "height width 4"]:
        """Samples averaged into pixels: premultiplied colour and coverage."""
        k = self.samples
        width = size[1] // k
        pixel = (fragments.row // k * width + fragments.column // k)[chosen]
        value = torch.cat([colour, torch.ones_like(colour[:, :1])], dim=1)[chosen] / (k * k)
        image = torch.zeros(size[0] // k * width, 4, device=self.device).index_add_(0, pixel, value)
        return image.reshape(size[0] // k, width, 4)

    def _majority(self, fragments: Fragments, owner: Tensor, mine: Tensor, size: torch.Size) -> tuple[Tensor, Tensor]:
        """Owner and nearest depth per pixel, by the rule of warp.shade.shade."""
        k = self.samples
        height, width = size[0] // k, size[1] // k
        pixel = fragments.row // k * width + fragments.column // k
        count = [torch.zeros(height * width, device=self.device).index_add_(0, pixel, m.float()) for m in (mine, ~mine)]
        nearest, who = [], []
        for chosen in (mine, ~mine):
            order = torch.argsort(fragments.depth[chosen], stable=True)
            order = order[torch.argsort(pixel[chosen][order], stable=True)]
            at = pixel[chosen][order]
            first = order[torch.cat([torch.ones_like(at[:1], dtype=torch.bool), at[1:] != at[:-1]])]
            depth = torch.zeros(height * width, device=self.device)
            person = torch.full((height * width,), -1, device=self.device)
            depth[pixel[chosen][first]], person[pixel[chosen][first]] = fragments.depth[chosen][first], owner[chosen][first]
            nearest.append(depth)
            who.append(person)
        covered = 2 * (count[0] + count[1]) >= k * k
        theirs = count[1] > count[0]
        depth_of = torch.where(covered, torch.where(theirs, nearest[1], nearest[0]), 0.0)
        owner_of = torch.where(covered, torch.where(theirs, who[1], who[0]), -1)
        return owner_of.reshape(height, width), depth_of.reshape(height, width)


def _developed(image: Float32[np.ndarray, "height width 4"], sensor: SensorSpec) -> UInt8[np.ndarray, "height width 4"]:
    """Premultiplied linear light as bytes of premultiplied sRGB, as the sensor renders it."""
    alpha = image[..., 3:]
    colours = develop(image[..., :3] / np.maximum(alpha, np.float32(1e-6)), sensor)
    return (np.concatenate([colours * alpha, 255 * alpha], axis=2) + np.float32(0.5)).astype(np.uint8)
