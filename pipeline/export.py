"""`rarepose export`: what archives hold, as ordinary files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli_options import Opened
from pipeline.states import StageState, UnitState, dropped
from pipeline.tasks.shared import image_root
from smpl_assets.errors import InputError, StageError
from smpl_assets.skipped import Skipped

if TYPE_CHECKING:
    from smpl_assets.pose_table import PoseTable
    from training.export.parts import ExportPart


def augmented(here: Opened, out: Path, form: str) -> str:
    """The augmented set and the validation people in one of `training.export.formats`."""
    from training.export.formats import write_set
    from training.export.parts import ExportSet

    skipped = Skipped()
    people, validation = _people(here, "train"), _people(here, "validation")
    parts = [_part(unit, here, people, skipped) for unit in _finished(here, "augment").units]
    parts.append(_validation(here, validation, skipped))
    found = ExportSet(people.table.skeleton, parts, here.config.train.synthetic_share, skipped)
    out.mkdir(parents=True, exist_ok=True)
    write_set(found, form, out)
    images = sum(len(part.items) for part in parts if part.split == "train")
    left_out = f"; left out: {skipped.summary()}" if skipped.total else ""
    return (
        f"{out} ({form}): {images} images with {found.people('train')} people to train on, {len(parts[-1].items)} with "
        f"{found.people('validation')} to validate on{left_out}; how to train on it: {out / 'README.md'}"
    )


@dataclass(frozen=True)
class _Split:
    """The people of a split and the folder of their images."""

    table: PoseTable
    root: Path


def _people(here: Opened, split: str) -> _Split:
    from smpl_assets.pose_table import PoseTable

    unit = next(u for u in _finished(here, "annotations").units if u.unit.name == split)
    folder = here.plan.store.path("annotations", unit.key)
    return _Split(PoseTable.load(folder / "poses.npz"), image_root(here.config, split, folder))


def _part(unit: UnitState, here: Opened, people: _Split, skipped: Skipped) -> ExportPart:
    """One kind of the augmented set."""
    from smpl_assets.labels import SampleLabels
    from training.augmented.samples import IMAGES, LABELS
    from training.augmented.training_set import load_part
    from training.export.parts import real_part, synthetic_part

    folder = here.plan.store.path("augment", unit.key)
    if unit.unit.name == "real":
        return real_part("real", "train", load_part(folder, people.table), people.root, skipped)
    return synthetic_part(load_part(folder), SampleLabels.load(folder / LABELS), folder / IMAGES)


def _validation(here: Opened, people: _Split, skipped: Skipped) -> ExportPart:
    """The validation people, with their rarity."""
    from training.augmented.samples import Part, real_samples
    from training.export.parts import real_part
    from training.rarity.scores import RareScores

    (unit,) = _finished(here, "rare_poses").units
    scores = RareScores.load(here.plan.store.path("rare_poses", unit.key) / "validation.npz")
    part = Part(people.table, real_samples(scores, here.config.augment))
    return real_part("validation", "validation", part, people.root, skipped)


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
    if not state.done:
        raise StageError(f"{stage}: {state.state} ({state.reason})", f"rarepose run {stage} with the same options")
    if any(unit.state == "evicted" for unit in state.units):
        raise dropped(stage, stage)
    return state
