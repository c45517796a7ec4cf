"""PoseTrack's files: 2017's lists of rectangles, 2018's COCO with tracks, one file or a folder of them."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from smpl_assets.skeletons import SKELETONS
from tests.fuzz import people
from tests.fuzz.case import Case, Family
from tests.fuzz.families import coco
from tests.fuzz.families.photographs import SIZE_WH, box_of, figure, photographs
from tests.fuzz.people import Spoilt, World
from tests.fuzz.raw import spoil_text
from tests.fuzz.trees import spoil
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses

NAMES = tuple(f"images/val/{sequence}/{n:06d}.jpg" for sequence in ("seq_a", "seq_b") for n in range(1, 5))
# people on each frame; the last frame of a sequence is not labelled, and the one before it shows nobody.
_ON = (2, 1, 0, 0)


def document17() -> dict[str, Any]:
    """Both sequences in 2017's layout, every value in a list of one."""
    frames = []
    for number, name in enumerate(NAMES):
        place = number % len(_ON)
        people_here = [_rectangle(10 * number + k) for k in range(_ON[place])]
        frames.append(
            {"image": [{"name": name}], "annorect": people_here, "is_labeled": [int(place != 3)], "imgnum": [place + 1]}
        )
    return {"annolist": frames}


def _rectangle(person: int) -> dict[str, Any]:
    points = [
        {"id": [j], "x": [x], "y": [y], "is_visible": [int(j % 4 != 0)]}
        for j, (x, y) in enumerate(figure(person, 15).tolist())
        if j != 7
    ]
    return {"x1": [10], "y1": [8], "x2": [16], "y2": [16], "track_id": [person], "annopoints": [{"point": points}]}


def document18() -> dict[str, Any]:
    """Both sequences in 2018's layout."""
    skeleton, images, annotations = SKELETONS["posetrack17"], [], []
    for number, name in enumerate(NAMES):
        place = number % len(_ON)
        images.append({"id": 1000 + number, "frame_id": 1000 + number, "file_name": name, "vid_id": f"00{number // 4}",
                       "is_labeled": place != 3,
                       "has_no_densepose": True, "nframes": 4, "width": SIZE_WH[0], "height": SIZE_WH[1]})  # fmt: skip
        for k in range(_ON[place]):
            person = 10 * number + k
            points = figure(person, 17)
            keypoints = [v for j, (x, y) in enumerate(points.tolist()) for v in ((0, 0, 0) if j in (3, 4) else (x, y, 1))]
            annotations.append({"id": 100_000 + person, "image_id": 1000 + number, "category_id": 1, "track_id": k,
                                "bbox": box_of(points),
                                "bbox_head": [10, 8, 6, 8], "keypoints": keypoints, "scores": []})  # fmt: skip
    categories = [
        {"id": 1, "name": "person", "supercategory": "person", "keypoints": list(skeleton.keypoints), "skeleton": [[1, 2]]}
    ]
    return {"images": images, "annotations": annotations, "categories": categories}


DOCUMENTS = {"2017": document17, "2018": document18}


@cache
def world(version: str, with_images: bool) -> World:
    """What the unspoilt file says."""
    folder = photographs(NAMES)
    path = folder.with_name(f"{folder.name}-{version}.json")
    path.write_text(json.dumps(DOCUMENTS[version]()), encoding="utf-8")
    table, _ = read_poses(_settings(path, folder if with_images else None))
    path.unlink()
    frames = [(n, k) for n in range(len(NAMES)) for k in range(_ON[n % len(_ON)])]
    return World(table, frames if version == "2017" else [("annotations", n) for n in range(len(frames))])


def _settings(path: Path, images: Path | None) -> DataSettings:
    return DataSettings(format="posetrack", annotations=str(path), images=str(images or ""))


def build(random: Random, folder: Path) -> Case:
    """A spoilt file, alone or in a folder."""
    version = random.choice(list(DOCUMENTS))
    content, spoilt, done = DOCUMENTS[version](), Spoilt(), [version]
    images = photographs(NAMES) if random.random() < 0.7 else None
    data, kind, harmless = None, random.random(), False
    if kind < 0.05:
        harmless = True
        done.append("nothing")
    elif kind < 0.8:
        before = copy.deepcopy(content)
        done += [spoil(random, content)[1] for _ in range(random.choice((1, 1, 1, 2, 3))) if content]
        (_compare17 if version == "2017" else _compare18)(before, content, spoilt)
    else:
        spoilt.everything = True
        data, what = spoil_text(random, json.dumps(content, indent=random.choice((None, 1))).encode())
        done.append(what)
    path = folder / "annotations"
    inside = path / "annotations.json"
    path.mkdir()
    inside.write_bytes(json.dumps(content).encode() if data is None else data)
    named = path if random.random() < 0.3 else inside

    def judge(result: people.Reading) -> list[str]:
        return people.judge(world(version, images is not None), spoilt, result, harmless) + people.kept(result[0], folder)

    return Case(done, lambda: read_poses(_settings(named, images)), judge, harmless)


def _compare18(before: dict[str, Any], after: Any, spoilt: Spoilt) -> None:
    """As COCO's; frames that are not labelled are never without people, so that nothing is said of those."""
    coco.compare(before, after, spoilt)
    spoilt.emptied |= _no_longer_unlabelled(before["images"], after.get("images"), "is_labeled")


def _no_longer_unlabelled(before: list[dict[str, Any]], after: Any, field: str) -> set[str]:
    """Frames whose mark of being unlabelled went: the file lawfully says that nobody is on them."""
    whole = [f for f in before if isinstance(after, list) and f in after]
    return {f["file_name"] for f in before if f not in whole and not f[field]}


def _compare17(before: dict[str, Any], after: Any, spoilt: Spoilt) -> None:
    frames = after.get("annolist")
    if not isinstance(frames, list):
        spoilt.everything = True
        return
    spoilt.emptied = {f["image"][0]["name"] for f in before["annolist"] if frames.count(f) != 1}
    for number, frame in enumerate(before["annolist"]):
        if frames.count(frame) != 1 or sum(_name(f) == _name(frame) for f in frames) != 1:
            names = {(number, k) for k in range(len(frame["annorect"]))}
            spoilt.people |= names
            spoilt.unplaced |= names
    listed = [f.get("annorect") or [] if isinstance(f, dict) else None for f in frames]
    if all(isinstance(rectangles, list) for rectangles in listed if rectangles is not None):
        spoilt.low = spoilt.high = sum(len(r) for r in listed if r is not None)


def _name(frame: Any) -> Any:
    """The name that a frame gives, whatever the boxes it lies in."""
    while isinstance(frame, list | dict) and frame:
        frame = frame[0] if isinstance(frame, list) else frame.get("image", frame.get("name"))
    return frame


FAMILY = Family("posetrack", build)
