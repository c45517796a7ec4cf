"""Stage `augment`: real, rendered and translated people as one data set."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import image_root, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work

SHARD = ("images.tar", "labels.npz")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    reads = {
        "annotations/train": poses(config, "train"),
        "rare_poses": Reads("rare_poses", None, ("train.npz",)),
        "render": Reads("render", None, SHARD),
        "translate": Reads("translate", None, SHARD),
    }
    return [Unit("all", reads, config.augment.model_dump(mode="json"))]


def run(work: Work) -> dict:
    """Put the augmented set together."""
    from smpl_assets.pose_table import PoseTable
    from training.augmented.stage import augment
    from training.rarity.scores import RareScores

    config, folder = work.config, work.one("annotations/train")
    table, root = PoseTable.load(folder / "poses.npz"), image_root(config, "train", folder)
    scores = RareScores.load(work.one("rare_poses") / "train.npz")
    made = (list(work.inputs["render"]), list(work.inputs["translate"]))
    augment(table, root, scores, *made, config.augment, config.seed, work.out, work.progress)
    return {}


STAGE = Stage(
    "augment",
    after=("annotations", "rare_poses", "render", "translate"),
    units=units,
    code=lambda config: ("pipeline.tasks.augment",),
    run=lambda config: "pipeline.tasks.augment:run",
    environment=("numpy",),
    title="putting the augmented set together",
)
