"""Warp kernel per pixel: texture, ambient occlusion, coverage, depth."""
# Kernel bodies are in Warp's language: int(0) declares a variable, and types are not Python's.
# mypy: ignore-errors
# ruff: noqa: UP018, RUF046

from __future__ import annotations

from typing import no_type_check

import warp as wp

from smpl_assets.render.warp_types import (
    EMPTY,
    TILE,
    Depths,
    Floats,
    Instance,
    Instances,
    Points2,
    Points3,
    Scene,
    Scenes,
    Seen,
    Tiles,
    Triples,
    Words,
    barycentric,
    inverse_depth,
)

wp.set_module_options({"enable_backward": False, "fast_math": False})


@wp.func
@no_type_check
def texel_linear(texels: Words, linear: Floats, at: int):
    """One texel in linear light."""
    t = texels[at]
    r = linear[int(t & wp.uint32(255))]
    g = linear[int((t >> wp.uint32(8)) & wp.uint32(255))]
    return wp.vec3(r, g, linear[int((t >> wp.uint32(16)) & wp.uint32(255))])


@wp.func
@no_type_check
def sample_texture(texels: Words, linear: Floats, it: Instance, uv: wp.vec2, texels_per_px: float):
    """Bilinear look-up in the mip level whose texels are about as large as a pixel."""
    width = int(it.texture_width)
    height = int(it.texture_height)
    start = int(it.texel0)
    ratio = float(texels_per_px)
    level = int(0)
    while ratio > 1.5 and level < it.levels - 1:
        start += width * height
        width = width // 2
        height = height // 2
        ratio = 0.5 * ratio
        level += 1
    x = wp.clamp(uv[0] * float(width) - 0.5, 0.0, float(width - 1))
    y = wp.clamp((1.0 - uv[1]) * float(height) - 0.5, 0.0, float(height - 1))
    x0 = int(x)
    y0 = int(y)
    fx = x - float(x0)
    fy = y - float(y0)
    x1 = wp.min(x0 + 1, width - 1)
    y1 = wp.min(y0 + 1, height - 1)
    row0 = start + y0 * width
    row1 = start + y1 * width
    top = texel_linear(texels, linear, row0 + x0) * (1.0 - fx) + texel_linear(texels, linear, row0 + x1) * fx
    low = texel_linear(texels, linear, row1 + x0) * (1.0 - fx) + texel_linear(texels, linear, row1 + x1) * fx
    return top * (1.0 - fy) + low * fy


@wp.func
@no_type_check
def open_share(seen: Seen, taps: Points2, scene: Scene, s: int, y: int, x: int, samples: int, depth: float):
    """Ambient occlusion in the image: how free the surroundings of a point are of nearer surfaces."""
    radius = wp.clamp(0.09 * scene.focal[0] / depth * float(samples), 2.0, 48.0)
    height = seen.shape[1]
    width = seen.shape[2]
    blocked = float(0.0)
    for k in range(taps.shape[0]):
        tap = taps[k]
        u = x + int(tap[0] * radius)
        v = y + int(tap[1] * radius)
        if u >= 0 and u < width and v >= 0 and v < height:
            key = seen[s, v, u]
            if key != EMPTY:
                nearer = depth - 1.0 / inverse_depth(key)
                blocked += wp.clamp((nearer - 0.012) * 14.0, 0.0, 1.0) * wp.clamp(2.0 - nearer * 5.0, 0.0, 1.0)
    return 1.0 - scene.occlusion * wp.min(blocked * 1.4 / float(taps.shape[0]), 0.85)


