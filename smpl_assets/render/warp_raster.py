"""Warp kernels: the visibility buffer, and clearing it."""
# Kernel bodies are in Warp's language: int(0) declares a variable, and types are not Python's.
# mypy: ignore-errors

from __future__ import annotations

from typing import no_type_check

import warp as wp

from smpl_assets.render.warp_types import (
    EMPTY,
    FACE,
    MIXED,
    TILE,
    Depths,
    Instance,
    Instances,
    Ints,
    Owners,
    Pictures,
    Points2,
    Points3,
    Scenes,
    Seen,
    Tiles,
    Triples,
    Words,
)

wp.set_module_options({"enable_backward": False, "fast_math": False})


# The innermost loops, in C++ because Warp's own indexing costs as much as its arithmetic there. Where a row of samples enters
# and leaves a face is linear in the row: two edges bound it on one side, one on the other (l, m: left; r, q: right).
_ROWS = """
    const float tolerance = -1.0e-5f, flat = 1.0e-12f;
    const int width = seen.shape[2];
    const float e1x = b[0] - a[0], e1y = b[1] - a[1], e2x = c[0] - a[0], e2y = c[1] - a[1];
    const float dx = (float)x0 + 0.5f - a[0], dy0 = (float)y0 + 0.5f - a[1], last = (float)(x1 - x0);
    const float step1 = e2y * inverse_area, step2 = -e1y * inverse_area, step0 = -step1 - step2;
    const float down1 = -e2x * inverse_area, down2 = e1x * inverse_area, down0 = -down1 - down2;
    const float w1 = dx * step1 + dy0 * down1, w2 = dx * step2 + dy0 * down2;
    const float run1 = 1.0f / (wp::abs(step1) > flat ? step1 : flat);
    const float run2 = 1.0f / (wp::abs(step2) > flat ? step2 : flat);
    const float run0 = 1.0f / (wp::abs(step0) > flat ? step0 : flat);
    const float at1 = (tolerance - w1) * run1, at2 = (tolerance - w2) * run2, at0 = (tolerance - 1.0f + w1 + w2) * run0;
    const float by1 = -down1 * run1, by2 = -down2 * run2, by0 = -down0 * run0;
    float l = 0.0f, dl = 0.0f, m = 0.0f, dm = 0.0f, r = last, dr = 0.0f, q = last, dq = 0.0f;
    if (run1 > 0.0f) { l = at1; dl = by1; } else { r = at1; dr = by1; }
    if (run2 > 0.0f) { m = at2; dm = by2; } else { q = at2; dq = by2; }
    if (run0 > 0.0f) {
        if (run1 > 0.0f) { m = at0; dm = by0; } else { l = at0; dl = by0; }
    } else {
        if (run1 > 0.0f) { r = at0; dr = by0; } else { q = at0; dq = by0; }
    }
    const float rise1 = b[2] - a[2], rise2 = c[2] - a[2], step = step1 * rise1 + step2 * rise2;
    const float inverse0 = a[2] + w1 * rise1 + w2 * rise2, down = down1 * rise1 + down2 * rise2;
    wp::uint64* row = seen.data + ((size_t)s * seen.shape[1] + y0) * width + x0;
    for (int k = 0; k <= y1 - y0; ++k, row += width) {
        const float t = (float)k, lt = l + t * dl, mt = m + t * dm, rt = r + t * dr, qt = q + t * dq;
        float left = lt > mt ? lt : mt, right = rt < qt ? rt : qt;
        left = left > 0.0f ? left : 0.0f;
        right = right < last ? right : last;
        if (!(left <= right)) continue;
        const float inverse = inverse0 + t * down;
        const int end = (int)right;
        for (int i = (int)ceilf(left); i <= end; ++i) {
            const float here = inverse + (float)i * step;
            wp::uint32 bits;
            memcpy(&bits, &here, 4);
            const wp::uint64 key = ((wp::uint64)(~bits) << 32) | low;
"""
_WRITE = """
            wp::atomic_min(row + i, key);
        }
    }
"""
# Texture coordinates over depth are linear on the screen; tu, tv: in texels, of each corner.
_CORNER_TEXELS = """
    const float tu0 = ta[0] * a[2], tu1 = tb[0] * b[2] - tu0, tu2 = tc[0] * c[2] - tu0;
    const float tv0 = ta[1] * a[2], tv1 = tb[1] * b[2] - tv0, tv2 = tc[1] * c[2] - tv0;
    const float u_start = tu0 + w1 * tu1 + w2 * tu2, u_step = step1 * tu1 + step2 * tu2, u_down = down1 * tu1 + down2 * tu2;
    const float v_start = tv0 + w1 * tv1 + w2 * tv2, v_step = step1 * tv1 + step2 * tv2, v_down = down1 * tv1 + down2 * tv2;
    const wp::uint8* alpha = (const wp::uint8*)(texels.data + texel0) + 3;
    const float most_u = (float)(columns - 1), most_v = (float)(rows - 1);
"""
_IF_OPAQUE = """
            if (key >= row[i]) continue;
            const float far = 1.0f / here;
            float u = (u_start + t * u_down + (float)i * u_step) * far - 0.5f;
            float v = (v_start + t * v_down + (float)i * v_step) * far - 0.5f;
            u = u < 0.0f ? 0.0f : (u > most_u ? most_u : u);
            v = v < 0.0f ? 0.0f : (v > most_v ? most_v : v);
            const int u0 = (int)u, v0 = (int)v, right_of = u0 + 1 < columns ? 4 : 0, below = v0 + 1 < rows ? 4 * columns : 0;
            const wp::uint8* at = alpha + 4 * (v0 * columns + u0);
            const float fu = u - (float)u0, fv = v - (float)v0;
            const float top = (float)at[0] + ((float)at[right_of] - (float)at[0]) * fu;
            const float low_row = (float)at[below] + ((float)at[below + right_of] - (float)at[below]) * fu;
            if (!(top + (low_row - top) * fv >= 127.5f)) continue;
"""


