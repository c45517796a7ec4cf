"""Stage `track_data`: rendered sequences for trackers, in shards of the two splits."""

from __future__ import annotations

from dataclasses import replace

from pipeline.config import Config
from pipeline.tasks.render import surroundings
from pipeline.tasks.shared import free_photographs, picked, pool_files, pool_params, shards
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.poses.table import POSE_FORMATS
from smpl_assets.render.table import RENDERERS

SPLITS = ("train", "validation")
# Settings that say nothing of sequences: of `render`, whose images have sizes and people of their own, and of how many there are.
_OTHERS = {"image_size", "people", "occluder_share", "depth"}
_NUMBERS = {*SPLITS, "shard_size"}


def units(config: Config, facts: Facts) -> list[Unit]:
    """Shards of both splits, `train-0`, ..., `validation-0`, ...; none where nobody asks for trackers."""
    if not config.track.enabled:
        return []
    like, settings = _shard(config), config.track.data
    return [
        replace(like, name=f"{split}-{n}", items=items, params=like.params | {"split": split})
        for split in SPLITS
        for n, items in shards(getattr(settings, split), settings.shard_size)
    ]


def _shard(config: Config) -> Unit:
    """What all shards have in common."""
    settings, render, pool = config.track.data, config.render, config.inverse.pool
    params, externals, reads = surroundings(config)
    params = {n: v for n, v in params.items() if n not in _OTHERS}
    params["data"] = settings.model_dump(mode="json", exclude=_NUMBERS)
    entries = [(BODIES, config.body.name), (RENDERERS, render.backend)]
    if settings.clip_share and pool.files:
        params["motions"], externals = pool_params(config)["files"], externals | pool_files(config)
        entries += [(POSE_FORMATS, f.format) for f in pool.files]
    if settings.action_share and settings.rare_share:
        reads = reads | {"fit": Reads("fit", None, ("fits.npz",))}
    code, libraries = picked(*entries)
    environment = ("torch", "numpy", "scipy", "opencv-python-headless", *libraries)
    return Unit("", f"{__name__}:run", code, reads, params, externals, environment=environment, gpu_share=1 / 16)


def run(work: Work) -> dict:
    """Film one shard."""
    from smpl_assets.inverse.fits import Fits
    from smpl_assets.inverse.stage import FITS
    from training.tracking.data_stage import Sources, film_sequences

    config = work.config
    rare = tuple(Fits.load(folder / FITS) for folder in work.inputs.get("fit", ()))
    sources = Sources(free_photographs(work), rare, config.inverse.pool.files)
    settings = (config.track.data, config.render, config.body)
    film_sequences(work.unit.items or (0, 0), work.unit.params["split"], *settings, sources, work.bench)
    return {}


STAGE = Stage("track_data", "filming people whose paths meet", units, sharded=True)
