"""How often association alone errs on real annotated sequences, with frames left out, poses jittered and joints dropped.

Reads PoseTrack18 files (Bonn Multi-Person PoseTrack in ../shared/data/track_bonn), gives their people without ids to trackers by
distance, OKS and IoU, which need no picture, and counts pairs that get another id than their person had when last seen.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from smpl_assets.skeletons import get_skeleton
from smpl_assets.skipped import Skipped
from training.datasets.posetrack_sequences import read_sequence
from training.metrics.hota import hota
from training.metrics.identity import identity
from training.metrics.sums import total
from training.metrics.track_frames import Objects, Tracks
from training.tracking.baselines.distance import DISTANCE
from training.tracking.baselines.iou import IOU
from training.tracking.baselines.oks import OKS
from training.tracking.method import Method, Setting
from training.tracking.online_settings import USUAL_MOTION
from training.tracking.people import UNTRACKED, People, Sequence
from training.tracking.score import heights
from training.tracking.tracker import Seen

ROWS: dict[str, tuple[Method, dict[str, float | str | int]]] = {
    "distance": (DISTANCE, {}),
    "distance, torso": (DISTANCE, {"distance": "torso"}),
    "distance, motion": (DISTANCE, {"motion": USUAL_MOTION}),
    "OKS, COCO's sigmas": (OKS, {"wide": 1.0}),
    "OKS, sigmas x 3": (OKS, {"wide": 3.0}),
    "OKS, sigmas x 3, motion": (OKS, {"wide": 3.0, "motion": USUAL_MOTION}),
    "IoU": (IOU, {"memory": 3}),
    "IoU, motion": (IOU, {"memory": 3, "motion": USUAL_MOTION}),
}
# (jitter in heights, share of joints dropped)
POSES = {"as annotated": (0.0, 0.0), "jitter .02, 10 % dropped": (0.02, 0.1), "jitter .05, 30 % dropped": (0.05, 0.3)}


def _disturbed(people: People, jitter: float, dropped: float, rng: np.random.Generator) -> People:
    noise = rng.normal(0, 1, people.keypoints.shape) * jitter * heights(people.keypoints)[:, None, None]
    gone = rng.random(people.present.shape) < dropped
    points = np.where(gone[..., None], np.nan, people.keypoints + noise)
    return replace(people, keypoints=points, ids=np.full(len(people), UNTRACKED))


def _frames(sequence: Sequence, stride: int) -> list[People]:
    return [f.people for f in sequence.frames[::stride] if f.people is not None]


def _tracked(sequence: Sequence, stride: int, pose: tuple[float, float], row: str, rng: np.random.Generator) -> Tracks:
    """Annotated people with the ids that a tracker gives them."""
    method, options = ROWS[row]
    tracker = method.open(method.options.model_validate(options), Setting(get_skeleton("posetrack17")))
    truth = _frames(sequence, stride)
    given = [_disturbed(people, *pose, rng) for people in truth]
    picture = cache(lambda: np.zeros((sequence.height, sequence.width, 3), np.uint8))
    seen = [Seen(sequence.name, n, sequence.height, sequence.width, p, picture) for n, p in enumerate(given)]
    found = [p.ids for p in tracker.track(seen)]
    own, theirs = (np.unique(np.concatenate([np.zeros(0, int), *ids])) for ids in ([p.ids for p in truth], found))
    frames = []
    for people, ids in zip(truth, found, strict=True):
        known = ids != UNTRACKED
        similarity = np.eye(len(ids))[:, known]
        frames.append(Objects(np.searchsorted(own, people.ids), np.searchsorted(theirs, ids[known]), similarity))
    return Tracks(tuple(frames), len(own), len(theirs))


def _pairs(tracks: Tracks) -> Iterator[bool]:
    """Of everybody who was seen before: whether the id is another one than then."""
    last: dict[int, int] = {}
    for frame in tracks.frames:
        rows, columns = np.nonzero(frame.similarity)
        for person, track in zip(frame.truth[rows].tolist(), frame.predicted[columns].tolist(), strict=True):
            if person in last:
                yield last[person] != track
            last[person] = track


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("annotations", type=Path, help="folder with folders of PoseTrack18 files")
    parser.add_argument("--strides", type=int, nargs="+", default=[1, 4, 12])
    parser.add_argument("--out", type=Path, default=Path("track_annotations.json"))
    given = parser.parse_args()
    sequences = [read_sequence(file, False, Skipped()) for file in sorted(given.annotations.rglob("*.json"))]
    print(f"{len(sequences)} sequences, {sum(len(s.frames) for s in sequences)} frames")
    result, began = [], time.process_time()
    print("| poses | tracker | " + " | ".join(f"stride {s}: other id, HOTA, IDF1" for s in given.strides) + " |")
    for pose, (jitter, dropped) in POSES.items():
        for row in ROWS:
            cells = []
            for stride in given.strides:
                rng = np.random.default_rng(0)
                tracks = [_tracked(s, stride, (jitter, dropped), row, rng) for s in sequences]
                wrong = [other for t in tracks for other in _pairs(t)]
                figures = {
                    "other_id": 100 * float(np.mean(wrong)), "pairs": len(wrong),
                    "HOTA": 100 * float(total(map(hota, tracks)).curves()["HOTA"].mean()),
                    "IDF1": 100 * total(map(identity, tracks)).figures()["IDF1"],
                }  # fmt: skip
                result.append({"poses": pose, "tracker": row, "stride": stride, **figures})
                cells.append(f"{figures['other_id']:.2f} %, {figures['HOTA']:.1f}, {figures['IDF1']:.1f}")
            print(f"| {pose} | {row} | " + " | ".join(cells) + " |", flush=True)
    print(f"{time.process_time() - began:.0f} CPU seconds")
    given.out.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
