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
from pipeline.tasks.shared import chosen_people, image_root
from pipeline.worker import pick_devices
from smpl_assets.errors import InputError, StageError
from smpl_assets.inverse.fit_stage import fit_people
from smpl_assets.inverse.fits import FITS, HYPOTHESES, Fits
from smpl_assets.pose_table import PoseTable
from smpl_assets.render.contact_sheet import contact_sheet
from smpl_assets.render.stage import render_fits
from smpl_assets.render.studio.jobs import Origin
from smpl_assets.render.studio.postures import Alternatives
from smpl_assets.work import Bench
from style_transfer.translate_stage import translate_shard
from training.fill.stage import fill_tail
from training.rarity.scores import RareScores
from training.runs import kinds_asked_for

NEEDED = ["rare_poses", "inverse"]
SUFFIXES = (".jpg", ".jpeg", ".png")


def preview(here: Opened, count: int, repetitions: int, out: Path) -> str:
    """Write the picture; what was made, in a sentence. Makes `rare_poses` and `inverse` first where they are not fresh.

    With several repetitions it shows their images alone, a row for each person. Where errors choose whom samples are made for
    (`rare_poses.by`) and `choice` is not fresh, the people are those whose pose is rare: a preview waits for no training.
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
            sheets = [contact_sheet(f, repetitions, count * repetitions) for f in inputs.folders("render")]
            Image.fromarray(np.concatenate(sheets)).save(out, quality=90)
        else:
            Image.open(Path(folder, "figures", "strips.png")).convert("RGB").save(out, quality=90)
        people = len({s.label.source_person for s in run.samples} & set(run.fits.person.tolist()))
        drawn = f", {len(run.drawn)} poses drawn" if inputs.units("fill") else ""
    untrained = "" if inputs.units("translate") or repetitions > 1 else " (the translator is not trained)"
    made = f"rendered{' and translated' * bool(inputs.units('translate'))}{untrained}"
    by = here.config.rare_poses.by
    known = _choice_made(here)
    who = "chosen" if known and by != "rarity" else "rare"
    waits = "" if known else f"; by {by} others may be chosen (rarepose run choice)"
    return f"{out}: {people} of {count} {who} people fitted{drawn}, {made}, {time.monotonic() - began:.1f} s{waits}"


def _made(here: Opened, count: int, repetitions: int, folder: Path) -> ReportInputs:
    """Artifacts of a few rare people, spread over the list, and of a third as many poses that fill the gap."""
    config, annotations = here.config, _unit(here, "annotations", 0)
    rare, inverse = _unit(here, "rare_poses", 0), _unit(here, "inverse", 0)
    table, scores = PoseTable.load(annotations / "poses.npz"), RareScores.load(rare / "train.npz")
    chosen = _unit(here, chosen_people(config).stage, 0) if _choice_made(here) else rare
    ranks = np.flatnonzero(RareScores.load(chosen / "train.npz").rare)
    rows = ranks[np.unique(np.linspace(0, len(ranks) - 1, min(count, len(ranks))).round().astype(int))]
    root, artifacts = image_root(config, "train", annotations), dict[str, dict[str, Path]]()

    def bench(stage: str, unit: str = "0") -> Bench:
        """A folder for one more artifact."""
        place = folder / stage / unit
        place.mkdir(parents=True)
        artifacts.setdefault(stage, {})[unit] = place
        return Bench(config.seed, place, pick_devices()[0])

    at = bench("fit")
    fit_people(table.select(rows), rows, inverse, config.fit, config.body, at)
    fits, others = Fits.load(at.out / FITS), Fits.load(at.out / HYPOTHESES)
    render = config.render.model_copy(update={"count": 0, "per_pose": repetitions})
    origin = Origin.of(table, root, fits, 0, len(rows))
    render_fits(fits, origin, render, config.body, bench("render"), Alternatives(others, config.inverse.pool))
    if repetitions == 1 and here.plan.state("translator").state == "fresh":
        translate_shard(artifacts["render"]["0"], _unit(here, "translator", 0), config.translator, bench("translate"))
    if "fill" in kinds_asked_for(config.train):
        fill = bench("fill", "all")
        fill_tail(table, scores, max(count // 3, 1), config.inverse.pool, config.rare_poses, config.fit.gate, config.body, fill)
        poses, found = PoseTable.load(fill.out / "poses.npz"), RareScores.load(fill.out / "scores.npz")
        drawn = Origin.drawn(table, root, poses.source_id, found.score)
        alternatives, at = Alternatives(None, config.inverse.pool), bench("render", "fill-0")
        render_fits(Fits.load(fill.out / "fits.npz"), drawn, render, config.body, at, alternatives, layers=False)
    artifacts |= {"annotations": {"train": annotations}, "rare_poses": {"all": rare}}
    return ReportInputs(artifacts, {"train": root}, configuration={"body": config.body.model_dump(mode="json")})


def _choice_made(here: Opened) -> bool:
    """Whether it is known whom samples are made for."""
    return here.plan.state(chosen_people(here.config).stage).state == "fresh"


def _unit(here: Opened, stage: str, index: int) -> Path:
    return here.plan.store.path(stage, here.plan.state(stage).units[index].key)
