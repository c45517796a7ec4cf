"""Speed of rendering: images a second end to end, where the time goes, peers in the same run, memory over a long run.

    python benchmarks/render.py [--full] [--images N] [--device cpu|cuda]

Every image: a 27,420-face body in its clothes, 256 x 256 px, 2 x 2 samples, composited, noised, written as JPEG, PNG cut-out,
background and label. Without arguments under five minutes on two cores; `--full` renders 100,000 images for the memory curve.
Peers that are not installed are named and left out. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import run_length
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.progress import silent
from smpl_assets.render.composite import compose
from smpl_assets.render.dressing import layers
from smpl_assets.render.encode import encode_jpeg, encode_png
from smpl_assets.render.people import BodyParameters, Poser
from smpl_assets.render.protocol import get_backend, installed_backends
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.stage import render_fits
from smpl_assets.render.studio import Studio
from smpl_assets.scene import SceneSpec
from smpl_assets.skeletons import SKELETONS

SKELETON = SKELETONS["coco17"]
SETTINGS = RenderSettings(backgrounds="builtin", images_per_look=50)


def poses(count: int, first: int = 0) -> Fits:
    """People in poses of the built-in pool, each filling about 80 % of its crop."""
    sample = PosePool(PoolSettings()).sample(count, 7)
    turns = [Rotation.from_matrix(m.reshape(-1, 3, 3).numpy()).as_rotvec() for m in (sample.global_orient, sample.body_pose)]
    rng = np.random.default_rng(0)
    shape, transl = 0.7 * rng.standard_normal((count, 12)), np.tile([0.0, 0.0, 4.0], (count, 1))
    from smpl_assets.body.registry import load_body

    poser = Poser(load_body(BodySettings()), SKELETON)
    rows = zip(turns[0], turns[1].reshape(count, 23, 3), shape, transl, strict=True)
    points = np.concatenate([_keypoints(poser, list(part)) for part in _parts([BodyParameters(*row) for row in rows], 64)])
    pixels = 600.0 * points[..., :2] / points[..., 2:] + [320.0, 240.0]
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    side = 1.45 * (high - low).max(axis=1)
    crop = np.concatenate([(low + high) / 2 - side[:, None] / 2, side[:, None], side[:, None]], axis=1)
    zero, intrinsics = np.zeros(count), np.tile([600.0, 600.0, 320.0, 240.0], (count, 1))
    body = (turns[0], turns[1].reshape(count, 23, 3), shape, transl)
    figures = (zero, zero, zero, np.zeros(count, np.int64))
    person = np.arange(first, first + count)
    return Fits(person, np.ones(count, bool), ("",) * count, *body, intrinsics, pixels, zero, zero, crop, *figures, "anny")


def _parts(rows: list[BodyParameters], size: int) -> list[list[BodyParameters]]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]


def _keypoints(poser: Poser, rows: list[BodyParameters]) -> np.ndarray:
    return np.stack([body.keypoints for body in poser.pose(rows)])


def shard(first: int, count: int, per_pose: int, device: str, memory: list[tuple[int, float, float]] | None = None) -> float:
    """Render one shard to a temporary folder; seconds without loading."""
    os.environ["OMP_NUM_THREADS"] = "1"
    fits = poses(count, first)
    settings = SETTINGS.model_copy(update={"per_pose": per_pose})
    names = tuple(map(str, fits.person))
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder, "warm")
        warm.mkdir()
        render_fits(fits.select(np.arange(min(count, 64))), SKELETON, names[:64], 0, count, [], SETTINGS, 0, warm, device, silent)
        out = Path(folder, "out")
        out.mkdir()
        began = time.perf_counter()

        def watch(done: int, total: int, **figures: float) -> None:
            if memory is not None:
                memory.append((done, time.perf_counter() - began, resident_mb()))

        render_fits(fits, SKELETON, names, 0, count, [], settings, 0, out, device, watch)
        return time.perf_counter() - began


def resident_mb() -> float:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def parallel(processes: int, count: int, device: str) -> float:
    """Images a second of several processes, one shard each."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        seconds = pool.starmap(shard, [(i * count, count, 1, device) for i in range(processes)])
    return processes * count / max(seconds)


@dataclass(frozen=True)
class Step:
    """A part of the work and its milliseconds per image: wall and CPU time."""

    name: str
    wall_ms: float
    cpu_ms: float


def measure(name: str, images: int, work: Callable[[], object], rounds: int = 5) -> Step:
    """The best of some rounds."""
    work()
    best = (1e9, 1e9)
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        best = min(best, ((time.process_time() - cpu) / images * 1e3, (time.perf_counter() - wall) / images * 1e3))
    return Step(name, best[1], best[0])


