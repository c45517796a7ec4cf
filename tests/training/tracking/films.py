"""Small films for the tests of training: rods of people who walk over a grey place."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from smpl_assets.pictures import encode_jpeg
from smpl_assets.skeletons import SKELETONS
from tests.training.tracking.test_decode import STANDING
from training.datasets.posetrack_writer import write_sequence
from training.tracking.film import Film
from training.tracking.people import Frame, People, Sequence

SKELETON = SKELETONS["posetrack15"]


def walker(start, step, frames, size=0.5):
    """One person's joints in each frame."""
    return np.stack([STANDING * size + np.array(start) + n * np.array(step) for n in range(frames)])


def film(name="a", walkers=None, frames=6, size_wh=(96, 80), unlabelled=(), ignore=()) -> Film:
    """Joints drawn as dots; person n has the id n."""
    walkers = [walker((24, 18), (3, 0), frames), walker((70, 20), (-3, 0), frames)] if walkers is None else walkers
    pictures, rows = {}, []
    for n in range(frames):
        keypoints = np.stack([w[n] for w in walkers])
        picture = np.full((size_wh[1], size_wh[0], 3), 90, np.uint8)
        for number, person in enumerate(keypoints):
            for joint, place in enumerate(person):
                cv2.circle(picture, tuple(int(v) for v in place), 2, (40 + 12 * joint, 80 + 90 * number, 255 - 12 * joint), -1)
        pictures[f"{name}/{n}.jpg"] = encode_jpeg(picture, 95)
        count = len(keypoints)
        there = np.ones((count, 15), bool)
        people = People(keypoints, there * 1.0, there, np.ones(count), np.arange(count), np.full((count, 4), np.nan))
        rows.append(Frame(f"{name}/{n}.jpg", n, None if n in unlabelled else people, ignore))
    return Film(Sequence(name, SKELETON.keypoints, size_wh[1], size_wh[0], tuple(rows)), pictures.__getitem__)


def listing(made: Film, numbers: Iterable[int]) -> Film:
    """The film as a file has it that lists these frames alone."""
    return replace(made, sequence=replace(made.sequence, frames=tuple(made.sequence.frames[n] for n in numbers)))


def own(root: Path, *films, version="18") -> list[Path]:
    """Somebody's files and pictures."""
    (root / "labels").mkdir(parents=True, exist_ok=True)
    for made in films:
        for frame in made.sequence.frames:
            path = root / "images" / frame.image
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made.read(frame.image))
        write_sequence(made.sequence, root / "labels" / f"{made.sequence.name}.json", version)
    return sorted((root / "labels").glob("*.json"))
