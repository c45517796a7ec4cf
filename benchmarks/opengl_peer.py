"""OpenGL on Mesa's llvmpipe as a peer of the Warp renderer: one undressed body per image, off screen, on one core.

    python benchmarks/opengl_peer.py [--images N] [--rounds N] [--picture FILE.png]

Needs `pip install moderngl` and Mesa's EGL (Debian: libegl1, libgl1-mesa-dri); where one is missing it is named and left out.

What is timed is what a user would write for the picture that Warp makes: vertex normals by NumPy, then shaders for light
(spherical harmonics, key light with a soft shadow map, highlights), a mip-mapped sRGB texture, a depth buffer of 2 x 2 samples
a pixel, ambient occlusion while the samples are averaged in linear light and developed to sRGB; 8-bit colour and 32-bit depth
are read back. `plain` does less: no shadow, highlights or occlusion, and samples in 8-bit linear light that OpenCV averages.
Where PyTorch3D is installed it has a row too. The renderers take turns, so that a busy machine is busy for all of them. The
last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import sparse

from smpl_assets.render.packing import key_frame, occlusion_taps, scene_extent
from smpl_assets.render.protocol import RenderOutput, get_backend, installed_backends
from smpl_assets.render.visibility import project_points
from smpl_assets.scene import MeshLayer, SceneSpec
from smpl_assets.sensor import SensorSpec, shoulder, to_srgb

SAMPLES = 2
NEAR_M, FAR_M = 0.05, 100.0
SHADOW_CELLS = 64
AGREED_IOU = 0.99
SRGB8 = 0x8C41  # GL_SRGB8: the sampler turns texels into linear light before it filters them

SHADOW_VERTEX = """#version 330
uniform mat3 key_axes; uniform vec3 key_origin; uniform float key_extent;
in vec3 position;
void main() {
    vec3 local = key_axes * (position - key_origin) * 2.0 / key_extent;
    gl_Position = vec4(local.xy, -local.z, 1.0);
}"""

BODY_VERTEX = """uniform vec4 intrinsics; uniform vec2 size; uniform vec2 clip;
uniform vec3 harmonics[9]; uniform vec3 key_direction; uniform vec3 key_colour;
uniform vec3 material;  // roughness, specular, wrap
uniform mat3 key_axes; uniform vec3 key_origin; uniform float key_extent; uniform sampler2DShadow shadow;
in vec3 position; in vec3 normal; in vec2 uv;
out vec3 diffuse; out vec3 gloss; out vec2 texel;

vec3 irradiance(vec3 n) {
    vec3 e = harmonics[0] + harmonics[1] * n.y + harmonics[2] * n.z + harmonics[3] * n.x + harmonics[4] * (n.x * n.y);
    e += harmonics[5] * (n.y * n.z) + harmonics[6] * (3.0 * n.z * n.z - 1.0) + harmonics[7] * (n.x * n.z);
    return max(e + harmonics[8] * (n.x * n.x - n.y * n.y), 0.0);
}

float lit_share(vec3 n) {
    vec3 local = key_axes * (position + 0.02 * n - key_origin) / key_extent + 0.5;
    vec3 at = vec3(local.xy, 1.0 - local.z - 0.03 / key_extent);
    float cell = 1.0 / textureSize(shadow, 0).x, lit = 0.0;
    for (int i = 0; i < 4; i++) lit += texture(shadow, at + vec3(vec2(i & 1, i >> 1) * cell - 0.5 * cell, 0.0));
    return 0.25 * lit;
}

