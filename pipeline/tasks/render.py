"""Stage `render`: images of the fitted bodies, with exact labels, in the shards of `fit`."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import body_files, image_files, image_root, picked, poses, shards
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.render.table import RENDERERS

BUILT_IN = {"backgrounds": ("builtin", "data"), "textures": ("wardrobe",)}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per shard of `fit`; folders of the user count by their content."""
    settings, rare = config.render, facts("rare_poses")["rare"]
    own = {n: Path(v).expanduser() for n, known in BUILT_IN.items() if (v := getattr(settings, n)) not in known}
    params = settings.model_dump(mode="json", exclude={"batch"}) | dict.fromkeys(own, "folder")
    params |= {"body": config.body.name, "rare_total": rare}
    externals = {**own, **body_files(config), **(image_files(config, "train") if settings.backgrounds == "data" else {})}
    people = poses(config, "train", images=settings.backgrounds == "data")
    code, libraries = picked((BODIES, config.body.name), (RENDERERS, settings.backend))
    environment = ("torch", "numpy", "opencv-python-headless", *libraries)
    found = []
    for name, items in shards(rare, config.fit.shard_size):
        reads = {"annotations/train": people, "fit": Reads("fit", name)}
        found.append(Unit(name, f"{__name__}:run", code, reads, params, externals, items, environment, gpu_share=1 / 16))
    return found


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
