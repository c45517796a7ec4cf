"""One file of PoseTrack 2017: MPII's layout as JSON, every value in a list of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import ImageTable
from smpl_assets.skeletons import Skeleton, get_skeleton
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.builder import Person, head_size_of_box
from training.datasets.coco import polygons
from training.datasets.identity import flag, is_missing, is_set, track_number
from training.datasets.image_folder import ImageFolder
from training.datasets.image_list import ImageList


class Frames17:
    """Frames and people of one file.

    skeleton: PoseTrack's 15 keypoints by id; images: the frames that are there; people: (frame name, position, rectangle) each.
    says_hidden: its flags tell hidden points from seen ones.
    """

    skeleton: Skeleton
    images: ImageTable
    says_hidden = True

    def __init__(self, annolist: list[Any], folder: ImageFolder, file: Path, skipped: Skipped) -> None:
        """InputError if no entry of `annolist` names a frame."""
        self.file = file
        self.people: list[tuple[str, int, Any]] = []
        names: dict[str, dict[str, Any]] = {}
        peopled: set[str] = set()
        unlabelled: set[str] = set()
        ignore: dict[str, list[Any]] = {}
        for number, frame in enumerate(annolist):
            name = frame_name(frame)
            if name is None:
                skipped.add("image entry incomplete or of the wrong type", file, f"annolist[{number}]")
                for position, _ in enumerate(rectangles(frame)):
                    skipped.add("person on an image that was skipped", file, f"annorect[{position}] of annolist[{number}]")
                continue
            names.setdefault(name, {"id": name, "file_name": name})
            people = rectangles(frame)
            if not is_set(value(frame.get("is_labeled", [1]))):
                unlabelled.add(name)
            if frame.get("ignore_regions"):
                ignore.setdefault(name, []).extend(regions(frame["ignore_regions"]))
            if frame.get("annorect") or frame.get("ignore_regions") or name in unlabelled:
                peopled.add(name)
            self.people += [(name, position, rectangle) for position, rectangle in enumerate(people)]
        if not names:
            raise InputError(f"{file}: no entry of 'annolist' names an image", "give PoseTrack 2017's JSON, or set `format`")
        self._frames = ImageList(list(names.values()), folder, peopled, file, skipped, ignore, unlabelled)
        self.skeleton, self.images = get_skeleton("posetrack15"), self._frames.table

    def entry_name(self, position: int, entry: tuple[str, int, Any]) -> str:
        """How a rectangle is called in the list of skipped entries."""
        return f"annorect[{entry[1]}] of {entry[0]}"

    def person(self, entry: tuple[str, int, Any]) -> Person:
        """One rectangle; Malformed if it breaks a rule."""
        name, position, rectangle = entry
        points = (value(rectangle.get("annopoints")) or {}).get("point") or []
        if not points:
            raise Malformed("no keypoints")
        keypoints, flags = keypoints17(points)
        corners = [value(rectangle.get(n)) for n in ("x1", "y1", "x2", "y2")]
        head = None if None in corners else head_size_of_box(float(corners[2] - corners[0]), float(corners[3] - corners[1]))
        track = value(rectangle.get("track_id"))
        return Person(
            keypoints=keypoints, annotated=flags > 0, visible=flags == 2, image=self._frames.index(name),
            source_id=f"{name}:{position}", head_size=float("nan") if head is None else head,
            person_id=track_number(track),
        )  # fmt: skip


def frame_name(frame: Any) -> str | None:
    """The image of a frame; None where it names none."""
    image = value(frame.get("image")) if isinstance(frame, dict) else None
    name = value(image.get("name")) if isinstance(image, dict) else None
    return name if isinstance(name, str) and name else None


def rectangles(frame: Any) -> list[Any]:
    """The people of a frame; one that stands there without a list around it counts as well."""
    listed = (frame.get("annorect") if isinstance(frame, dict) else None) or []
    return listed if isinstance(listed, list) else [listed]


def value(boxed: Any) -> Any:
    """The value in a list of one, or the value itself; None for an empty list."""
    if isinstance(boxed, list):
        return boxed[0] if boxed else None
    return boxed


def regions(listed: Any) -> list[Any]:
    """Regions to ignore, each a list of points, as COCO segmentations."""
    rows = [r.get("point") for r in listed if isinstance(r, dict)] if isinstance(listed, list) else []
    outlines = [[p for p in points if isinstance(p, dict)] for points in rows if isinstance(points, list)]
    return polygons(*([[value(p.get(axis)) for p in outline] for outline in outlines] for axis in ("x", "y")))


def keypoints17(points: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    """(15, 2) continuous px and (15,) flags (2 seen, 1 hidden, 0 not in the file) of listed points."""
    keypoints, flags = np.zeros((15, 2)), np.zeros(15, dtype=np.int64)
    for point in points:
        joint = int(value(point["id"]))
        if not 0 <= joint < 15:
            raise Malformed("wrong number of keypoints", f"keypoint id {joint}, 0 to 14 expected")
        seen = value(point.get("is_visible"))
        if seen is not None and not int(seen) and None in (value(point.get("x")), value(point.get("y"))):
            continue
        keypoints[joint] = (float(value(point["x"])) + 0.5, float(value(point["y"])) + 0.5)
        flags[joint] = 2 if is_missing(seen) or flag(seen) else 1
    return keypoints, flags
