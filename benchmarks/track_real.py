"""How often trackers without a network err on real annotations; imported by track.py.

python benchmarks/track_real.py FOLDER    # of PoseTrack 2018 files, or of folders of them
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.skeletons import SKELETONS, Skeleton
from training.datasets.posetrack_sequences import read_sequences
from training.tracking.associate import match
from training.tracking.decode import chosen
from training.tracking.method import Setting
from training.tracking.people import People, Sequence
from training.tracking.score import heights
from training.tracking.table import TRACKERS
from training.tracking.tracker import Seen

NAMES = ("distance", "oks", "iou")


def real(folder: Path) -> dict[str, Any]:
    """Share of wrong pairs between annotated frames, percent."""
    folders = [part for part in (folder, *sorted(folder.iterdir())) if part.is_dir() and any(part.glob("*.json"))]
    sequences = [sequence for part in folders for sequence in read_sequences(part)[0]]
    result: dict[str, Any] = {}
    for kind in ("annotated", "moved by .03 heights, a tenth of the joints gone"):
        for stride in (1, 4, 12):
            draw = np.random.default_rng(1)
            wrong, total = dict.fromkeys(NAMES, 0), 0
            for sequence in sequences:
                joints = skeleton_of(sequence)
                labelled = [f.people for f in sequence.frames]
                for one, other in zip(labelled, labelled[stride:], strict=False):
                    if one is None or other is None or not len(one) or not len(other):
                        continue
                    pair = [p if kind == "annotated" else disturbed(p, draw) for p in (one, other)]
                    common = np.isin(pair[0].ids, pair[1].ids)
                    total += int(common.sum())
                    seen = [Seen(sequence.name, n, sequence.height, sequence.width, p, _nothing) for n, p in enumerate(pair)]
                    for name in wrong:
                        method = TRACKERS.load(name)
                        tracker = method.open(method.options(), Setting(joints))
                        to = match(tracker.similarity(*seen), tracker.life.least, tracker.life.matching)
                        same = np.array([t >= 0 and pair[1].ids[t] == i for t, i in zip(to, pair[0].ids, strict=True)])
                        wrong[name] += int((common & ~same).sum())
            result[f"{kind}, {stride} apart"] = {n: round(100 * w / max(1, total), 2) for n, w in wrong.items()} | {
                "pairs": total
            }
    return result


def skeleton_of(sequence: Sequence) -> Skeleton:
    """The skeleton of a file's joints."""
    return next(s for s in SKELETONS.values() if s.keypoints == sequence.joints)


def disturbed(people: People, draw: np.random.Generator) -> People:
    """Poses as a network might find them."""
    noise = draw.normal(0, 0.03, people.keypoints.shape) * heights(people.keypoints)[:, None, None]
    gone = draw.random(people.present.shape) < 0.1
    kept = chosen(people, draw.permutation(len(people)))
    return replace(kept, keypoints=np.where(gone[..., None], np.nan, kept.keypoints + noise))


def _nothing() -> np.ndarray:
    return np.zeros((1, 1, 3), np.uint8)


if __name__ == "__main__":
    for row, figures in real(Path(sys.argv[1])).items():
        print(row, figures)