void main() {
    vec2 px = intrinsics.xy * position.xy + intrinsics.zw * position.z;
    float a = (clip.y + clip.x) / (clip.y - clip.x), b = 2.0 * clip.y * clip.x / (clip.y - clip.x);
    gl_Position = vec4(2.0 * px / size - position.z, a * position.z - b, position.z);
    vec3 n = normalize(normal), view = -normalize(position);
    float cosine = dot(n, key_direction), hard = max(cosine, 0.0);
    float soft = max(cosine + material.z, 0.0) / (1.0 + material.z);
    float lit = 1.0;
#ifdef EFFECTS
    lit = lit_share(n);
#endif
    diffuse = irradiance(n) + key_colour * (hard + (soft - hard) * vec3(1.0, 0.45, 0.35)) * lit;
    gloss = vec3(0.0);
#ifdef EFFECTS
    float facing = dot(n, view), shine = 2.0 / (pow(material.x, 4.0) + 1.0e-3);
    float lobe = pow(max(dot(n, normalize(view + key_direction)), 0.0), shine) * (shine + 8.0) * 0.04;
    float fresnel = material.y + (1.0 - material.y) * 0.25 * (1.0 - material.x) * pow(1.0 - clamp(facing, 0.0, 1.0), 5.0);
    gloss = key_colour * (material.y * lobe * lit * hard);
    gloss += irradiance(2.0 * facing * n - view) * (fresnel * (1.0 - 0.6 * material.x));
#endif
    texel = vec2(uv.x, 1.0 - uv.y);
}"""

BODY_FRAGMENT = """#version 330
uniform sampler2D skin;
in vec3 diffuse; in vec3 gloss; in vec2 texel;
out vec4 colour;
void main() { colour = vec4(texture(skin, texel).rgb * diffuse + gloss, 1.0); }"""

SCREEN_VERTEX = """#version 330
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }"""

RESOLVE_FRAGMENT = """#version 330
uniform sampler2D colours; uniform sampler2D depths; uniform vec2 taps[10];
uniform vec2 clip; uniform float focal; uniform float occlusion;
layout(location = 0) out vec4 colour; layout(location = 1) out float depth;

float metres(float d) { return clip.x * clip.y / (clip.y - d * (clip.y - clip.x)); }

float open_share(ivec2 at, float z) {
    float radius = clamp(0.09 * focal / z, 2.0, 48.0), blocked = 0.0;
    for (int i = 0; i < 10; i++) {
        ivec2 there = clamp(at + ivec2(taps[i] * radius), ivec2(0), textureSize(depths, 0) - 1);
        float nearer = z - metres(texelFetch(depths, there, 0).r);
        blocked += clamp((nearer - 0.012) * 14.0, 0.0, 1.0) * clamp(2.0 - nearer * 5.0, 0.0, 1.0);
    }
    return 1.0 - occlusion * min(blocked * 1.4 / 10.0, 0.85);
}

