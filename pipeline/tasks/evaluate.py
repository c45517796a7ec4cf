"""Stage `evaluate`: one row of the result table per unit."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import image_files, image_root, picked, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.codecs.table import CODECS
from training.recipes import Row, predictions_file
from training.runs import baseline_of, evaluated_rows, networks_of, trainings
from training.systems.table import SYSTEMS

ENVIRONMENT = ("torch", "torchvision", "opencv-python-headless", "numpy", "pycocotools")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per row; each reads the networks that it needs, and the row that it is compared with."""
    return [_unit(config, row) for row in evaluated_rows(config.train, config.evaluate)]


def _unit(config: Config, row: Row) -> Unit:
    train, evaluate = config.train, config.evaluate
    networks = networks_of(row, train, evaluate)
    trained = [[t.unit for t in pair] for pair in zip(*(trainings(train, n) for n in networks), strict=True)]
    base = baseline_of(row, train, evaluate)
    reads = {"annotations/validation": poses(config, "validation", images=True)}
    reads["rare_poses"] = Reads("rare_poses", None, ("validation.npz",))
    reads |= {f"train/{unit}": Reads("train", unit, ("network.safetensors",)) for pair in trained for unit in pair}
    if base is not None:
        reads["baseline"] = Reads("evaluate", base.name, tuple(predictions_file(n) for n in range(train.seeds)))
    settings = [train.of(network.network) for network in networks]
    codecs = [(CODECS, s.codec) for s in settings if s.codec]
    code, libraries = picked(*((SYSTEMS, s.network) for s in settings), *codecs)
    own, files = {"row": [row.network, row.recipe], "trained": trained}, image_files(config, "validation")
    params = evaluate.model_dump(mode="json", exclude={"variants", "workers"}) | own
    environment = (*ENVIRONMENT, *libraries)
    return Unit(row.name, f"{__name__}:run", code, reads, params, files, environment=environment, gpu_share=1.0)


def run(work: Work) -> dict:
    """Evaluate one row."""
    from smpl_assets.pose_table import PoseTable
    from training.evaluate_stage import evaluate_row
    from training.metrics.evaluate import Validation
    from training.rarity.scores import RareScores
    from training.recipes import Row

    config, folder = work.config, work.one("annotations/validation")
    row, pairs = Row(*work.unit.params["row"]), work.unit.params["trained"]
    root, scores = image_root(config, "validation", folder), RareScores.load(work.one("rare_poses") / "validation.npz")
    people = Validation(PoseTable.load(folder / "poses.npz"), root, scores)
    trained = [[work.one(f"train/{unit}") for unit in pair] for pair in pairs]
    baseline = work.one("baseline") if "baseline" in work.inputs else None
    evaluate_row(row, trained, people, baseline, config.evaluate, work.bench)
    return {}


STAGE = Stage("evaluate", "evaluating by rarity", units)
