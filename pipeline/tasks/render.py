"""Stage `render`: images of the fitted bodies, with exact labels, in the shards of `fit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import body_files, image_files, image_root, picked, poses, shards
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.render.table import RENDERERS

BUILT_IN = {"backgrounds": ("builtin", "data"), "textures": ("wardrobe",)}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per shard of `fit`; folders of the user count by their content."""
    settings, rare = config.render, facts("rare_poses")["rare"]
    params, externals, _ = surroundings(config)
    params |= {"rare_total": rare}
    people = poses(config, "train", images=settings.backgrounds == "data")
    code, libraries = picked((BODIES, config.body.name), (RENDERERS, settings.backend))
    environment = ("torch", "numpy", "opencv-python-headless", *libraries)
    found = []
    for name, items in shards(rare, config.fit.shard_size):
        reads = {"annotations/train": people, "fit": Reads("fit", name)}
        found.append(Unit(name, f"{__name__}:run", code, reads, params, externals, items, environment, gpu_share=1 / 16))
    return found


def surroundings(config: Config) -> tuple[dict[str, Any], dict[str, Path], dict[str, Reads]]:
    """What images depend on beside the people on them: parameters, the user's files, and the photographs behind them."""
    settings = config.render
    own = {n: Path(v).expanduser() for n, known in BUILT_IN.items() if (v := getattr(settings, n)) not in known}
    params = settings.model_dump(mode="json", exclude={"batch"}) | dict.fromkeys(own, "folder") | {"body": config.body.name}
    photographs = settings.backgrounds == "data"
    externals = {**own, **body_files(config), **(image_files(config, "train") if photographs else {})}
    return params, externals, {"annotations/train": poses(config, "train", images=True)} if photographs else {}


def run(work: Work) -> dict:
    """Render one shard."""
    from smpl_assets.inverse.fits import Fits
    from smpl_assets.pose_table import PoseTable
    from smpl_assets.render.stage import render_fits
    from smpl_assets.render.studio.jobs import Origin

    config, folder = work.config, work.one("annotations/train")
    table = PoseTable.load(folder / "poses.npz")
    fits = Fits.load(work.one("fit") / "fits.npz")
    first, total = (work.unit.items or (0, 0))[0], work.unit.params["rare_total"]
    origin = Origin.of(table, image_root(config, "train", folder), fits, first, total)
    render_fits(fits, origin, config.render, config.body, work.bench)
    return {}


STAGE = Stage("render", "rendering the fitted bodies", units, sharded=True)
