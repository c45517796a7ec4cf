"""Stage `inverse`: the function from 2D joints to body parameters, and the pose prior."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import BODY_ENVIRONMENT, body_code, body_files
from pipeline.unit import Facts, Stage, Unit, Work


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    params: dict[str, Any] = {"inverse": config.inverse.model_dump(mode="json"), "body": config.body.name}
    for source in params["inverse"]["pool"]["files"]:
        source.pop("path")
    files = {f"pool/{i}": Path(source.path).expanduser() for i, source in enumerate(config.inverse.pool.files)}
    return [Unit("all", {}, params, {**body_files(config), **files})]


def run(work: Work) -> dict:
    """Train, or take the shipped weights where they fit."""
    from smpl_assets.inverse.stage import train_inverse
    from smpl_assets.work import Bench

    config = work.config
    bench = Bench(config.seed, work.out, work.device, work.progress, work.scratch)
    train_inverse(config.inverse, config.body, bench)
    return {}


STAGE = Stage(
    "inverse",
    after=(),
    units=units,
    code=lambda config: ("pipeline.tasks.inverse", *body_code(config)),
    run=lambda config: "pipeline.tasks.inverse:run",
    environment=BODY_ENVIRONMENT,
    threads=0,
    title="learning bodies from 2D joints",
)
