"""Stage `evaluate`: one row of the result table per unit."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import image_files, image_root, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.errors import InputError
from training.variants import networks_of

BASELINE = "baseline"


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per row; each reads the networks that it needs, and the baseline for the difference."""
    settings = config.evaluate
    common = {
        "annotations/validation": poses(config, "validation", images=True),
        "rare_poses": Reads("rare_poses", None, ("validation.npz",)),
    }
    params = settings.model_dump(mode="json", exclude={"variants", "workers"})
    result = []
    for name in sorted(settings.variants, key=lambda n: n != BASELINE):
        networks = networks_of(name, settings.dacp_networks)
        lacking = [n for n in networks if n not in config.train.variants]
        if lacking:
            raise InputError(
                f"evaluate.variants: {name} needs the network {', '.join(lacking)}, which train.variants lacks",
                "add it to train.variants",
            )
        reads = {f"train/{n}": Reads("train", n, ("network.safetensors",)) for n in networks}
        if name != BASELINE and BASELINE in settings.variants:
            reads["evaluate/baseline"] = Reads("evaluate", BASELINE, ("predictions.npz",))
        result.append(
            Unit(
                name,
                run="pipeline.tasks.evaluate:run",
                reads={**common, **reads},
                params=params,
                externals=image_files(config, "validation"),
                environment=("torch", "torchvision", "opencv-python-headless", "numpy", "pycocotools"),
                gpu_share=1.0,
            )
        )
    return result


def run(work: Work) -> dict:
    """Evaluate one row."""
    from smpl_assets.pose_table import PoseTable
    from training.evaluate_stage import evaluate_variant
    from training.rarity.scores import RareScores

    config, folder = work.config, work.one("annotations/validation")
    table, root = PoseTable.load(folder / "poses.npz"), image_root(config, "validation", folder)
    scores = RareScores.load(work.one("rare_poses") / "validation.npz")
    networks = {n.removeprefix("train/"): work.one(n) for n in work.inputs if n.startswith("train/")}
    baseline = work.one("evaluate/baseline") if "evaluate/baseline" in work.inputs else None
    people = (table, root, scores)
    evaluate_variant(
        work.unit.name, networks, *people, baseline, config.evaluate, config.seed, work.out, work.device, work.progress
    )
    return {}


STAGE = Stage("evaluate", "evaluating by rarity", units)
