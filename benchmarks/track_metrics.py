"""Time of all tracking figures for 1,000 frames with 10 people on one core, and of poseval beside it where a copy is named."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from smpl_assets.skeletons import get_skeleton
from training.datasets.posetrack_sequences import read_sequences
from training.datasets.posetrack_writer import write_sequence
from training.metrics.track_evaluation import evaluate_tracks
from training.tracking.people import Frame, People, Sequence

JOINTS = get_skeleton("posetrack15").keypoints
OFFSETS = np.array([[-8.0, 0.0], [8.0, 16.0]])  # of the head box from the top of the head
STANDING = np.array([
    [-.1, 1], [-.1, .75], [-.08, .5], [.08, .5], [.1, .75], [.1, 1], [-.2, .52], [-.18, .36], [-.12, .2], [.12, .2], [.18, .36],
    [.2, .52], [0, .16], [0, .09], [0, 0],
])  # fmt: skip


def _people(places: np.ndarray, ids: np.ndarray, blur: np.ndarray, rng: np.random.Generator) -> People:
    keypoints = places[:, None] + 100 * STANDING + blur
    head = np.concatenate([places + OFFSETS[0], places + OFFSETS[1]], axis=1)
    count = len(ids)
    return People(keypoints, rng.random((count, 15)), np.ones((count, 15), bool), np.ones(count), ids, head)


def _sequences(frames: int, people: int) -> tuple[Sequence, Sequence]:
    """People walking in a crowd; predictions miss some, are off by a few pixels, and change ids now and then."""
    rng = np.random.default_rng(0)
    start, step = rng.uniform(0, 800, (people, 2)), rng.uniform(-1, 1, (people, 2))
    ids, label = np.arange(people), np.arange(people)
    truth, predicted = [], []
    for number in range(frames):
        name, places = f"images/val/000001_mpii_test/{number:06d}.jpg", start + number * step
        truth.append(Frame(name, number, _people(places, ids, np.zeros((people, 15, 2)), rng)))
        label = rng.permutation(label) if rng.random() < 0.02 else label
        seen = rng.random(people) > 0.05
        blur = rng.normal(0, 4, (int(seen.sum()), 15, 2))
        predicted.append(Frame(name, number, _people(places[seen], label[seen], blur, rng)))
    return tuple(Sequence("000001_mpii_test", JOINTS, 1000, 1000, tuple(f)) for f in (truth, predicted))  # type: ignore[return-value]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--poseval", type=Path, help="a checkout of poseval; its packages are on PYTHONPATH")
    parser.add_argument("--out", type=Path, default=Path("track_metrics.json"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        truth, predicted = Path(folder, "gt"), Path(folder, "pred")
        for path, sequence, found in zip((truth, predicted), _sequences(given.frames, given.people), (False, True), strict=True):
            path.mkdir()
            write_sequence(sequence, path / f"{sequence.name}.json", predicted=found)
        began = time.process_time()
        sequences = read_sequences(truth)[0], read_sequences(predicted, True)[0]
        read = time.process_time()
        found = evaluate_tracks(*sequences)
        counted = time.process_time()
        result = {"read_s": read - began, "figures_s": counted - read, "MOTA": float(found.table(honest=False).MOTA[-1])}
        if given.poseval:
            for name, kind in (("poseval_ap_s", "-e"), ("poseval_mota_s", "-t")):
                command = [sys.executable, "-m", "poseval.evaluate", "-g", f"{truth}/", "-p", f"{predicted}/", kind]
                before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                subprocess.run([*command, "-o", folder], cwd=given.poseval, check=True)
                result[name] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    print("\n".join(f"{name:12} {value:8.2f}" for name, value in result.items()))
    given.out.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
