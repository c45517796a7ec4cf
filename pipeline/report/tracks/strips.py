"""Frames side by side with people in the colours of their tracks."""

from __future__ import annotations

from collections.abc import Sequence as Rows

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.drawing.sheets import sheet
from training.tracking.people import Frame, People, Sequence
from training.video.overlay import draw_person

_HEIGHT = 200  # px of a frame
Image = UInt8[np.ndarray, "_ _ 3"]


def frame_with_people(image: Image, people: People | None, limbs: Rows[tuple[int, int]]) -> Image:
    """One frame, _HEIGHT high."""
    scale = _HEIGHT / image.shape[0]
    size = (max(1, round(image.shape[1] * scale)), _HEIGHT)
    canvas = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8)
    if people is not None:
        larger = People(
            people.keypoints * scale, people.joint_scores, people.visible, people.scores, people.ids, people.head_boxes * scale
        )
        for row, track in enumerate(people.ids.tolist()):
            draw_person(canvas, larger, row, limbs, track, 0.8)
    return canvas


def strip(pictures: Rows[Image], rows: Rows[Rows[People | None]], limbs: Rows[tuple[int, int]]) -> Image:
    """The same frames once per row, each row's people drawn into them (fig 5.6)."""
    tiles = [frame_with_people(image, people, limbs) for row in rows for image, people in zip(pictures, row, strict=True)]
    return sheet(tiles, len(pictures))


def around(frames: int, middle: int, count: int, step: int) -> list[int]:
    """So many frames about one of them, `step` apart, inside the sequence."""
    span = min(frames, (count - 1) * step + 1)
    first = max(0, min(middle - span // 2, frames - span))
    return list(range(first, first + span, step))[:count]


def people_in(sequence: Sequence, image: str) -> People | None:
    """The people of a frame by its image."""
    found = _by_image(sequence).get(image)
    return None if found is None else found.people


def filled(before: Sequence, after: Sequence) -> tuple[int, int] | None:
    """The frame to which refinement added most: its index in `after`, and how many joints; None where it added none."""
    known = _by_image(before)
    gains = []
    for number, frame in enumerate(after.frames):
        other = known.get(frame.image)
        counts = [0 if f is None or f.people is None else int(f.people.present.sum()) for f in (frame, other)]
        gains.append((counts[0] - counts[1], -number))
    most, place = max(gains, default=(0, 0))
    return (-place, most) if most > 0 else None


def _by_image(sequence: Sequence) -> dict[str, Frame]:
    return {f.image: f for f in sequence.frames}
