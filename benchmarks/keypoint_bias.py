"""Where networks find joints beside where people annotated them: mean SIGNED errors in the limb's frame.

    python -m benchmarks.keypoint_bias --data ../shared/data/lspet [--list lists/train_longtail.txt] [--network FILE]...

For the shipped start weights, which learnt from renders alone, and further networks of `simple_tiny`: a small network hedges
towards the middle where it is not sure, so one that learnt from photographs has to stand beside them. Joints within .2 torso of
the annotation count; beside another network once more those that both found so. % of the torso, standard errors, how many joints:

    hips, shoulders                  up along the trunk;                            outward, away from the other side
    elbows, wrists, knees, ankles    along their limb, away from the trunk;         across it, outward
    neck, head top                   up along the trunk, from the neck to the top;  across, towards the person's left
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
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

Vectors = Float[np.ndarray, "people 2"]
# Of each joint with two sides: the one that its limb comes from (None: the trunk is its frame), and whose girdle says outward.
SIDED = {
    "hip": (None, "hip"), "shoulder": (None, "shoulder"), "elbow": ("shoulder", "shoulder"), "wrist": ("elbow", "shoulder"),
    "knee": ("hip", "hip"), "ankle": ("knee", "hip"),
}  # fmt: skip
SIDES = ("right", "left")
# Where a limb points outward to within 12 degrees, neither side of it is the outer one.
LEAST_SINE = 0.2


@dataclass(frozen=True)
class Bias:
    """Mean signed error of joints, % of the torso, along and across, with standard errors; how many joints."""

    along: float
    across: float
    along_error: float
    across_error: float
    joints: int

    @classmethod
    def of(cls, parts: Float[np.ndarray, "joints 2"]) -> Bias:
        """From errors along and across, in torso lengths; NaN across where that side is not known."""
        known = [part[np.isfinite(part)] for part in parts.T]
        means = [100 * float(p.mean()) if len(p) else np.nan for p in known]
        errors = [100 * float(p.std(ddof=1)) / len(p) ** 0.5 if len(p) > 1 else np.nan for p in known]
        return cls(*means, *errors, len(parts))


def frames(table: PoseTable) -> Iterator[tuple[str, str, Vectors, Vectors]]:
    """Row of the table, keypoint, and each person's unit vectors along and across (NaN where not known)."""
    places = np.where(table.annotated[..., None], table.keypoints, np.nan)
    at = {name: places[:, index] for index, name in enumerate(table.skeleton.keypoints)}
    middle = {joint: (at[f"right_{joint}"] + at[f"left_{joint}"]) / 2 for joint in ("shoulder", "hip")}
    up = _unit(middle["shoulder"] - middle["hip"])
    for joint, (parent, girdle) in SIDED.items():
        for side, other in (SIDES, SIDES[::-1]):
            name, outward = f"{side}_{joint}", at[f"{side}_{girdle}"] - at[f"{other}_{girdle}"]
            along = up if parent is None else _unit(at[name] - at[f"{side}_{parent}"])
            yield joint, name, along, _unit(outward) if parent is None else _across(outward, along)
    leftward = at["left_shoulder"] - at["right_shoulder"]
    yield "neck", "head_bottom", up, _across(leftward, up)
    head = _unit(at["head_top"] - at["head_bottom"])
    yield "head top", "head_top", head, _across(leftward, head)


def biases(
    points: Float[np.ndarray, "people joints 2"], table: PoseTable, among: Float[np.ndarray, "people joints 2"] | None = None
) -> dict[str, list[Bias]]:
    """Per joint, right side first, how far points (px) are from the annotations, where `among` is near too."""
    lengths = torso_lengths(table)[:, None, None]
    errors, near = (points - table.keypoints) / lengths, table.annotated.copy()
    for given in (points, points if among is None else among):
        near &= np.linalg.norm((given - table.keypoints) / lengths, axis=2) < TORSO_SHARE
    result: dict[str, list[Bias]] = {}
    for joint, name, *axes in frames(table):
        index = table.skeleton.index(name)
        rows = near[:, index] & np.isfinite(axes[0]).all(1)
        parts = np.stack([(errors[rows, index] * axis[rows]).sum(1) for axis in axes], axis=1)
        result.setdefault(joint, []).append(Bias.of(parts))
    return result


def _unit(vectors: Vectors) -> Vectors:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-6)


def _across(vectors: Vectors, along: Vectors) -> Vectors:
    """The unit vectors at right angles to `along`, on the side that `vectors` point to; NaN where they point nearly along."""
    beside = vectors - (vectors * along).sum(1, keepdims=True) * along
    length = np.linalg.norm(beside, axis=1, keepdims=True)
    return np.where(length > LEAST_SINE * np.linalg.norm(vectors, axis=1, keepdims=True), _unit(beside), np.nan)


def show(title: str, result: dict[str, list[Bias]]) -> None:
    print(title)
    for joint, sides in result.items():
        along = " / ".join(f"{b.along:.1f} +-{b.along_error:.1f}" for b in sides)
        across = " / ".join(f"{b.across:.1f} +-{b.across_error:.1f}" for b in sides)
        print(f"  {joint:10} along {along:24} across {across:24} joints {' / '.join(str(b.joints) for b in sides)}")


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
    shipped = found(WEIGHTS / "simple_tiny.safetensors", table, root)
    show(f"shipped simple_tiny, {len(table)} people", biases(shipped, table))
    for network in args.network:
        points = found(network, table, root)
        show(str(network), biases(points, table))
        show("joints that both found: shipped", biases(shipped, table, points))
        show("joints that both found: that network", biases(points, table, shipped))


if __name__ == "__main__":
    main()
