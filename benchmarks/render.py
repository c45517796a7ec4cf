"""Speed of rendering: images a second end to end, where the time goes, peers in the same run, memory over a long run.

    python benchmarks/render.py [--device cpu|cuda] [--processes N] [--images N] [--full] [--curve FILE.png]

Every image: 256 x 256 px, 2 x 2 samples, composited, noised, written as JPEG, PNG cut-out, background and label; once of people
in their clothes, once of the bare 27,420-face body. Processes start together and each makes N images after a warm-up.
Without arguments under five minutes on two cores; `--full` renders 100,000 images in one process for the memory curve.
Peers that are not installed are named and left out. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import opengl_peer
from people import SETTINGS, SKELETON, poses

from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import run_length
from smpl_assets.pictures import encode_jpeg, encode_png
from smpl_assets.progress import Progress, silent
from smpl_assets.render.compose.composite import compose
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.stage import render_fits
from smpl_assets.render.studio.jobs import Job, Origin
from smpl_assets.render.studio.studio import Studio
from smpl_assets.scene import SceneSpec
from smpl_assets.textures.look import layers_of, make_look
from smpl_assets.work import Bench

_BEGAN = time.perf_counter()


@dataclass(frozen=True)
class Load:
    """What one process renders: `count` poses `per_pose` times each, in a wardrobe's clothes or bare, on a device."""

    count: int
    per_pose: int = 1
    device: str = "cpu"
    bare: bool = False

    def settings(self, folder: Path) -> RenderSettings:
        """Settings of the run; the bare body wears one image of `folder`."""
        changes: dict[str, object] = {"per_pose": self.per_pose}
        if self.bare:
            noise = np.random.default_rng(0).integers(120, 220, (512, 512, 3)).astype(np.uint8)
            cv2.imwrite(str(folder / "skin.png"), noise)
            changes["textures"] = str(folder)
        return SETTINGS.model_copy(update=changes)


def shard(first: int, load: Load, start: Barrier | None = None, memory: list[tuple[int, float, float]] | None = None) -> float:
    """Render one shard to a temporary folder; seconds from the common start, without loading and compiling."""
    limit_threads()
    fits = poses(load.count, first)
    with tempfile.TemporaryDirectory() as folder:
        settings = load.settings(Path(folder))
        warm_up, out = Path(folder, "warm"), Path(folder, "out")
        for place in (warm_up, out):
            place.mkdir()
        _render(fits.select(np.arange(min(load.count, 64))), settings.model_copy(update={"per_pose": 1}), load, warm_up, silent)
        if start is not None:
            start.wait()
        began = time.perf_counter()

        def watch(done: int, total: int, **figures: float) -> None:
            if memory is not None:
                memory.append((done, time.perf_counter() - began, resident_mb()))

        _render(fits, settings, load, out, watch)
        return time.perf_counter() - began


def _render(fits: Fits, settings: RenderSettings, load: Load, out: Path, progress: Progress) -> None:
    origin = Origin(SKELETON, tuple(map(str, fits.person)), rare_total=load.count)
    render_fits(fits, origin, settings, BodySettings(), Bench(0, out, load.device, progress))


def limit_threads() -> None:
    """One thread a process, as a worker of the pipeline has."""
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def resident_mb() -> float:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


_start: list[Barrier] = []


def _keep(start: Barrier) -> None:
    _start.append(start)


