"""One file of PoseTrack 2018 or 2021: COCO's layout with tracks, head boxes and unlabelled frames."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from smpl_assets.pose_table import ImageTable
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Skipped
from training.datasets.builder import Person, head_size_of_box
from training.datasets.coco import PeopleCategory, entry_name, parse_person
from training.datasets.files import require_list
from training.datasets.image_list import ImageList
from training.datasets.regions import polygons


class Frames18:
    """Frames and people of one file.

    skeleton: the one its categories name (PoseTrack's 17 keypoints); images: the frames that are there; people: the raw entries.
    """

    skeleton: Skeleton
    images: ImageTable

    def __init__(self, document: Any, root: Path | None, file: Path, skipped: Skipped) -> None:
        """InputError if the document is neither 2018's nor 2021's layout."""
        self.file = file
        self.people = require_list(document, "annotations", file)
        self._category = PeopleCategory(require_list(document, "categories", file), file)
        listed = require_list(document, "images", file)
        frames = [f for f in listed if isinstance(f, dict) and isinstance(f.get("id"), (int, str))]
        unlabelled = {f["id"] for f in frames if not f.get("is_labeled", f.get("has_labeled_person", True))}
        ignore = {
            f["id"]: polygons(f["ignore_regions_x"], f.get("ignore_regions_y")) for f in frames if f.get("ignore_regions_x")
        }
        peopled = self._category.peopled(self.people) | unlabelled | ignore.keys()
        self._frames = ImageList(listed, root, peopled, file, skipped, ignore, unlabelled)
        self.skeleton, self.images = self._category.skeleton, self._frames.table

    def entry_name(self, position: int, entry: Any) -> str:
        """How an annotation is called in the list of skipped entries."""
        return entry_name(position, entry)

    def person(self, entry: dict[str, Any]) -> Person | None:
        """One annotation; None if it is of another category. Malformed if it breaks a rule."""
        person = parse_person(entry, self._category, self._frames)
        if person is None:
            return None
        track = entry.get("track_id", entry.get("person_id"))
        head = entry.get("bbox_head")
        # flags are 0 or 1 here, and 1 says that the point is labelled and seen
        return dataclasses.replace(
            person,
            visible=person.annotated,
            person_id=-1 if track is None else int(track),
            head_size=head_size_of_box(float(head[2]), float(head[3])) if head else float("nan"),
        )
