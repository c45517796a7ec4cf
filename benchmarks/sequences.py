"""Speed of rendered sequences beside the render stage's in one run: frames and people a second, of the clock and of a core.

    python benchmarks/sequences.py [--processes N] [--sequences N] [--images N]

Every frame: 192 x 192 px, 2 x 2 samples, four people in their clothes, JPEG, labels, as `track_data` writes them with its
default settings; every image: 192 x 192 px, one person, as `render` writes them with its own (JPEG, cut-out, background, label).
Both take clothes as their stages do (`images_per_look` = 4). Processes start together and each makes its share after a warm-up. A
core's second is CPU time, which does not count what other programs on the machine take. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import cv2
import numpy as np
from people import SKELETON, poses

from smpl_assets.body.settings import BodySettings
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.stage import render_fits
from smpl_assets.render.studio.jobs import Origin
from smpl_assets.work import Bench
from training.tracking.data_settings import TrackDataSettings
from training.tracking.data_stage import Sources, film_sequences

SIDE, PEOPLE = 192, 4
RENDER = RenderSettings(backgrounds="builtin", image_size=SIDE)
FILM = TrackDataSettings(width=SIDE, height=SIDE, people=(PEOPLE, PEOPLE))


def film(first: int, count: int, out: Path) -> int:
    """Film sequences [first, first + count); the number of people drawn."""
    film_sequences((first, first + count), "train", FILM, RENDER, BodySettings(), Sources(), Bench(0, out))
    return count * FILM.frames * PEOPLE


def render(first: int, count: int, out: Path) -> int:
    """Render `count` people of the pool; their number."""
    fits = poses(count, first)
    origin = Origin(SKELETON, tuple(map(str, fits.person)), rare_total=count)
    render_fits(fits, origin, RENDER, BodySettings(), Bench(0, out))
    return count


WORK: dict[str, Callable[[int, int, Path], int]] = {"sequences": film, "render": render}
_start: list[Barrier] = []


def _keep(start: Barrier) -> None:
    _start.append(start)


def share(name: str, first: int, count: int) -> tuple[float, float, int]:
    """One process's share after a warm-up: seconds of the clock from the common start, of CPU, people."""
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        for place in ("warm", "out"):
            Path(folder, place).mkdir()
        WORK[name](10_000 + first, 1 if name == "sequences" else 32, Path(folder, "warm"))
        _start[0].wait()
        began, used = time.perf_counter(), time.process_time()
        people = WORK[name](first, count, Path(folder, "out"))
        return time.perf_counter() - began, time.process_time() - used, people


def measured(name: str, processes: int, count: int) -> dict[str, float]:
    """People a second, and a CPU second of one core, of several processes."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _keep, (context.Barrier(processes),)) as pool:
        found = np.array(pool.starmap(share, [(name, i * count, count) for i in range(processes)], chunksize=1))
    people = float(found[:, 2].sum())
    return {"people_per_s": people / float(found[:, 0].max()), "people_per_core_s": people / float(found[:, 1].sum())}


def main() -> None:
    """Measure both and print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--sequences", type=int, default=16, help="of each process")
    parser.add_argument("--images", type=int, default=320, help="of each process")
    options = parser.parse_args()
    rows = {
        "sequences": measured("sequences", options.processes, options.sequences),
        "render": measured("render", options.processes, options.images),
    }
    print(f"{'':12}{'people/s':>10}{'people per CPU s':>18}{'frames/s':>10}{'frames per CPU s':>18}")
    for name, row in rows.items():
        a_frame = PEOPLE if name == "sequences" else 1
        figures = (row["people_per_s"], row["people_per_core_s"])
        print(f"{name:12}{figures[0]:10.1f}{figures[1]:18.1f}{figures[0] / a_frame:10.1f}{figures[1] / a_frame:18.1f}")
    ratio = rows["sequences"]["people_per_core_s"] / rows["render"]["people_per_core_s"]
    print(f"a person of a sequence takes {1 / ratio:.2f} times the CPU time of a rendered one")
    print(json.dumps({"side_px": SIDE, "people": PEOPLE, "processes": options.processes, **rows, "ratio": ratio}))


if __name__ == "__main__":
    main()
