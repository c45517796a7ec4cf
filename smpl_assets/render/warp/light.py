"""Warp kernels per vertex: cloth lifted, projection, shadow of the key light, irradiance, highlight, ambient occlusion."""
# Kernel bodies are in Warp's language: int(0) declares a variable, and types are not Python's.
# mypy: ignore-errors
# ruff: noqa: UP018

from __future__ import annotations

from typing import no_type_check

import warp as wp

from smpl_assets.render.warp.types import (
    NEAR_M,
    Boxes,
    Bytes,
    Depths,
    Floats,
    Harmonics,
    Instances,
    Ints,
    Points2,
    Points3,
    Scene,
    Scenes,
    Seen,
    Triples,
)

wp.set_module_options({"enable_backward": False, "fast_math": False})


# Area-weighted mean of the normals of the faces that touch a vertex, in C++ because it is mostly indexing.
_VERTEX_NORMAL = """
    const wp::vec3* corner = vertices.data + vertex0;
    float x = 0.0f, y = 0.0f, z = 0.0f;
    for (int k = starts.data[incidence]; k < starts.data[incidence + 1]; ++k) {
        const wp::vec3i f = faces.data[face0 + touching.data[k]];
        const wp::vec3 a = corner[f[0]], b = corner[f[1]], c = corner[f[2]];
        const float ux = b[0] - a[0], uy = b[1] - a[1], uz = b[2] - a[2], vx = c[0] - a[0], vy = c[1] - a[1], vz = c[2] - a[2];
        x += uy * vz - uz * vy;
        y += uz * vx - ux * vz;
        z += ux * vy - uy * vx;
    }
    const float length = sqrtf(x * x + y * y + z * z), scale = length > 1.0e-20f ? 1.0f / length : 0.0f;
    return wp::vec3(x * scale, y * scale, z * scale);
"""


@no_type_check
def _vertex_normal():
    # Warp knows the result's type only where its decorator stands alone, so the type checkers are kept off from outside.
    @wp.func_native(_VERTEX_NORMAL)
    def vertex_normal(
        vertices: Points3, faces: Triples, starts: Ints, touching: Ints,
        vertex0: int, face0: int, incidence: int,
    ) -> wp.vec3:  # fmt: skip
        """Unit normal of the vertex whose row in `starts` is `incidence`."""

    return vertex_normal


vertex_normal = _vertex_normal()


@wp.kernel
@no_type_check
def lift(
    base: Points3, faces: Triples, starts: Ints, touching: Ints,
    instances: Instances, lifts: Floats, run: int, vertices: Points3,
):  # fmt: skip
    """Vertices where they are drawn: cloth moved off what it lies on, along its own normals."""
    i, part = wp.tid()
    it = instances[i]
    for v in range(part * run, wp.min((part + 1) * run, it.vertices)):
        at = it.vertex0 + v
        if it.lift0 < 0:
            vertices[at] = base[at]
        else:
            n = vertex_normal(base, faces, starts, touching, it.vertex0, it.face0, it.incidence0 + v)
            vertices[at] = base[at] + n * lifts[it.lift0 + v]


