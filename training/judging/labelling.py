"""Files that labelling tools import, with what a model found filled in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from training.judging.unlabelled import Unlabelled

PERSON = "person"


def write_cvat(path: Path, found: Unlabelled, images: Sequence[int]) -> None:
    """`CVAT for images 1.1`: a skeleton `person` per found person; joints without score are outside.

    The task's label is a skeleton `person` with the annotations' keypoints. InputError where sizes are not known.
    """
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    for number, row in enumerate(images):
        width, height = _size(found.table, row, "CVAT")
        name = found.table.images.file_name[row]
        entry = ElementTree.SubElement(root, "image", id=str(number), name=name, width=str(width), height=str(height))
        for person in np.flatnonzero(found.table.image == row).tolist():
            skeleton = ElementTree.SubElement(entry, "skeleton", label=PERSON, source="auto", occluded="0", z_order="0")
            for joint, label in enumerate(found.table.skeleton.keypoints):
                x, y = found.table.keypoints[person, joint]
                there = bool(found.table.annotated[person, joint])
                ElementTree.SubElement(
                    skeleton, "points", label=label, source="auto", outside=str(int(not there)), occluded="0",
                    points=f"{x:.2f},{y:.2f}",
                )  # fmt: skip
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def write_label_studio(path: Path, found: Unlabelled, images: Sequence[int], folder: str) -> None:
    """Label Studio tasks with predictions, and the labelling configuration beside them (`labelstudio.xml`).

    folder: what stands before an image's name, which is quoted, in its address. InputError where sizes are not known.
    """
    tasks = [_task(found, row, folder) for row in images]
    path.write_text(json.dumps(tasks, indent=1), encoding="utf-8")
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Image", name="image", value="$image")
    labels = ElementTree.SubElement(view, "KeyPointLabels", name="keypoints", toName="image")
    for label in found.table.skeleton.keypoints:
        ElementTree.SubElement(labels, "Label", value=label)
    boxes = ElementTree.SubElement(view, "RectangleLabels", name="people", toName="image")
    ElementTree.SubElement(boxes, "Label", value=PERSON)
    ElementTree.indent(view)
    ElementTree.ElementTree(view).write(path.with_suffix(".xml"), encoding="utf-8")


def _task(found: Unlabelled, row: int, folder: str) -> dict[str, Any]:
    table, (width, height) = found.table, _size(found.table, row, "Label Studio")
    per_cent = np.array([100 / width, 100 / height])
    shared = {"to_name": "image", "original_width": width, "original_height": height, "image_rotation": 0}
    shapes: list[dict[str, Any]] = []
    people = np.flatnonzero(table.image == row).tolist()
    for person in people:
        box = f"person{person}"
        (x, y), (w, h) = table.bbox_xywh[person, :2] * per_cent, table.bbox_xywh[person, 2:] * per_cent
        value: dict[str, Any] = {"x": x, "y": y, "width": w, "height": h, "rotation": 0, "rectanglelabels": [PERSON]}
        shapes.append(shared | {"id": box, "type": "rectanglelabels", "from_name": "people", "value": value})
        for joint in np.flatnonzero(table.annotated[person]).tolist():
            place = table.keypoints[person, joint] * per_cent
            value = {"x": place[0], "y": place[1], "width": 0.5, "keypointlabels": [table.skeleton.keypoints[joint]]}
            shape = {"id": f"{box}-{joint}", "parentID": box, "type": "keypointlabels", "from_name": "keypoints", "value": value}
            shapes.append(shared | shape)
    score = float(found.score[people].mean())
    return {"data": {"image": folder + quote(table.images.file_name[row])}, "predictions": [{"score": score, "result": shapes}]}


def _size(table: PoseTable, row: int, tool: str) -> tuple[int, int]:
    width, height = table.images.size_wh[row].tolist()
    if not width or not height:
        raise InputError(f"{table.images.file_name[row]}: {tool} needs the sizes of images, which are not known", "give --images")
    return width, height
