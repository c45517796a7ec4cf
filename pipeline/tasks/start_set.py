"""Stage `start_set`: rendered people of the pose pool, for networks to start from."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.render import surroundings
from pipeline.tasks.shared import free_photographs, picked, pool_files, pool_params
from pipeline.unit import Facts, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.poses.table import POSE_FORMATS
from smpl_assets.render.table import RENDERERS
from training.start.settings import SHARD

OF_SET = ("image_size", "people", "occluder_share", "truncated_share", "images_per_look")


def units(config: Config, facts: Facts) -> list[Unit]:
    """Shards of a thousand images."""
    settings, pool = config.render, config.inverse.pool
    params, externals, reads = surroundings(config)
    params |= {"start": config.start.model_dump(mode="json", include=set(OF_SET)), "pool": pool_params(config)}
    formats = ((POSE_FORMATS, f.format) for f in pool.files)
    code, libraries = picked((BODIES, config.body.name), (RENDERERS, settings.backend), *formats)
    environment = ("torch", "numpy", "opencv-python-headless", *libraries)
    files = externals | pool_files(config)
    found = []
    for number, first in enumerate(range(0, config.start.images, SHARD)):
        items = (first, min(first + SHARD, config.start.images))
        found.append(Unit(str(number), f"{__name__}:run", code, reads, params, files, items, environment, gpu_share=1 / 16))
    return found


def run(work: Work) -> dict:
    """Render one shard."""
    from training.start.people import render_start

    config = work.config
    pool, settings = config.inverse.pool, (config.start, config.render, config.body.unmoved)
    render_start(work.unit.items or (0, 0), pool, *settings, free_photographs(work), work.bench)
    return {}


STAGE = Stage("start_set", "rendering people to start from", units, sharded=True)
