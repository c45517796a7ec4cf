"""COCO's keypoint files: one per part, and the training parts together."""

from __future__ import annotations

from pathlib import Path

from training.augmented.coco import write_coco
from training.export.info import write_info
from training.export.parts import ExportSet, numbered

ALL = "annotations.json"


def write(found: ExportSet, out: Path) -> None:
    """Folders of images by kind, KIND.json (names within it), and the training parts as `annotations.json`."""
    for part in found.parts:
        for item in part.items:
            part.put(item, out / item.name)
        images = [item.image | {"file_name": Path(item.name).relative_to(part.kind).as_posix()} for item in part.items]
        write_coco(out / f"{part.kind}.json", found.skeleton, images, [person for item in part.items for person in item.people])
    write_coco(out / ALL, found.skeleton, *numbered([part for part in found.parts if part.split == "train"]))
    write_info(found, out, "coco")