@wp.kernel
@no_type_check
def project(
    vertices: Points3, instances: Instances, scenes: Scenes, run: int,
    samples: int, screen: Points3, shadow: Depths, boxes: Boxes,
):  # fmt: skip
    """Vertices to sample coordinates and inverse depth (0: nearer than the near plane).

    Also: the nearest vertex per cell of the key light's depth map, and the box of each person's whole body (px, low and high).
    """
    i, part = wp.tid()
    it = instances[i]
    scene = scenes[it.scene]
    cells = shadow.shape[1]
    scale = float(cells) / scene.key_extent
    middle = 0.5 * float(cells)
    scaled = float(samples)
    low_x = float(1.0e9)
    low_y = float(1.0e9)
    high_x = float(-1.0e9)
    high_y = float(-1.0e9)
    for v in range(it.vertex0 + part * run, it.vertex0 + wp.min((part + 1) * run, it.vertices)):
        p = vertices[v]
        d = p - scene.key_origin
        u = int(wp.floor(wp.dot(d, scene.key_right) * scale + middle))
        w = int(wp.floor(wp.dot(d, scene.key_up) * scale + middle))
        if u >= 0 and u < cells and w >= 0 and w < cells:
            wp.atomic_max(shadow, it.scene, w, u, wp.dot(d, scene.key_direction))
        if p[2] < NEAR_M:
            screen[v] = wp.vec3(0.0, 0.0, 0.0)
            continue
        inverse = 1.0 / p[2]
        x = scene.focal[0] * p[0] * inverse + scene.centre[0]
        y = scene.focal[1] * p[1] * inverse + scene.centre[1]
        screen[v] = wp.vec3(x * scaled, y * scaled, inverse)
        low_x = wp.min(low_x, x)
        low_y = wp.min(low_y, y)
        high_x = wp.max(high_x, x)
        high_y = wp.max(high_y, y)
    if it.person >= 0:
        row = scene.person0 + it.person
        wp.atomic_min(boxes, row, 0, low_x)
        wp.atomic_min(boxes, row, 1, low_y)
        wp.atomic_max(boxes, row, 2, high_x)
        wp.atomic_max(boxes, row, 3, high_y)


@wp.func
@no_type_check
def irradiance(harmonics: Harmonics, s: int, n: wp.vec3):
    """Degree-2 spherical harmonics in the basis of `smpl_assets.scene.Lighting`."""
    x = n[0]
    y = n[1]
    z = n[2]
    e = harmonics[s, 0] + harmonics[s, 1] * y + harmonics[s, 2] * z + harmonics[s, 3] * x
    e += harmonics[s, 4] * (x * y) + harmonics[s, 5] * (y * z) + harmonics[s, 6] * (3.0 * z * z - 1.0)
    e += harmonics[s, 7] * (x * z) + harmonics[s, 8] * (x * x - y * y)
    return wp.vec3(wp.max(e[0], 0.0), wp.max(e[1], 0.0), wp.max(e[2], 0.0))


@wp.func
@no_type_check
def lit_share(shadow: Depths, scene: Scene, s: int, p: wp.vec3, n: wp.vec3):
    """Share of the key light that reaches a point: 4 x 4 cells of the grid, softened by how far the blocker is."""
    d = p + n * 0.02 - scene.key_origin
    cells = shadow.shape[1]
    scale = float(cells) / scene.key_extent
    gx = wp.dot(d, scene.key_right) * scale + 0.5 * float(cells) - 0.5
    gy = wp.dot(d, scene.key_up) * scale + 0.5 * float(cells) - 0.5
    depth = wp.dot(d, scene.key_direction)
    x0 = int(wp.floor(gx))
    y0 = int(wp.floor(gy))
    fx = gx - wp.floor(gx)
    fy = gy - wp.floor(gy)
    blocked = float(0.0)
    for j in range(4):
        wy = 1.0
        if j == 0:
            wy = 1.0 - fy
        if j == 3:
            wy = fy
        for i in range(4):
            wx = 1.0
            if i == 0:
                wx = 1.0 - fx
            if i == 3:
                wx = fx
            x = x0 - 1 + i
            y = y0 - 1 + j
            if x >= 0 and x < cells and y >= 0 and y < cells:
                blocked += wx * wy * wp.clamp((shadow[s, y, x] - depth - 0.03) * 25.0, 0.0, 1.0)
    return 1.0 - blocked / 9.0


# Depth differences from inverse depths: 1 / i - 1 / j is nearly (j - i) / i^2 for what counts here, and empty samples (j = 0)
# come out as farther.
_BLOCKED = """
    const int height = seen.shape[1], width = seen.shape[2], count = taps.shape[0];
    const wp::uint64* image = seen.data + (size_t)s * height * width;
    const float scale = 1.0f / (inverse * inverse);
    float blocked = 0.0f;
    for (int k = 0; k < count; ++k) {
        const wp::vec2 tap = taps.data[k];
        const int u = x + (int)(tap[0] * radius), v = y + (int)(tap[1] * radius);
        if ((unsigned)u >= (unsigned)width || (unsigned)v >= (unsigned)height) continue;
        const wp::uint32 bits = ~(wp::uint32)(image[v * width + u] >> 32);
        float there;
        memcpy(&there, &bits, 4);
        const float nearer = (there - inverse) * scale;
        float near = (nearer - 0.012f) * 14.0f, fade = 2.0f - nearer * 5.0f;
        near = near < 0.0f ? 0.0f : (near > 1.0f ? 1.0f : near);
        fade = fade < 0.0f ? 0.0f : (fade > 1.0f ? 1.0f : fade);
        blocked += near * fade;
    }
    return blocked / (float)count;
"""


