"""Stage `render`: images of the fitted bodies, with exact labels, in the shards of `fit`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.order import FILL
from pipeline.tasks.shared import (
    body_files,
    chosen_people,
    image_files,
    image_root,
    picked,
    pool_files,
    pool_params,
    poses,
    shards,
)
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.poses.table import POSE_FORMATS
from smpl_assets.render.table import RENDERERS
from training.runs import kinds_asked_for

BUILT_IN = {"backgrounds": ("builtin", "data"), "textures": ("wardrobe",)}
# What belongs to the repetitions of poses: others who render in the same surroundings do not depend on it.
VARIATION = {
    *("camera_jitter_deg", "shape_jitter", "framing_jitter", "mirror_share"),
    *("pose_jitter_deg", "neighbours", "hypotheses", "far_views"),
}
OF_RARE, OF_FILL = {"count", "per_pose"}, {"fill", "fill_per_pose"}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per shard of `fit`, and per shard of `fill` where somebody trains on it; the user's folders count by content."""
    kinds = kinds_asked_for(config.train)
    found = [] if kinds == ("real", "fill") else _rare(config, facts(chosen_people(config).stage)["rare"])
    return [*found, *(_fill(config, facts("fill")["chosen"]) if "fill" in kinds else ())]


def _rare(config: Config, rare: int) -> list[Unit]:
    settings = config.render
    changes = settings.model_dump(mode="json", include=OF_RARE) | {"rare_total": rare}
    like = _shard(config, "run", changes, bool(settings.count) or settings.per_pose > 1)
    parts = shards(rare, config.fit.shard_size)
    return [replace(like, name=n, items=items, reads=like.reads | {"fit": Reads("fit", n)}) for n, items in parts]


def _fill(config: Config, chosen: int) -> list[Unit]:
    images = config.render.fill_per_pose
    like = _shard(config, "run_fill", {"per_pose": images}, images > 1)
    reads = like.reads | {"fill": Reads("fill", "all", ("fits.npz", "poses.npz", "scores.npz"))}
    parts = shards(chosen, config.fit.shard_size)
    return [replace(like, name=FILL.replace("*", n), items=items, reads=reads) for n, items in parts]


def _shard(config: Config, run: str, changes: dict[str, Any], repeats: bool) -> Unit:
    """What shards of one kind have in common; `repeats`: poses are shown more than once, so that the pool counts."""
    settings, pool = config.render, config.inverse.pool
    params, externals, _ = surroundings(config)
    params |= settings.model_dump(mode="json", include=VARIATION) | changes | {"body": config.body.worn}
    entries = [(BODIES, config.body.name), (RENDERERS, settings.backend)]
    if repeats and settings.neighbours:
        params, externals = params | {"pool": pool_params(config)}, externals | pool_files(config)
        entries += [(POSE_FORMATS, f.format) for f in pool.files]
    code, libraries = picked(*entries)
    environment = ("torch", "numpy", "opencv-python-headless", *libraries)
    reads = {"annotations/train": poses(config, "train", images=settings.backgrounds == "data")}
    return Unit("", f"{__name__}:{run}", code, reads, params, externals, environment=environment, gpu_share=1 / 16)


def surroundings(config: Config) -> tuple[dict[str, Any], dict[str, Path], dict[str, Reads]]:
    """What images depend on beside the people on them: parameters, the user's files, and the photographs behind them."""
    settings = config.render
    own = {n: Path(v).expanduser() for n, known in BUILT_IN.items() if (v := getattr(settings, n)) not in known}
    params = settings.model_dump(mode="json", exclude={"batch", *VARIATION, *OF_RARE, *OF_FILL})
    params |= dict.fromkeys(own, "folder") | {"body": config.body.name}
    photographs = settings.backgrounds == "data"
    externals = {**own, **body_files(config), **(image_files(config, "train") if photographs else {})}
    return params, externals, {"annotations/train": poses(config, "train", images=True)} if photographs else {}


def run(work: Work) -> dict:
    """Render one shard."""
    from smpl_assets.inverse.fits import FITS, HYPOTHESES, Fits
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


def run_fill(work: Work) -> dict:
    """Render one shard of the poses that fill the gap."""
    import numpy as np

    from smpl_assets.inverse.fits import Fits
    from smpl_assets.pose_table import PoseTable
    from smpl_assets.render.stage import render_fits
    from smpl_assets.render.studio.jobs import Origin
    from smpl_assets.render.studio.postures import Alternatives
    from training.rarity.scores import RareScores

    config, folder, fill = work.config, work.one("annotations/train"), work.one("fill")
    rows, table = np.arange(*(work.unit.items or (0, 0))), PoseTable.load(folder / "poses.npz")
    poses, scores = PoseTable.load(fill / "poses.npz").select(rows), RareScores.load(fill / "scores.npz").select(rows)
    origin = Origin.drawn(table, image_root(config, "train", folder), poses.source_id, scores.score)
    settings = config.render.model_copy(update={"count": 0, "per_pose": config.render.fill_per_pose})
    fits, alternatives = Fits.load(fill / "fits.npz").select(rows), Alternatives(None, config.inverse.pool)
    render_fits(fits, origin, settings, config.body, work.bench, alternatives, layers=False)
    return {}


STAGE = Stage("render", "rendering the fitted bodies", units, sharded=True)
