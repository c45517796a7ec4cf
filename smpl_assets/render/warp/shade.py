"""Warp kernels per pixel: which vertices are needed, texture, coverage, depth."""
# Kernel bodies are in Warp's language: int(0) declares a variable, and types are not Python's.
# mypy: ignore-errors
# ruff: noqa: UP018, RUF046

from __future__ import annotations

from typing import no_type_check

import warp as wp

from smpl_assets.render.warp.types import (
    EMPTY,
    SAME_SURFACE_M,
    TILE,
    TONES,
    Bytes,
    Depths,
    Floats,
    Instance,
    Instances,
    Owners,
    Pictures,
    Points2,
    Points3,
    Scene,
    Scenes,
    Seen,
    Tiles,
    Triples,
    Words,
    inverse_depth,
)

wp.set_module_options({"enable_backward": False, "fast_math": False})


# Bilinear look-up of RGBA words, two channels in a word at a time, weights in 1 / 256.
_BILINEAR = """
    const wp::uint32* top = texels.data + start + y0 * width + x0;
    const wp::uint32* low = y0 + 1 < height ? top + width : top;
    const int step = x0 + 1 < width ? 1 : 0;
    const wp::uint32 u = (wp::uint32)(fx * 256.0f), v = (wp::uint32)(fy * 256.0f);
    const wp::uint32 w11 = (u * v) >> 8, w10 = u - w11, w01 = v - w11, w00 = 256 - u - v + w11, even = 0x00FF00FF;
    const wp::uint32 a = top[0], b = top[step], c = low[0], d = low[step];
    const wp::uint32 rb = (a & even) * w00 + (b & even) * w10 + (c & even) * w01 + (d & even) * w11;
    const wp::uint32 ga = ((a >> 8) & even) * w00 + ((b >> 8) & even) * w10 + ((c >> 8) & even) * w01 + ((d >> 8) & even) * w11;
    return ((rb >> 8) & even) | (ga & 0xFF00FF00);
"""


@no_type_check
def _bilinear():
    # Warp knows the result's type only where its decorator stands alone, so the type checkers are kept off from outside.
    @wp.func_native(_BILINEAR)
    def bilinear(texels: Words, start: int, width: int, height: int, x0: int, y0: int, fx: float, fy: float) -> wp.uint32:
        """The mean of the four texels about a place, weighted by nearness."""

    return bilinear


bilinear = _bilinear()


@wp.func
@no_type_check
def sample_texture(texels: Words, linear: Floats, it: Instance, uv: wp.vec2, on_chart: float, on_screen: float):
    """Bilinear look-up, in the mip level whose texels are about as large as a pixel, as linear light.

    on_chart, on_screen: areas of the face, in texels of the texture's first level and in pixels.
    """
    width = int(it.texture_width)
    height = int(it.texture_height)
    start = int(it.texel0)
    left = float(on_chart)
    level = int(0)
    while left > 2.25 * on_screen and level < it.levels - 1:
        start += width * height
        width = width >> 1
        height = height >> 1
        left = 0.25 * left
        level += 1
    x = wp.clamp(uv[0] * float(width) - 0.5, 0.0, float(width - 1))
    y = wp.clamp((1.0 - uv[1]) * float(height) - 0.5, 0.0, float(height - 1))
    x0 = int(x)
    y0 = int(y)
    t = bilinear(texels, start, width, height, x0, y0, x - float(x0), y - float(y0))
    r = linear[int(t & wp.uint32(255))]
    g = linear[int((t >> wp.uint32(8)) & wp.uint32(255))]
    return wp.vec3(r, g, linear[int((t >> wp.uint32(16)) & wp.uint32(255))])


