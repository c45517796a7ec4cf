"""Sequences as PoseTrack files: 2017's layout, 2018's and 2021's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool

from smpl_assets.archive import write_json
from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from training.datasets.posetrack_writer17 import document_17
from training.tracking.people import UNTRACKED, Frame, People, Sequence

Version = Literal["17", "18", "21"]
KEYPOINTS = get_skeleton("posetrack17").keypoints
MOST_IDS = 10_000  # poseval's
_DECIMALS = 6  # px; takes back what the half pixel between file and record rounds away


def write_sequence(sequence: Sequence, file: Path, version: Version = "18", predicted: bool = False) -> None:
    """Write what `read_sequence` reads back, coordinates to a millionth of a pixel.

    Joints go by name to PoseTrack's (17 in 2018 and 2021, the ears empty; 15 in 2017). A hidden joint keeps its place under flag
    0. Frames without people (`Frame.people` None) are not labelled. Predictions carry scores; annotations carry none, and head
    boxes where they are known.

    Raises:
        InputError: a joint that PoseTrack does not know, or a person without a track.
    """
    unknown = [j for j in sequence.joints if j not in KEYPOINTS]
    if unknown:
        raise InputError(
            f"{sequence.name}: PoseTrack has no joint {', '.join(unknown)}", "map the people to the skeleton posetrack15 first"
        )
    for frame in sequence.frames:
        if frame.people is not None and (frame.people.ids == UNTRACKED).any():
            raise InputError(f"{sequence.name}: frame {frame.image} has a person without a track", "write tracked people only")
    make: Callable[[Sequence, bool], dict[str, Any]] = document_17 if version == "17" else _document_18
    document = make(sequence, predicted)
    if version == "21":
        for image in document["images"]:
            image["has_labeled_person"] = image["is_labeled"]
    write_json(file, document)


def write_predictions(sequences: Iterable[Sequence], folder: Path, joint_score: float, person_score: float = 0.0) -> None:
    """Both files of every sequence that users hand in, valid for poseval: every frame, ids unique in it and below 10000, scores.

    `folder/ap/NAME.json` has every person and joint that was found, for mAP; `folder/mota/NAME.json` only tracked people whose
    score exceeds `person_score`, and their joints whose score exceeds `joint_score`, for MOTA: there each wrong joint costs.
    """
    for sequence in sequences:
        every = [replace(f, people=_numbered(f.people)) for f in sequence.frames if f.people is not None]
        sure = [
            replace(f, people=confident(f.people, joint_score, person_score)) for f in sequence.frames if f.people is not None
        ]
        for name, frames in (("ap", every), ("mota", sure)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            path = folder / name / f"{sequence.name}.json"
            write_sequence(replace(sequence, frames=tuple(frames)), path, predicted=True)


def confident(people: People, joint_score: float, person_score: float = 0.0) -> People:
    """Tracked people with scores above `person_score`, without joints of `joint_score` or less; who has no joint left goes."""
    sure = people.present & (people.joint_scores > joint_score)
    kept = (people.ids != UNTRACKED) & (people.scores > person_score) & sure.any(1)
    keypoints = np.where(sure[..., None], people.keypoints, np.nan)
    return _select(replace(people, keypoints=keypoints, visible=people.visible & sure), kept)


def _select(people: People, rows: Bool[np.ndarray, " people"]) -> People:
    return People(**{f.name: getattr(people, f.name)[rows] for f in fields(people)})


def _numbered(people: People) -> People:
    """People with an id each: who has none gets one of the highest, which no track reaches."""
    free = np.flatnonzero(people.ids == UNTRACKED)
    ids = people.ids.copy()
    ids[free] = MOST_IDS - 1 - np.arange(len(free))
    return replace(people, ids=ids)


def _document_18(sequence: Sequence, predicted: bool) -> dict[str, Any]:
    order = [sequence.joints.index(k) if k in sequence.joints else -1 for k in KEYPOINTS]
    images = [_image(sequence, frame) for frame in sequence.frames]
    annotations: list[dict[str, Any]] = []
    for frame in sequence.frames:
        if (people := frame.people) is not None:
            first = len(annotations)
            annotations += [_annotation(frame, people, row, order, predicted, first + row) for row in range(len(people))]
    category = {"id": 1, "name": "person", "supercategory": "person", "keypoints": list(KEYPOINTS), "skeleton": []}
    facts = {"facts": sequence.facts} if sequence.facts else {}
    return {"images": images, "annotations": annotations, "categories": [category], **facts}


def _image(sequence: Sequence, frame: Frame) -> dict[str, Any]:
    outlines = [np.round(points - 0.5, _DECIMALS).T.tolist() for points in frame.ignore]
    return {
        "id": frame.image_id, "frame_id": frame.image_id, "file_name": frame.image, "vid_id": sequence.name,
        "nframes": len(sequence.frames), "width": sequence.width, "height": sequence.height,
        "is_labeled": frame.people is not None,
        "ignore_regions_x": [x for x, _ in outlines], "ignore_regions_y": [y for _, y in outlines],
    }  # fmt: skip


def _annotation(frame: Frame, people: People, person: int, order: list[int], predicted: bool, number: int) -> dict[str, Any]:
    known = np.array(order) >= 0
    there = known & people.present[person, order]
    places = np.round(people.keypoints[person, order] - 0.5, _DECIMALS)
    points = np.where(there[:, None], np.column_stack([places, people.visible[person, order]]), 0.0)
    found = places[there] if there.any() else np.zeros((1, 2))
    entry = {
        "id": number, "image_id": frame.image_id, "category_id": 1, "track_id": int(people.ids[person]),
        "person_id": int(people.ids[person]), "keypoints": points.ravel().tolist(),
        "bbox": np.round([*found.min(0), *np.ptp(found, axis=0)], _DECIMALS).tolist(),
    }  # fmt: skip
    if predicted:
        scores = np.where(there, people.joint_scores[person, order], 0.0).tolist()
        return entry | {"scores": scores, "score": float(people.scores[person])}
    x0, y0, x1, y1 = people.head_boxes[person].tolist()
    return entry | ({} if np.isnan(x0) else {"bbox_head": np.round([x0, y0, x1 - x0, y1 - y0], _DECIMALS).tolist()})
