"""PoseTrack 2017, 2018 and 2021 (whose layout is COCO's with tracks): one JSON file, or a folder with one per sequence."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Skipped
from training.datasets.builder import Person, TableBuilder, head_size_of_box, read_people, require_people
from training.datasets.coco import PeopleCategory, entry_name, parse_person, polygons
from training.datasets.files import load_json, require_list
from training.datasets.identity import identity, is_set, track_number
from training.datasets.image_folder import ImageFolder
from training.datasets.image_list import ImageList
from training.datasets.posetrack17 import Frames17
from training.datasets.reader import Glance, Reader


class Frames18:
    """Frames and people of one file.

    skeleton: the one its categories name (PoseTrack's 17 keypoints); images: the frames that are there; people: the raw entries.
    clips: row of `images` -> its `vid_id` (or `video_id`), where the file says it.
    says_hidden: whether flags are COCO's, 2 seen and 1 hidden. In PoseTrack's own files they are 0 and 1: labelled and seen.
    """

    skeleton: Skeleton
    images: ImageTable

    def __init__(self, document: Any, folder: ImageFolder, file: Path, skipped: Skipped) -> None:
        """InputError if the document is neither 2018's nor 2021's layout."""
        self.file = file
        self.people = require_list(document, "annotations", file)
        self._category = PeopleCategory(require_list(document, "categories", file), file)
        listed = require_list(document, "images", file)
        frames = [(i, f) for f in listed if isinstance(f, dict) and (i := identity(f.get("id"))) is not None]
        unlabelled = {i for i, f in frames if not is_set(f.get("is_labeled", f.get("has_labeled_person", True)))}
        ignore = {i: polygons(f["ignore_regions_x"], f.get("ignore_regions_y")) for i, f in frames if f.get("ignore_regions_x")}
        for image, regions in self._category.crowds(self.people).items():
            ignore.setdefault(image, []).extend(regions)
        peopled = self._category.peopled(self.people) | unlabelled | ignore.keys()
        reach = partial(self._category.reaches, self.people)
        self._frames = ImageList(listed, folder, peopled, file, skipped, ignore, unlabelled, reach)
        self.skeleton, self.images = self._category.skeleton, self._frames.table
        videos = [(i, identity(f.get("vid_id", f.get("video_id")))) for i, f in frames]
        self.clips = {row: str(video) for i, video in videos if video is not None for row in self._frames.rows(i)}
        listed_flags = (p["keypoints"][2::3] for p in self.people if isinstance(p, dict) and isinstance(p.get("keypoints"), list))
        self.says_hidden = any(flag == 2 for flags in listed_flags for flag in flags)

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
        return dataclasses.replace(
            person,
            person_id=track_number(track),
            head_size=head_size_of_box(float(head[2]), float(head[3])) if head else float("nan"),
        )


def read_posetrack(annotations: Path, images: Path | None, progress: Progress = silent) -> tuple[PoseTable, Skipped]:
    """Read PoseTrack people with their track, sequence and frame.

    `person_id` is the track within the sequence, `sequence` the folder of the frame's image (where it holds several videos by
    their `vid_id`: one of them), `frame` the number in its name.
    Frames without labels are kept as images that are not `labelled`, count as having people, and have their numbers as well;
    regions to ignore are their image's. All versions: +0.5 px (pixels counted from 0); a joint with a location is annotated, and
    seen unless 2017's `is_visible` or, in files with 2s, a 1 says otherwise. `head_size` is 0.6 x the head box's diagonal.

    Raises:
        InputError: no PoseTrack JSON there, versions mixed, or the folder cannot be used.
    """
    files = sorted(annotations.glob("*.json")) if annotations.is_dir() else [annotations]
    if not files:
        raise InputError(f"{annotations}: no .json file in this folder", "name the folder that holds one file per sequence")
    skipped, folder = Skipped(), ImageFolder(images)
    parts = [_open(file, folder, skipped) for file in files]
    for part in parts:
        if part.skeleton != parts[0].skeleton:
            names = f"{part.skeleton.name}, but {files[0]} has {parts[0].skeleton.name}"
            raise InputError(f"{part.file}: skeleton {names}", "read one version at a time")
    clips = [part.clips.get(row) if isinstance(part, Frames18) else None for part in parts for row in range(len(part.images))]
    builder = TableBuilder(parts[0].skeleton, _in_sequences(ImageTable.concatenate([part.images for part in parts]), clips))
    offset, says_hidden = 0, any(part.says_hidden for part in parts)
    for part in parts:

        def person(entry: Any, part: Frames17 | Frames18 = part, offset: int = offset) -> Person | None:
            found = part.person(entry)
            if found is not None and not says_hidden:
                found = dataclasses.replace(found, visible=found.annotated)
            return found and dataclasses.replace(found, image=found.image + offset)

        read_people(part.people, person, builder, skipped, part.entry_name, part.file, progress)
        offset += len(part.images)
    return require_people(builder, skipped, annotations, folder.told()), skipped


def _open(file: Path, folder: ImageFolder, skipped: Skipped) -> Frames17 | Frames18:
    document = load_json(file, "PoseTrack annotations")
    if isinstance(document, dict) and isinstance(document.get("annolist"), list):
        return Frames17(document["annolist"], folder, file, skipped)
    return Frames18(document, folder, file, skipped)


def _in_sequences(frames: ImageTable, clips: Sequence[str | None]) -> ImageTable:
    """The frames with their sequences and numbers (the last one in the image's name; -1 if there is none).

    A sequence is a folder of frames, or one of the `clips` in it where there are several.
    """
    folders = [PurePosixPath(name).parent.parts for name in frames.file_name]
    held = defaultdict[tuple[str, ...], set[str | None]](set)
    for folder, clip in zip(folders, clips, strict=True):
        held[folder].add(clip)
    paths = [f if c is None or len(held[f]) == 1 else (*f, c) for f, c in zip(folders, clips, strict=True)]
    position = {path: index for index, path in enumerate(dict.fromkeys(paths))}
    return dataclasses.replace(
        frames,
        sequence=np.array([position[p] for p in paths], np.int64),
        frame=np.array([_number(PurePosixPath(name).stem) for name in frames.file_name], np.int64),
        sequences=_named(list(position)),
    )


def _named(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Each path by its shortest end that is no other's: `000001_mpii`, but `clip01/img1` where all folders are called `img1`."""
    ends = [["/".join(path[-length:]) for length in range(1, len(path) + 1)] for path in paths]
    owners = Counter(end for own in ends for end in own)
    return tuple(next((end for end in own if owners[end] == 1), "/".join(path)) for path, own in zip(paths, ends, strict=True))


def _number(stem: str) -> int:
    digits = re.findall(r"\d+", stem)
    number = int(digits[-1][-40:]) if digits else -1
    return number if number < 2**63 else -1


_LOOKED_AT = 3  # files of a folder


def _is_file(glance: Glance) -> bool:
    return glance.lists("annolist") or (glance.lists("annotations", "categories") and glance.tracks)


READER = Reader(
    is_mine=lambda glance: (
        bool(some := list(islice(glance.files(".json"), _LOOKED_AT))) and all(map(_is_file, some))
        if glance.kind == "folder"
        else _is_file(glance)
    ),
    read=lambda settings, split, progress: read_posetrack(*settings.files, progress),
    heads=True,
)
