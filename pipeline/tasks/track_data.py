"""Stage `track_data`: sequences for trackers, filmed ones and the user's own, in shards of the two splits."""

from __future__ import annotations

from dataclasses import replace

from pipeline.config import Config
from pipeline.tasks.render import surroundings
from pipeline.tasks.shared import free_photographs, picked, pool_files, pool_params, shards
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.errors import InputError
from smpl_assets.poses.table import POSE_FORMATS
from smpl_assets.render.table import RENDERERS
from training.tracking.own_settings import Split
from training.tracking.sequence_name import sequence_name

IMAGES = "images"
SPLITS: tuple[Split, ...] = ("train", "validation")
# Settings that say nothing of sequences: of `render`, whose images have sizes and people of their own, and of how many there are.
_OTHERS = {"image_size", "people", "occluder_share", "depth"}
_NUMBERS = {*SPLITS, "shard_size"}


def units(config: Config, facts: Facts) -> list[Unit]:
    """Shards of both splits, `train-own-0`, ..., `train-0`, ..., `validation-0`, ...; none where nobody asks for trackers."""
    if not config.track.enabled:
        return []
    return [unit for split in SPLITS for unit in (*_own(config, split), *_filmed(config, split))]


def shards_of(config: Config, split: Split) -> list[tuple[str, int]]:
    """Names of a split's shards in order, with the number of their sequences (of own ones, at most)."""
    own, data = config.track.own, config.track.data
    counted = [("own-", len(own.files(split)), own.shard_size), ("", getattr(data, split), data.shard_size)]
    return [
        (f"{split}-{kind}{n}", items[1] - items[0])
        for kind, total, size in counted
        for n, items in shards(total, size)
    ]  # fmt: skip


def _own(config: Config, split: Split) -> list[Unit]:
    """Shards of the user's own sequences; InputError where one has the name of a filmed one."""
    own, files = config.track.own, config.track.own.files(split)
    filmed = {sequence_name(split, n) for n in range(getattr(config.track.data, split))} if files else set()
    if taken := [file for file in files if file.stem in filmed]:
        raise InputError(f"{taken[0]}: a filmed sequence has this name", f"rename the file, or set track.data.{split} = 0")
    environment = ("numpy", "opencv-python-headless")
    return [
        Unit(
            f"{split}-own-{n}", f"{__name__}:run_own", items=items, environment=environment, params={"split": split},
            externals={IMAGES: own.folder()} | {f"sequences/{file.name}": file for file in files[slice(*items)]}, threads=0,
        )
        for n, items in shards(len(files), own.shard_size)
    ]  # fmt: skip


def _filmed(config: Config, split: Split) -> list[Unit]:
    settings = config.track.data
    if not getattr(settings, split):
        return []
    like = _shard(config)
    return [
        replace(like, name=f"{split}-{n}", items=items, params=like.params | {"split": split})
        for n, items in shards(getattr(settings, split), settings.shard_size)
    ]


def _shard(config: Config) -> Unit:
    """What all shards of filmed sequences have in common."""
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
    from smpl_assets.inverse.fits import FITS, Fits
    from training.tracking.data_stage import Sources, film_sequences

    config = work.config
    rare = tuple(Fits.load(folder / FITS) for folder in work.inputs.get("fit", ()))
    sources = Sources(free_photographs(work), rare, config.inverse.pool.files)
    settings = (config.track.data, config.render, config.body.unmoved)
    film_sequences(work.unit.items or (0, 0), work.unit.params["split"], *settings, sources, work.bench)
    return {}


def run_own(work: Work) -> dict:
    """Gather one shard of own sequences."""
    from smpl_assets.skipped import Skipped
    from training.tracking.own_stage import gather_sequences

    files = [path for name, path in work.unit.externals.items() if name != IMAGES]
    gather_sequences(files, work.unit.externals[IMAGES], work.bench)
    return {"left_out": Skipped.load(work.out / "skipped.json").counts}


STAGE = Stage("track_data", "filming people whose paths meet", units, sharded=True)
