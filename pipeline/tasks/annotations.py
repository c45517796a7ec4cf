"""Stage `annotations`: the user's files, or the demo set, as one table of poses per split."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import image_files, picked, places_of, split_of
from pipeline.unit import Facts, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.render.table import RENDERERS
from training.datasets.table import READERS

# What draws the demo set, whatever the configuration renders with.
DRAWN_BY = ((BODIES, "anny"), (RENDERERS, "warp"))
PATHS = {"annotations", "images", "image_list"}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per split."""
    return [_unit(config, split) for split in ("train", "validation")]


def _unit(config: Config, split: str) -> Unit:
    settings, places = split_of(config, split), places_of(config, split)
    files = {f"image_list/{split}": Path(settings.image_list)} if settings.image_list else {}
    if places is not None:
        files |= {f"annotations/{split}": places.file} | {f"labels{n}/{split}": path for n, path in enumerate(places.labels)}
    demo = settings.format == "demo"
    code, libraries = picked((READERS, settings.format), *(DRAWN_BY if demo else ()))
    params, externals = settings.model_dump(mode="json", exclude=PATHS), {**files, **image_files(config, split)}
    environment = ("numpy", *libraries, *(("torch", "opencv-python-headless") if demo else ()))
    return Unit(split, f"{__name__}:run", code, params=params, externals=externals, environment=environment)


def run(work: Work) -> dict:
    """Read or make one split."""
    from training.datasets.stage import read_annotations

    settings = split_of(work.config, work.unit.name)
    read_annotations(settings, work.unit.name, work.bench)
    return facts_of(work.out)


def facts_of(out: Path) -> dict:
    """What later stages plan with, and what the manifest says to people."""
    from smpl_assets.pose_table import PoseTable

    table = PoseTable.load(out / "poses.npz")
    skipped = json.loads((out / "skipped.json").read_text(encoding="utf-8"))
    facts = {"people": len(table), "images": len(table.images), "skeleton": table.skeleton.name, "skipped": skipped["counts"]}
    return facts | {name: skipped[name] for name in ("noted", "remarks") if name in skipped}


STAGE = Stage("annotations", "reading the annotations", units)
