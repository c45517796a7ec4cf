"""Stage `inverse`: the function from 2D joints to body parameters, and the pose prior."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import body_files, chosen, libraries
from pipeline.unit import Facts, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.poses.table import POSE_FORMATS


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    params: dict[str, Any] = {"inverse": config.inverse.model_dump(mode="json"), "body": config.body.name}
    for source in params["inverse"]["pool"]["files"]:
        source.pop("path")
    files = {f"pool/{i}": Path(source.path).expanduser() for i, source in enumerate(config.inverse.pool.files)}
    formats = [f.format for f in config.inverse.pool.files]
    return [
        Unit(
            "all",
            run="pipeline.tasks.inverse:run",
            code=(*chosen(BODIES, config.body.name), *chosen(POSE_FORMATS, *formats)),
            params=params,
            externals={**body_files(config), **files},
            environment=("torch", "numpy", *libraries(BODIES, config.body.name), *libraries(POSE_FORMATS, *formats)),
            threads=0,
            gpu_share=1.0,
        )
    ]


def run(work: Work) -> dict:
    """Train, or take the shipped weights where they fit."""
    from smpl_assets.inverse.stage import train_inverse

    config = work.config
    train_inverse(config.inverse, config.body, work.bench)
    return {}


STAGE = Stage("inverse", "learning bodies from 2D joints", units)
