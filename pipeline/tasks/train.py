"""Stage `train`: one pose network per training variant."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import image_files, image_root, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.variants import parse_variant

LOADING = {"variants", "weights", "workers"}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per variant; each reads only the parts of the augmented set that it trains on."""
    settings = config.train
    params = settings.model_dump(mode="json", exclude=LOADING)
    weights = {"weights": Path(settings.weights).expanduser()} if settings.weights else {}
    result = []
    for name in settings.variants:
        variant = parse_variant(name)
        reads = {"augment/real": Reads("augment", "real", ("real.json",))}
        added = [kind for kind, asked in (("render", variant.asrp), ("translated", variant.asrpt)) if asked]
        reads |= {f"augment/{kind}": Reads("augment", kind, (f"{kind}.json", f"{kind}.tar")) for kind in added}
        result.append(
            Unit(
                name,
                run="pipeline.tasks.train:run",
                reads={**reads, "annotations/train": poses(config, "train", images=True)},
                params=params,
                externals={**weights, **image_files(config, "train")},
                environment=("torch", "torchvision", "lightning", "opencv-python-headless", "numpy"),
                gpu_share=1.0,
            )
        )
    return result


def run(work: Work) -> dict:
    """Train one variant."""
    from training.train_stage import train_variant

    config = work.config
    root = image_root(config, "train", work.one("annotations/train"))
    places = (_together(work), root)
    train_variant(work.unit.name, *places, config.train, config.seed, work.out, work.device, work.progress, work.scratch)
    return {}


def _together(work: Work) -> Path:
    """The kinds of the augmented set in one folder."""
    folder = work.scratch / "augmented"
    folder.mkdir(exist_ok=True)
    for name in (n for n in work.inputs if n.startswith("augment/")):
        for file in work.one(name).glob(f"{name.removeprefix('augment/')}.*"):
            (folder / file.name).unlink(missing_ok=True)
            (folder / file.name).symlink_to(file)
    return folder


STAGE = Stage("train", "training the pose networks", units)
