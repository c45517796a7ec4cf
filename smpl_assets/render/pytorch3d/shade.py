"""The Warp kernels' shading in torch, for backends that only rasterise: vertex light, texture, ambient occlusion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from smpl_assets.render.visibility import MIP_LEVELS, NEAR_M, SHADOW_CELLS, key_frame, mip_levels, occlusion_taps, scene_extent
from smpl_assets.scene import Camera, Lighting, MeshLayer, SceneSpec

Vertices = Float[Tensor, "vertices 3"]
Faces = Int64[Tensor, "faces 3"]
Places = Float[Tensor, "n 2"]
DepthMap = Float[Tensor, "height width"]


@dataclass(frozen=True)
class Fragments:
    """What each of N covered samples sees.

    row, column: (N,) sample coordinates. layer: (N,) index of the layer. face: (N,) within it. weights: (N, 3)
    perspective-correct barycentric coordinates. depth: (N,) metres.
    """

    row: Int64[Tensor, " samples"]
    column: Int64[Tensor, " samples"]
    layer: Int64[Tensor, " samples"]
    face: Int64[Tensor, " samples"]
    weights: Float[Tensor, "samples 3"]
    depth: Float[Tensor, " samples"]


def vertex_normals(vertices: Vertices, faces: Faces) -> Vertices:
    """Area-weighted vertex normals."""
    corners = vertices[faces]
    normals = torch.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], dim=1)
    total = torch.zeros_like(vertices).index_add_(0, faces.reshape(-1), normals.repeat_interleave(3, dim=0))
    return torch.nn.functional.normalize(total, dim=1)


def irradiance(harmonics: Float[Tensor, "9 3"], normals: Float[Tensor, "points 3"]) -> Float[Tensor, "points 3"]:
    """Degree-2 spherical harmonics in the basis of `smpl_assets.scene.Lighting`."""
    x, y, z = normals.unbind(dim=1)
    basis = torch.stack([torch.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], dim=1)
    return (basis @ harmonics).clamp(min=0)


class KeyShadow:
    """The key light's depth map: the nearest vertex per cell of a grid across its direction."""

    def __init__(self, scene: SceneSpec, vertices: Vertices) -> None:
        right, up = key_frame(scene.lighting)
        origin, extent = scene_extent(scene)
        axes = np.stack([right, up, scene.lighting.key_direction])
        self.axes = torch.from_numpy(axes).to(vertices)
        self.origin = torch.from_numpy(np.asarray(origin)).to(vertices)
        self.scale = SHADOW_CELLS / extent
        self.depth = torch.full((SHADOW_CELLS * SHADOW_CELLS,), -1.0e9).to(vertices)
        local = (vertices - self.origin) @ self.axes.T
        cell = torch.floor(local[:, :2] * self.scale + 0.5 * SHADOW_CELLS).long()
        inside = ((cell >= 0) & (cell < SHADOW_CELLS)).all(dim=1)
        index = cell[inside, 1] * SHADOW_CELLS + cell[inside, 0]
        self.depth.scatter_reduce_(0, index, local[inside, 2], "amax")

    def lit(self, points: Float[Tensor, "points 3"], normals: Float[Tensor, "points 3"]) -> Float[Tensor, " points"]:
        """Share of the key light that reaches each point."""
        local = (points + 0.02 * normals - self.origin) @ self.axes.T
        place = local[:, :2] * self.scale + 0.5 * SHADOW_CELLS - 0.5
        corner = torch.floor(place)
        part = place - corner
        blocked = torch.zeros(len(points)).to(points)
        for j in range(4):
            wy = {0: 1 - part[:, 1], 3: part[:, 1]}.get(j, torch.ones_like(part[:, 1]))
            for i in range(4):
                wx = {0: 1 - part[:, 0], 3: part[:, 0]}.get(i, torch.ones_like(part[:, 0]))
                x, y = corner[:, 0].long() - 1 + i, corner[:, 1].long() - 1 + j
                inside = (x >= 0) & (x < SHADOW_CELLS) & (y >= 0) & (y < SHADOW_CELLS)
                index = y.clamp(0, SHADOW_CELLS - 1) * SHADOW_CELLS + x.clamp(0, SHADOW_CELLS - 1)
                nearer = ((self.depth[index] - local[:, 2] - 0.03) * 25).clamp(0, 1)
                blocked = blocked + wx * wy * nearer * inside
        return 1 - blocked / 9


