"""Loads exports of the augmented set with the tools that they are for; run where those are installed, not in `make test`.

    for form in coco yolo mmpose fiftyone webdataset huggingface; do
        rarepose export augmented --format $form --out EXPORTS/$form ...
    done
    pip install ultralytics webdataset datasets fiftyone pycocotools   # in an environment of their own
    python tools/check_exports.py EXPORTS

Each check prints what it loaded and compares every keypoint with the COCO export beside it; a tool that is missing is named.
fiftyone's samples are read by its importer, which needs no database.
"""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TOLERANCE_PX = 0.01
Points = dict[str, np.ndarray]  # name of a picture -> (people, J, 3) as COCO has them, sorted


def coco(folder: Path) -> Points:
    from pycocotools.coco import COCO

    values: Points = {}
    for file, prefix in (("annotations.json", ""), ("validation.json", "validation/")):
        found = COCO(str(folder / file))
        for number, image in found.imgs.items():
            people = [a["keypoints"] for a in found.loadAnns(found.getAnnIds(number))]
            values[prefix + image["file_name"]] = _sorted(people)
    return values


def yolo(folder: Path) -> Points:
    """A step of training, and every label as ultralytics' own data set reads it."""
    from ultralytics import YOLO
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import check_det_dataset

    file = folder.absolute() / "data.yaml"
    data, values = check_det_dataset(str(file), autodownload=False), Points()
    for split, name in (("train", "train"), ("val", "validation")):
        read = YOLODataset(img_path=data[split], data=data, task="pose", augment=False, imgsz=64)
        for label in read.labels:
            height, width = label["shape"]
            inside = Path(label["im_file"]).relative_to(folder.absolute() / "images" / split).as_posix()
            key = inside if name == "train" else f"validation/{inside}"
            values[key] = _sorted(label["keypoints"] * np.array([width, height, 1]))
    weighted = YOLODataset(
        img_path=str(folder.absolute() / "train_weighted.txt"), data=data, task="pose", augment=False, imgsz=64
    )
    print(f"yolo         {len(weighted)} lines of train_weighted.txt")
    network = YOLO("yolo11n-pose.yaml")
    network.train(
        data=str(file), epochs=1, batch=8, imgsz=64, workers=0, device="cpu", project=str(folder / "runs"), plots=False,
        amp=False, fraction=min(1.0, 8 / len(values)), val=True, verbose=False,
    )  # fmt: skip
    return values


def webdataset(folder: Path) -> Points:
    import webdataset as wds

    values: Points = {}
    for sample in wds.WebDataset(sorted(map(str, folder.glob("*.tar"))), shardshuffle=False).decode("rgb8"):
        labels = sample["json"]
        image = next(v for k, v in sample.items() if k in ("jpg", "jpeg", "png"))
        _same(labels["file_name"], image.shape[:2], (labels["height"], labels["width"]))
        values[labels["file_name"]] = _sorted([a["keypoints"] for a in labels["annotations"]])
    return values


def huggingface(folder: Path) -> Points:
    from datasets import load_dataset

    data, values = load_dataset("imagefolder", data_dir=str(folder.absolute())), Points()
    for split in data.values():
        for row in split:
            name = Path(row["image"].filename).relative_to(folder.absolute()).as_posix().partition("/")[2]
            values[name] = _sorted(row["objects"]["keypoints"])
    return values


def fiftyone(folder: Path) -> Points:
    from fiftyone.utils.data.importers import LegacyFiftyOneDatasetImporter
    from PIL import Image

    importer, values = LegacyFiftyOneDatasetImporter(str(folder.absolute())), Points()
    importer.setup()
    for sample in importer:
        size = np.array(Image.open(sample.filepath).size)
        people = [
            np.column_stack([np.nan_to_num(np.array(k.points) * size - 0.5), k["visibility"]]) for k in sample.keypoints.keypoints
        ]
        values[Path(sample.filepath).relative_to(folder.absolute() / "data").as_posix()] = _sorted(people)
    return values


def mmpose(folder: Path) -> Points:
    """The annotations as COCO; the metainfo by mmpose's own parser where mmpose is installed."""
    from pycocotools.coco import COCO

    info = runpy.run_path(str(folder / "dataset_info.py"))["dataset_info"]
    values: Points = {}
    for file in ("train", "validation"):
        found = COCO(str(folder / "annotations" / f"{file}.json"))
        for number, image in found.imgs.items():
            _same(image["file_name"], (folder / "images" / image["file_name"]).is_file(), True)
            values[image["file_name"]] = _sorted([a["keypoints"] for a in found.loadAnns(found.getAnnIds(number))])
    _same("keypoint_info", len(info["keypoint_info"]), next(iter(values.values())).shape[1])
    try:
        from mmpose.datasets.datasets.utils import parse_pose_metainfo
    except ImportError as error:
        print(f"mmpose       its parser of dataset_info.py was not asked: {error}")
        return values
    parsed = parse_pose_metainfo({"from_file": str(folder / "dataset_info.py")})
    expected = json.loads((folder / "dataset_info.json").read_text())
    _same("flip_indices", list(parsed["flip_indices"]), expected["flip_idx"])
    _same("skeleton_links", [list(link) for link in parsed["skeleton_links"]], expected["limbs"])
    return values


def _sorted(people: Any) -> np.ndarray:
    rows = np.array(people, np.float64)
    rows = rows.reshape(len(rows), -1, 3)
    rows = np.where(rows[..., 2:] > 0, rows, 0.0)
    return rows[np.lexsort(rows.reshape(len(rows), -1).round(2).T[::-1])]


def _same(name: str, given: object, expected: object) -> None:
    if given != expected:
        raise SystemExit(f"{name}: {given}, expected {expected}")


CHECKS: dict[str, Callable[[Path], Points]] = {
    "coco": coco, "yolo": yolo, "mmpose": mmpose, "fiftyone": fiftyone, "webdataset": webdataset, "huggingface": huggingface,
}  # fmt: skip


def main(exports: Path) -> None:
    expected = coco(exports / "coco")
    for form, check in CHECKS.items():
        if not (exports / form).is_dir():
            continue
        try:
            values = check(exports / form)
        except ImportError as error:
            print(f"{form:12} not checked: {error}")
            continue
        _same(form, sorted(values), sorted(expected))
        worst = max((float(np.abs(values[n] - expected[n]).max()) for n in expected if expected[n].size), default=0.0)
        _same(f"{form}: largest difference of a keypoint {worst} px", worst < TOLERANCE_PX, True)
        people = sum(len(v) for v in values.values())
        print(f"{form:12} {len(values)} images, {people} people, keypoints within {worst:.4f} px")
    print(json.dumps({"images": len(expected)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