def parallel(processes: int, load: Load) -> float:
    """Images a second of several processes, one shard each, from their common start to the end of the last."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _keep, (context.Barrier(processes),)) as pool:
        seconds = pool.starmap(_beside, [(i * load.count, load) for i in range(processes)], chunksize=1)
    return processes * load.count * load.per_pose / max(seconds)


def _beside(first: int, load: Load) -> float:
    return shard(first, load, _start[0])


@dataclass(frozen=True)
class Step:
    """A part of the work and its milliseconds per image: wall and CPU time."""

    name: str
    wall_ms: float
    cpu_ms: float


def measure(name: str, images: int, work: Callable[[], object], rounds: int = 5) -> Step:
    """The best of some rounds, after one to warm up."""
    work()
    best = [np.inf, np.inf]
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        spent = (time.perf_counter() - wall, time.process_time() - cpu)
        best = [min(b, 1e3 * t / images) for b, t in zip(best, spent, strict=True)]
    return Step(name, *best)


def steps(device: str) -> tuple[list[Step], list[SceneSpec]]:
    """Where the time goes, part by part, on 32 people."""
    fits = poses(32)
    limit_threads()
    studio = Studio(fits, Origin(SKELETON), SETTINGS, BodySettings(), device=device)
    jobs = [Job(i, 0) for i in range(32)]
    parameters = [draft.placed.parameters for draft in studio.drafter.drafts(jobs)]
    samples = studio.prepare(jobs)
    bodies = studio.poser.pose(parameters)
    looks = [studio.dresser.look(i, p.shape, i) for i, p in enumerate(parameters)]
    scenes = [sample.scene for sample in samples]
    chunks = [scenes[i : i + studio.batch] for i in range(0, 32, studio.batch)]
    outputs = [output for chunk in chunks for output in studio.backend.render(chunk)]
    pictures = [compose(s, o) for s, o in zip(scenes, outputs, strict=True)]
    body, rng = studio.poser.body, np.random.default_rng(0)
    found = [
        measure("body", 32, lambda: studio.poser.pose(parameters)),
        measure("clothes", 32, lambda: [layers_of(body, b.vertices, look) for b, look in zip(bodies, looks, strict=True)]),
        measure("look (one of SETTINGS.images_per_look)", 4 * SETTINGS.images_per_look, lambda: [make_look(i) for i in range(4)]),
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
    """Milliseconds per image of each Warp kernel: CPU time, on a GPU elapsed time."""
    import warp as wp

    from smpl_assets.render.warp.backend import WarpBackend

    backend, total, clock = WarpBackend(device), dict[str, float](), time.process_time if device == "cpu" else time.perf_counter
    backend.render(scenes)
    run = backend._run

    def timed(kernel: wp.Kernel, dim: tuple[int, ...], inputs: list[object]) -> None:
        wp.synchronize_device(backend.device)
        began = clock()
        run(kernel, dim, inputs)
        wp.synchronize_device(backend.device)
        total[kernel.key] = total.get(kernel.key, 0.0) + (clock() - began) / (10 * len(scenes)) * 1e3

    backend._run = timed  # type: ignore[method-assign]
    for _ in range(10):
        backend.render(scenes)
    return total


def peers() -> tuple[dict[str, tuple[float, float]], list[str]]:
    """CPU and wall ms per image on the whole bare body, one core, of all renderers there are; and what is missing."""
    with opengl_peer.one_core():
        found, gaps = opengl_peer.measure(opengl_peer.bare_scenes(8), 10)
    missing = [] if gaps else [f"opengl ({opengl_peer.unavailable()})"]
    return found, missing + ([] if "pytorch3d" in found else ["pytorch3d"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--images", type=int, default=800, help="images per process of the end-to-end figures")
    parser.add_argument("--full", action="store_true", help="100,000 images in one process for the memory curve")
    parser.add_argument("--curve", type=Path, help="write the memory curve as a picture")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    told("steps, kernels, peers")
    parts, scenes = steps(options.device)
    result: dict[str, Any] = {"device": options.device, "processes": options.processes, "load": round(os.getloadavg()[0], 1)}
    result["steps_ms"] = {s.name: [round(s.cpu_ms, 3), round(s.wall_ms, 3)] for s in parts}
    chosen = scenes[: 8 if options.device == "cpu" else 32]
    result["kernels_ms"] = {k: round(v, 4) for k, v in kernels(options.device, chosen).items()}
    if options.device == "cpu":
        found, result["missing"] = peers()
        result["peers_ms"] = {k: [round(v, 2) for v in row] for k, row in found.items()}
    for name, bare in (("dressed", False), ("bare", True)):
        told(f"{options.processes} processes, {name}")
        load = Load(options.images // 8, 8, options.device, bare)
        result[f"images_per_s_{name}"] = round(parallel(options.processes, load), 1)
        told(f"{result[f'images_per_s_{name}']} images/s")
    told("one process")
    memory: list[tuple[int, float, float]] = []
    load = Load(500, 200 if options.full else 2, options.device)
    result["images_per_s_one_process"] = round(load.count * load.per_pose / shard(0, load, memory=memory), 1)
    result["memory_mb"] = _curve(memory)
    if options.curve:
        draw_curve(memory, options.curve)
    show(result)
    print(json.dumps(result))


def told(text: str) -> None:
    """Say on the error stream how far the run is."""
    print(f"[{time.perf_counter() - _BEGAN:.0f} s] {text}", file=sys.stderr, flush=True)


def _curve(memory: list[tuple[int, float, float]]) -> list[dict[str, float]]:
    """Eight points of the run: images done, resident MB, ms per image since the point before."""
    marks = [memory[round(i * (len(memory) - 1) / 8)] for i in range(9)]
    return [
        {"images": b[0], "mb": round(b[2]), "ms": round((b[1] - a[1]) / max(b[0] - a[0], 1) * 1e3, 2)} for a, b in pairwise(marks)
    ]


def draw_curve(memory: list[tuple[int, float, float]], path: Path) -> None:
    """Resident memory and time per image over a run."""
    from matplotlib.figure import Figure

    done, seconds, resident = np.array(memory).T
    every = max(1, len(done) // 200)
    figure = Figure((7, 3), layout="constrained")
    left = figure.subplots()
    left.plot(done, resident, color="tab:blue")
    left.set(xlabel="images", ylabel="resident memory [MB]", ylim=(0, 1.2 * resident.max()))
    right = left.twinx()
    cost = 1e3 * np.diff(seconds[::every]) / np.diff(done[::every])
    right.plot(done[every::every], cost, color="tab:orange", linewidth=0.8)
    right.set(ylabel="ms per image", ylim=(0, 4 * np.median(cost)))  # a pause of the machine would dwarf the rest
    left.yaxis.label.set_color("tab:blue")
    right.yaxis.label.set_color("tab:orange")
    figure.savefig(path, dpi=110)


def show(result: dict[str, Any]) -> None:
    """The tables."""
    print(f"{'step':<42}{'cpu ms':>9}{'wall ms':>9}   per image, one process (load {result['load']})")
    for name, row in result["steps_ms"].items():
        print(f"{name:<42}{row[0]:>9.2f}{row[1]:>9.2f}")
    print("{:<42}{:>9.2f}{:>9.2f}\n".format("sum", *np.sum(list(result["steps_ms"].values()), axis=0)))
    print(f"{'kernel':<42}{'ms':>9}")
    for name, value in result["kernels_ms"].items():
        print(f"{name:<42}{value:>9.3f}")
    if "peers_ms" in result:
        print(f"\n{'renderer, bare 27,420-face body, one core':<42}{'cpu ms':>9}{'wall ms':>9}{'ratio':>9}")
        for name, row in result["peers_ms"].items():
            print(f"{name:<42}{row[0]:>9.2f}{row[1]:>9.2f}{row[0] / result['peers_ms']['warp'][0]:>9.1f}")
        print(f"not installed: {', '.join(result['missing']) or 'nothing'}")
    beside = f"{result['processes']} processes on {result['device']}"
    print(f"\nend to end, {beside}: dressed {result['images_per_s_dressed']} images/s, bare {result['images_per_s_bare']}")
    print(f"one process, dressed: {result['images_per_s_one_process']} images/s")
    for point in result["memory_mb"]:
        print(f"  after {point['images']:>7} images: {point['mb']:>6.0f} MB, {point['ms']:.2f} ms per image")


if __name__ == "__main__":
    main()
