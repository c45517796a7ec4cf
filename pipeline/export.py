"""`rarepose export`: what archives hold, as ordinary files."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Literal

from pipeline.cli_options import Opened
from pipeline.states import StageState
from pipeline.tasks.shared import image_root
from smpl_assets.archive import ArchiveReader, write_json
from smpl_assets.errors import StageError


def augmented(here: Opened, out: Path) -> str:
    """The augmented set as `annotations.json` and folders real/, render/, translated/; real images are linked where possible."""
    state = _finished(here, "augment")
    out.mkdir(parents=True, exist_ok=True)
    merged: dict = {"images": [], "annotations": []}
    for unit in state.units:
        kind, folder = unit.unit.name, here.plan.store.path("augment", unit.key)
        path = folder / f"{kind}.json"
        part = json.loads(path.read_text(encoding="utf-8"))
        if kind == "real":
            for image in part["images"]:
                image["file_name"] = f"real/{image['file_name']}"
        merged = {**part, "images": merged["images"] + part["images"], "annotations": merged["annotations"] + part["annotations"]}
        shutil.copyfile(path, out / f"{kind}.json")
        if kind != "real":
            _unpack(folder / f"{kind}.tar", out / kind)
    _real_images(here, out, merged)
    write_json(out / "annotations.json", merged)
    return f"{out}: {len(merged['images'])} images, {len(merged['annotations'])} people"


def fits(here: Opened, out: Path, form: Literal["glb", "obj"]) -> str:
    """Fitted bodies as one mesh file per accepted fit."""
    from smpl_assets.inverse.export import export_fits
    from smpl_assets.inverse.fits import Fits

    state = _finished(here, "fit")
    written = 0
    for unit in state.units:
        written += len(export_fits(Fits.load(here.plan.store.path("fit", unit.key) / "fits.npz"), here.config.body, out, form))
    return f"{out}: {written} meshes (.{form})"


def _finished(here: Opened, stage: str) -> StageState:
    state = here.plan.state(stage)
    if not state.done or state.state == "evicted":
        raise StageError(
            f"{stage}: {state.state} ({state.reason or 'its bytes were dropped'})", f"rarepose run {stage} with the same options"
        )
    return state


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    reader = ArchiveReader(archive)
    for name in reader.names():
        (folder / Path(name).name).write_bytes(reader.read(name))


def _real_images(here: Opened, out: Path, merged: dict) -> None:
    annotations = here.plan.state("annotations").units[0]
    root = image_root(here.config, "train", here.plan.store.path("annotations", annotations.key))
    for image in merged["images"]:
        if not image["file_name"].startswith("real/"):
            continue
        source, target = root / image["file_name"].removeprefix("real/"), out / image["file_name"]
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