def vertex_light(
    layer: MeshLayer, vertices: Vertices, faces: Faces, light: Lighting, shadow: KeyShadow
) -> tuple[Vertices, Vertices]:
    """Irradiance and reflected highlight per vertex, as warp.light.light."""
    harmonics = torch.from_numpy(np.asarray(light.harmonics)).to(vertices)
    direction, colour = (torch.from_numpy(np.asarray(v)).to(vertices) for v in (light.key_direction, light.key_colour))
    n, view = vertex_normals(vertices, faces), -torch.nn.functional.normalize(vertices, dim=1)
    if layer.two_sided:
        n = torch.where((n * view).sum(dim=1, keepdim=True) < 0, -n, n)
    roughness, wrap = max(layer.roughness, 0.05), 0.35 * layer.subsurface
    cosine = n @ direction
    lit = torch.where(cosine > -wrap, shadow.lit(vertices, n), 0.0)[:, None]
    hard = cosine.clamp(min=0)[:, None]
    soft = ((cosine + wrap).clamp(min=0) / (1 + wrap))[:, None]
    wrapped = hard + (soft - hard) * torch.tensor([1.0, 0.45, 0.35]).to(vertices)
    diffuse = irradiance(harmonics, n) + colour * wrapped * lit
    half = torch.nn.functional.normalize(view + direction, dim=1)
    shine = 2 / (roughness**4 + 1e-3)
    lobe = (n * half).sum(dim=1, keepdim=True).clamp(min=0) ** shine * (shine + 8) * 0.04
    facing = (n * view).sum(dim=1, keepdim=True)
    fresnel = layer.specular + (1 - layer.specular) * 0.25 * (1 - roughness) * (1 - facing.clamp(0, 1)) ** 5
    mirrored = irradiance(harmonics, 2 * facing * n - view)
    return diffuse, colour * (layer.specular * lobe * lit * hard) + mirrored * fresnel * (1 - 0.6 * roughness)


def layer_uv(layer: MeshLayer, face: Int64[Tensor, " n"], weights: Float[Tensor, "n 3"]) -> Places:
    """Texture coordinates at barycentric coordinates."""
    uvs = torch.from_numpy(layer.uvs[layer.uv_faces].astype(np.float32)).to(weights.device)
    return (uvs[face] * weights[..., None]).sum(dim=1)


def opaque(layer: MeshLayer, uv: Places) -> Bool[Tensor, " n"]:
    """Whether the texture's alpha keeps the mesh at these coordinates."""
    if not layer.cut_out:
        return torch.ones(len(uv), dtype=torch.bool, device=uv.device)
    height, width = layer.texture.shape[:2]
    alpha = torch.from_numpy(np.ascontiguousarray(layer.texture[..., 3:])).to(uv.device).float()
    return _bilinear(alpha, uv, width, height)[:, 0] >= 127.5


def _bilinear(image: Float[Tensor, "height width channels"], uv: Places, width: int, height: int) -> Float[Tensor, "n channels"]:
    """The image at texture coordinates, v up."""
    x = (uv[:, 0] * width - 0.5).clamp(0, width - 1)
    y = ((1 - uv[:, 1]) * height - 0.5).clamp(0, height - 1)
    x0, y0 = x.long(), y.long()
    x1, y1 = (x0 + 1).clamp(max=width - 1), (y0 + 1).clamp(max=height - 1)
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]
    top, low = image[y0, x0] * (1 - fx) + image[y0, x1] * fx, image[y1, x0] * (1 - fx) + image[y1, x1] * fx
    return top * (1 - fy) + low * fy


def sample_texture(
    layer: MeshLayer, uv: Places, texels_per_px: Float[Tensor, " n"], linear: Float[Tensor, "256"]
) -> Float[Tensor, "n 3"]:
    """Bilinear look-up, in the mip level whose texels are about as large as a pixel, as linear light."""
    found = torch.zeros(len(uv), 3).to(uv)
    levels = mip_levels(layer.texture)
    wanted = torch.ceil(torch.log2((texels_per_px / 1.5).clamp(min=1e-6))).clamp(0, min(MIP_LEVELS, len(levels)) - 1).long()
    for number, words in enumerate(levels):
        rows = torch.nonzero(wanted == number)[:, 0]
        if len(rows) == 0:
            continue
        height, width = words.shape
        image = torch.from_numpy(words.view(np.uint8).reshape(height, width, 4)[..., :3].copy()).float().to(uv.device)
        found[rows] = linear[_bilinear(image, uv[rows], width, height).long()]
    return found