@wp.func_native(_ROWS + _WRITE)
@no_type_check
def fill_face(
    seen: Seen, s: int, x0: int, x1: int, y0: int, y1: int,
    a: wp.vec3, b: wp.vec3, c: wp.vec3, inverse_area: float, low: wp.uint64,
):  # fmt: skip
    """Write the keys of an opaque face, whose box of samples is x0..x1, y0..y1 and whose corners are a, b, c."""
    ...


@wp.func_native(_ROWS.replace("    wp::uint64* row", _CORNER_TEXELS + "    wp::uint64* row", 1) + _IF_OPAQUE + _WRITE)
@no_type_check
def fill_cut_face(
    seen: Seen, s: int, x0: int, x1: int, y0: int, y1: int,
    a: wp.vec3, b: wp.vec3, c: wp.vec3, inverse_area: float, low: wp.uint64,
    texels: Words, texel0: int, columns: int, rows: int, ta: wp.vec2, tb: wp.vec2, tc: wp.vec2,
):  # fmt: skip
    """As fill_face, only where the texture's alpha, bilinearly filtered, keeps the face; ta, tb, tc: its corners in texels."""
    ...


@wp.func
@no_type_check
def in_texels(uv: wp.vec2, it: Instance):
    """Texture coordinates as texels from the top left."""
    return wp.vec2(uv[0] * float(it.texture_width), (1.0 - uv[1]) * float(it.texture_height))


