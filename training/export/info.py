"""What every format says of the set: the skeleton in numbers, how many pictures and people, and how often each is to be drawn."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from smpl_assets.archive import write_json
from training.export.parts import ExportSet, Item

NOTES = Path(__file__).with_name("notes")
WEIGHTS, INFO = "sampling_weights.csv", "dataset_info.json"


def dataset_info(found: ExportSet) -> dict[str, Any]:
    """Plain values: names, flip_idx, kpt_shape, limbs (from 0), OKS sigmas, and counts by kind."""
    skeleton = found.skeleton
    counts = {
        part.kind: {"split": part.split, "images": len(part.items), "people": sum(len(i.people) for i in part.items)}
        for part in found.parts
    }
    return {
        "skeleton": skeleton.name, "keypoints": skeleton.keypoints, "kpt_shape": [len(skeleton), 3], "flip_idx": skeleton.flip,
        "limbs": skeleton.limb_indices, "sigmas": skeleton.sigmas, "visibility": "2 seen, 1 hidden, 0 not there", "parts": counts,
        "left_out": found.skipped.counts,
    }  # fmt: skip


def sampling_weights(found: ExportSet) -> dict[str, float]:
    """How often each training picture is to be drawn, by its name; 1 on average.

    The mean w(d) (eq 4.4) of the people whom it was taken or made for, times a factor that gives the
    synthetic pictures their share.
    """
    weights = {item.name: _weight(item) for _, item in found.of("train")}
    synthetic = {item.name for part, item in found.of("train") if part.kind != "real"}
    if found.synthetic_share is not None and 0 < len(synthetic) < len(weights):
        made, own = (sum(w for name, w in weights.items() if (name in synthetic) is there) for there in (True, False))
        share = found.synthetic_share
        weights = {name: w * (share / made if name in synthetic else (1 - share) / own) for name, w in weights.items()}
    mean = sum(weights.values()) / max(len(weights), 1)
    return {name: round(weight / mean, 6) for name, weight in weights.items()}


def _weight(item: Item) -> float:
    own = [float(person["rarepose"]["loss_weight"]) for person in item.subjects]
    return sum(own) / len(own) if own else 1.0


def write_info(found: ExportSet, out: Path, form: str, **values: object) -> None:
    """`dataset_info.json`, `sampling_weights.csv` and the README of a format, whose template gets `values` too."""
    info, weights = dataset_info(found), sampling_weights(found)
    write_json(out / INFO, info)
    with open(out / WEIGHTS, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file_name", "sampling_weight", "kind", "rare", "loss_weight"))
        for part, item in found.of("train"):
            rare = any(person["rarepose"]["rare"] for person in item.subjects)
            writer.writerow((item.name, weights[item.name], part.kind, int(rare), round(_weight(item), 6)))
    rows = "\n".join(f"| {kind} | {c['split']} | {c['images']} | {c['people']} |" for kind, c in info["parts"].items())
    content = (NOTES / "content.md").read_text(encoding="utf-8")
    common = {
        "rows": rows, "skeleton": found.skeleton.name, "count": len(found.skeleton),
        "keypoints": ", ".join(found.skeleton.keypoints), "left_out": found.skipped.summary() or "nothing",
    }  # fmt: skip
    text = (NOTES / f"{form}.md").read_text(encoding="utf-8") + content
    (out / "README.md").write_text(text.format(**common | values), encoding="utf-8")
