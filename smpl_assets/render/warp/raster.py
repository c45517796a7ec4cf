"""Warp kernels: the visibility buffer, and clearing it."""
# Kernel bodies are in Warp's language: int(0) declares a variable, and types are not Python's.
# mypy: ignore-errors

from __future__ import annotations

from typing import no_type_check

import warp as wp

from smpl_assets.render.warp.packing import MIXED_BIT
from smpl_assets.render.warp.types import (
    EMPTY,
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


# What happens to one face after another, in C++ because Warp's own indexing costs as much as its arithmetic there.
_BOX_OF_FACE = """
    const float tolerance = -1.0e-5f, flat = 1.0e-12f;
    const int height = seen.shape[1], width = seen.shape[2], image = it.scene;
    const wp::vec3* corners = screen.data + it.vertex0;
    const wp::vec2* places = uvs.data + it.uv0;
    for (int j = first; j < end; ++j) {
        const int word = drawn.data[it.drawn0 + j], face = word & FACE_BITS;
        const wp::vec3i f = faces.data[it.face0 + face];
        const wp::vec3 a = corners[f[0]], b = corners[f[1]], c = corners[f[2]];
        const float e1x = b[0] - a[0], e1y = b[1] - a[1], e2x = c[0] - a[0], e2y = c[1] - a[1];
        const float area = e1x * e2y - e1y * e2x;
        if (area == 0.0f || (area > 0.0f && !it.two_sided)) continue;
        if (!(a[2] > 0.0f && b[2] > 0.0f && c[2] > 0.0f)) continue;
        const int x0 = wp::max(0, (int)ceilf(a[0] + wp::min(0.0f, wp::min(e1x, e2x)) - 0.5f));
        const int x1 = wp::min(width - 1, (int)floorf(a[0] + wp::max(0.0f, wp::max(e1x, e2x)) - 0.5f));
        const int y0 = wp::max(0, (int)ceilf(a[1] + wp::min(0.0f, wp::min(e1y, e2y)) - 0.5f));
        const int y1 = wp::min(height - 1, (int)floorf(a[1] + wp::max(0.0f, wp::max(e1y, e2y)) - 0.5f));
        if (x0 > x1 || y0 > y1) continue;
        for (int v = y0 / side; v <= y1 / side; ++v)
            for (int u = x0 / side; u <= x1 / side; ++u) tiles.data[(image * tiles.shape[1] + v) * tiles.shape[2] + u] = 1;
""".replace("FACE_BITS", hex(MIXED_BIT - 1))
# Barycentric coordinates of the box's first sample, and how they and the inverse depth change from sample to sample.
_STEPS_OF_FACE = """
        const wp::uint64 low = ((wp::uint64)number << 24) | (wp::uint64)face;
        const float inverse_area = 1.0f / area, last = (float)(x1 - x0);
        const float dx = (float)x0 + 0.5f - a[0], dy = (float)y0 + 0.5f - a[1];
        const float step1 = e2y * inverse_area, step2 = -e1y * inverse_area, step0 = -step1 - step2;
        const float down1 = -e2x * inverse_area, down2 = e1x * inverse_area, down0 = -down1 - down2;
        const float w1 = dx * step1 + dy * down1, w2 = dx * step2 + dy * down2;
        const float rise1 = b[2] - a[2], rise2 = c[2] - a[2], step = step1 * rise1 + step2 * rise2;
        const float inverse0 = a[2] + w1 * rise1 + w2 * rise2, down = down1 * rise1 + down2 * rise2;
        wp::uint64* row = seen.data + ((size_t)image * height + y0) * width + x0;
"""
# Most faces meet a handful of samples: testing all in the box takes less than finding where rows begin and end. No branch
# that cannot be foreseen; samples beside the face get a key that changes nothing.
_FEW_SAMPLES = """
        if (word == face && (x1 - x0 + 1) * (y1 - y0 + 1) <= 64) {
            for (int k = 0; k <= y1 - y0; ++k, row += width) {
                const float t = (float)k, v1 = w1 + t * down1, v2 = w2 + t * down2, inverse = inverse0 + t * down;
                for (int i = 0; i <= x1 - x0; ++i) {
                    const float at1 = v1 + (float)i * step1, at2 = v2 + (float)i * step2, here = inverse + (float)i * step;
                    wp::uint32 bits;
                    memcpy(&bits, &here, 4);
                    const bool meets = wp::min(wp::min(at1, at2), 1.0f - at1 - at2) >= tolerance;
                    const wp::uint64 key = ((wp::uint64)(~bits) << 32) | low;
                    wp::atomic_min(row + i, meets ? key : 0xFFFFFFFFFFFFFFFFull);
                }
            }
            continue;
        }
"""
# Where a row of samples enters and leaves a face is linear in the row: two edges bound it on one side, one on the other
# (l, m: left; r, q: right).
_EDGES_OF_FACE = """
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
"""
# Texture coordinates over depth are linear on the screen; in texels from the top left.
_TEXELS_OF_FACE = """
            const wp::vec3i g = uv_faces.data[it.uv_face0 + face];
            const float columns = (float)it.texture_width, rows = (float)it.texture_height;
            const float ua = places[g[0]][0] * columns * a[2], va = (1.0f - places[g[0]][1]) * rows * a[2];
            const float ub = places[g[1]][0] * columns * b[2] - ua, vb = (1.0f - places[g[1]][1]) * rows * b[2] - va;
            const float uc = places[g[2]][0] * columns * c[2] - ua, vc = (1.0f - places[g[2]][1]) * rows * c[2] - va;
            const float u_start = ua + w1 * ub + w2 * uc, u_step = step1 * ub + step2 * uc, u_down = down1 * ub + down2 * uc;
            const float v_start = va + w1 * vb + w2 * vc, v_step = step1 * vb + step2 * vc, v_down = down1 * vb + down2 * vc;
            const wp::uint8* alpha = (const wp::uint8*)(texels.data + it.texel0) + 3;
"""
_EVERY_SAMPLE = """
            for (int k = 0; k <= y1 - y0; ++k, row += width) {
                const float t = (float)k, lt = l + t * dl, mt = m + t * dm, rt = r + t * dr, qt = q + t * dq;
                const float left = wp::max(wp::max(lt, mt), 0.0f), right = wp::min(wp::min(rt, qt), last);
                if (!(left <= right)) continue;
                const float inverse = inverse0 + t * down;
                const int stop = (int)right;
                for (int i = (int)ceilf(left); i <= stop; ++i) {
                    const float here = inverse + (float)i * step;
                    wp::uint32 bits;
                    memcpy(&bits, &here, 4);
                    const wp::uint64 key = ((wp::uint64)(~bits) << 32) | low;
"""
_SKIP_CUT_OUT = """
                    if (key >= row[i]) continue;
                    const float far = 1.0f / here;
                    const float u = wp::clamp((u_start + t * u_down + (float)i * u_step) * far - 0.5f, 0.0f, columns - 1.0f);
                    const float v = wp::clamp((v_start + t * v_down + (float)i * v_step) * far - 0.5f, 0.0f, rows - 1.0f);
                    const int u0 = (int)u, v0 = (int)v;
                    const int right_of = u0 + 1 < it.texture_width ? 4 : 0;
                    const int below = v0 + 1 < it.texture_height ? 4 * it.texture_width : 0;
                    const wp::uint8* at = alpha + 4 * (v0 * it.texture_width + u0);
                    const float fu = u - (float)u0, fv = v - (float)v0;
                    const float top = (float)at[0] + ((float)at[right_of] - (float)at[0]) * fu;
                    const float bottom = (float)at[below] + ((float)at[below + right_of] - (float)at[below]) * fu;
                    if (!(top + (bottom - top) * fv >= 127.5f)) continue;
"""
_WRITE = """
                    wp::atomic_min(row + i, key);
                }
            }
"""
_DRAW = f"""
    {_BOX_OF_FACE}
    {_STEPS_OF_FACE}
    {_FEW_SAMPLES}
    {_EDGES_OF_FACE}
        if (word == face) {{
            {_EVERY_SAMPLE}
            {_WRITE}
        }} else {{
            {_TEXELS_OF_FACE}
            {_EVERY_SAMPLE}
            {_SKIP_CUT_OUT}
            {_WRITE}
        }}
    }}
"""


@wp.func_native(_DRAW)
@no_type_check
def draw_faces(
    screen: Points3, faces: Triples, uvs: Points2, uv_faces: Triples, texels: Words, drawn: Ints, it: Instance,
    number: int, first: int, end: int, side: int, seen: Seen, tiles: Tiles,
):  # fmt: skip
    """Write the keys of some of the faces that an instance draws, the `number`-th of its scene.

    first, end: their rows in the instance's part of `drawn`, whose bit 30 says that the texture's alpha, bilinearly filtered,
    cuts through the face; side: of a tile in samples.
    """
    ...


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
    number = i - scenes[it.scene].instance0
    end = wp.min((part + 1) * run, it.drawn)
    draw_faces(
        screen, faces, uvs, uv_faces, texels, drawn, it,
        number, part * run, end, samples * TILE, seen, tiles,
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