void main() {
    ivec2 at = 2 * ivec2(gl_FragCoord.xy), first = at;
    vec4 sum = vec4(0.0);
    float nearest = 1.0;
    for (int i = 3; i >= 0; i--) {
        ivec2 sample_at = at + ivec2(i & 1, i >> 1);
        float d = texelFetch(depths, sample_at, 0).r;
        if (d < 1.0) first = sample_at;
        nearest = min(nearest, d);
        sum += texelFetch(colours, sample_at, 0);
    }
    if (nearest == 1.0) discard;
    vec3 light = sum.rgb / sum.a * open_share(first, metres(texelFetch(depths, first, 0).r));
    vec3 high = max(light - 0.6, 0.0);
    light += high / (1.0 + 1.6 * high) - high;
    vec3 srgb = mix(12.92 * light, 1.055 * pow(light, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, light));
    colour = 0.25 * sum.a * vec4(srgb, 1.0);
    depth = sum.a >= 2.0 ? metres(nearest) : 0.0;
}"""


@dataclass(frozen=True)
class Picture:
    """colour: (H, W, 4) sRGB premultiplied by coverage, as a sensor of exposure 1 gives it.

    depth: (H, W) metres, 0 where fewer than half the samples hit.
    """

    colour: UInt8[np.ndarray, "height width 4"]
    depth: Float32[np.ndarray, "height width"]

    @property
    def mask(self) -> Bool[np.ndarray, "height width"]:
        """Pixels that belong to the body."""
        return self.depth > 0


class BodyBuffers:
    """One topology on the device: OpenGL has one index per corner, so vertices are split where the texture has a seam."""

    def __init__(self, context: Any, programs: tuple[Any, Any], layer: MeshLayer) -> None:
        corners = np.stack([layer.faces.ravel(), layer.uv_faces.ravel()], axis=1)
        pairs, index = np.unique(corners, axis=0, return_inverse=True)
        self.layer, self.rows = layer, pairs[:, 0]
        self.moving = context.buffer(reserve=len(pairs) * 24, dynamic=True)
        still = context.buffer(np.ascontiguousarray(layer.uvs[pairs[:, 1]], np.float32))
        faces = context.buffer(index.astype(np.int32))
        body, shadow = programs
        self.body = context.vertex_array(body, [(self.moving, "3f 3f", "position", "normal"), (still, "2f", "uv")], faces)
        self.points = context.vertex_array(shadow, [(self.moving, "3f 12x", "position")])
        shape, ones = (len(layer.vertices), len(layer.faces)), np.ones(layer.faces.size, np.float32)
        self.touching = sparse.csr_matrix((ones, (layer.faces.ravel(), np.arange(layer.faces.size) // 3)), shape)

    def upload(self, vertices: Float32[np.ndarray, "vertices 3"]) -> None:
        """Positions and area-weighted normals."""
        x, y, z = np.ascontiguousarray(vertices.T)
        a, b, c = np.ascontiguousarray(self.layer.faces.T)
        p, q = [u[b] - u[a] for u in (x, y, z)], [u[c] - u[a] for u in (x, y, z)]
        normals = np.stack([p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]], axis=1)
        self.moving.write(np.concatenate([vertices, self.touching @ normals], axis=1)[self.rows])


class OpenglPeer:
    """Renders scenes of one image size and one person with one opaque layer; keeps topologies and textures, as Warp does."""

    def __init__(self, height: int, width: int, effects: bool = True) -> None:
        self.context = context = _context()
        self.size, self.effects = (width, height), effects
        # compiled in or out: llvmpipe runs both sides of a branch
        head = "#version 330\n" + ("#define EFFECTS\n" if effects else "")
        self.body = context.program(head + BODY_VERTEX, BODY_FRAGMENT)
        self.splat = context.program(SHADOW_VERTEX, "#version 330\nvoid main() {}")
        self.resolve = context.program(SCREEN_VERTEX, RESOLVE_FRAGMENT)
        self.screen = context.vertex_array(self.resolve, [])
        fine = (width * SAMPLES, height * SAMPLES)
        self.colours, self.depths = context.texture(fine, 4, dtype="f2" if effects else "f1"), context.depth_texture(fine)
        self.depths.compare_func = ""
        self.shadow = context.depth_texture((SHADOW_CELLS, SHADOW_CELLS))
        self.shadow.compare_func = "<="
        self.fine = context.framebuffer([self.colours], self.depths)
        self.above = context.framebuffer(depth_attachment=self.shadow)
        self.done = context.framebuffer([context.texture(self.size, 4), context.texture(self.size, 1, dtype="f4")])
        self._tones = np.dstack([*[developed(np.arange(256, dtype=np.float32) / 255)] * 3, np.arange(256, dtype=np.uint8)])
        self._buffers: dict[tuple[int, int, int], BodyBuffers] = {}
        self._textures: dict[int, tuple[Any, np.ndarray]] = {}
        _set(self.resolve, taps=occlusion_taps(), clip=(NEAR_M, FAR_M), colours=0, depths=1)
        _set(self.body, size=self.size, clip=(NEAR_M, FAR_M), skin=0, shadow=1)

    def all(self, scenes: list[SceneSpec]) -> list[Picture]:
        """Every scene, in this peer's own context, whichever was used last."""
        with self.context:
            return [self.render(scene) for scene in scenes]

    def render(self, scene: SceneSpec) -> Picture:
        """One image, read back."""
        layer = scene.people[0].layers[0]
        buffers, texture = self._buffer(layer), self._texture(layer.texture)
        buffers.upload(np.asarray(layer.vertices, np.float32))
        self._light(scene, layer)
        if self.effects:
            self._shadows(buffers)
        self._draw(buffers, texture)
        return self._resolved(scene) if self.effects else self._averaged()

    def _light(self, scene: SceneSpec, layer: MeshLayer) -> None:
        light, (origin, extent) = scene.lighting, scene_extent(scene)
        # OpenGL's matrices are column by column
        axes = np.stack([*key_frame(light), light.key_direction], axis=1)
        for program in (self.body, self.splat):
            _set(program, key_axes=axes, key_origin=origin, key_extent=extent)
        material = (max(layer.roughness, 0.05), layer.specular, 0.35 * layer.subsurface)
        _set(self.body, intrinsics=scene.camera.intrinsics, harmonics=light.harmonics, material=material)
        _set(self.body, key_direction=light.key_direction, key_colour=light.key_colour)

    def _shadows(self, buffers: BodyBuffers) -> None:
        """The key light's depth map; vertices as points, as in Warp, lie dense enough for its cells."""
        self.above.use()
        self.above.clear()
        self.context.enable_only(self.context.DEPTH_TEST)
        buffers.points.render(self.context.POINTS)

    def _draw(self, buffers: BodyBuffers, texture: Any) -> None:
        self.fine.use()
        self.fine.clear()
        self.context.enable_only(self.context.DEPTH_TEST | self.context.CULL_FACE)
        self.context.front_face = "cw"  # rows are counted downwards, so that nothing has to be flipped after reading
        texture.use(0)
        self.shadow.use(1)
        buffers.body.render()

    def _resolved(self, scene: SceneSpec) -> Picture:
        """Samples averaged in linear light, darkened where occluded and developed, by one pass over the body's box."""
        _set(self.resolve, focal=SAMPLES * float(scene.camera.intrinsics[0]), occlusion=scene.lighting.occlusion)
        self.done.use()
        self.done.clear()
        self.context.enable_only(self.context.NOTHING)
        self.colours.use(0)
        self.depths.use(1)
        self.done.scissor = _box(scene)
        self.screen.render(vertices=3)
        self.done.scissor = None
        return Picture(_pixels(self.done, 4, 0), _pixels(self.done, 1, 1, "f4")[..., 0])

    def _averaged(self) -> Picture:
        """8-bit samples averaged on the CPU: without occlusion cheaper than a pass."""
        linear = cv2.resize(_pixels(self.fine, 4, 0), self.size, interpolation=cv2.INTER_AREA)
        depth = _pixels(self.fine, 1, -1, "f4")[..., 0]
        nearest = np.minimum(depth[::2], depth[1::2])
        nearest = np.minimum(nearest[:, ::2], nearest[:, 1::2])
        metres = NEAR_M * FAR_M / (FAR_M - nearest * (FAR_M - NEAR_M))
        return Picture(cv2.LUT(linear, self._tones), np.where(linear[..., 3] >= 127, metres, np.float32(0)))

    def _buffer(self, layer: MeshLayer) -> BodyBuffers:
        key = (id(layer.faces), id(layer.uvs), id(layer.uv_faces))
        if key not in self._buffers:
            self._buffers[key] = BodyBuffers(self.context, (self.body, self.splat), layer)
        return self._buffers[key]

    def _texture(self, image: np.ndarray) -> Any:
        if id(image) not in self._textures:
            texture = self.context.texture(image.shape[1::-1], 3, np.ascontiguousarray(image[..., :3]), internal_format=SRGB8)
            texture.build_mipmaps()
            texture.filter = (self.context.LINEAR_MIPMAP_NEAREST, self.context.LINEAR)
            self._textures[id(image)] = (texture, image)  # the image too, so that its id stays its own
        return self._textures[id(image)][0]