@wp.func
@no_type_check
def group_of(seen: Seen, s: int, y: int, x: int, samples: int, first_row: int, first_column: int):
    """The samples of a pixel, from a given one on, that see one surface: they are of one mesh and about equally deep.

    Returns next row, next column, number, nearest key, summed rows, summed columns; none are left once the next row is `samples`.
    """
    row = int(first_row)
    column = int(first_column)
    nearest = EMPTY
    size = int(0)
    rows = int(0)
    columns = int(0)
    mesh = wp.uint64(0)
    inverse = float(0.0)
    reach = float(0.0)
    while row < samples:
        key = seen[s, y * samples + row, x * samples + column]
        if key != EMPTY:
            here = inverse_depth(key)
            if size == 0:
                mesh = key >> wp.uint64(24) & wp.uint64(255)
                inverse = here
                reach = SAME_SURFACE_M * here * here
            elif (key >> wp.uint64(24) & wp.uint64(255)) != mesh or wp.abs(here - inverse) > reach:
                break
            nearest = wp.min(nearest, key)
            size += 1
            rows += row
            columns += column
        column += 1
        if column == samples:
            column = int(0)
            row += 1
    return row, column, size, nearest, rows, columns


@wp.kernel
@no_type_check
def mark(
    seen: Seen, faces: Triples, instances: Instances, scenes: Scenes,
    tiles: Tiles, samples: int, span: int, needed: Bytes,
):  # fmt: skip
    """Mark the vertices whose light some pixel needs."""
    s, v, u = wp.tid()
    if tiles[s, v * span // TILE, u * span // TILE] == wp.uint8(0):
        return
    for y in range(v * span, wp.min((v + 1) * span, seen.shape[1] // samples)):
        for x in range(u * span, wp.min((u + 1) * span, seen.shape[2] // samples)):
            row = int(0)
            column = int(0)
            while row < samples:
                row, column, size, nearest, _rows, _columns = group_of(seen, s, y, x, samples, row, column)
                if size > 0:
                    it = instances[scenes[s].instance0 + int((nearest >> wp.uint64(24)) & wp.uint64(255))]
                    f = faces[it.face0 + int(nearest & wp.uint64(0xFFFFFF))]
                    needed[it.vertex0 + f[0]] = wp.uint8(1)
                    needed[it.vertex0 + f[1]] = wp.uint8(1)
                    needed[it.vertex0 + f[2]] = wp.uint8(1)


@wp.func
@no_type_check
def develop(colour: wp.vec3, scene: Scene, tones: Floats, share: float):
    """What the sensor makes of linear light, as bytes of RGBA that are premultiplied by the covered share of the pixel.

    Exposure, white balance, film-like shoulder, saturation, sRGB.
    """
    c = wp.cw_mul(colour, scene.gain)
    if wp.max(wp.max(c[0], c[1]), c[2]) > 0.6:
        high = wp.vec3(wp.max(c[0] - 0.6, 0.0), wp.max(c[1] - 0.6, 0.0), wp.max(c[2] - 0.6, 0.0))
        c = c - high + wp.vec3(high[0] / (1.0 + 1.6 * high[0]), high[1] / (1.0 + 1.6 * high[1]), high[2] / (1.0 + 1.6 * high[2]))
    if scene.saturation < 1.0:
        grey = 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]
        c = wp.vec3(grey, grey, grey) * (1.0 - scene.saturation) + c * scene.saturation
    scale = 255.0 * share
    r = tones[int(wp.sqrt(wp.clamp(c[0], 0.0, 1.0)) * float(TONES - 1) + 0.5)] * scale
    g = tones[int(wp.sqrt(wp.clamp(c[1], 0.0, 1.0)) * float(TONES - 1) + 0.5)] * scale
    b = tones[int(wp.sqrt(wp.clamp(c[2], 0.0, 1.0)) * float(TONES - 1) + 0.5)] * scale
    low = wp.uint32(r + 0.5) | (wp.uint32(g + 0.5) << wp.uint32(8))
    return low | (wp.uint32(b + 0.5) << wp.uint32(16)) | (wp.uint32(scale + 0.5) << wp.uint32(24))


@wp.func
@no_type_check
def inside_face(a: wp.vec3, b: wp.vec3, c: wp.vec3, px: float, py: float):
    """Perspective-correct barycentric coordinates of a place in sample coordinates, pulled into the face if it lies beside it."""
    w0 = ((b[0] - px) * (c[1] - py) - (b[1] - py) * (c[0] - px)) * a[2]
    w1 = ((c[0] - px) * (a[1] - py) - (c[1] - py) * (a[0] - px)) * b[2]
    w2 = ((a[0] - px) * (b[1] - py) - (a[1] - py) * (b[0] - px)) * c[2]
    turn = wp.where(w0 + w1 + w2 < 0.0, -1.0, 1.0)
    w0 = wp.max(w0 * turn, 0.0)
    w1 = wp.max(w1 * turn, 0.0)
    w2 = wp.max(w2 * turn, 0.0)
    scale = 1.0 / wp.max(w0 + w1 + w2, 1.0e-20)
    return wp.vec3(w0 * scale, w1 * scale, w2 * scale)


@wp.kernel
@no_type_check
def shade(
    seen: Seen, screen: Points3, faces: Triples, uvs: Points2,
    uv_faces: Triples, texels: Words, linear: Floats, tones: Floats,
    instances: Instances, scenes: Scenes, diffuse: Points3,
    gloss: Points3, tiles: Tiles, samples: int, span: int,
    subject: Pictures, others: Pictures, depth: Depths, owner: Owners,
):  # fmt: skip
    """Colour, coverage, owner, depth per pixel; samples that see one surface are shaded together, at their middle."""
    s, v, u = wp.tid()
    if tiles[s, v * span // TILE, u * span // TILE] == wp.uint8(0):
        return
    scene = scenes[s]
    count = float(samples * samples)
    for y in range(v * span, wp.min((v + 1) * span, depth.shape[1])):
        for x in range(u * span, wp.min((u + 1) * span, depth.shape[2])):
            mine = wp.vec3(0.0, 0.0, 0.0)
            theirs = wp.vec3(0.0, 0.0, 0.0)
            hits_mine = float(0.0)
            hits_theirs = float(0.0)
            nearest_mine = EMPTY
            nearest_theirs = EMPTY
            row = int(0)
            column = int(0)
            while row < samples:
                row, column, size, nearest, rows, columns = group_of(seen, s, y, x, samples, row, column)
                if size == 0:
                    continue
                it = instances[scene.instance0 + int((nearest >> wp.uint64(24)) & wp.uint64(255))]
                face = int(nearest & wp.uint64(0xFFFFFF))
                f = faces[it.face0 + face]
                a = it.vertex0 + f[0]
                b = it.vertex0 + f[1]
                c = it.vertex0 + f[2]
                weight = float(size)
                px = float(x * samples) + float(columns) / weight + 0.5
                py = float(y * samples) + float(rows) / weight + 0.5
                pa = screen[a]
                pb = screen[b]
                pc = screen[c]
                w = inside_face(pa, pb, pc, px, py)
                g = uv_faces[it.uv_face0 + face]
                ta = uvs[it.uv0 + g[0]]
                tb = uvs[it.uv0 + g[1]] - ta
                tc = uvs[it.uv0 + g[2]] - ta
                on_screen = wp.abs((pb[0] - pa[0]) * (pc[1] - pa[1]) - (pb[1] - pa[1]) * (pc[0] - pa[0]))
                on_chart = wp.abs(tb[0] * tc[1] - tb[1] * tc[0]) * float(it.texture_width * it.texture_height)
                albedo = sample_texture(texels, linear, it, ta + tb * w[1] + tc * w[2], on_chart * count, on_screen)
                colour = wp.cw_mul(albedo, diffuse[a] * w[0] + diffuse[b] * w[1] + diffuse[c] * w[2])
                colour += gloss[a] * w[0] + gloss[b] * w[1] + gloss[c] * w[2]
                if it.person == scene.subject:
                    mine += colour * weight
                    hits_mine += weight
                    nearest_mine = wp.min(nearest_mine, nearest)
                else:
                    theirs += colour * weight
                    hits_theirs += weight
                    nearest_theirs = wp.min(nearest_theirs, nearest)
            if hits_mine > 0.0:
                subject[s, y, x] = develop(mine / hits_mine, scene, tones, hits_mine / count)
            if hits_theirs > 0.0:
                others[s, y, x] = develop(theirs / hits_theirs, scene, tones, hits_theirs / count)
            if 2.0 * (hits_mine + hits_theirs) >= count:
                front = nearest_mine
                if hits_theirs > hits_mine:
                    front = nearest_theirs
                depth[s, y, x] = 1.0 / inverse_depth(front)
                first = instances[scene.instance0 + int((front >> wp.uint64(24)) & wp.uint64(255))]
                owner[s, y, x] = wp.int16(first.person)
