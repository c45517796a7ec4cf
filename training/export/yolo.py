"""YOLO's pose files as ultralytics reads them: a text file of shares of the image's size beside each image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from training.export.info import sampling_weights, write_info
from training.export.parts import ExportPart, ExportSet, Split

FOLDERS: dict[Split, str] = {"train": "train", "validation": "val"}
QUARTERS = 4  # lines of the list of weighted images, for an image of weight 1


def write(found: ExportSet, out: Path) -> None:
    """`images/`, `labels/`, `data.yaml` and `train_weighted.txt`; joints outside their image are not there."""
    found, outside = _named(found), 0
    for split, folder in FOLDERS.items():
        for part, item in found.of(split):
            part.put(item, out / "images" / folder / item.name)
            rows = [label_row(person, item.image) for person in item.people]
            outside += sum(dropped for _, dropped in rows)
            label = (out / "labels" / folder / item.name).with_suffix(".txt")
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text("".join(f"{' '.join(f'{v:.8g}' for v in row)}\n" for row, _ in rows), encoding="utf-8")
    weights = sampling_weights(found)
    lines = [f"./images/train/{i.name}\n" * max(1, round(QUARTERS * weights[i.name])) for _, i in found.of("train")]
    (out / "train_weighted.txt").write_text("".join(lines), encoding="utf-8")
    (out / "data.yaml").write_text(_yaml(found), encoding="utf-8")
    left_out = f"{outside} joints outside their image are marked as not there." if outside else ""
    write_info(found, out, "yolo", joints=left_out, quarters=QUARTERS)


def _named(found: ExportSet) -> ExportSet:
    """The set with every picture called by its path below `images/train` or `images/val`.

    ultralytics looks for the labels below `labels` in place of the last folder `images`, by stem: no folder below it is called
    so, and no two pictures have one stem.
    """
    taken: dict[Split, set[PurePosixPath]] = {split: set() for split in FOLDERS}
    return replace(found, parts=[_named_part(part, taken[part.split]) for part in found.parts])


def _named_part(part: ExportPart, taken: set[PurePosixPath]) -> ExportPart:
    """A part with its pictures' names; `taken` gets their folders and stems. Validation people have a folder already."""
    names = [item.member if part.split == "validation" else item.name for item in part.items]
    return replace(part, items=[replace(i, name=_free(name, taken)) for i, name in zip(part.items, names, strict=True)])


def _free(name: str, taken: set[PurePosixPath]) -> str:
    path = PurePosixPath(*("images_" if folder == "images" else folder for folder in PurePosixPath(name).parts))
    while path.with_suffix("") in taken:
        path = path.with_stem(f"{path.stem}_{path.suffix[1:]}")
    taken.add(path.with_suffix(""))
    return path.as_posix()


def label_row(person: dict[str, Any], image: dict[str, Any]) -> tuple[list[float], int]:
    """Class, centre and size of the box, then x, y, visibility of each joint; and how many joints lie outside the image.

    Coordinates are COCO's (joints are pixel indices, boxes are edges), divided by the image's size as ultralytics' own
    converter of COCO does it, so that weights that were trained on COCO go on from there.
    """
    size = np.array([image["width"], image["height"]], np.float64)
    points = np.array(person["keypoints"], np.float64).reshape(-1, 3)
    low = np.clip(person["bbox"][:2], 0, size)
    high = np.clip(np.array(person["bbox"][:2]) + person["bbox"][2:], 0, size)
    inside = _inside(points[:, :2], size)
    dropped = int(((points[:, 2] > 0) & ~inside).sum())
    points[~inside | (points[:, 2] == 0)] = 0.0
    points[:, :2] /= size
    return [0.0, *((low + high) / 2 / size).tolist(), *((high - low) / size).tolist(), *points.reshape(-1).tolist()], dropped


def _inside(points: Float[np.ndarray, "joints 2"], size: Float[np.ndarray, " 2"]) -> Bool[np.ndarray, " joints"]:
    """Whether joints (pixel indices) lie in the image; ultralytics takes shares from -0.01 to 1."""
    low = np.maximum(-0.5, -0.01 * size)
    return np.all((points >= low) & (points <= size - 0.5), axis=1)


def _yaml(found: ExportSet) -> str:
    skeleton = found.skeleton
    names = "".join(f"    - {name}\n" for name in skeleton.keypoints)
    return (
        "# paths are taken from the folder of this file\n"
        "train: images/train # train_weighted.txt: rare people more often\n"
        "val: images/val\n\n"
        f"kpt_shape: [{len(skeleton)}, 3]\n"
        f"flip_idx: {list(skeleton.flip)}\n"
        f"names:\n  0: person\nkpt_names:\n  0:\n{names}"
    )