def _context() -> Any:
    """An off-screen context on llvmpipe with one raster thread; RuntimeError that says why where there is none."""
    # Mesa reads these when the context is made; one thread, because the figure is per core.
    os.environ.update(LP_NUM_THREADS="1", LIBGL_ALWAYS_SOFTWARE="1")
    try:
        import moderngl

        context = moderngl.create_context(standalone=True, backend="egl")
    except ImportError as error:
        raise RuntimeError(f"{error}: pip install moderngl") from error
    except Exception as error:  # moderngl has no narrower one
        raise RuntimeError(f"no EGL context ({error}): apt install libegl1 libgl1-mesa-dri") from error
    if "llvmpipe" not in context.info["GL_RENDERER"]:
        raise RuntimeError(f"OpenGL is {context.info['GL_RENDERER']} here, not llvmpipe")
    return context


def _set(program: Any, **values: Any) -> None:
    """Write uniforms; those that a variant of the shader does not use are not there."""
    for name, value in values.items():
        found = program.get(name, None)
        if found is not None:
            found.write(np.ascontiguousarray(value, np.int32 if isinstance(value, int) else np.float32))


def _pixels(target: Any, channels: int, attachment: int, kind: str = "f1") -> np.ndarray:
    """An attachment read back as (H, W, C)."""
    data = target.read(components=channels, attachment=attachment, dtype=kind)
    return np.frombuffer(data, np.float32 if kind == "f4" else np.uint8).reshape(*target.size[::-1], channels)


