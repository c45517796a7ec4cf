"""`rarepose preview`: a few rare people through fit, render and, if it is trained, translation, as one picture."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.cli_options import Opened
from pipeline.report.inputs import ReportInputs
from pipeline.report.run import Run
from pipeline.report.sections import samples
from pipeline.report.settings import ReportSettings
from pipeline.start import start
from pipeline.tasks.shared import image_root
from pipeline.worker import pick_devices
from smpl_assets.errors import InputError, StageError
from smpl_assets.inverse.fits import Fits
from smpl_assets.inverse.stage import FITS, HYPOTHESES, fit_people
from smpl_assets.pose_table import PoseTable
from smpl_assets.render.contact_sheet import contact_sheet
from smpl_assets.render.stage import render_fits
from smpl_assets.render.studio.jobs import Origin
from smpl_assets.render.studio.postures import Alternatives
from smpl_assets.work import Bench
from style_transfer.stage import translate_shard
from training.rarity.scores import RareScores

NEEDED = ["rare_poses", "inverse"]
SUFFIXES = (".jpg", ".jpeg", ".png")


def preview(here: Opened, count: int, repetitions: int, out: Path) -> str:
    """Write the picture; what was made, in a sentence. Makes `rare_poses` and `inverse` first where they are not fresh.

    With several repetitions it shows their images alone, a row for each person.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise InputError(f"{out}: a preview is one of {', '.join(SUFFIXES)}", "--out preview.png")
    if not all(here.plan.done(n) for n in NEEDED):
        code, _ = start(here, NEEDED, False, None, "local", "", "")
        if code:
            raise StageError("preview: rare_poses and inverse could not be made", "rarepose status")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        inputs = _made(here, count, repetitions, Path(folder))
        Path(folder, "figures").mkdir()
        run = Run(inputs, ReportSettings(samples=count), Path(folder))
        if not samples.build(run)["strips"]:
            raise StageError(
                f"preview: none of {count} fits was accepted ({'; '.join(sorted(set(run.fits.reason)))})", "ask for more"
            )
        if repetitions > 1:
            Image.fromarray(contact_sheet(inputs.one("render", "0"), repetitions, count * repetitions)).save(out, quality=90)
        else:
            Image.open(Path(folder, "figures", "strips.png")).convert("RGB").save(out, quality=90)
        shown = len({s.label.source_person for s in run.samples})
    untrained = "" if inputs.units("translate") or repetitions > 1 else " (the translator is not trained)"
    made = f"rendered{' and translated' * bool(inputs.units('translate'))}{untrained}"
    return f"{out}: {shown} of {count} rare people fitted, {made}, {time.monotonic() - began:.1f} s"


def _made(here: Opened, count: int, repetitions: int, folder: Path) -> ReportInputs:
    """Artifacts of a few rare people, spread over the list."""
    config, annotations = here.config, _unit(here, "annotations", 0)
    rare, inverse = _unit(here, "rare_poses", 0), _unit(here, "inverse", 0)
    table, scores = PoseTable.load(annotations / "poses.npz"), RareScores.load(rare / "train.npz")
    ranks = np.flatnonzero(scores.rare)
    rows = ranks[np.unique(np.linspace(0, len(ranks) - 1, min(count, len(ranks))).round().astype(int))]
    root, device = image_root(config, "train", annotations), pick_devices()[0]
    places = {n: folder / n for n in ("fit", "render", "translate")}
    for place in places.values():
        place.mkdir()
    fit_people(table.select(rows), rows, inverse, config.fit, config.body, Bench(config.seed, places["fit"], device))
    fits = Fits.load(places["fit"] / FITS)
    render = config.render.model_copy(update={"count": 0, "per_pose": repetitions})
    origin = Origin.of(table, root, fits, 0, len(rows))
    alternatives = Alternatives(Fits.load(places["fit"] / HYPOTHESES), config.inverse.pool)
    render_fits(fits, origin, render, config.body, Bench(config.seed, places["render"], device), alternatives)
    translated = repetitions == 1 and here.plan.state("translator").state == "fresh"
    if translated:
        bench = Bench(config.seed, places["translate"], device)
        translate_shard(places["render"], _unit(here, "translator", 0), config.translator, bench)
    artifacts = {"annotations": {"train": annotations}, "rare_poses": {"all": rare}}
    artifacts |= {n: {"0": places[n]} for n in ("fit", "render", *(("translate",) if translated else ()))}
    return ReportInputs(artifacts, {"train": root}, configuration={"body": config.body.model_dump(mode="json")})


def _unit(here: Opened, stage: str, index: int) -> Path:
    return here.plan.store.path(stage, here.plan.state(stage).units[index].key)
