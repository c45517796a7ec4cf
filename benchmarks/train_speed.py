"""Crops a second in training, of this checkout and of another one, in one run.

    python benchmarks/train_speed.py [--before CHECKOUT] [--photographs FOLDER] [--threads 2] [--full]

Both train the same networks on the same people with their own defaults (of this checkout: bfloat16 where the CPU has it, decoded
people kept in memory), each in a process of its own, and take turns epoch by epoch, so that whatever else the machine does hits
both. The ratio is the median over pairs of turns, behind the first epoch, which decodes; its own ratio stands beside it. CPU
seconds are those of the processes: read them where the machine is busy.

Without FOLDER (photographs of any size; a person is put into the middle of each) the pictures are made: noise of 640 x 480 px as
JPEGs. `--full`: more people, more turns, and ResNet-50.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import get_skeleton
from smpl_assets.work import Bench
from training.augmented.samples import SAMPLES, Samples
from training.recipes import Recipe, Row
from training.train_settings import TrainSettings
from training.train_stage import AugmentedSet, train_network

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = ("simple_tiny", "simple_mobilenet_v2")
MADE_WH = (640, 480)


def make_photographs(folder: Path, count: int) -> None:
    """JPEGs of structured noise, some 90 kB each like photographs."""
    rng = np.random.default_rng(0)
    for number in range(count):
        coarse = rng.integers(0, 256, (MADE_WH[1] // 16, MADE_WH[0] // 16, 3)).astype(np.uint8)
        image = cv2.resize(coarse, MADE_WH, interpolation=cv2.INTER_CUBIC).astype(np.float32)
        image += 12 * rng.standard_normal(image.shape, np.float32)
        cv2.imwrite(str(folder / f"{number:04d}.jpg"), np.clip(image, 0, 255).astype(np.uint8), (cv2.IMWRITE_JPEG_QUALITY, 90))


def make_people(folder: Path, photographs: Path, count: int) -> int:
    """A person of random keypoints in the middle of each photograph, as the annotations' and the augmented set's files."""
    skeleton, rng = get_skeleton("coco17"), np.random.default_rng(1)
    names = sorted(p.name for p in photographs.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))[:count]
    sizes = np.array([cv2.imread(str(photographs / name)).shape[1::-1] for name in names], np.int64)
    box_wh = sizes * [0.4, 0.8]
    boxes = np.concatenate([(sizes - box_wh) / 2, box_wh], axis=1)
    rows, joints = np.arange(len(names)), (len(names), len(skeleton))
    points = boxes[:, None, :2] + rng.random((*joints, 2)) * box_wh[:, None]
    PoseTable(
        skeleton=skeleton, keypoints=points, annotated=np.ones(joints, bool), visible=np.ones(joints, bool), bbox_xywh=boxes,
        center=boxes[:, :2] + box_wh / 2, scale=box_wh.max(1) / 200, head_size=np.full(len(names), np.nan),
        area=box_wh.prod(1), image=rows, person_id=rows, source_id=tuple(names), images=ImageTable.of(names, size_wh=sizes),
    ).save(folder / "poses.npz")  # fmt: skip
    zero = np.zeros(len(names))
    Samples("real", rows, rows, zero > 1, rows * 0, zero, zero, zero + 1).save(folder / SAMPLES)
    return len(names)


class Trainee:
    """A training in a process of its own that goes on by an epoch at a time."""

    def __init__(self, checkout: Path, work: dict[str, object]) -> None:
        environment = {"PYTHONPATH": str(checkout), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": str(work["threads"])}
        command = [sys.executable, __file__, "--worker", json.dumps(work)]
        self.process = subprocess.Popen(
            command, cwd=checkout, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._answer()

    def epoch(self) -> tuple[float, float]:
        """Wall and CPU seconds of the next epoch."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        wall, cpu = self._answer()
        return wall, cpu

    def _answer(self) -> list[float]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the training ended: {self.process.wait()}")
        return [float(v) for v in line.split()]


def worker(work: dict[str, object]) -> None:
    """Train; before each epoch wait for a line, after it say how long it took."""
    folder, epochs = Path(str(work["folder"])), int(str(work["epochs"]))
    began = (0.0, 0.0)

    def turn() -> None:
        nonlocal began
        sys.stdin.readline()
        began = time.perf_counter(), time.process_time()

    def progress(done: int, total: int, **figures: float) -> None:
        if done % (total // epochs) == 0:
            print(time.perf_counter() - began[0], time.process_time() - began[1], flush=True)
            if done < total:
                turn()

    settings = TrainSettings(
        network=str(work["network"]), input_size=(128, 128), batch_size=32, epochs=epochs, threads=int(str(work["threads"])),
        schedule="cosine", colour=0.2,
    )  # fmt: skip
    augmented = AugmentedSet(PoseTable.load(folder / "poses.npz"), Path(str(work["photographs"])), {"real": folder})
    with tempfile.TemporaryDirectory() as out:
        print(0, flush=True)
        turn()
        train_network(Row("", "baseline"), Recipe(), augmented, settings, Bench(0, Path(out), progress=progress))


def compare(checkouts: dict[str, Path], work: dict[str, object], people: int) -> dict[str, object]:
    """Crops a second of each checkout with one network, and the ratios."""
    trainees = {name: Trainee(path, work) for name, path in checkouts.items()}
    turns: list[dict[str, tuple[float, float]]] = []
    for number in range(int(str(work["epochs"]))):
        order = list(trainees) if number % 2 else list(reversed(trainees))
        turns.append({name: trainees[name].epoch() for name in order})
    for trainee in trainees.values():
        trainee.process.wait()
    result: dict[str, object] = {"network": work["network"]}
    for name in checkouts:
        result[name] = {
            "crops_per_s": round(people / statistics.median(t[name][0] for t in turns[1:]), 1),
            "crops_per_cpu_s": round(people / statistics.median(t[name][1] for t in turns[1:]), 1),
        }
    if len(checkouts) > 1:
        for index, kind in enumerate(("ratio", "cpu_ratio")):
            ratios = [t["before"][index] / t["now"][index] for t in turns]
            result[kind] = round(statistics.median(ratios[1:]), 2)
            result[f"{kind}_first_epoch"] = round(ratios[0], 2)
    return result


def main() -> None:
    """Print a table and, as the last line, one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--networks", nargs="+")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--worker", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(options.worker)
        return
    networks = options.networks or [*NETWORKS, *(["simple_resnet50"] if options.full else [])]
    checkouts = {"now": ROOT} | ({"before": options.before.resolve()} if options.before else {})
    with tempfile.TemporaryDirectory() as scratch:
        folder, photographs = Path(scratch), options.photographs
        if photographs is None:
            photographs = folder / "photographs"
            photographs.mkdir()
            make_photographs(photographs, 512 if options.full else 128)
        people = make_people(folder, photographs.resolve(), 512 if options.full else 128)
        rows = []
        for network in networks:
            work = {"folder": str(folder), "photographs": str(photographs.resolve()), "network": network}
            rows.append(compare(checkouts, work | {"threads": options.threads, "epochs": 9 if options.full else 5}, people))
            print(json.dumps(rows[-1]), flush=True)
    print(json.dumps({"people": people, "input": [128, 128], "batch": 32, "threads": options.threads, "rows": rows}))


if __name__ == "__main__":
    main()
