"""Stage `inverse`: the function from 2D joints to body parameters, and the pose prior."""

from __future__ import annotations

from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import body_files, picked, pool_files, pool_params
from pipeline.unit import Facts, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.poses.table import POSE_FORMATS


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    settings = config.inverse.model_dump(mode="json") | {"pool": pool_params(config)}
    params: dict[str, Any] = {"inverse": settings, "body": config.body.name}
    files = config.inverse.pool.files
    externals = body_files(config) | pool_files(config)
    code, libraries = picked((BODIES, config.body.name), *((POSE_FORMATS, f.format) for f in files))
    how: dict[str, Any] = {"environment": ("torch", "numpy", *libraries), "threads": 0, "gpu_share": 1.0}
    return [Unit("all", f"{__name__}:run", code, params=params, externals=externals, **how)]


def run(work: Work) -> dict:
    """Train, or take the shipped weights where they fit."""
    from smpl_assets.inverse.stage import train_inverse

    config = work.config
    train_inverse(config.inverse, config.body.unmoved, work.bench)
    return {}


STAGE = Stage("inverse", "learning bodies from 2D joints", units, trains=True)
