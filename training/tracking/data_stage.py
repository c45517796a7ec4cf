"""The stage `track_data`: sequences of people whose paths meet, rendered, in PoseTrack's layout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np

from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.backgrounds.source import open_backgrounds
from smpl_assets.body.pose import BodyParameters
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fits import Fits
from smpl_assets.motion.keys import KeyPoses
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import encode_jpeg
from smpl_assets.poses.clips import Clip, read_clips
from smpl_assets.poses.settings import PoseFiles
from smpl_assets.render.sequences.cast import CLIP_RATE, Repertoire
from smpl_assets.render.sequences.film import SKELETON, FilmedFrame, FilmStudio, Scenery
from smpl_assets.render.sequences.places import Places
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.camera_draw import SensorDraw
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.work import Bench
from training.datasets.posetrack_writer import write_sequence
from training.tracking.data_facts import facts_of
from training.tracking.data_settings import TrackDataSettings
from training.tracking.film_sheet import contact_sheet
from training.tracking.own_settings import Split
from training.tracking.people import Frame, People, Sequence
from training.tracking.sequence_name import sequence_name
from training.tracking.sequences import FRAMES, SEQUENCES, load_recordings

VERSION = 1
LEAST_JOINTS, LEAST_PX = 3, 20  # of a person who is labelled


@dataclass(frozen=True)
class Sources:
    """What others made or gave.

    people_free: photographs without people, for `render.backgrounds = "data"`. rare: bodies fitted to rare people, of all shards.
    files: of motions (`inverse.pool.files`).
    """

    people_free: tuple[Photograph, ...] = ()
    rare: tuple[Fits, ...] = ()
    files: tuple[PoseFiles, ...] = ()


def film_sequences(
    items: tuple[int, int], split: Split, settings: TrackDataSettings, render: RenderSettings, body: BodySettings,
    sources: Sources, bench: Bench,
) -> None:  # fmt: skip
    """Film the sequences [first, last) of a split; writes `frames.tar`, `sequences/NAME.json` and `summary.json`.

    With `render.contact_sheet` also `contact_sheet.jpg`.

    Args:
        items: the range.
        split: its sequences share neither seeds nor places nor rare bodies with the other's.
        settings: the `track.data` section.
        render: the `render` section: surroundings, clothes, sensor.
        body: the body model.
        sources: photographs, bodies, motions.
        bench: its seed is the run's; each sequence derives its own from it, the split and its number.

    Raises:
        InputError: backend, body, textures, backgrounds or files of motions that cannot be used.
    """
    cv2.setNumThreads(1)
    seed = derive_seed(bench.seed, "track", split)
    repertoire, left_out = _repertoire(split, settings, sources, seed)
    places = Places(open_backgrounds(render.backgrounds, sources.people_free), split == "validation")
    studio = FilmStudio(settings, render, body, SensorDraw(render, sources.people_free), places, repertoire, seed, bench.device)
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
    moves = [float(f["moves"]) for f in facts]
    write_json(bench.out / "summary.json", {
        "sequences": facts, "frames": settings.frames * len(facts), "moves": median(moves), "backend": studio.backend.name,
        "backend_version": studio.backend.version, "backgrounds_skipped": dict(sorted(places.skipped.items())),
        "places_shared": places.shared, "motions_left_out": left_out,
    })  # fmt: skip
    if render.contact_sheet:
        (bench.out / "contact_sheet.jpg").write_bytes(encode_jpeg(contact_sheet(load_recordings([bench.out])), 88))


def _repertoire(split: Split, settings: TrackDataSettings, sources: Sources, seed: int) -> tuple[Repertoire, list[str]]:
    """What people can do, and a line for each file of motions that was left out."""
    every = slice(0 if split == "train" else 1, None, 2)
    rows = [(fits, int(row)) for fits in sources.rare for row in np.flatnonzero(fits.accepted)][every]
    bodies = [fits.bodies.select(row) for fits, row in rows]
    names = tuple(f"rare/{fits.person[row]}" for fits, row in rows)
    fitted = KeyPoses.fitted(BodyParameters.stacked(bodies), names) if bodies else None
    clips: list[Clip] = []
    left_out: list[str] = []
    for files in sources.files if settings.clip_share else ():
        found, lines = read_clips(files.model_copy(update={"frames_per_second": CLIP_RATE}))
        clips += found
        left_out += lines
    return Repertoire(KeyPoses.extreme(seed), fitted, settings.rare_share, tuple(clips)), left_out


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
