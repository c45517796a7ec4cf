"""Rendered sequences on disk: PoseTrack 2018's layout, a file each, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from smpl_assets.archive import write_json
from smpl_assets.skeletons import SKELETONS
from training.tracking.people import Frame, People, Sequence

KEYPOINTS = SKELETONS["posetrack17"].keypoints
JOINTS = SKELETONS["posetrack15"].keypoints
_COLUMNS = [KEYPOINTS.index(name) for name in JOINTS]


def write_sequence(sequence: Sequence, file: Path) -> None:
    """Write a sequence of JOINTS; a hidden joint keeps its place under flag 0.

    Pixels are counted from 0, so that points are half a pixel less; boxes are edges, as COCO's.
    """
    images, annotations = [], []
    for frame in sequence.frames:
        outlines = [np.round(points - 0.5, 3).T.tolist() for points in frame.ignore]
        images.append({
            "id": frame.image_id, "frame_id": frame.image_id, "file_name": frame.image, "vid_id": sequence.name,
            "nframes": len(sequence.frames), "width": sequence.width, "height": sequence.height,
            "is_labeled": frame.people is not None,
            "ignore_regions_x": [x for x, _ in outlines], "ignore_regions_y": [y for _, y in outlines],
        })  # fmt: skip
        if frame.people is not None:
            annotations += [_annotation(frame.people, row, frame.image_id) for row in range(len(frame.people))]
    numbered = [{"id": number} | entry for number, entry in enumerate(annotations)]
    category = {"id": 1, "name": "person", "supercategory": "person", "keypoints": list(KEYPOINTS), "skeleton": []}
    write_json(file, {"images": images, "annotations": numbered, "categories": [category], "facts": sequence.facts})


def _annotation(people: People, row: int, image: int) -> dict[str, Any]:
    there = people.present[row]
    places = np.where(there[:, None], np.round(people.keypoints[row] - 0.5, 3), 0.0)
    points = np.zeros((len(KEYPOINTS), 3))
    points[_COLUMNS] = np.column_stack([places, there & people.visible[row]])
    low, high = places[there].min(0), places[there].max(0)
    x0, y0, x1, y1 = people.head_boxes[row].round(3).tolist()
    return {
        "image_id": image, "category_id": 1, "track_id": int(people.ids[row]), "person_id": int(people.ids[row]),
        "keypoints": points.ravel().tolist(), "bbox": [*low.tolist(), *(high - low).round(3).tolist()],
        "bbox_head": [x0, y0, round(x1 - x0, 3), round(y1 - y0, 3)],
    }  # fmt: skip


def read_sequence(file: Path) -> Sequence:
    """Inverse of `write_sequence`."""
    document = json.loads(file.read_text(encoding="utf-8"))
    rows: dict[int, list[dict[str, Any]]] = {image["id"]: [] for image in document["images"]}
    for annotation in document["annotations"]:
        rows[annotation["image_id"]].append(annotation)
    frames = tuple(_frame(image, rows[image["id"]]) for image in document["images"])
    first = document["images"][0]
    return Sequence(first["vid_id"], JOINTS, first["height"], first["width"], frames, document["facts"])


def _frame(image: dict[str, Any], annotations: list[dict[str, Any]]) -> Frame:
    outlines = zip(image["ignore_regions_x"], image["ignore_regions_y"], strict=True)
    ignore = tuple(np.array(xy, np.float64).T + 0.5 for xy in outlines)
    people = _people(annotations) if image["is_labeled"] else None
    return Frame(image["file_name"], image["id"], people, ignore)


def _people(annotations: list[dict[str, Any]]) -> People:
    count = len(annotations)
    points = np.array([a["keypoints"] for a in annotations], np.float64).reshape(count, len(KEYPOINTS), 3)[:, _COLUMNS]
    there: Bool[np.ndarray, "people joints"] = (points != 0).any(axis=2)
    keypoints = np.where(there[..., None], points[..., :2] + 0.5, np.nan)
    heads = np.array([a["bbox_head"] for a in annotations], np.float64).reshape(count, 4)
    heads[:, 2:] += heads[:, :2]
    ids = np.array([a["track_id"] for a in annotations], np.int64)
    return People(keypoints, there.astype(np.float64), points[..., 2] > 0, np.ones(count), ids, heads)
