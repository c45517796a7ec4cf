"""`rarepose export`: what archives hold, as ordinary files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli_options import Opened
from pipeline.states import StageState
from pipeline.tasks.shared import image_root
from smpl_assets.archive import ArchiveReader
from smpl_assets.errors import InputError, StageError

if TYPE_CHECKING:
    from smpl_assets.pose_table import PoseTable
    from training.augmented.coco import Entries


def augmented(here: Opened, out: Path) -> str:
    """The augmented set as COCO files with folders real/, render/, translated/, fill/; real images are linked where possible."""
    from training.augmented.coco import write_coco

    state, root, table = _finished(here, "augment"), *_train(here)
    out.mkdir(parents=True, exist_ok=True)
    every: tuple[list[dict], list[dict]] = ([], [])
    for unit in state.units:
        kind, folder = unit.unit.name, here.plan.store.path("augment", unit.key)
        images, annotations = _entries(kind, folder, table)
        if kind == "real":
            _link([image["file_name"] for image in images], root, out / kind)
            images = [image | {"file_name": f"{kind}/{image['file_name']}"} for image in images]
        else:
            _unpack(folder / "images.tar", out / kind)
        write_coco(out / f"{kind}.json", table.skeleton, images, annotations)
        _append(every, images, annotations)
    write_coco(out / "annotations.json", table.skeleton, *every)
    return f"{out}: {len(every[0])} images, {len(every[1])} people"


def _append(every: Entries, images: list[dict], annotations: list[dict]) -> None:
    """Put a kind's entries into the whole file; ids go on where those before end, as translations have those of their renders."""
    image, annotation = (max((entry["id"] for entry in whole), default=0) for whole in every)
    moved = {entry["id"]: image + number for number, entry in enumerate(images, 1)} if every[0] else {}
    every[0].extend(entry | {"id": moved.get(entry["id"], entry["id"])} for entry in images)
    ids = (annotation + n for n in range(1, len(annotations) + 1)) if every[1] else (a["id"] for a in annotations)
    for entry, number in zip(annotations, ids, strict=True):
        every[1].append(entry | {"id": number, "image_id": moved.get(entry["image_id"], entry["image_id"])})


def _entries(kind: str, folder: Path, table: PoseTable) -> Entries:
    from smpl_assets.labels import SampleLabels
    from training.augmented.coco import real_entries, synthetic_entries
    from training.augmented.samples import LABELS
    from training.augmented.training_set import load_part

    if kind == "real":
        return real_entries(load_part(folder, table))
    return synthetic_entries(load_part(folder), SampleLabels.load(folder / LABELS))


def _train(here: Opened) -> tuple[Path, PoseTable]:
    """Image root and people of the training split."""
    from smpl_assets.pose_table import PoseTable

    unit = next(u for u in _finished(here, "annotations").units if u.unit.name == "train")
    folder = here.plan.store.path("annotations", unit.key)
    return image_root(here.config, "train", folder), PoseTable.load(folder / "poses.npz")


def fits(here: Opened, out: Path, form: str) -> str:
    """Fitted bodies as one mesh file per accepted fit."""
    from smpl_assets.inverse.export import export_fits
    from smpl_assets.inverse.fits import Fits

    folders = [here.plan.store.path("fit", unit.key) for unit in _finished(here, "fit").units]
    written = sum(len(export_fits(Fits.load(f / "fits.npz"), here.config.body, out, form)) for f in folders)
    return f"{out}: {written} meshes (.{form})"


def onnx(network: str, config: Path | None, changes: list[str] | None, store: Path, out: Path, layout: str) -> str:
    """A trained network as `network.onnx`, with card and notes."""
    from pipeline.predict_command import network_path
    from training.inference.load import load
    from training.inference.onnx_export import export_onnx

    if not network:
        raise InputError("export onnx: no network is named", "--network FILE or ROW, as of rarepose predict")
    estimator = load(network_path(network, config, changes, store))
    out.mkdir(parents=True, exist_ok=True)
    difference = export_onnx(estimator, layout, out)
    return (
        f"{out / 'network.onnx'}: {layout}, differs from torch by at most {difference:.1e}; how to read it: {out / 'README.md'}"
    )


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


def _link(names: list[str], root: Path, folder: Path) -> None:
    """Photographs that are there under the same names, without copying where the file system can; others are left out."""
    for name in dict.fromkeys(names):
        source, target = root / name, folder / name
        if not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