def texels_per_pixel(
    layer: MeshLayer, vertices: Vertices, faces: Faces, intrinsics: Float[Tensor, "4"]
) -> Float[Tensor, " faces"]:
    """How many texels lie along a pixel of each face, on average over its directions."""
    pixel = (vertices[:, :2] / vertices[:, 2:].clamp(min=1e-3) * intrinsics[:2])[faces]
    uv = torch.from_numpy(layer.uvs[layer.uv_faces].astype(np.float32)).to(vertices.device)
    areas = []
    for corners in (uv, pixel):
        a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        areas.append((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).abs())
    texels = areas[0] * layer.texture.shape[0] * layer.texture.shape[1]
    return (texels / areas[1].clamp(min=1e-6)).sqrt()


def open_share(
    depth_map: DepthMap, vertices: Vertices, camera: Camera, samples: int, occlusion: float
) -> Float[Tensor, " vertices"]:
    """Ambient occlusion of vertices in the image, as warp.light.open_share; 0 in the depth map is empty."""
    fx, fy, cx, cy = (float(v) for v in camera.intrinsics)
    depth = vertices[:, 2].clamp(min=NEAR_M)
    column = torch.floor((fx * vertices[:, 0] / depth + cx) * samples).long()
    row = torch.floor((fy * vertices[:, 1] / depth + cy) * samples).long()
    radius = (0.09 * fx / depth * samples).clamp(2, 48)
    taps = torch.from_numpy(occlusion_taps()).to(depth_map)
    height, width = depth_map.shape
    blocked = torch.zeros_like(depth)
    for tap in taps:
        u, v = column + (tap[0] * radius).long(), row + (tap[1] * radius).long()
        inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
        there = depth_map[v.clamp(0, height - 1), u.clamp(0, width - 1)]
        there = torch.where(there > 0, 1 / there.clamp(min=1e-6), 0.0)
        nearer = (there - 1 / depth) * depth**2
        blocked += ((nearer - 0.012) * 14).clamp(0, 1) * (2 - 5 * nearer).clamp(0, 1) * inside
    open_part = 1 - occlusion * (blocked * 1.4 / len(taps)).clamp(max=0.85)
    return torch.where(vertices[:, 2] >= NEAR_M, open_part, 1.0)


def shade_samples(
    scene: SceneSpec, layers: list[MeshLayer], fragments: Fragments, depth_map: DepthMap, samples: int, linear: Tensor
) -> Float[Tensor, "samples 3"]:
    """Linear colour of every covered sample."""
    device = depth_map.device
    vertices = [torch.from_numpy(np.ascontiguousarray(layer.vertices, np.float32)).to(device) for layer in layers]
    shadow = KeyShadow(scene, torch.cat(vertices))
    colour = torch.zeros(len(fragments.row), 3, device=device)
    intrinsics = torch.from_numpy(np.asarray(scene.camera.intrinsics, np.float32)).to(device)
    for number, (layer, points) in enumerate(zip(layers, vertices, strict=True)):
        rows = torch.nonzero(fragments.layer == number)[:, 0]
        if len(rows) == 0:
            continue
        faces = torch.from_numpy(layer.faces.astype(np.int64)).to(device)
        diffuse, gloss = vertex_light(layer, points, faces, scene.lighting, shadow)
        if scene.lighting.occlusion > 0:
            open_part = open_share(depth_map, points, scene.camera, samples, scene.lighting.occlusion)[:, None]
            diffuse, gloss = diffuse * open_part, gloss * open_part
        corners, weights = faces[fragments.face[rows]], fragments.weights[rows][..., None]
        texels = texels_per_pixel(layer, points, faces, intrinsics)[fragments.face[rows]]
        albedo = sample_texture(layer, layer_uv(layer, fragments.face[rows], fragments.weights[rows]), texels, linear)
        colour[rows] = albedo * (diffuse[corners] * weights).sum(dim=1) + (gloss[corners] * weights).sum(dim=1)
    return colour
