"""From pictures to results: reading, boxes, poses, files."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.errors import StageError
from smpl_assets.pictures import MAX_MEGAPIXELS
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from training.inference.boxes import BoxFile
from training.inference.estimator import Estimator, whole_picture
from training.inference.overlays import Overlays
from training.inference.pictures import Picture, Source, count_pictures, read_pictures
from training.inference.results import Numbers, ResultFiles

Boxed = tuple[Float[np.ndarray, "people 4"], Float[np.ndarray, " people"]]
Detect = Callable[[UInt8[np.ndarray, "height width 3"]], Boxed]


@dataclass(frozen=True)
class Looking:
    """Where people are looked for, and what is drawn.

    boxes: of a file. detect: finds them; with neither, one person is the whole picture. overlays: draw the pictures. shown_from:
    the least score of a joint that is drawn.
    """

    boxes: BoxFile | None = None
    detect: Detect | None = None
    overlays: bool = True
    shown_from: float = 0.2
    max_megapixels: float = MAX_MEGAPIXELS

    def people(self, picture: Picture) -> Boxed:
        """Boxes of a picture's people, px, and their scores."""
        if self.boxes is not None:
            return self.boxes.of(picture.name)
        if self.detect is not None:
            return self.detect(picture.image)
        return whole_picture(picture.image), np.ones(1)


@dataclass(frozen=True)
class Done:
    """What a run looked at: pictures, those with nobody on them, people, and what was left out."""

    pictures: int
    empty: int
    people: int
    skipped: Skipped


@dataclass
class _Queue:
    """Pictures on their way through the network."""

    waiting: deque[tuple[Picture, Float[np.ndarray, " people"]]] = field(default_factory=deque)

    def boxed(self, pictures: Iterator[Picture], looking: Looking) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Each picture with its boxes; the picture is remembered until its poses come back."""
        for picture in pictures:
            boxes, weight = looking.people(picture)
            self.waiting.append((picture, weight))
            yield picture.image, boxes


def predict(
    estimator: Estimator, sources: Sequence[Source], out: Path, looking: Looking, skipped: Skipped, progress: Progress = silent
) -> Done:
    """Find the poses of all pictures; writes `results.json`, `images.json`, `skipped.json`, and `overlays/`.

    Args:
        estimator: of `training.inference.load`.
        sources: of `find_sources`.
        out: an existing folder.
        looking: where people are, and what to draw.
        skipped: takes the pictures that cannot be used.
        progress: called per picture.

    Raises:
        InputError: the file of boxes calls two pictures the same.
        StageError: none of the pictures can be used.
    """
    listed = looking.boxes or BoxFile(Path())
    known = listed.among(sources)
    looking = replace(looking, boxes=known if looking.boxes is not None else None)
    number = Numbers([source.name for source in sources], known.numbers, listed.numbers.values())
    total = count_pictures(sources)
    files, queue, done, empty = ResultFiles(out, estimator.skeleton), _Queue(), 0, 0
    overlays = Overlays(out / "overlays", estimator.skeleton, looking.shown_from) if looking.overlays else None
    with overlays or nullcontext():
        pictures = read_pictures(sources, known.sizes, skipped, looking.max_megapixels)
        for done, found in enumerate(estimator.stream(queue.boxed(pictures, looking)), 1):
            picture, weight = queue.waiting.popleft()
            files.add(picture.name, number(picture.name), picture.image.shape[:2], found, weight)
            empty += not len(weight)
            if overlays is not None:
                overlays.add(picture, found)
            progress(done, max(done, total - skipped.total), people=float(len(files.results)))
    if not done:
        raise StageError(f"predict: none of {len(sources)} files can be used ({skipped.summary()})", "name images or videos")
    files.close()
    skipped.read = done
    skipped.save(out / "skipped.json")
    return Done(done, empty, len(files.results), skipped)
