"""LSP's and LSP-extended's `joints.mat`, and the text files of image names that cut a split out of a set."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import scipy.io

from tests.fuzz import people
from tests.fuzz.arrays import spoil_array
from tests.fuzz.case import Case, Family
from tests.fuzz.families.photographs import figure, photographs
from tests.fuzz.people import Spoilt, World
from tests.fuzz.raw import spoil_bytes, spoil_text
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses

PEOPLE = 6
NAMES = tuple(f"im{n:0{digits}d}.jpg" for digits in (4, 5) for n in range(1, PEOPLE + 1))


def _joints(extended: bool) -> np.ndarray:
    """In the file's own layout: (3, 14, people), or (14, 3, people) of the extended set."""
    flags = np.array([[(person + joint) % 4 == 0 for joint in range(14)] for person in range(PEOPLE)], float)
    points = np.stack([figure(person + 50 * extended, 14) + 1 for person in range(PEOPLE)])
    joints = np.concatenate([points, (1 - flags if extended else flags)[..., None]], 2)
    return joints.transpose(1, 2, 0) if extended else joints.transpose(2, 1, 0)


@cache
def world(extended: bool, with_images: bool) -> World:
    """What the unspoilt file says."""
    folder = photographs(NAMES)
    path = folder.with_name(f"{folder.name}-joints.mat")
    scipy.io.savemat(path, {"joints": _joints(extended)})
    table, _ = read_poses(_settings(path, folder if with_images else None))
    path.unlink()
    return World(table, list(range(PEOPLE)))


def _settings(path: Path, images: Path | None, image_list: Path | None = None) -> DataSettings:
    return DataSettings(format="lsp", annotations=str(path), images=str(images or ""), image_list=str(image_list or ""))


def build(random: Random, folder: Path) -> Case:
    """A spoilt array, file or list of images."""
    extended, images = random.random() < 0.5, photographs(NAMES) if random.random() < 0.7 else None
    path, spoilt, joints = folder / "joints.mat", Spoilt(), _joints(extended)
    truth = world(extended, images is not None)
    names: Path | None = None
    kind, harmless, done = random.random(), False, ["extended" if extended else "lsp"]
    compressed = random.random() < 0.3
    scipy.io.savemat(path, {"joints": joints}, do_compression=compressed)
    if kind < 0.35:
        names, harmless, what = _image_list(random, folder, truth)
        done.append(what)
        spoilt.everything = not harmless
    elif kind < 0.75:
        done.append(_numbers(random, joints, extended, spoilt))
        scipy.io.savemat(path, {"joints": joints}, do_compression=compressed)
    elif kind < 0.85:
        arrays = {"joints": joints, "more": np.arange(3.0)}
        done += [spoil_array(random, arrays) for _ in range(random.choice((1, 1, 2)))]
        kept = {n if n.isidentifier() else "x": np.array(a, order="C") for n, a in arrays.items() if a.dtype.kind not in "M"}
        scipy.io.savemat(path, kept)
        spoilt.everything = True
    else:
        data, what = spoil_bytes(random, path.read_bytes())
        path.write_bytes(data)
        done.append(what)
        spoilt.everything = True

    def judge(result: people.Reading) -> list[str]:
        known = _chosen(truth, 4) if names is not None and harmless else truth
        return people.judge(known, spoilt, result, harmless) + people.kept(result[0], folder)

    return Case(done, lambda: read_poses(_settings(path, images, names)), judge, harmless)


def _numbers(random: Random, joints: np.ndarray, extended: bool, spoilt: Spoilt) -> str:
    """Odd numbers in the rows of one or two people; the others stay."""
    chosen = random.sample(range(PEOPLE), random.choice((1, 1, 2)))
    for person in chosen:
        for _ in range(random.choice((1, 3, 14))):
            place = (random.randrange(joints.shape[0]), random.randrange(joints.shape[1]), person)
            joints[place] = random.choice((np.nan, np.inf, -np.inf, -1.0, 0.0, 1.0, 2.0, 0.5, 1e9, 1e300, -1e300, 1e-320))
    spoilt.people = set(chosen)
    spoilt.low = spoilt.high = PEOPLE
    return f"odd numbers for {chosen}"


def _chosen(truth: World, count: int) -> World:
    """The people on the first photographs alone."""
    return World(truth.table.select(np.arange(count)), truth.entries[:count])


def _image_list(random: Random, folder: Path, truth: World) -> tuple[Path, bool, str]:
    """A list of the first four photographs, written in one of many ways, or spoilt."""
    path, names = folder / "list.txt", list(truth.table.images.file_name[:4])
    if random.random() < 0.6:
        how = random.choice(list(WAYS))
        path.write_bytes(WAYS[how](names))
        return path, True, f"image list: {how}"
    data, what = spoil_text(random, ("\n".join(names) + "\n").encode())
    path.write_bytes(data)
    return path, False, f"image list: {what}"


def _lines(names: list[str], end: str = "\n", encoding: str = "utf-8") -> bytes:
    return "".join(n + end for n in names).encode(encoding)


# Ways of writing the same list (kind 3 of what people's files really hold).
WAYS: dict[str, Callable[[list[str]], bytes]] = {
    "lines": _lines,
    "lines of Windows": lambda n: _lines(n, "\r\n"),
    "byte order mark": lambda n: _lines(n, "\r\n", "utf-8-sig"),
    "no line end at its end": lambda n: "\n".join(n).encode(),
    "blank lines": lambda n: _lines(n, "\n\n"),
    "spaces at the ends": lambda n: _lines(n, "  \n"),
    "names twice": lambda n: _lines(n + n),
    "another order": lambda n: _lines(n[::-1]),
    "a name that is not there": lambda n: _lines([*n, "im9999.jpg"]),
    "folders before": lambda n: _lines([f"images/{x}" for x in n]),
    "utf-16 with its mark": lambda n: _lines(n, "\r\n", "utf-16"),
}

FAMILY = Family("lsp", build)
