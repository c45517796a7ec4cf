"""The stage `track_data`: sequences of people whose paths meet, rendered, in PoseTrack's layout."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Literal

import cv2
import numpy as np

from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.body.settings import BodySettings
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import encode_jpeg
from smpl_assets.render.sequences.film import SKELETON, FilmedFrame, FilmStudio, Scenery
from smpl_assets.render.settings import RenderSettings
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.work import Bench
from training.tracking.data_facts import facts_of
from training.tracking.data_settings import TrackDataSettings
from training.tracking.people import Frame, People, Sequence
from training.tracking.sequence_files import write_sequence
from training.tracking.sequences import FRAMES, SEQUENCES

VERSION = 1
Split = Literal["train", "validation"]
LEAST_JOINTS, LEAST_PX = 3, 20  # of a person who is labelled
# What PoseTrack's evaluators read names of sequences as: NUMBER_mpii_SET.
_SETS = {"train": "train", "validation": "val"}


def sequence_name(split: Split, number: int) -> str:
    """`000012_mpii_train`: the form that poseval insists on."""
    return f"{number:06d}_mpii_{_SETS[split]}"


def film_sequences(
    items: tuple[int, int], split: Split, settings: TrackDataSettings, render: RenderSettings, body: BodySettings,
    people_free: tuple[Photograph, ...], bench: Bench,
) -> None:  # fmt: skip
    """Film the sequences [first, last) of a split; writes `frames.tar`, `sequences/NAME.json` and `summary.json`.

    Args:
        items: the range.
        split: its sequences share no seed with the other's.
        settings: the `track.data` section.
        render: the `render` section: surroundings, clothes, sensor.
        body: the body model.
        people_free: photographs without people, for `render.backgrounds = "data"`.
        bench: its seed is the run's; each sequence derives its own from it, the split and its number.

    Raises:
        InputError: backend, body, textures or backgrounds that cannot be used.
    """
    cv2.setNumThreads(1)
    studio = FilmStudio(settings, render, body, people_free, derive_seed(bench.seed, "track", split), bench.device)
    (bench.out / SEQUENCES).mkdir()
    facts: list[dict[str, float | str | bool]] = []
    with ArchiveWriter(bench.out / FRAMES) as archive:
        for done, number in enumerate(range(*items), start=1):
            scenery = studio.scenery(number)
            name = sequence_name(split, number)
            filmed = []
            for index, frame in enumerate(studio.film(scenery)):
                archive.add(_image(name, index), encode_jpeg(frame.image, scenery.sensor.jpeg_quality))
                filmed.append(frame)
            sequence = _sequence(name, number, filmed, scenery, settings)
            write_sequence(sequence, bench.out / SEQUENCES / f"{name}.json")
            facts.append({"name": name, **sequence.facts})
            bench.progress(done, items[1] - items[0])
    skipped = dict(sorted(studio.backgrounds.skipped.items()))
    moves = [float(f["moves"]) for f in facts]
    write_json(bench.out / "summary.json", {
        "sequences": facts, "frames": settings.frames * len(facts), "moves": median(moves), "backgrounds_skipped": skipped,
        "backend": studio.backend.name, "backend_version": studio.backend.version,
    })  # fmt: skip


def _image(name: str, index: int) -> str:
    return f"{name}/{index:06d}.jpg"


def _sequence(name: str, number: int, filmed: list[FilmedFrame], scenery: Scenery, settings: TrackDataSettings) -> Sequence:
    labelled = _labelled(len(filmed), settings.unlabelled_share, numpy_generator(scenery.seed, "labels"))
    frames = tuple(_frame(_image(name, i), 10**10 + number * 10**4 + i, frame, i in labelled) for i, frame in enumerate(filmed))
    sequence = Sequence(name, SKELETON.keypoints, settings.height, settings.width, frames)
    return Sequence(name, SKELETON.keypoints, settings.height, settings.width, frames, facts_of(sequence, filmed, scenery))


def _labelled(count: int, share: float, rng: np.random.Generator) -> Iterable[int]:
    """Numbers of the frames with labels: all, or the middle half and every second to fourth of the others."""
    if rng.random() >= share:
        return range(count)
    step = int(rng.integers(2, 5))
    return {i for i in range(count) if i % step == 0 or count // 4 <= i < count - count // 4}


def _frame(image: str, image_id: int, filmed: FilmedFrame, labelled: bool) -> Frame:
    """Everybody of whom enough is seen; what else shows of people is to be ignored."""
    kept = (filmed.in_frame.sum(axis=1) >= LEAST_JOINTS) & (filmed.pixels >= LEAST_PX)
    parts = ~kept & (filmed.in_frame.sum(axis=1) < LEAST_JOINTS) & (filmed.pixels > 0)
    ignore = tuple(_outline(*box) for box in filmed.boxes[parts])
    if not labelled:
        return Frame(image, image_id, None, ignore)
    inside = filmed.in_frame[kept]
    keypoints = np.where(inside[..., None], filmed.keypoints[kept], np.nan)
    people = People(
        keypoints, inside.astype(np.float64), filmed.seen[kept], np.ones(int(kept.sum())), filmed.ids[kept].astype(np.int64),
        filmed.heads[kept],
    )  # fmt: skip
    return Frame(image, image_id, people, ignore)


def _outline(x: float, y: float, width: float, height: float) -> np.ndarray:
    """A box as a polygon (4, 2), half a pixel larger so that its rim is inside."""
    low, high = np.array([x, y]) - 0.5, np.array([x + width, y + height]) + 0.5
    return np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
