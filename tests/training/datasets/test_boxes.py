"""Boxes in other conventions than x, y, width, height."""

from __future__ import annotations

import numpy as np
import pytest

from smpl_assets.errors import InputError
from training.datasets.coco import read_coco

from .coco_files import document, person, write

# Where people stand on images of 100 x 80: left, top, width, height of what their joints fill.
PLACES = [(5, 4, 20, 40), (60, 10, 30, 60), (30, 30, 25, 45), (70, 40, 25, 35), (10, 5, 80, 70), (45, 20, 15, 50)]


def people(box, kept=17):
    """One on each image, all joints but the first `kept` not annotated; `box` makes the entry's from theirs, a pixel wider."""
    found = []
    for number, (x, y, width, height) in enumerate(PLACES, 1):
        steps = np.linspace(0, 1, 17)
        rows = [(x + width * s, y + height * s, 2 if joint < kept else 0) for joint, s in enumerate(steps)]
        around = np.array([x - 1, y - 1, width + 2, height + 2], float)
        found.append(person(number, number, keypoints=np.ravel(rows).tolist(), bbox=box(around).tolist()))
    return document(*found, images=len(PLACES))


def corners(b):
    return np.concatenate([b[:2], b[:2] + b[2:]])


def centre(b):
    return np.concatenate([b[:2] + b[2:] / 2, b[2:]])


@pytest.mark.parametrize(("box", "what"), [(corners, "x1, y1, x2, y2"), (centre, "centre x, centre y, width, height")])
def test_other_conventions_are_one_error(tmp_path, box, what):
    with pytest.raises(InputError, match=f"if they are read as {what}"):
        read_coco(*write(tmp_path, people(box)))


@pytest.mark.parametrize("kept", [17, 6])
@pytest.mark.parametrize("factor", [1.0, 1.25])
def test_what_is_meant_is_read(tmp_path, kept, factor):
    def wider(b):
        return np.concatenate([b[:2] - (factor - 1) / 2 * b[2:], factor * b[2:]])

    table, skipped = read_coco(*write(tmp_path, people(wider, kept)))
    assert (len(table), skipped.counts) == (6, {})


def test_boxes_of_the_whole_image_and_none_at_all_are_no_reason(tmp_path):
    (tmp_path / "a").mkdir()
    assert len(read_coco(*write(tmp_path / "a", people(lambda b: np.array([0.0, 0, 100, 80]))))[0]) == 6
    (tmp_path / "b").mkdir()
    assert len(read_coco(*write(tmp_path / "b", people(lambda b: 0 * b)))[0]) == 6
