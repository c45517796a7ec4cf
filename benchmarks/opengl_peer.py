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
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8
from opengl_draw import SAMPLES, OpenglPeer, Picture, new_context
from people import SETTINGS, SKELETON, poses

from smpl_assets.body.settings import BodySettings
from smpl_assets.render.protocol import RenderOutput, get_backend
from smpl_assets.render.studio.jobs import Job, Origin
from smpl_assets.render.studio.studio import Studio
from smpl_assets.render.table import RENDERERS
from smpl_assets.scene import SceneSpec
from smpl_assets.sensor import SensorSpec

AGREED_IOU = 0.99


def shown(image: np.ndarray) -> UInt8[np.ndarray, "height width 3"]:
    """A renderer's colours without their coverage."""
    return image[..., :3]


def unavailable() -> str:
    """Why the peer cannot run here; empty where it can."""
    try:
        new_context().release()
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
    studio = Studio(poses(count), Origin(SKELETON), SETTINGS, BodySettings())
    skin, scenes = studio.poser.body.topology, []
    for sample in studio.prepare([Job(i, 0) for i in range(count)]):
        person = sample.scene.people[0]
        texture = np.ascontiguousarray(person.layers[0].texture[..., :3])
        layer = replace(person.layers[0], faces=skin.faces, uv_faces=skin.uv_faces, texture=texture, two_sided=False)
        scenes.append(replace(sample.scene, people=(replace(person, layers=(layer,)),), sensor=SensorSpec()))
    return scenes


def measure(scenes: list[SceneSpec], rounds: int) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float, float]]]:
    """CPU and wall ms per image of every renderer, and how far OpenGL's pictures are from Warp's (the worst of each `gap`)."""
    works, gaps = {}, {}
    backends = {name: get_backend(name, supersampling=SAMPLES) for name in RENDERERS.installed()}
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
