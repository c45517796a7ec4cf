"""Whether two stores of the same run hold the same: bytes, or where a file's schema changed its arrays and values.

    python benchmarks/compare_stores.py STORE_BEFORE STORE_AFTER

`STORE_BEFORE` may be of the state before the learning wing (labels.json, predictions per person).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from smpl_assets.labels import SampleLabels

STAGES = ("annotations", "rare_poses", "inverse", "fit", "render", "translator", "translate", "train", "evaluate")
PLAIN = ("sample_id", "source_person", "source_annotation", "width", "height", "texture", "background", "seed", "area")
ROWS = ("keypoints", "bbox", "bbox_amodal", "keypoints_3d", "intrinsics")
BODY = ("global_orient", "body_pose", "shape", "transl")


def units(store: Path, stage: str) -> dict[str, Path]:
    """The newest finished unit of each name."""
    found: dict[str, tuple[float, Path]] = {}
    for path in (store / stage).glob("*/manifest.json"):
        manifest = json.loads(path.read_text())
        if not path.parent.is_symlink() and manifest["created"] > found.get(manifest["unit"], (0.0, path))[0]:
            found[manifest["unit"]] = (manifest["created"], path.parent)
    return {name: folder for name, (_, folder) in sorted(found.items())}


def compare(before: Path, after: Path) -> tuple[bool, str]:
    """Whether two files say the same, and in what sense."""
    if before.name == "labels.json":
        return labels(before, after.with_name("labels.npz")), "values"
    if not after.is_file():
        return False, "not there"
    if before.read_bytes() == after.read_bytes():
        return True, "bytes"
    if before.suffix == ".safetensors":
        a, b = load_file(before), load_file(after)
        return a.keys() == b.keys() and all(torch.equal(a[n], b[n]) for n in a), "tensors"
    if before.name == "predictions.npz":
        return predictions(arrays(before), arrays(after)), "values"
    if before.suffix == ".npz":
        a, b = arrays(before), arrays(after)
        common = [n for n in a if n in b and n != "meta"]
        return all(np.array_equal(a[n], b[n], equal_nan=a[n].dtype.kind == "f") for n in common), "arrays"
    if before.name == "history.json":
        return history(*(json.loads(p.read_text()) for p in (before, after)))
    if before.suffix == ".json":
        a, b = (json.loads(p.read_text()) for p in (before, after))
        renamed = {"schema", "network"} if isinstance(a, dict) else set()
        return a == b if not isinstance(a, dict) else all(a[n] == b.get(n) for n in a.keys() - renamed), "values"
    return False, "bytes"


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def labels(before: Path, after: Path) -> bool:
    """The subjects' labels, value by value."""
    old, new = json.loads(before.read_text())["samples"], SampleLabels.load(after).samples
    return len(old) == len(new) and all(_label(a, b) for a, b in zip(old, new, strict=True))


def _label(old: dict[str, Any], new: Any) -> bool:
    same = all(getattr(new, n) == old[n] for n in (*PLAIN, "segmentation"))
    same &= all(np.array_equal(np.array(old[n], float), getattr(new, n)) for n in ROWS)
    same &= all(np.array_equal(np.array(old["body"][n], float), getattr(new, n)) for n in BODY)
    return same and ("drift_px" not in old or (new.drift_px == old["drift_px"] and new.kept == old["kept"]))


def predictions(old: dict[str, np.ndarray], new: dict[str, np.ndarray]) -> bool:
    """A row per person, or one per found person that says whose box it was."""
    if "valid" not in old:
        return all(np.array_equal(old[n], new[n]) for n in old if n != "meta")
    same = all(np.array_equal(old[n][new["person"]], new[n]) for n in ("keypoints", "joint_score", "score", "network"))
    return same and np.array_equal(old["valid"], ~new["unusable"])


def history(old: list[dict[str, float]], new: list[dict[str, float]]) -> tuple[bool, str]:
    """Losses to 1e-6."""
    apart = max(abs(a["loss"] - b["loss"]) / a["loss"] for a, b in zip(old, new, strict=True))
    return apart < 1e-6, f"losses, at most {apart:.1e} apart"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("before", "after"):
        parser.add_argument(name, type=Path)
    stores = parser.parse_args()
    same = total = 0
    for stage in STAGES:
        old, new = units(stores.before, stage), units(stores.after, stage)
        for unit in old.keys() | new.keys():
            files = [p for p in sorted(old[unit].rglob("*")) if p.is_file() and p.name != "manifest.json"] if unit in old else []
            for file in files if unit in new else [Path("unit")]:
                name = file.relative_to(old[unit]).as_posix() if unit in new and unit in old else "unit"
                equal, how = compare(file, new[unit] / name) if name != "unit" else (False, "only in one store")
                print(f"{'same     ' if equal else 'DIFFERENT'} {stage}/{unit}/{name} ({how})")
                same, total = same + equal, total + 1
    print(json.dumps({"same": same, "files": total}))


if __name__ == "__main__":
    main()
