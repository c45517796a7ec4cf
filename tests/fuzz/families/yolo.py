"""YOLO pose sets: data.yaml, pictures, a text file of labels for each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import yaml

from smpl_assets.skeletons import SKELETONS
from tests.fuzz import people
from tests.fuzz.case import Case, Family
from tests.fuzz.families.photographs import SIZE_WH, box_of, figure, photographs
from tests.fuzz.people import Spoilt, World
from tests.fuzz.raw import spoil_text
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses

NAMES = ("a/000001.jpg", "a/000002.jpg", "b/000001.jpg", "b/Straße 4.jpg", "c_5.jpg", "c_6.jpg", "c_7.jpg")
_ON = (2, 1, 2, 1, 0, 0, 1)
_FLAGS = (2, 2, 1, 2, 0)
_ODD = ("nan", "inf", "-inf", "1e400", "1e30", "-1", "-0.2", "1.5", "320", "2", "x", "", "0x1", "1,5", "9" * 400, "0.5.5", "\x00")


def rows(picture: int) -> list[str]:
    """The lines of a picture's label file: class, box, and x, y, flag of seventeen keypoints, as shares of the picture."""
    first = sum(_ON[:picture])
    return [_row(first + n) for n in range(_ON[picture])]


def _row(person: int) -> str:
    points, size = figure(person, 17), np.array(SIZE_WH, float)
    flags = np.array([_FLAGS[(joint + person) % len(_FLAGS)] for joint in range(17)])
    box = np.array(box_of(points), float)
    shares = np.concatenate([(box[:2] + box[2:] / 2) / size, box[2:] / size])
    joints = [v for (x, y), f in zip(points / size, flags, strict=True) for v in ((x, y, f) if f else (0, 0, 0))]
    return " ".join(
        ["0", *(f"{v:.6f}" for v in shares), *(f"{v:.6f}" if n % 3 < 2 else f"{v:.0f}" for n, v in enumerate(joints))]
    )


def settings_file() -> dict[str, object]:
    """What data.yaml says."""
    flip = list(SKELETONS["coco17"].flip)
    return {"path": ".", "train": "images", "val": "images", "kpt_shape": [17, 3], "flip_idx": flip, "names": {0: "person"}}


def write(folder: Path) -> None:
    """The unspoilt set."""
    shutil.copytree(photographs(NAMES), folder / "images")
    for number, name in enumerate(NAMES):
        path = label(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{row}\n" for row in rows(number)), encoding="utf-8")
    (folder / "data.yaml").write_text(yaml.safe_dump(settings_file(), allow_unicode=True), encoding="utf-8")


def label(folder: Path, name: str) -> Path:
    """A picture's label file."""
    return (folder / "labels" / name).with_suffix(".txt")


@cache
def world() -> World:
    """What the unspoilt set says."""
    folder = photographs(NAMES).with_name("yolo-unspoilt")
    write(folder)
    table, _ = read_poses(_settings(folder))
    shutil.rmtree(folder)
    return World(table, [(name, n) for name, count in zip(NAMES, _ON, strict=True) for n in range(count)])


def _settings(folder: Path) -> DataSettings:
    return DataSettings(format="yolo", annotations=str(folder / "data.yaml"), images="")


def build(random: Random, folder: Path) -> Case:
    """A set with one label file or data.yaml spoilt, or with everything written in another way."""
    truth, spoilt, kind = world(), Spoilt(), random.random()
    home = folder / "set"
    write(home)
    harmless = kind < 0.2
    if harmless:
        name = random.choice(list(HARMLESS))
        HARMLESS[name](home)
        done = [name]
    elif kind < 0.8:
        done = [_spoil_labels(random, home, spoilt)]
    else:
        data, what = spoil_text(random, (home / "data.yaml").read_bytes())
        (home / "data.yaml").write_bytes(data)
        spoilt.everything, done = True, [f"data.yaml: {what}"]

    def judge(result: people.Reading) -> list[str]:
        return people.judge(truth, spoilt, result, harmless) + people.kept(result[0], folder)

    return Case(done, lambda: read_poses(_settings(home)), judge, harmless)


def _spoil_labels(random: Random, home: Path, spoilt: Spoilt) -> str:
    """Another content of one label file; how many rows it has now is known, and that everybody else is as before."""
    number = random.choice([n for n, count in enumerate(_ON) if count])
    path = label(home, NAMES[number])
    kind = random.random()
    if kind < 0.1:
        path.unlink()
        what, now = "no label file", 0
    else:
        if kind < 0.6:
            lines = rows(number)
            words = (row := random.choice(lines)).split()
            place, odd = random.randrange(len(words)), random.choice(_ODD)
            words[place] = odd
            lines[lines.index(row)] = " ".join(words)
            data, what = "\n".join(lines).encode(), f"number {place} became {odd[:12]!r}"
        else:
            data, what = spoil_text(random, path.read_bytes())
        path.write_bytes(data)
        now = sum(bool(line.strip()) for line in data.decode("utf-8-sig", "replace").splitlines())
        if not now:
            spoilt.emptied = {NAMES[number]}
    spoilt.people = {(NAMES[number], n) for n in range(_ON[number])}
    spoilt.low = spoilt.high = sum(_ON) - _ON[number] + now
    return f"{NAMES[number]}: {what}"


def _labels(change: Callable[[str], bytes]) -> Callable[[Path], None]:
    """All label files written in another way."""

    def apply(home: Path) -> None:
        for path in (home / "labels").rglob("*.txt"):
            path.write_bytes(change(path.read_text(encoding="utf-8")))

    return apply


def _yaml(**changes: object) -> Callable[[Path], None]:
    """data.yaml with other words for the same; None takes a key away."""

    def apply(home: Path) -> None:
        values = {k: v for k, v in {**settings_file(), **changes}.items() if v is not None}
        (home / "data.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")

    return apply


def _lists(home: Path) -> None:
    """Lists of pictures in place of folders."""
    (home / "train.txt").write_text("".join(f"./images/{n}\n" for n in NAMES), encoding="utf-8")
    _yaml(train="train.txt", val="train.txt")(home)


HARMLESS: dict[str, Callable[[Path], None]] = {
    "nothing": lambda home: None,
    "lines of Windows": _labels(lambda text: text.replace("\n", "\r\n").encode()),
    "byte order marks": _labels(lambda text: text.encode("utf-8-sig")),
    "tabs": _labels(lambda text: text.replace(" ", "\t").encode()),
    "blank lines": _labels(lambda text: text.replace("\n", "\n\n").encode()),
    "no line end at the end": _labels(lambda text: text.rstrip("\n").encode()),
    "names as a list": _yaml(names=["person"]),
    "only the number of classes": _yaml(names=None, nc=1),
    "no path": _yaml(path=None),
    "a path of another machine": _yaml(path="C:\\datasets\\pose"),
    "further keys": _yaml(test="images", roboflow={"version": 3}, download="https://h/a.zip"),
    "lists of pictures": _lists,
}

FAMILY = Family("yolo", build)
