"""Stage `render`: images of the fitted bodies, with exact labels, in the shards of `fit`."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import BODY_ENVIRONMENT, body_code, body_files, image_files, image_root, poses, shards
from pipeline.unit import Facts, Reads, Stage, Unit, Work

BUILT_IN = {"backgrounds": ("builtin", "data"), "textures": ("wardrobe",)}
BACKEND_CODE = {"warp": ("smpl_assets.render.warp_backend",), "pytorch3d": ("smpl_assets.render.pytorch3d_backend",)}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per shard of `fit`; folders of the user count by their content."""
    settings = config.render
    own = {n: Path(v).expanduser() for n, known in BUILT_IN.items() if (v := getattr(settings, n)) not in known}
    params = settings.model_dump(mode="json", exclude={"batch"}) | dict.fromkeys(own, "folder")
    params |= {"body": config.body.name, "rare_total": facts("rare_poses")["rare"]}
    externals = {**own, **body_files(config), **(image_files(config, "train") if settings.backgrounds == "data" else {})}
    people = poses(config, "train", images=settings.backgrounds == "data")
    ranges = shards(facts("rare_poses")["rare"], config.fit.shard_size)
    return [Unit(n, {"annotations/train": people, "fit": Reads("fit", n)}, params, externals, items) for n, items in ranges]


def run(work: Work) -> dict:
    """Render one shard."""
    from smpl_assets.inverse.fits import Fits
    from smpl_assets.pose_table import PoseTable
    from smpl_assets.render.stage import render_fits

    config, folder = work.config, work.one("annotations/train")
    table = PoseTable.load(folder / "poses.npz")
    root = image_root(config, "train", folder)
    people_free = [root / n for n in table.images.without_people()]
    fits = Fits.load(work.one("fit") / "fits.npz")
    first, total = (work.unit.items or (0, 0))[0], work.unit.params["rare_total"]
    sources = tuple(table.source_id[row] for row in fits.person)
    made = (config.render, config.seed, work.out, work.device, work.progress, config.body)
    render_fits(fits, table.skeleton, sources, first, total, people_free, *made)
    return {}


STAGE = Stage(
    "render",
    after=("annotations", "rare_poses", "fit"),
    units=units,
    code=lambda config: ("pipeline.tasks.render", *BACKEND_CODE.get(config.render.backend, ()), *body_code(config)),
    run=lambda config: "pipeline.tasks.render:run",
    gpu_share=1 / 16,
    environment=(*BODY_ENVIRONMENT, "warp-lang", "opencv-python-headless"),
    title="rendering the fitted bodies",
)
