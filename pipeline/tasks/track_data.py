"""Stage `track_data`: rendered sequences for trackers, in shards of the two splits."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.render import surroundings
from pipeline.tasks.shared import image_root, picked, shards
from pipeline.unit import Facts, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.render.table import RENDERERS

SPLITS = ("train", "validation")
# Settings that say nothing of sequences: of `render`, whose frames have sizes and people of their own, and of how many there are.
_OTHERS = {"image_size", "people", "occluder_share", "depth", "contact_sheet"}
_NUMBERS = {*SPLITS, "shard_size"}


def units(config: Config, facts: Facts) -> list[Unit]:
    """Shards of both splits, `train-0`, ..., `validation-0`, ...; none where nobody asks for trackers."""
    return [unit for split in SPLITS for unit in _shards(config, split)] if config.track.enabled else []


def _shards(config: Config, split: str) -> list[Unit]:
    settings, render = config.track.data, config.render
    params, externals, reads = surroundings(config)
    params = {n: v for n, v in params.items() if n not in _OTHERS} | {"split": split}
    params["data"] = settings.model_dump(mode="json", exclude=_NUMBERS)
    code, libraries = picked((BODIES, config.body.name), (RENDERERS, render.backend))
    environment = ("torch", "numpy", "scipy", "opencv-python-headless", *libraries)
    parts = shards(getattr(settings, split), settings.shard_size)
    run = f"{__name__}:run"
    return [Unit(f"{split}-{n}", run, code, reads, params, externals, items, environment, gpu_share=1 / 16) for n, items in parts]


def run(work: Work) -> dict:
    """Film one shard."""
    from smpl_assets.photographs import Photograph, without_people
    from smpl_assets.pose_table import PoseTable
    from training.tracking.data_stage import film_sequences

    config = work.config
    free: tuple[Photograph, ...] = ()
    if "annotations/train" in work.inputs:
        folder = work.one("annotations/train")
        free = without_people(PoseTable.load(folder / "poses.npz").images, image_root(config, "train", folder))
    settings = (config.track.data, config.render, config.body)
    film_sequences(work.unit.items or (0, 0), work.unit.params["split"], *settings, free, work.bench)
    return {}


STAGE = Stage("track_data", "filming people whose paths meet", units, sharded=True)
