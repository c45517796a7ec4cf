"""Stage `inverse`: the function from 2D joints to body parameters, and the pose prior."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import BODY_ENVIRONMENT, body_code, body_files
from pipeline.unit import Facts, Stage, Unit, Work


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    params = {"inverse": config.inverse.model_dump(mode="json"), "body": config.body.name}
    sources = params["inverse"]["pool"].get("sources", [])
    files = {f"pool/{i}": Path(s["path"]).expanduser() for i, s in enumerate(sources) if s.get("path")}
    for source in sources:
        source.pop("path", None)
    return [Unit("all", {}, params, {**body_files(config), **files})]


def run(work: Work) -> dict:
    """Train, or take the shipped weights where they fit."""
    from smpl_assets.inverse.stage import train_inverse

    config = work.config
    train_inverse(config.inverse, config.body, config.seed, work.out, work.device, work.progress)
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
