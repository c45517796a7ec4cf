"""A sequence as PoseTrack 2017's document."""

from __future__ import annotations

from typing import Any

import numpy as np

from smpl_assets.skeletons import get_skeleton
from training.tracking.people import Frame, People, Sequence

JOINTS = get_skeleton("posetrack15").keypoints
_DECIMALS = 6


def document_17(sequence: Sequence, predicted: bool) -> dict[str, Any]:
    """`annolist`, every value in a list of one; joints that are not there are not listed."""
    order = [(number, sequence.joints.index(name)) for number, name in enumerate(JOINTS) if name in sequence.joints]
    document: dict[str, Any] = {"annolist": [_frame(f, order, predicted) for f in sequence.frames]}
    document |= {"height": sequence.height, "width": sequence.width}
    return document | ({"facts": sequence.facts} if sequence.facts else {})


def _frame(frame: Frame, order: list[tuple[int, int]], predicted: bool) -> dict[str, Any]:
    people = frame.people
    rows = [_person(people, row, order, predicted) for row in range(len(people))] if people is not None else []
    regions = [
        {"point": [{"x": [x], "y": [y]} for x, y in np.round(points - 0.5, _DECIMALS).tolist()]} for points in frame.ignore
    ]
    entry = {"image": [{"name": frame.image}], "imgnum": [frame.image_id], "annorect": rows}
    return entry | {"is_labeled": [int(people is not None)], "ignore_regions": regions}


def _person(people: People, row: int, order: list[tuple[int, int]], predicted: bool) -> dict[str, Any]:
    points = []
    for number, joint in order:
        if people.present[row, joint]:
            x, y = np.round(people.keypoints[row, joint] - 0.5, _DECIMALS).tolist()
            point = {"id": [number], "x": [x], "y": [y], "is_visible": [int(people.visible[row, joint])]}
            points.append(point | ({"score": [float(people.joint_scores[row, joint])]} if predicted else {}))
    entry = {"track_id": [int(people.ids[row])], "annopoints": [{"point": points}]}
    if predicted:
        return entry | {"score": [float(people.scores[row])]}
    corners = zip(("x1", "y1", "x2", "y2"), people.head_boxes[row].tolist(), strict=True)
    return entry | ({} if np.isnan(people.head_boxes[row]).any() else {name: [value] for name, value in corners})
