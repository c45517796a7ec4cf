"""What can be said of a file only when all of it is read: units that cannot be meant, and losses that one change would mend."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int64

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import Skipped

FLAT = "one flat list x, y, flag, x, y, flag, ... for each person, as COCO has it"
NESTED, FLAGLESS = "keypoints are no flat list of numbers", "keypoints have x and y, but no visibility flags"
BOOLEAN, UNKNOWN_FLAG = "visibility flags are true or false", "visibility flag is not 0, 1 or 2"
UNKNOWN_CLASS, DECIMAL_COMMAS = "class is not among the names", "numbers are written with decimal commas"
OUT_OF_RANGE, WRONG_ROWS = "coordinate outside 0 to 1", "row does not fit kpt_shape"
# Losses for which the file's writer is to be changed rather than a person left out.
CURES = {
    NESTED: FLAT,
    FLAGLESS: f"{FLAT}: 2 for a point that is seen, 1 for a hidden one, 0 for none",
    BOOLEAN: "write 2 for a point that is seen, 1 for one that is hidden, 0 for one that is not there",
    UNKNOWN_FLAG: "write 2 (seen), 1 (hidden) or 0 (not there); numbers between 0 and 1 are scores of predictions, not flags",
    WRONG_ROWS: "correct kpt_shape in data.yaml: a row is a class, four numbers of its box, and 2 or 3 for each keypoint",
    UNKNOWN_CLASS: "correct `names` in data.yaml: the first number of a row is its class, the first class is 0",
    DECIMAL_COMMAS: "write decimal points: 0.5",
    OUT_OF_RANGE: "YOLO's coordinates are shares of the image: divide x by its width and y by its height",
}
Points = Float[np.ndarray, "points 2"]
Sizes = Int64[np.ndarray, "images 2"]
_SLACK_PX = 0.6  # pixel indices are shifted by half a pixel when they are read
_PERCENT = 100.0
_LEAST_IMAGES, _CHANCE = 3, 1e-3  # that by chance all people of all images are in the first 100 px


def check_whole(table: PoseTable, skipped: Skipped, file: Path) -> None:
    """InputError where most people are lost for one such reason, or coordinates are shares or percent of the image's size."""
    for reason, cure in CURES.items():
        lost = skipped.counts.get(reason, 0)
        if lost > len(table):
            raise InputError(f"{file}: {reason} ({lost} of {lost + len(table)} people)", cure)
    known = table.annotated.any(1)
    boxes = table.bbox_xywh[known]
    for name, points in (
        ("keypoints", table.keypoints[table.annotated]),
        ("boxes", np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])),
    ):
        _check_units(name, points, table.images.size_wh[np.unique(table.image[known])], file)


def _check_units(name: str, points: Points, sizes: Sizes, file: Path) -> None:
    """sizes: of the images with people, px, 0 where unknown."""
    if len(points) < 2 or not np.ptp(points, axis=0).any() or points.min() < -_SLACK_PX:
        return
    high, sides = float(points.max()), sizes.max(1)
    size = f"images are {sizes[:, 0].max()} px wide" if sides.any() else "people are larger than a pixel"
    if high <= 1 + _SLACK_PX:
        raise InputError(
            f"{file}: all coordinates of {name} lie between 0 and 1 though {size}: they are normalised",
            "multiply x by the image's width and y by its height",
        )
    chance = np.log(np.minimum(1.0, _PERCENT / np.maximum(sides, 1))).sum()
    if high <= _PERCENT + _SLACK_PX and len(sides) >= _LEAST_IMAGES and chance < np.log(_CHANCE):
        raise InputError(
            f"{file}: all coordinates of {name} lie between 0 and 100 though {size}: they are percent of the image's size",
            "multiply x by the image's width / 100 and y by its height / 100",
        )