def _box(scene: SceneSpec) -> tuple[int, int, int, int]:
    """The body's box in the image: x, y, width and height in whole px."""
    limit = (scene.camera.width, scene.camera.height)
    points = project_points(scene.people[0].layers[0].vertices, scene.camera)
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    x0, y0 = (int(np.clip(value, 0, side)) for value, side in zip(low, limit, strict=True))
    x1, y1 = (int(np.clip(np.ceil(value), 0, side)) for value, side in zip(high, limit, strict=True))
    return x0, y0, x1 - x0, y1 - y0


def developed(linear: Float32[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    """Linear light as a sensor of exposure 1 gives it."""
    return np.rint(255 * to_srgb(shoulder(linear))).astype(np.uint8)


def shown(image: np.ndarray) -> UInt8[np.ndarray, "height width 3"]:
    """A renderer's colours, developed already or still linear."""
    return image[..., :3] if image.dtype == np.uint8 else developed(image[..., :3])


def unavailable() -> str:
    """Why the peer cannot run here; empty where it can."""
    try:
        _context().release()
    except RuntimeError as error:
        return str(error)
    return ""


def opengl_ms(scenes: list[SceneSpec], rounds: int = 5, effects: bool = True) -> tuple[float, float, float] | None:
    """CPU and wall ms per image (best round), and the worst IoU of its masks with those of Warp.

    Every scene: one person with one opaque layer, all of one image size. `effects`: with soft shadow, highlights, occlusion.
    None where it cannot run: `unavailable` says why.
    """
    if unavailable():
        return None
    with one_core():
        peer = OpenglPeer(scenes[0].camera.height, scenes[0].camera.width, effects)
        pictures = peer.all(scenes)
        cpu, wall = in_turns({"opengl": (lambda: peer.all(scenes), len(scenes), rounds)})["opengl"]
    warp = get_backend("warp", supersampling=SAMPLES).render(scenes)
    return cpu, wall, min(gap(*pair)[0] for pair in zip(warp, pictures, strict=True))


@contextmanager
def one_core() -> Iterator[None]:
    """Hold this thread, and the threads that it starts, on one core."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def in_turns(works: dict[str, tuple[Callable[[], object], int, int]]) -> dict[str, tuple[float, float]]:
    """CPU time of all threads and wall time, ms per image, each the best of its rounds, from (work, images, rounds)."""
    best = dict.fromkeys(works, (np.inf, np.inf))
    for turn in range(max(rounds for _, _, rounds in works.values())):
        for name, (work, images, rounds) in works.items():
            if turn < rounds:
                wall, cpu = time.perf_counter(), time.process_time()
                work()
                cpu, wall = (time.process_time() - cpu) / images, (time.perf_counter() - wall) / images
                best[name] = (min(best[name][0], 1e3 * cpu), min(best[name][1], 1e3 * wall))
    return best


def gap(output: RenderOutput, picture: Picture) -> tuple[float, float, float]:
    """IoU of the masks, and on Warp's mask the mean difference of sRGB colours (of 255) and of depths (mm) from Warp's."""
    mine = output.owner == 0
    both = mine & picture.mask
    colour = np.abs(np.subtract(shown(output.subject), shown(picture.colour), dtype=np.float32))[mine].mean()
    depth = np.abs(output.depth - picture.depth)[both].mean()
    return float(both.sum() / (mine | picture.mask).sum()), float(colour), float(1e3 * depth)


def bare_scenes(count: int) -> list[SceneSpec]:
    """The whole skin, 27,420 faces (a dressed body lacks those that its clothes hide), in poses of the built-in pool."""
    from render import SETTINGS, SKELETON, poses

    from smpl_assets.body.settings import BodySettings
    from smpl_assets.render.studio import Studio

    studio = Studio(poses(count), SKELETON, [], SETTINGS, 0, "cpu", BodySettings())
    skin, scenes = studio.poser.body.topology, []
    for sample in studio.prepare([(i, 0, 0) for i in range(count)]):
        person = sample.scene.people[0]
        texture = np.ascontiguousarray(person.layers[0].texture[..., :3])
        layer = replace(person.layers[0], faces=skin.faces, uv_faces=skin.uv_faces, texture=texture, two_sided=False)
        scenes.append(replace(sample.scene, people=(replace(person, layers=(layer,)),), sensor=SensorSpec()))
    return scenes


def measure(scenes: list[SceneSpec], rounds: int) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float, float]]]:
    """CPU and wall ms per image of every renderer, and how far OpenGL's pictures are from Warp's (the worst of each `gap`)."""
    works, gaps = {}, {}
    backends = {name: get_backend(name, supersampling=SAMPLES) for name in installed_backends()}
    truth = backends["warp"].render(scenes)
    for name, backend in backends.items():
        # PyTorch3D takes seconds an image: one, once.
        chosen, turns = (scenes[:1], 1) if name == "pytorch3d" else (scenes, rounds)
        works[name] = (lambda b=backend, c=chosen: b.render(c), len(chosen), turns)
    if not unavailable():
        for name, effects in (("opengl", True), ("opengl, plain", False)):
            peer = OpenglPeer(scenes[0].camera.height, scenes[0].camera.width, effects)
            rows = [gap(*pair) for pair in zip(truth, peer.all(scenes), strict=True)]
            iou, colour, depth = zip(*rows, strict=True)
            gaps[name] = (min(iou), max(colour), max(depth))
            works[name] = (lambda p=peer: p.all(scenes), len(scenes), rounds)
    return in_turns(works), gaps


def write_picture(scenes: list[SceneSpec], path: Path) -> None:
    """Warp, OpenGL and plain OpenGL side by side, one scene a row."""
    columns = [[output.subject for output in get_backend("warp", supersampling=SAMPLES).render(scenes)]]
    for effects in (True, False):
        peer = OpenglPeer(scenes[0].camera.height, scenes[0].camera.width, effects)
        columns.append([picture.colour for picture in peer.all(scenes)])
    rows = [np.concatenate([shown(image) for image in row], axis=1) for row in zip(*columns, strict=True)]
    cv2.imwrite(str(path), np.ascontiguousarray(np.concatenate(rows)[..., ::-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--picture", type=Path, help="write Warp's and OpenGL's images side by side")
    options = parser.parse_args()
    scenes = bare_scenes(options.images)
    with one_core():
        found = measure(scenes, options.rounds)
    show(*found)
    if any(iou < AGREED_IOU for iou, _, _ in found[1].values()):
        raise SystemExit(f"a mask agrees with Warp's to less than IoU {AGREED_IOU}: these are not the same pictures")
    if options.picture and not unavailable():
        write_picture(scenes[:3], options.picture)


def show(times: dict[str, tuple[float, float]], gaps: dict[str, tuple[float, float, float]]) -> None:
    """The table, what is missing, and a line of JSON."""
    print(
        f"{'renderer':<16}{'cpu ms':>10}{'wall ms':>10}{'IoU':>9}{'colour':>9}{'depth mm':>10}   (load {os.getloadavg()[0]:.1f})"
    )
    for name, row in times.items():
        rest = "{:>9.4f}{:>9.2f}{:>10.3f}".format(*gaps[name]) if name in gaps else ""
        print("{:<16}{:>10.2f}{:>10.2f}".format(name, *row) + rest)
    if not gaps:
        print(f"opengl left out: {unavailable()}")
    if "pytorch3d" not in times:
        print("pytorch3d left out: not installed (docs/rendering.md)")
    print(json.dumps({name: [round(value, 4) for value in (*row, *gaps.get(name, ()))] for name, row in times.items()}))


if __name__ == "__main__":
    main()
