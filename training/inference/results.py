"""What was found, as files that every COCO tool reads: the results, and the images that they speak of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from smpl_assets.skeletons import Skeleton
from training.augmented.coco import CATEGORY, HALF_PIXEL, category
from training.inference.estimator import Estimate

RESULTS, IMAGES = "results.json", "images.json"


class ResultFiles:
    """Collects poses and leaves `results.json` (COCO's list of results) and `images.json` (a COCO file without annotations)."""

    def __init__(self, out: Path, skeleton: Skeleton) -> None:
        self.out, self.skeleton = out, skeleton
        self.images: list[dict[str, Any]] = []
        self.results: list[dict[str, Any]] = []

    def add(
        self, name: str, number: int, size_hw: tuple[int, int], found: Estimate, weight: Float[np.ndarray, " people"]
    ) -> None:
        """The poses of one picture; weight: factor on each pose's score."""
        self.images.append({"id": number, "file_name": name, "width": size_hw[1], "height": size_hw[0]})
        for points, score, box, whole in zip(
            found.keypoints - HALF_PIXEL, found.joint_score, found.bbox_xywh, found.score * weight, strict=True
        ):
            flat = np.concatenate([points, score[:, None]], axis=1).reshape(-1)
            self.results.append({
                "image_id": number, "category_id": CATEGORY, "keypoints": [round(float(v), 3) for v in flat],
                "bbox": [round(float(v), 3) for v in box], "score": round(float(whole), 5),
            })  # fmt: skip

    def close(self) -> None:
        """Write both files, one entry a line."""
        (self.out / RESULTS).write_text(_lines(self.results), encoding="utf-8")
        head = {"info": {"description": "RarePose predictions"}, "categories": [category(self.skeleton)], "annotations": []}
        text = json.dumps(head, sort_keys=True)[:-1] + ', "images": ' + _lines(self.images)[:-1] + "}\n"
        (self.out / IMAGES).write_text(text, encoding="utf-8")


def _lines(entries: list[dict[str, Any]]) -> str:
    return "[" + ",".join(f"\n{json.dumps(entry, sort_keys=True)}" for entry in entries) + "]\n"


class Numbers:
    """COCO ids of pictures: those that a file gives, else the number that a name is (000000000139.jpg), else counted on.

    No two are alike: an id counts for the first picture that has it, the number that a name is where no other has it.
    names: of pictures. given: id by name. taken: ids of the file that are no picture's.
    """

    def __init__(self, names: Sequence[str], given: Mapping[str, int], taken: Iterable[int] = ()) -> None:
        first: dict[int, str] = {}
        for name, number in given.items():
            first.setdefault(number, name)
        self._given = {name: number for number, name in first.items()}
        files = first.keys() | set(taken)
        stems = {name: name.rpartition("/")[2].rpartition(".")[0] for name in names if name not in self._given}
        own = {name: int(stem) for name, stem in stems.items() if stem.isdecimal() and len(stem) < 19}
        count = Counter(own.values())
        self._given |= {name: number for name, number in own.items() if count[number] == 1 and number not in files}
        self._next = max(files | set(self._given.values()), default=0) + 1

    def __call__(self, name: str) -> int:
        """The id of a picture, always the same."""
        if name not in self._given:
            self._given[name], self._next = self._next, self._next + 1
        return self._given[name]