@wp.kernel
@no_type_check
def rasterise(
    screen: Points3, faces: Triples, uvs: Points2, uv_faces: Triples,
    texels: Words, drawn: Ints, instances: Instances, scenes: Scenes,
    run: int, samples: int, seen: Seen, tiles: Tiles,
):  # fmt: skip
    """Nearest instance and face per sample, over a run of the faces that an instance draws."""
    i, part = wp.tid()
    it = instances[i]
    s = it.scene
    low0 = wp.uint64(i - scenes[s].instance0) << wp.uint64(24)
    last_x = seen.shape[2] - 1
    last_y = seen.shape[1] - 1
    per_tile = 1.0 / float(samples * TILE)
    for j in range(part * run, wp.min((part + 1) * run, it.drawn)):
        word = drawn[it.drawn0 + j]
        face = word & FACE
        f = faces[it.face0 + face]
        a = screen[it.vertex0 + f[0]]
        b = screen[it.vertex0 + f[1]]
        c = screen[it.vertex0 + f[2]]
        e1x = b[0] - a[0]
        e1y = b[1] - a[1]
        e2x = c[0] - a[0]
        e2y = c[1] - a[1]
        area = e1x * e2y - e1y * e2x
        if area == 0.0 or (area > 0.0 and it.two_sided == 0):
            continue
        if a[2] <= 0.0 or b[2] <= 0.0 or c[2] <= 0.0:
            continue
        x0 = wp.max(0, int(wp.ceil(a[0] + wp.min(0.0, wp.min(e1x, e2x)) - 0.5)))
        x1 = wp.min(last_x, int(wp.floor(a[0] + wp.max(0.0, wp.max(e1x, e2x)) - 0.5)))
        y0 = wp.max(0, int(wp.ceil(a[1] + wp.min(0.0, wp.min(e1y, e2y)) - 0.5)))
        y1 = wp.min(last_y, int(wp.floor(a[1] + wp.max(0.0, wp.max(e1y, e2y)) - 0.5)))
        if x0 > x1 or y0 > y1:
            continue
        # Rounded products: integers of this size come out as integer division would, at a fraction of its cost on a CPU.
        v1 = int((float(y1) + 0.5) * per_tile)
        u1 = int((float(x1) + 0.5) * per_tile)
        for v in range(int((float(y0) + 0.5) * per_tile), v1 + 1):
            for u in range(int((float(x0) + 0.5) * per_tile), u1 + 1):
                tiles[s, v, u] = wp.uint8(1)
        low = low0 | wp.uint64(face)
        if word < MIXED:
            fill_face(seen, s, x0, x1, y0, y1, a, b, c, 1.0 / area, low)
            continue
        g = uv_faces[it.uv_face0 + face]
        ta = in_texels(uvs[it.uv0 + g[0]], it)
        tb = in_texels(uvs[it.uv0 + g[1]], it)
        tc = in_texels(uvs[it.uv0 + g[2]], it)
        fill_cut_face(
            seen, s, x0, x1, y0, y1, a, b, c, 1.0 / area, low,
            texels, it.texel0, it.texture_width, it.texture_height, ta, tb, tc,
        )  # fmt: skip


@wp.kernel
@no_type_check
def clear(
    samples: int, seen: Seen, tiles: Tiles, subject: Pictures,
    others: Pictures, depth: Depths, owner: Owners,
):  # fmt: skip
    """Empty what the batch before left in the buffers: only tiles that it touched."""
    s, v, u = wp.tid()
    if tiles[s, v, u] == wp.uint8(0):
        return
    tiles[s, v, u] = wp.uint8(0)
    for y in range(v * TILE * samples, wp.min((v + 1) * TILE * samples, seen.shape[1])):
        for x in range(u * TILE * samples, wp.min((u + 1) * TILE * samples, seen.shape[2])):
            seen[s, y, x] = EMPTY
    for y in range(v * TILE, wp.min((v + 1) * TILE, depth.shape[1])):
        for x in range(u * TILE, wp.min((u + 1) * TILE, depth.shape[2])):
            subject[s, y, x] = wp.uint32(0)
            others[s, y, x] = wp.uint32(0)
            depth[s, y, x] = 0.0
            owner[s, y, x] = wp.int16(-1)
