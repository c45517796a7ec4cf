"""Stage `render`: images of the fitted bodies, with exact labels, in the shards of `fit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import body_files, image_files, image_root, picked, pool_files, pool_params, poses, shards
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.poses.table import POSE_FORMATS
from smpl_assets.render.table import RENDERERS

BUILT_IN = {"backgrounds": ("builtin", "data"), "textures": ("wardrobe",)}


# What belongs to the rare poses' repetitions alone: others who render in the same surroundings do not depend on it.
OF_REPETITIONS = {
    *("count", "per_pose", "camera_jitter_deg", "shape_jitter", "framing_jitter", "mirror_share"),
    *("pose_jitter_deg", "neighbours", "hypotheses", "far_views"),
}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per shard of `fit`; folders of the user count by their content."""
    settings, rare = config.render, facts("rare_poses")["rare"]
    params, externals, _ = surroundings(config)
    params |= settings.model_dump(mode="json", include=OF_REPETITIONS) | {"rare_total": rare}
    people = poses(config, "train", images=settings.backgrounds == "data")
    entries = [(BODIES, config.body.name), (RENDERERS, settings.backend)]
    if settings.neighbours and (settings.count or settings.per_pose > 1):
        params, externals = params | {"pool": pool_params(config)}, externals | pool_files(config)
        entries += [(POSE_FORMATS, f.format) for f in config.inverse.pool.files]
    code, libraries = picked(*entries)
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
    params = settings.model_dump(mode="json", exclude={"batch", *OF_REPETITIONS})
    params |= dict.fromkeys(own, "folder") | {"body": config.body.name}
    photographs = settings.backgrounds == "data"
    externals = {**own, **body_files(config), **(image_files(config, "train") if photographs else {})}
    return params, externals, {"annotations/train": poses(config, "train", images=True)} if photographs else {}


def run(work: Work) -> dict:
    """Render one shard."""
    from smpl_assets.inverse.fits import Fits
    from smpl_assets.inverse.stage import FITS, HYPOTHESES
    from smpl_assets.pose_table import PoseTable
    from smpl_assets.render.stage import render_fits
    from smpl_assets.render.studio.jobs import Origin
    from smpl_assets.render.studio.postures import Alternatives

    config, folder, fit = work.config, work.one("annotations/train"), work.one("fit")
    table, fits = PoseTable.load(folder / "poses.npz"), Fits.load(fit / FITS)
    first, total = (work.unit.items or (0, 0))[0], work.unit.params["rare_total"]
    origin = Origin.of(table, image_root(config, "train", folder), fits, first, total)
    alternatives = Alternatives(Fits.load(fit / HYPOTHESES), config.inverse.pool)
    render_fits(fits, origin, config.render, config.body, work.bench, alternatives)
    return {}


STAGE = Stage("render", "rendering the fitted bodies", units, sharded=True)
