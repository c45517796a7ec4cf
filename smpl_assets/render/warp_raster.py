"""Warp kernel per face: the visibility buffer."""
# Kernel bodies are in Warp's language: int(0) declares a variable, and types are not Python's.
# mypy: ignore-errors

from __future__ import annotations

from typing import no_type_check

import warp as wp

from smpl_assets.render.warp_types import (
    EDGE,
    HIDDEN,
    MIXED,
    SOLID,
    TILE,
    Bytes,
    Instance,
    Instances,
    Ints,
    Points2,
    Points3,
    Scenes,
    Seen,
    Tiles,
    Triples,
    Words,
    barycentric,
)

wp.set_module_options({"enable_backward": False, "fast_math": False})


@wp.func
@no_type_check
def opaque(
    texels: Words,
    uvs: Points2,
    uv_faces: Triples,
    it: Instance,
    face: int,
    w: wp.vec3,
):
    """Whether the texture's alpha keeps the mesh at this point."""
    g = uv_faces[it.uv_face0 + face]
    uv = uvs[it.uv0 + g[0]] * w[0] + uvs[it.uv0 + g[1]] * w[1] + uvs[it.uv0 + g[2]] * w[2]
    x = wp.clamp(int(uv[0] * float(it.texture_width)), 0, it.texture_width - 1)
    y = wp.clamp(int((1.0 - uv[1]) * float(it.texture_height)), 0, it.texture_height - 1)
    return (texels[it.texel0 + y * it.texture_width + x] >> wp.uint32(24)) >= wp.uint32(128)


@wp.kernel
@no_type_check
def rasterise(
    screen: Points3, faces: Triples, uvs: Points2, uv_faces: Triples,
    texels: Words, face_alpha: Bytes, instances: Instances, scenes: Scenes, group: Ints,
    samples: int, seen: Seen, tiles: Tiles,
):  # fmt: skip
    """Nearest instance and face per sample."""
    i, t = wp.tid()
    it = instances[group[i]]
    alpha = int(SOLID)
    if it.alpha0 >= 0:
        alpha = int(face_alpha[it.alpha0 + t])
        if alpha == HIDDEN:
            return
    f = faces[it.face0 + t]
    a = screen[it.vertex0 + f[0]]
    b = screen[it.vertex0 + f[1]]
    c = screen[it.vertex0 + f[2]]
    if a[2] <= 0.0 or b[2] <= 0.0 or c[2] <= 0.0:
        return
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if area == 0.0 or (area > 0.0 and it.two_sided == 0):
        return
    x0 = wp.max(0, int(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) - 0.5)))
    x1 = wp.min(seen.shape[2] - 1, int(wp.floor(wp.max(a[0], wp.max(b[0], c[0])) - 0.5)))
    y0 = wp.max(0, int(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) - 0.5)))
    y1 = wp.min(seen.shape[1] - 1, int(wp.floor(wp.max(a[1], wp.max(b[1], c[1])) - 0.5)))
    if x0 > x1 or y0 > y1:
        return
    for v in range(y0 // samples // TILE, y1 // samples // TILE + 1):
        for u in range(x0 // samples // TILE, x1 // samples // TILE + 1):
            tiles[it.scene, v, u] = wp.uint8(1)
    inverse_area = 1.0 / area
    low = (wp.uint64(group[i] - scenes[it.scene].instance0) << wp.uint64(24)) | wp.uint64(t)
    for y in range(y0, y1 + 1):
        py = float(y) + 0.5
        for x in range(x0, x1 + 1):
            px = float(x) + 0.5
            w0 = ((b[0] - px) * (c[1] - py) - (b[1] - py) * (c[0] - px)) * inverse_area
            w1 = ((c[0] - px) * (a[1] - py) - (c[1] - py) * (a[0] - px)) * inverse_area
            w2 = 1.0 - w0 - w1
            if w0 >= EDGE and w1 >= EDGE and w2 >= EDGE:
                inverse = w0 * a[2] + w1 * b[2] + w2 * c[2]
                key = (wp.uint64(~wp.cast(inverse, wp.uint32)) << wp.uint64(32)) | low
                if alpha == MIXED and (
                    key >= seen[it.scene, y, x] or not opaque(texels, uvs, uv_faces, it, t, barycentric(a, b, c, px, py))
                ):
                    continue
                wp.atomic_min(seen, it.scene, y, x, key)
