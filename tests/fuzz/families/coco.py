"""COCO keypoint files."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from smpl_assets.skeletons import SKELETONS
from tests.fuzz import people
from tests.fuzz.case import Case, Family
from tests.fuzz.families.photographs import SIZE_WH, box_of, figure, photographs
from tests.fuzz.people import Spoilt, World, plain_id, same_id
from tests.fuzz.raw import spoil_text
from tests.fuzz.trees import spoil
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses

NAMES = ("a/000001.jpg", "a/000002.jpg", "b/000001.jpg", "b/Straße 4.jpg", "c_5.jpg", "c_6.jpg", "c_7.jpg")
PERSON, DOG = 1, 18
# (image id, how many people); the images 15 and 16 show a dog and nothing, 17 a crowd.
_ON = {11: 2, 12: 1, 13: 2, 14: 1, 15: 0, 16: 0, 17: 0}


def document() -> dict[str, Any]:
    """Seven images, six people, a crowd, a dog."""
    width, height = SIZE_WH
    images = [{"id": i, "file_name": n, "width": width, "height": height} for i, n in zip(_ON, NAMES, strict=True)]
    placed = [i for i, count in _ON.items() for _ in range(count)]
    annotations = [annotation(101 + n, image, n) for n, image in enumerate(placed)]
    crowd = {"id": 201, "image_id": 17, "category_id": PERSON, "iscrowd": 1, "bbox": [5, 5, 40, 30], "area": 1200.0,
             "segmentation": {"size": [height, width], "counts": [9, 30, 3033]}, "keypoints": [0] * 51,
             "num_keypoints": 0}  # fmt: skip
    dog = {"id": 202, "image_id": 15, "category_id": DOG, "iscrowd": 0, "bbox": [5, 5, 20, 30], "area": 600.0, "segmentation": []}
    skeleton = SKELETONS["coco17"]
    edges = [[a + 1, b + 1] for a, b in skeleton.limb_indices]
    named = {"id": PERSON, "name": "person", "supercategory": "person", "keypoints": list(skeleton.keypoints), "skeleton": edges}
    categories = [named, {"id": DOG, "name": "dog", "supercategory": "animal"}]
    return {"info": {"year": 2017}, "images": images, "annotations": [*annotations, crowd, dog], "categories": categories}


def annotation(number: int, image: int, person: int) -> dict[str, Any]:
    """A person with some joints hidden, some not annotated."""
    points = figure(person, 17)
    flags = [(2, 2, 1, 2, 0)[(joint + person) % 5] for joint in range(17)]
    keypoints = [v for (x, y), flag in zip(points.tolist(), flags, strict=True) for v in ((x, y, flag) if flag else (0, 0, 0))]
    box = box_of(points)
    return {"id": number, "image_id": image, "category_id": PERSON, "iscrowd": 0, "bbox": box,
            "area": round(box[2] * box[3] * 0.6, 2),
            "keypoints": keypoints, "num_keypoints": sum(f > 0 for f in flags), "segmentation": []}  # fmt: skip


@cache
def world(with_images: bool) -> World:
    """What the unspoilt file says."""
    folder = photographs(NAMES)
    path = folder.with_name(f"{folder.name}-coco.json")
    path.write_text(json.dumps(document()), encoding="utf-8")
    table, _ = read_poses(_settings(path, folder if with_images else None))
    path.unlink()
    return World(table, [("annotations", n) for n in range(len(table))])


def _settings(path: Path, images: Path | None) -> DataSettings:
    return DataSettings(format="coco", annotations=str(path), images=str(images or ""))


def build(random: Random, folder: Path) -> Case:
    """A spoilt, rewritten or damaged file."""
    content, spoilt, done, harmless = document(), Spoilt(), [], False
    images = photographs(NAMES) if random.random() < 0.7 else None
    kind = random.random()
    data = None
    if kind < 0.2:
        harmless = True
        name = random.choice([n for n in HARMLESS if images is not None or n not in NEED_IMAGES])
        HARMLESS[name](random, content)
        done.append(name)
        spoilt.people = set(world(images is not None).entries)  # boxes and areas may come from elsewhere now
    elif kind < 0.8:
        before = copy.deepcopy(content)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            done.append(spoil(random, content)[1])
            if not isinstance(content, dict) or not content:
                break
        compare(before, content, spoilt)
    else:
        spoilt.everything = True
        data, what = spoil_text(random, json.dumps(content, indent=random.choice((None, 1))).encode())
        done.append(what)
    path = folder / "annotations.json"
    path.write_bytes(json.dumps(content).encode() if data is None else data)

    def read() -> people.Reading:
        return read_poses(_settings(path, images))

    def judge(result: people.Reading) -> list[str]:
        truth = world(images is not None)
        return people.judge(truth, spoilt, result, harmless) + people.kept(result[0], folder)

    return Case(done, read, judge, harmless)


def compare(before: dict[str, Any], after: dict[str, Any], spoilt: Spoilt) -> None:
    """Fill in what a changed document still says for certain."""
    lists = [after.get(n) for n in ("images", "annotations", "categories")]
    if not all(isinstance(entries, list) for entries in lists):
        spoilt.everything = True  # refused, or there is nothing to hold it against
        return
    images, annotations, categories = lists
    if categories != before["categories"]:
        spoilt.people.update(("annotations", n) for n in range(len(before["annotations"])))
        spoilt.unplaced |= spoilt.people
    spoilt.low, spoilt.high = _listed(annotations, categories), len(annotations)
    whole = [a for a in before["annotations"] if annotations.count(a) == 1]
    moved = _moved_images(before["images"], images)
    for number, entry in enumerate(before["annotations"]):
        name = ("annotations", number)
        if entry not in whole or len(_versions(entry, annotations)) > 1:  # of two with one id either may be the one that is read
            spoilt.people.add(name)
            if any(not same_id(a.get("image_id"), entry["image_id"]) for a in _versions(entry, annotations)):
                spoilt.unplaced.add(name)
        if plain_id(entry["image_id"]) in moved:
            spoilt.unplaced.add(name)
    known = {plain_id(i.get("id")) for i in images if isinstance(i, dict)} - {None}
    spoilt.emptied = {
        i["file_name"] for i in before["images"] if _emptied(i, before["annotations"], annotations, known, categories)
    }


def _versions(entry: dict[str, Any], annotations: list[Any]) -> list[dict[str, Any]]:
    """What a spoilt annotation may have become: those with its id or its keypoints."""
    alike = ("id", "keypoints")
    return [a for a in annotations if isinstance(a, dict) and any(n in entry and a.get(n) == entry[n] for n in alike)]


def _listed(annotations: list[Any], categories: list[Any]) -> int:
    """How many people the file lists at least: entries of a category with keypoints, and those of none that is known."""
    named = [c for c in categories if isinstance(c, dict)]
    of_people = [c.get("id") for c in named if c.get("keypoints")]
    others = [c.get("id") for c in named if not c.get("keypoints")]

    def listed(entry: Any) -> bool:
        if not isinstance(entry, dict):
            return True
        kind = entry.get("category_id", of_people[0] if of_people else None)
        if any(same_id(kind, c) for c in of_people):
            return True
        points = entry.get("keypoints")
        annotated = isinstance(points, list) and any(isinstance(v, int | float) and v for v in points)
        return annotated and not isinstance(kind, bool) and not any(same_id(kind, c) or kind == c for c in others)

    return sum(listed(a) for a in annotations)


def _moved_images(before: list[Any], after: list[Any]) -> set[Any]:
    """Ids of the images whose entry changed, or whose id or file another entry has as well now."""
    moved = {plain_id(i["id"]) for i in before if after.count(i) != 1}
    entries = [i for i in after if isinstance(i, dict)]
    for image in before:
        sharing = [
            e for e in entries if same_id(e.get("id"), image["id"]) or _file(e.get("file_name")) == _file(image["file_name"])
        ]
        if len(sharing) != 1:
            moved.add(plain_id(image["id"]))
    return moved


def _file(name: Any) -> str:
    return name.replace("\\", "/").rpartition("/")[2].strip().casefold() if isinstance(name, str) else repr(name)


def _emptied(image: dict[str, Any], before: list[Any], after: list[Any], known: set[Any], categories: list[Any]) -> bool:
    """Whether every annotation of an image is gone, of another known kind, or on another image of the file."""
    others = [c.get("id") for c in categories if isinstance(c, dict) and not c.get("keypoints")]
    for entry in (a for a in before if a["image_id"] == image["id"] and a["category_id"] == PERSON):
        for now in after:
            if not isinstance(now, dict):
                return False
            if entry not in _versions(now, [entry]):
                continue
            other_kind = any(same_id(now.get("category_id"), c) or now.get("category_id") == c for c in others)
            place = plain_id(now.get("image_id"))
            if not other_kind and (place not in known or place == image["id"]):
                return False
    return True


def _each(key: str, change: Callable[[Any], Any], part: str = "annotations") -> Callable[[Random, dict[str, Any]], None]:
    def apply(random: Random, content: dict[str, Any]) -> None:
        for entry in content[part]:
            if key in entry:
                entry[key] = change(entry[key])

    return apply


def _unannotated_as_nan(random: Random, content: dict[str, Any]) -> None:
    odd = random.choice((float("nan"), None))
    for entry in content["annotations"]:
        values = entry.get("keypoints", [])
        for joint in range(0, len(values), 3):
            if values[joint + 2] == 0:
                values[joint : joint + 2] = [odd, odd]


def _no_ids(random: Random, content: dict[str, Any]) -> None:
    for number, entry in enumerate(content["annotations"]):
        if random.random() < 0.5:
            del entry["id"]
        else:
            entry["id"] = number % 3


def _drop_boxes(random: Random, content: dict[str, Any]) -> None:
    box = random.choice((None, [0, 0, 0, 0], [0.0, 0.0, 0.0, 0.0], []))
    for entry in content["annotations"]:
        if entry["category_id"] == PERSON and not entry["iscrowd"]:
            entry["bbox"] = box


def _dog_last(random: Random, content: dict[str, Any]) -> None:
    for part in ("annotations", "images", "categories"):
        random.shuffle(content[part])


# Changes that mean nothing (kinds 1, 3, 6 of what people's files really hold): everybody is read, on the same photograph.
HARMLESS: dict[str, Callable[[Random, dict[str, Any]], None]] = {
    "nothing": lambda random, content: None,
    "another order": _dog_last,
    "image ids of annotations as floats": _each("image_id", float),
    "image ids of images as floats": _each("id", float, "images"),
    "image ids of annotations as text": _each("image_id", str),
    "image ids of images as text": _each("id", str, "images"),
    "image ids of images with zeros before": _each("id", lambda i: f"{i:06d}", "images"),
    "categories as floats": _each("category_id", float),
    "categories as text": _each("category_id", str),
    "iscrowd as text": _each("iscrowd", str),
    "iscrowd as true or false": _each("iscrowd", bool),
    "annotation ids missing or repeated": _no_ids,
    "annotation ids as text": _each("id", lambda i: f"ann-{i}"),
    "keypoints as floats": _each("keypoints", lambda k: [float(v) for v in k]),
    "boxes not given": _drop_boxes,
    "areas as null": _each("area", lambda a: None),
    "NaN or null where nothing is annotated": _unannotated_as_nan,
    "sizes as floats": _each("width", float, "images"),
    "sizes not given": _each("width", lambda w: None, "images"),
    "more fields": _each("segmentation", lambda s: {"size": [1, 1], "counts": "1", "more": None}),
    "names with back slashes": _each("file_name", lambda n: n.replace("/", "\\"), "images"),
    "names below another folder": _each("file_name", lambda n: f"images/train/{n}", "images"),
    "names below a drive": _each("file_name", lambda n: "D:\\data\\set\\" + n.replace("/", "\\"), "images"),
    "names with capital endings": _each("file_name", lambda n: n.replace(".jpg", ".JPG"), "images"),
    "names percent-encoded": _each("file_name", lambda n: n.replace(" ", "%20").replace("ß", "%C3%9F"), "images"),
    "names as addresses": _each("file_name", lambda n: f"https://host/set/{n}", "images"),
}
NEED_IMAGES = {n for n in HARMLESS if n.startswith("names") or n == "sizes not given"}

FAMILY = Family("coco", build)
