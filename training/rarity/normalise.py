"""Pixel coordinates to coordinates in which poses of different people can be compared, and missing joints filled in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton
from training.mpii_person import region_middle
from training.rarity.frame import mirrored

# T 4.3.1 gives no formula; these readings reproduce its counts (docs/rare_poses.md).
MPII_CROP_PX = 250.0  # side of the crop of a person of scale 1
COCO_MARGIN = 1.25
COCO_ASPECT = 3.0 / 4.0
TORSO_OF_BOX = 0.36  # median torso diameter over the longer side of the box, complete people of MPII validation
_CHUNK = 262_144
Rows = Int64[np.ndarray, " poses"]
Frame = tuple[Float[np.ndarray, "poses 2"], Float[np.ndarray, "poses 2"]]  # origin and size, px
Coordinates = Float[np.ndarray, "poses joints 2"]
Known = Bool[np.ndarray, "poses joints"]


@dataclass(frozen=True)
class NormalisedPoses:
    """The people that can be compared, in the order of their rows.

    rows: (M,) rows of the table.
    coordinates: (M, J, 2), zero where not known.
    known: (M, J), annotated.
    """

    rows: Int64[np.ndarray, " poses"]
    coordinates: Coordinates
    known: Known

    def __len__(self) -> int:
        return len(self.rows)


def resolve_normalisation(name: str, table: PoseTable) -> str:
    """`auto` is the skeleton's own: MPII's crop, COCO's crop, else the box."""
    return table.skeleton.normalisation if name == "auto" else name


def included_people(table: PoseTable, include_empty: bool) -> Bool[np.ndarray, " people"]:
    """People with an annotated joint, or all of them; never those whose numbers are not finite."""
    finite = np.isfinite(table.keypoints).all((1, 2)) & np.isfinite(table.bbox_xywh).all(1)
    return finite & (include_empty | table.annotated.any(1))


def normalise(table: PoseTable, name: str, rows: Rows) -> NormalisedPoses:
    """Normalised coordinates of the people in `rows`.

    `mpii`: the square crop around (objpos + 15 px x scale down) of side 250 px x scale, coordinates / side from its corner.
    `coco`: the box widened to 3:4 and by 1.25, x / width and y / height from its corner.
    `box`: the box, from its corner, over its longer side. `torso`: from the middle of the torso, over its diameter (eq 2.1's).
    InputError for another name, and for `torso` where the skeleton has none.
    """
    if name not in _FRAMES:
        raise InputError(f"rare_poses.normalisation = '{name}' is not known; known: auto, {', '.join(_FRAMES)}")
    skeleton = table.skeleton
    if name == "torso" and not set(skeleton.torso) <= set(skeleton.keypoints):
        raise InputError(
            f"rare_poses.normalisation = 'torso': skeleton {skeleton.name} has no {' and '.join(skeleton.torso)}",
            'rare_poses.normalisation = "box"',
        )
    known = table.annotated[rows]
    coordinates = np.zeros((*known.shape, 2), np.float32)
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        origin, size = _FRAMES[name](table, rows[part])
        values = (table.keypoints[rows[part]] - origin[:, None]) / np.maximum(size, 1e-6)[:, None]
        coordinates[part] = np.where(known[part][..., None], values, 0.0)
    return NormalisedPoses(rows, coordinates, known)


def _mpii_crop(table: PoseTable, rows: Rows) -> Frame:
    scale = table.scale[rows]
    side = MPII_CROP_PX * scale
    return region_middle(table.center[rows], scale) - 0.5 * side[:, None], np.stack([side, side], 1)


def _coco_crop(table: PoseTable, rows: Rows) -> Frame:
    x, y, width, height = table.bbox_xywh[rows].T
    crop_width = np.maximum(width, COCO_ASPECT * height) * COCO_MARGIN
    size = np.stack([crop_width, crop_width / COCO_ASPECT], 1)
    return np.stack([x + 0.5 * width, y + 0.5 * height], 1) - 0.5 * size, size


def _box(table: PoseTable, rows: Rows) -> Frame:
    box = table.bbox_xywh[rows]
    side = box[:, 2:].max(1)
    return box[:, :2], np.stack([side, side], 1)


