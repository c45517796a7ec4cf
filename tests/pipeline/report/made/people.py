"""People on pictures of noise, and what the readers and the rare_poses stage leave of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import SKELETONS
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.rarity.stage import find_rare_poses

RULES = RareSettings(clusters=3, rare_share=0.12, sweep=True, sweep_to=7, restarts=2, seeds=2)
# a standing person in COCO's order, px of a 96 x 96 square
STANDING = np.array(
    [(48, 14), (50, 12), (46, 12), (53, 13), (43, 13), (57, 26), (39, 26), (62, 39), (34, 39), (63, 51), (33, 51), (54, 52),
     (42, 52), (55, 70), (41, 70), (55, 87), (41, 87)], float,
)  # fmt: skip


def make_table(root: Path, people: int, seed: int, side: int = 96) -> PoseTable:
    """People who stand, wave and (every seventh) lie or crouch, on pictures of noise; the pictures go into `root`."""
    rng = np.random.default_rng(seed)
    keypoints = np.stack([_pose(rng, rare=row % 7 == 0) for row in range(people)]) * side / 96
    annotated = rng.random((people, 17)) > 0.06
    annotated[:, 5:13] = True
    images = []
    for row in range(people):
        name = f"{row:012d}.jpg"
        colour = rng.integers(60, 200, (6, 6, 3), np.uint8)
        Image.fromarray(colour).resize((side, side), Image.Resampling.BICUBIC).save(root / name, quality=80)
        images.append(name)
    images.append("empty.jpg")
    low, high = keypoints.min(1) - 4, keypoints.max(1) + 4
    unknown = np.full(people, -1, np.int64)
    return PoseTable(
        skeleton=SKELETONS["coco17"],
        keypoints=np.where(annotated[..., None], keypoints, 0.0),
        annotated=annotated,
        visible=annotated & (rng.random((people, 17)) > 0.1),
        bbox_xywh=np.concatenate([low, high - low], 1),
        center=(low + high) / 2,
        scale=(high - low).max(1) / 200,
        head_size=np.full(people, np.nan),
        area=np.prod(high - low, 1),
        image=np.arange(people),
        person_id=unknown,
        source_id=tuple(str(1000 + row) for row in range(people)),
        images=ImageTable.of(
            images,
            size_wh=np.full((people + 1, 2), side),
            image_id=1 + np.arange(people + 1),
            has_person=np.arange(people + 1) < people,
        ),
    )


def _pose(rng: np.random.Generator, rare: bool) -> np.ndarray:
    pose = STANDING + rng.normal(0, 1.2, STANDING.shape)
    pose[[7, 9]] += rng.normal(0, 5, 2)
    pose[[8, 10]] += rng.normal(0, 5, 2)
    if rare:
        angle = rng.uniform(1.2, 3.0) * rng.choice([-1, 1])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        pose = (pose - 48) @ turn.T + 48
        pose[[13, 14]] = (pose[[5, 6]] + pose[[11, 12]]) / 2 + rng.normal(0, 6, (2, 2))
    return np.clip(pose, 3, 93)


def folder(path: Path) -> Path:
    """A new folder."""
    path.mkdir(parents=True)
    return path


def annotations(out: Path, table: PoseTable) -> Path:
    """One split."""
    skipped = Skipped(read=len(table))
    for n in range(5):
        skipped.add("crowd region", "train.json", f"annotation {n} (image 3)")
    skipped.add("box outside the image", "train.json", "annotation <77> & more")
    table.save(out / "poses.npz")
    skipped.save(out / "skipped.json")
    return out


def rare_poses(out: Path, tables: dict[str, PoseTable]) -> dict[str, RareScores]:
    """The stage's own artifact."""
    find_rare_poses(tables["train"], tables["validation"], RULES, Bench(0, out))
    return {split: RareScores.load(out / f"{split}.npz") for split in tables}
