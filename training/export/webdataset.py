"""WebDataset: tars of an image and its labels as JSON, read one after the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from smpl_assets.archive import ArchiveWriter
from training.export.info import sampling_weights, write_info
from training.export.parts import SPLITS, ExportPart, ExportSet, Item

PER_SHARD = 1000


def write(found: ExportSet, out: Path) -> None:
    """`train-000000.tar`, ... and `validation-000000.tar`, ...; parts follow each other, so shuffle shards and a buffer."""
    weights, shards = sampling_weights(found), dict[str, int]()
    for split in SPLITS:
        pictures = list(found.of(split))
        for first in range(0, len(pictures), PER_SHARD):
            shards[split] = first // PER_SHARD + 1
            with ArchiveWriter(out / f"{split}-{shards[split] - 1:06d}.tar") as tar:
                for number, (part, item) in enumerate(pictures[first : first + PER_SHARD], first):
                    key, ending = f"{number:09d}", Path(item.member).suffix.lower() or ".jpg"
                    tar.add(f"{key}{ending}", part.read(item))
                    tar.add(f"{key}.json", json.dumps(labels(part, item, weights.get(item.name)), sort_keys=True).encode())
    patterns = {split: f"{split}-{{000000..{count - 1:06d}}}.tar" for split, count in shards.items()}
    write_info(found, out, "webdataset", train=patterns.get("train", ""), validation=patterns.get("validation", "none"))


def labels(part: ExportPart, item: Item, weight: float | None) -> dict[str, Any]:
    """A picture's labels: name, part, size, sampling weight, COCO's annotations."""
    image = {"file_name": item.name, "kind": part.kind, "width": item.image["width"], "height": item.image["height"]}
    return image | ({"sampling_weight": weight} if weight is not None else {}) | {"annotations": item.people}