def _torso(table: PoseTable, rows: Rows) -> Frame:
    """Where a torso joint is not annotated, the box's middle and 0.36 of its longer side."""
    ends = [table.skeleton.index(joint) for joint in table.skeleton.torso]
    keypoints, box = table.keypoints[rows][:, ends], table.bbox_xywh[rows]
    both = np.asarray(table.annotated[rows][:, ends].all(1))
    usual = TORSO_OF_BOX * np.maximum(box[:, 2:].max(1), 1e-6)
    length = np.linalg.norm(keypoints[:, 0] - keypoints[:, 1], axis=1)
    size = np.where(both, np.maximum(length, 0.25 * usual), usual)  # a torso seen end on would blow everything up
    middle = np.where(both[:, None], keypoints.mean(1), box[:, :2] + 0.5 * box[:, 2:])
    return middle, np.stack([size, size], 1)


_FRAMES = {"mpii": _mpii_crop, "coco": _coco_crop, "box": _box, "torso": _torso}


_NEIGHBOURS = 10
_FILLED_AT_ONCE = 512


@dataclass(frozen=True)
class CompletionSource:
    """Poses to fill in from, mirror images included, and the mean pose for joints that nobody near has."""

    coordinates: Float[np.ndarray, "references joints 2"]
    known: Bool[np.ndarray, "references joints"]
    mean: Float[np.ndarray, "joints 2"]


def completion_source(coordinates: Coordinates, known: Known, skeleton: Skeleton) -> CompletionSource:
    """The poses themselves and, where the skeleton has sides, their mirror images (about the mean pose's vertical axis)."""
    count = np.maximum(known.sum(0), 1)[:, None]
    mean = (coordinates * known[..., None]).sum(0) / count
    if not skeleton.mirrors:
        return CompletionSource(coordinates.astype(np.float32), known, mean)
    axis = np.array([2 * (mean[:, 0] * count[:, 0]).sum() / count.sum(), 0.0], np.float32)
    other = known[:, list(skeleton.flip)]
    flipped = np.where(other[..., None], mirrored(coordinates, skeleton) + axis, 0.0).astype(np.float32)
    return CompletionSource(np.concatenate([coordinates, flipped]), np.concatenate([known, other]), mean)


def complete(coordinates: Coordinates, known: Known, source: CompletionSource) -> Coordinates:
    """All joints (M, J, 2): the annotated ones as they are, the others as in the ten nearest references (their mean).

    Poses are compared after moving the means of the joints they share onto each other, so where a person stands in the
    crop does not matter.
    """
    filled = coordinates.copy()
    for rows in np.array_split(np.flatnonzero(~known.all(1)), max((~known.all(1)).sum() // _FILLED_AT_ONCE, 1)):
        if len(rows):
            filled[rows] = _complete_chunk(coordinates[rows], known[rows], source)
    return filled


def _complete_chunk(coordinates: Coordinates, known: Known, source: CompletionSource) -> Coordinates:
    mask, other = known.astype(np.float32), source.known.astype(np.float32)
    common = mask @ other.T
    squared = ((coordinates**2).sum(2) * mask) @ other.T + mask @ ((source.coordinates**2).sum(2) * other).T
    shift = np.empty((*common.shape, 2), np.float32)
    for axis in range(2):
        mine, theirs = coordinates[..., axis] * mask, source.coordinates[..., axis] * other
        difference = mine @ other.T - mask @ theirs.T
        shift[..., axis] = difference / np.maximum(common, 1)
        squared -= 2 * mine @ theirs.T + difference * shift[..., axis]
    cost = np.where(common > 0, squared / np.maximum(common, 1) + 1.0 / np.maximum(common, 1) ** 2, np.inf)
    nearest = np.argsort(cost, axis=1, kind="stable")[:, :_NEIGHBOURS]
    moved = source.coordinates[nearest] + np.take_along_axis(shift, nearest[..., None], 1)[:, :, None]
    weight = source.known[nearest][..., None].astype(np.float32)
    weight = weight * np.isfinite(np.take_along_axis(cost, nearest, 1))[..., None, None]
    found = weight.sum(1)
    estimate = np.where(found > 0, (moved * weight).sum(1) / np.maximum(found, 1), source.mean)
    return np.where(known[..., None], coordinates, estimate)
