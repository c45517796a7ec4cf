"""MPII in its four forms: the release's `.mat`, CPM's and HRNet's JSON, the hourglass's `.h5`."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
import scipy.io

from tests.fuzz import people
from tests.fuzz.arrays import spoil_array
from tests.fuzz.case import Case, Family
from tests.fuzz.families.photographs import SIZE_WH, box_of, figure, photographs
from tests.fuzz.matlab import struct
from tests.fuzz.people import Spoilt, World
from tests.fuzz.raw import spoil_bytes, spoil_text
from tests.fuzz.trees import spoil
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses

NAMES = ("000000001.jpg", "000000002.jpg", "sub/000000003.jpg", "000000004.jpg")
_ON = (0, 0, 1, 2, 2, 3)
_SCALE = 0.2


def _joints(person: int) -> np.ndarray:
    """(16, 3) x, y, visible, counted from 1; one joint of each person is not annotated."""
    joints = np.concatenate([figure(person, 16) + 1, np.ones((16, 1))], 1)
    joints[person % 16, 2] = 0
    joints[(person + 5) % 16] = 0
    return joints


def _centre(person: int) -> list[float]:
    x, y, width, height = box_of(figure(person, 16))
    return [round(x + width / 2, 2), round(y + height / 2, 2)]


def _cpm(person: int) -> dict[str, Any]:
    return {"img_paths": NAMES[_ON[person]], "img_width": SIZE_WH[0], "img_height": SIZE_WH[1], "objpos": _centre(person),
            "scale_provided": _SCALE, "joint_self": _joints(person).tolist(), "isValidation": 0.0, "dataset": "MPI"}  # fmt: skip


def _hrnet(person: int) -> dict[str, Any]:
    joints = _joints(person)
    missing = (joints[:, :2] == 0).all(1)
    return {"image": NAMES[_ON[person]], "center": _centre(person), "scale": _SCALE,
            "joints": np.where(missing[:, None], -1, joints[:, :2]).tolist(), "joints_vis": joints[:,
            2].astype(int).tolist()}  # fmt: skip


def _rectangle(person: int) -> dict[str, Any]:
    points = [
        {"id": j, "x": x, "y": y, "is_visible": v} for j, (x, y, v) in enumerate(_joints(person).tolist()) if (x, y) != (0, 0)
    ]
    centre = _centre(person)
    return {
        "x1": 10,
        "y1": 8,
        "x2": 16,
        "y2": 16,
        "scale": _SCALE,
        "objpos": {"x": centre[0], "y": centre[1]},
        "annopoints": {"point": points},
    }


def _release() -> dict[str, Any]:
    images = [
        {"image": {"name": name}, "annorect": [_rectangle(p) for p, on in enumerate(_ON) if on == n]}
        for n, name in enumerate(NAMES)
    ]
    images.append({"image": {"name": "of_the_test_set.jpg"}, "annorect": [{"x1": 1, "y1": 2, "x2": 3, "y2": 4}]})
    return {"annolist": images, "img_train": [1, 1, 1, 1, 0], "version": "12"}


def _arrays() -> dict[str, np.ndarray]:
    joints = np.stack([_joints(p) for p in range(len(_ON))])
    centre = np.array([_centre(p) for p in range(len(_ON))])
    return {"imgname": np.array([NAMES[on].encode() for on in _ON]), "part": joints[..., :2], "visible": joints[..., 2],
            "center": centre + np.array([0, 15 * _SCALE]), "scale": np.full(len(_ON), _SCALE * 1.25),
            "normalize": np.full(len(_ON), 5.0)}  # fmt: skip


FORMS = {"cpm": ".json", "hrnet": ".json", "release": ".mat", "hourglass": ".h5"}


def _content(form: str) -> Any:
    rows = {"cpm": _cpm, "hrnet": _hrnet}
    return [rows[form](p) for p in range(len(_ON))] if form in rows else _release() if form == "release" else _arrays()


def _write(form: str, content: Any, path: Path) -> None:
    if form == "release":
        scipy.io.savemat(path, {"RELEASE": struct(content)}, do_compression=False, long_field_names=True)
    elif form == "hourglass":
        with h5py.File(path, "w") as file:
            for name, array in content.items():
                text = np.char.encode(array.astype("U"), "utf-8") if array.dtype.kind in "UM" else array
                file[name or "_"] = text
    else:
        path.write_text(json.dumps(content), encoding="utf-8")


@cache
def world(form: str, with_images: bool) -> World:
    """What the unspoilt file says; its people by number."""
    folder = photographs(NAMES)
    path = folder.with_name(f"{folder.name}-{form}{FORMS[form]}")
    _write(form, _content(form), path)
    table, _ = read_poses(_settings(path, folder if with_images else None))
    path.unlink()
    return World(table, list(range(len(_ON))))


def _settings(path: Path, images: Path | None) -> DataSettings:
    return DataSettings(format="mpii", annotations=str(path), images=str(images or ""))


def build(random: Random, folder: Path) -> Case:
    """A spoilt file of one of the forms."""
    form = random.choice(list(FORMS))
    images = photographs(NAMES) if random.random() < 0.7 else None
    path, spoilt, done = folder / f"mpii{FORMS[form]}", Spoilt(), [form]
    content = _content(form)
    harmless = random.random() < 0.03
    if not harmless and random.random() < 0.75:
        if form == "hourglass":
            done += [spoil_array(random, content) for _ in range(random.choice((1, 1, 2)))]
            spoilt.everything = True
        else:
            before = copy.deepcopy(content)
            done += [spoil(random, content)[1] for _ in range(random.choice((1, 1, 2))) if content]
            _compare(form, before, content, spoilt)
        _write(form, content, path)
    else:
        _write(form, content, path)
        if not harmless:
            spoilt.everything = True
            data, what = (spoil_text if path.suffix == ".json" else spoil_bytes)(random, path.read_bytes())
            path.write_bytes(data)
            done.append(what)

    def judge(result: people.Reading) -> list[str]:
        return people.judge(world(form, images is not None), spoilt, result, harmless) + people.kept(result[0], folder)

    return Case(done, lambda: read_poses(_settings(path, images)), judge, harmless)


def _compare(form: str, before: Any, after: Any, spoilt: Spoilt) -> None:
    """Who was changed: a row, or any row of the same photograph, for the first one gives its size."""
    rows = _people_of(form, after)
    if rows is None:
        spoilt.everything = True
        return
    spoilt.low = spoilt.high = len(rows)
    if form == "hrnet" and not all(isinstance(r, dict) for r in rows):
        spoilt.high = None  # a file whose rows are not told apart
    first = _people_of(form, before) or []
    changed = {n for n, row in enumerate(first) if rows.count(row) != 1}
    places = {_ON[n] for n in changed}
    if len(rows) > len(first) or changed:
        spoilt.people = {n for n in range(len(first)) if _ON[n] in places or len(rows) > len(first)}
    anybody = (form == "release" and changed) or len(rows) > len(first)  # a twin may stand on another photograph
    spoilt.unplaced = changed | (set(range(len(first))) if anybody else set())


def _people_of(form: str, content: Any) -> list[Any] | None:
    """The people that a file lists: rows, or the rectangles of the training images; None where that cannot be told."""
    if form != "release":
        return content if isinstance(content, list) else None
    images, flags = (content.get(n) if isinstance(content, dict) else None for n in ("annolist", "img_train"))
    if not isinstance(images, list) or flags != _release()["img_train"] or len(images) != len(flags):
        return None
    found: list[Any] = []
    for image in images[: len(NAMES)]:
        listed = image.get("annorect") if isinstance(image, dict) else None
        if not isinstance(listed, list) or not all(isinstance(r, dict) for r in listed):
            return None
        found += [(image.get("image"), rectangle) for rectangle in listed]
    return found


FAMILY = Family("mpii", build)