@wp.kernel
@no_type_check
def shade(
    seen: Seen, screen: Points3, faces: Triples, uvs: Points2,
    uv_faces: Triples, texels: Words, linear: Floats,
    instances: Instances, scenes: Scenes, diffuse: Points3,
    gloss: Points3, taps: Points2, tiles: Tiles, samples: int,
    subject: wp.array3d(dtype=wp.vec4), others: wp.array3d(dtype=wp.vec4),
    depth: Depths, owner: wp.array3d(dtype=wp.int16),
):  # fmt: skip
    """Colour, coverage, owner, depth per pixel; samples that see the same piece of texture are shaded together."""
    s, y, x = wp.tid()
    if tiles[s, y // TILE, x // TILE] == wp.uint8(0):
        return
    scene = scenes[s]
    mine = wp.vec4(0.0, 0.0, 0.0, 0.0)
    theirs = wp.vec4(0.0, 0.0, 0.0, 0.0)
    hits_mine = int(0)
    hits_theirs = int(0)
    nearest_mine = EMPTY
    nearest_theirs = EMPTY
    done = int(0)
    count = samples * samples
    while done < count:
        group_instance = int(-1)
        group_size = float(0.0)
        group_uv = wp.vec2(0.0, 0.0)
        group_diffuse = wp.vec3(0.0, 0.0, 0.0)
        group_gloss = wp.vec3(0.0, 0.0, 0.0)
        group_inverse = float(0.0)
        group_x = int(0)
        group_y = int(0)
        k = int(done)
        apart = int(0)
        while k < count and apart == 0:
            sx = x * samples + k % samples
            sy = y * samples + k // samples
            key = seen[s, sy, sx]
            if key == EMPTY:
                k += 1
                continue
            instance = scene.instance0 + int((key >> wp.uint64(24)) & wp.uint64(255))
            it = instances[instance]
            face = int(key & wp.uint64(0xFFFFFF))
            f = faces[it.face0 + face]
            a = it.vertex0 + f[0]
            b = it.vertex0 + f[1]
            c = it.vertex0 + f[2]
            w = barycentric(screen[a], screen[b], screen[c], float(sx) + 0.5, float(sy) + 0.5)
            g = uv_faces[it.uv_face0 + face]
            uv = uvs[it.uv0 + g[0]] * w[0] + uvs[it.uv0 + g[1]] * w[1] + uvs[it.uv0 + g[2]] * w[2]
            if group_instance >= 0:
                gap = wp.length(uv - group_uv / group_size)
                if instance != group_instance or gap > 0.02:
                    apart = 1
                    continue
            if it.person == scene.subject:
                nearest_mine = wp.min(nearest_mine, key)
            else:
                nearest_theirs = wp.min(nearest_theirs, key)
            if group_instance < 0:
                group_diffuse = diffuse[a] * w[0] + diffuse[b] * w[1] + diffuse[c] * w[2]
                group_gloss = gloss[a] * w[0] + gloss[b] * w[1] + gloss[c] * w[2]
                group_inverse = inverse_depth(key)
                group_x = sx
                group_y = sy
            group_instance = instance
            group_size += 1.0
            group_uv += uv
            k += 1
        done = k
        if group_instance >= 0:
            it = instances[group_instance]
            share = 1.0 / group_size
            z = 1.0 / group_inverse
            albedo = sample_texture(texels, linear, it, group_uv * share, it.texels_per_m * z / scene.focal[0])
            colour = wp.cw_mul(albedo, group_diffuse) + group_gloss
            if scene.occlusion > 0.0:
                colour = colour * open_share(seen, taps, scene, s, group_y, group_x, samples, z)
            value = wp.vec4(colour[0], colour[1], colour[2], 1.0) * group_size
            if it.person == scene.subject:
                mine += value
                hits_mine += int(group_size)
            else:
                theirs += value
                hits_theirs += int(group_size)
    if hits_mine + hits_theirs == 0:
        return
    subject[s, y, x] = mine / float(count)
    others[s, y, x] = theirs / float(count)
    if 2 * (hits_mine + hits_theirs) >= count:
        nearest = nearest_mine
        if hits_theirs > hits_mine:
            nearest = nearest_theirs
        depth[s, y, x] = 1.0 / inverse_depth(nearest)
        first = instances[scene.instance0 + int((nearest >> wp.uint64(24)) & wp.uint64(255))]
        owner[s, y, x] = wp.int16(first.person)