def steps(device: str) -> tuple[list[Step], list[SceneSpec]]:
    """Where the time goes, part by part, on 32 people."""
    fits = poses(32)
    studio = Studio(fits, SKELETON, [], SETTINGS, 0, device, BodySettings())
    jobs = [(i, 0, 0) for i in range(32)]
    parameters = [studio._place(*job, 0).parameters for job in jobs]
    samples = studio.prepare(jobs)
    bodies = studio.poser.pose(parameters)
    looks = [studio.dresser.look(i, p.shape, i) for i, p in enumerate(parameters)]
    scenes = [sample.scene for sample in samples]
    chunks = [scenes[i : i + SETTINGS.batch] for i in range(0, 32, SETTINGS.batch)]
    outputs = [output for chunk in chunks for output in studio.backend.render(chunk)]
    pictures = [compose(s, o) for s, o in zip(scenes, outputs, strict=True)]
    body, rng = studio.poser.body, np.random.default_rng(0)
    found = [
        measure("body", 32, lambda: studio.poser.pose(parameters)),
        measure("clothes", 32, lambda: [layers(body, b.vertices, look) for b, look in zip(bodies, looks, strict=True)]),
        measure("background", 32, lambda: [studio.backgrounds.draw(rng, 256) for _ in range(32)]),
        measure("raster, light, shade", 32, lambda: [studio.backend.render(chunk) for chunk in chunks]),
        measure("composite, sensor", 32, lambda: [compose(s, o) for s, o in zip(scenes, outputs, strict=True)]),
        measure(
            "encode",
            32,
            lambda: [(encode_jpeg(p.image, 90), encode_png(p.person), encode_jpeg(p.background, 92)) for p in pictures],
        ),
        measure("label", 32, lambda: [run_length(o.owner == 0) for o in outputs]),
    ]
    return found, scenes


def kernels(device: str, scenes: list[SceneSpec]) -> dict[str, float]:
    """Milliseconds per image of each Warp kernel."""
    from smpl_assets.render.warp_backend import WarpBackend

    backend, total = WarpBackend(device), dict[str, float]()
    backend.render(scenes[:8])
    run = backend._run

    def timed(kernel: object, dim: tuple[int, ...], inputs: list[object]) -> None:
        began = time.process_time()
        run(kernel, dim, inputs)
        total[kernel.key] = total.get(kernel.key, 0.0) + (time.process_time() - began) / 80 * 1e3  # type: ignore[attr-defined]

    backend._run = timed  # type: ignore[method-assign]
    for _ in range(10):
        backend.render(scenes[:8])
    return total


def peers(scenes: list[SceneSpec], device: str) -> dict[str, float]:
    """Milliseconds per image of every installed backend on the undressed body (27,420 faces, no cut-outs)."""
    bare = [replace(s, people=(replace(s.people[0], layers=(_solid(s),)),)) for s in scenes[:8]]
    found = {}
    for name in installed_backends():
        backend = get_backend(name, device)
        chosen = bare if name == "warp" else bare[:1]
        found[name] = measure(name, len(chosen), lambda b=backend, c=chosen: b.render(c), 5 if name == "warp" else 1).cpu_ms
    return found


def _solid(scene: SceneSpec):
    skin = scene.people[0].layers[0]
    return replace(skin, texture=np.ascontiguousarray(skin.texture[..., :3]), two_sided=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="100,000 images for the memory curve")
    parser.add_argument("--images", type=int, default=512, help="images per process of the end-to-end figure")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    cores = min(os.cpu_count() or 1, 2)
    parts, scenes = steps(options.device)
    result = {
        "cores": cores,
        "load": round(os.getloadavg()[0], 1),
        "steps_cpu_ms": {s.name: round(s.cpu_ms, 3) for s in parts},
        "kernels_cpu_ms": {k: round(v, 3) for k, v in kernels(options.device, scenes).items()},
        "peers_cpu_ms": {k: round(v, 2) for k, v in peers(scenes, options.device).items()},
    }
    memory: list[tuple[int, float, float]] = []
    per_pose = 200 if options.full else 4
    count = 500 if options.full else options.images // 4
    seconds = shard(0, count, per_pose, options.device, memory)
    result["images_per_s_one_process"] = round(count * per_pose / seconds, 1)
    result["images_per_s"] = round(parallel(cores, options.images, options.device), 1)
    result["memory_mb"] = _curve(memory)
    show(result, parts)
    print(json.dumps(result))


def _curve(memory: list[tuple[int, float, float]]) -> list[dict[str, float]]:
    """Eight points of the run: images done, resident MB, ms per image since the point before."""
    marks = [memory[round(i * (len(memory) - 1) / 8)] for i in range(9)]
    return [
        {"images": b[0], "mb": round(b[2]), "ms": round((b[1] - a[1]) / max(b[0] - a[0], 1) * 1e3, 2)} for a, b in pairwise(marks)
    ]


def show(result: dict, parts: list[Step]) -> None:
    """The tables."""
    print(f"{'step':<24}{'cpu ms':>9}{'wall ms':>9}   per image (load {result['load']})")
    for part in parts:
        print(f"{part.name:<24}{part.cpu_ms:>9.2f}{part.wall_ms:>9.2f}")
    print(f"{'sum':<24}{sum(p.cpu_ms for p in parts):>9.2f}\n")
    for title, key in (("kernel", "kernels_cpu_ms"), ("renderer, bare body", "peers_cpu_ms")):
        print(f"{title:<24}{'cpu ms':>9}")
        for name, value in result[key].items():
            print(f"{name:<24}{value:>9.2f}")
        print()
    missing = [name for name in ("pytorch3d",) if name not in result["peers_cpu_ms"]]
    print(f"not installed: {', '.join(missing) or 'nothing'}")
    one, all_cores = result["images_per_s_one_process"], result["images_per_s"]
    print(f"end to end: {one} images/s in one process, {all_cores} on {result['cores']} cores")
    for point in result["memory_mb"]:
        print(f"  after {point['images']:>7} images: {point['mb']:>6.0f} MB, {point['ms']:.2f} ms per image")


if __name__ == "__main__":
    main()