@no_type_check
def _blocked_share():
    @wp.func_native(_BLOCKED)
    def blocked_share(seen: Seen, taps: Points2, s: int, y: int, x: int, radius: float, inverse: float) -> float:
        """Share of the surroundings of a sample (within `radius` samples) that lies somewhat nearer than its inverse depth."""

    return blocked_share


blocked_share = _blocked_share()


@wp.func
@no_type_check
def open_share(seen: Seen, taps: Points2, scene: Scene, s: int, y: int, x: int, samples: int, inverse: float):
    """Ambient occlusion in the image: how free the surroundings of a point are of nearer surfaces."""
    radius = wp.clamp(0.09 * scene.focal[0] * inverse * float(samples), 2.0, 48.0)
    blocked = blocked_share(seen, taps, s, y, x, radius, inverse)
    return 1.0 - scene.occlusion * wp.min(blocked * 1.4, 0.85)


@wp.kernel
@no_type_check
def light(
    vertices: Points3, faces: Triples, starts: Ints, touching: Ints,
    instances: Instances, scenes: Scenes, harmonics: Harmonics,
    shadow: Depths, screen: Points3, seen: Seen, taps: Points2, samples: int,
    needed: Bytes, run: int, diffuse: Points3, gloss: Points3,
):  # fmt: skip
    """Irradiance and reflected highlight, less what surfaces close by keep off, of the vertices that some pixel needs."""
    i, part = wp.tid()
    it = instances[i]
    scene = scenes[it.scene]
    wrap = 0.35 * it.subsurface
    shine = 2.0 / (it.roughness * it.roughness * it.roughness * it.roughness + 1.0e-3)
    sheen = (1.0 - it.specular) * 0.25 * (1.0 - it.roughness)
    for v in range(part * run, wp.min((part + 1) * run, it.vertices)):
        at = it.vertex0 + v
        if needed[at] == wp.uint8(0):
            continue
        p = vertices[at]
        n = vertex_normal(vertices, faces, starts, touching, it.vertex0, it.face0, it.incidence0 + v)
        view = -wp.normalize(p)
        if it.two_sided == 1 and wp.dot(n, view) < 0.0:
            n = -n
        facing = wp.dot(n, view)
        cosine = wp.dot(n, scene.key_direction)
        irradiated = irradiance(harmonics, it.scene, n)
        shone = wp.vec3(0.0, 0.0, 0.0)
        if cosine > -wrap:
            lit = lit_share(shadow, scene, it.scene, p, n)
            hard = wp.max(cosine, 0.0)
            soft = (cosine + wrap) / (1.0 + wrap)
            wrapped = wp.vec3(soft, hard + (soft - hard) * 0.45, hard + (soft - hard) * 0.35)
            irradiated += wp.cw_mul(scene.key_colour, wrapped) * lit
            half = wp.normalize(view + scene.key_direction)
            lobe = wp.pow(wp.max(wp.dot(n, half), 0.0), shine) * (shine + 8.0) * 0.04
            shone = scene.key_colour * (it.specular * lobe * lit * hard)
        open = float(1.0)
        q = screen[at]
        if scene.occlusion > 0.0 and q[2] > 0.0:
            open = open_share(seen, taps, scene, it.scene, int(wp.floor(q[1])), int(wp.floor(q[0])), samples, q[2])
        diffuse[at] = irradiated * open
        grazing = 1.0 - wp.clamp(facing, 0.0, 1.0)
        fresnel = it.specular + sheen * (grazing * grazing * grazing * grazing * grazing)
        mirrored = irradiance(harmonics, it.scene, 2.0 * facing * n - view)
        gloss[at] = (shone + mirrored * (fresnel * (1.0 - 0.6 * it.roughness))) * open
