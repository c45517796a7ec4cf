"""Where networks find joints beside where people annotated them: mean SIGNED errors, up along the trunk and outward.

    python -m benchmarks.keypoint_bias --data ../shared/data/lspet [--list lists/train_longtail.txt] [--network FILE]...

For the shipped start weights, which learnt from renders alone, and further networks of `simple_tiny`: a small network hedges
towards the middle where it is not sure, so one that learnt from photographs has to stand beside them. Joints within .2 torso of
the annotation count; % of the torso, right / left, and how many joints.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from benchmarks.sim_to_real import TORSO_SHARE, found
from smpl_assets.pose_table import PoseTable
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses
from training.metrics.pck import torso_lengths
from training.start.shipped import WEIGHTS

JOINTS = ("shoulder", "hip", "elbow", "wrist", "knee", "ankle")
SIDES = ("right", "left")


def biases(points: Float[np.ndarray, "people joints 2"], table: PoseTable) -> dict[str, list[tuple[float, float, int]]]:
    """Per joint and side: error up along the trunk, outward (away from the other side), % of the torso, and joints counted."""
    at = {name: table.keypoints[:, i] for i, name in enumerate(table.skeleton.keypoints)}
    middle = {joint: (at[f"right_{joint}"] + at[f"left_{joint}"]) / 2 for joint in ("shoulder", "hip")}
    up = _unit(middle["shoulder"] - middle["hip"])
    lengths, result = torso_lengths(table), {}
    for joint in JOINTS:
        girdle = "shoulder" if joint == "shoulder" else "hip"
        result[joint] = []
        for side, other in (SIDES, SIDES[::-1]):
            index = table.skeleton.keypoints.index(f"{side}_{joint}")
            error = (points[:, index] - table.keypoints[:, index]) / lengths[:, None]
            out = _unit(at[f"{side}_{girdle}"] - at[f"{other}_{girdle}"])
            near = table.annotated[:, index] & (np.linalg.norm(error, axis=1) < TORSO_SHARE) & np.isfinite(up + out).all(1)
            parts = [100 * float((error * axis).sum(1)[near].mean()) for axis in (up, out)]
            result[joint].append((parts[0], parts[1], int(near.sum())))
    return result


def _unit(vectors: Float[np.ndarray, "people 2"]) -> Float[np.ndarray, "people 2"]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with joints.mat, images/ and lists/")
    parser.add_argument("--list", default="lists/val_common.txt", help="photographs, in --data")
    parser.add_argument("--network", type=Path, action="append", default=[], help="a trained simple_tiny (network.safetensors)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    root = args.data / "images"
    table = read_poses(
        DataSettings(
            format="lsp", annotations=str(args.data / "joints.mat"), images=str(root), image_list=str(args.data / args.list)
        )
    )[0]
    for network in (WEIGHTS / "simple_tiny.safetensors", *args.network):
        print(f"{network}, {len(table)} people")
        for joint, sides in biases(found(network, table, root), table).items():
            up, out, joints = (" / ".join(f"{side[i]:.{0 if i == 2 else 1}f}" for side in sides) for i in range(3))
            print(f"  {joint:10} up {up:14} outward {out:14} joints {joints}")


if __name__ == "__main__":
    main()
