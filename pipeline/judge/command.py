"""`rarepose judge`: which failures of a model are rare poses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.judge.page import write_page
from pipeline.judge.photos import Photos
from pipeline.judge.words import render
from pipeline.out_folder import writable_folder
from smpl_assets.archive import write_json
from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.evaluate_settings import EvaluateSettings
from training.judging.found import read_found
from training.judging.order import other_order
from training.judging.truth import Truth, read_truth
from training.judging.verdict import Errors, Model, errors_of, judge, write_failures
from training.metrics.match import match_people
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.rarity.stage import score_poses


@dataclass(frozen=True)
class Judged:
    """Everything that was found out: what the page shows and the files hold."""

    truth: Truth
    scores: RareScores
    models: tuple[Model, ...]
    errors: tuple[Errors, ...]
    skipped: tuple[Skipped, ...]
    verdict: dict[str, Any]


def judge_results(
    annotations: Path,
    results: Sequence[Path],
    form: str | None,
    train: Path | None,
    images: Path | None,
    rare_share: float | None,
    settings: EvaluateSettings,
    seed: int,
    out: Path,
) -> tuple[str, dict[str, Any]]:
    """Judge one or two models and write `judge.html`, `judge.json` and `failures.csv` into `out`; what was found, in words.

    Raises:
        InputError: any of the files cannot be used.
    """
    truth = read_truth(annotations, form)
    photos = Photos(truth.table, images)
    scores = rarity_of(truth, None if train is None else read_truth(train, form), rare_share, seed)
    names = _names(results)
    found = [read_found(path, truth) for path in results]
    models = tuple(
        Model(name, match_people(poses, truth.table, truth.ignored)) for name, (poses, _) in zip(names, found, strict=True)
    )
    for model, (_, skipped) in zip(models, found, strict=True):
        if note := other_order(truth.table, model.matched):
            skipped.remarks.append(note)
    verdict = judge(truth.table, scores, models, settings, seed)
    errors = tuple(errors_of(truth.table, m.matched, settings) for m in models)
    verdict |= {"annotations": str(annotations), "skipped": truth.skipped.to_json()}
    for model, path, (_, skipped) in zip(verdict["models"], results, found, strict=True):
        model |= {"file": str(path), "skipped": skipped.to_json()}
    judged = Judged(truth, scores, models, errors, tuple(s for _, s in found), verdict)
    writable_folder(out)
    write_failures(out / "failures.csv", truth.table, scores, list(zip(names, errors, strict=True)))
    write_json(out / "judge.json", verdict)
    write_page(judged, photos, out / "judge.html")
    return f"{render(verdict)}\n\n{out / 'judge.html'}  {out / 'failures.csv'}  {out / 'judge.json'}", verdict


def rarity_of(truth: Truth, train: Truth | None, rare_share: float | None, seed: int) -> RareScores:
    """Rarity among the annotated people themselves, or against training annotations."""
    try:
        settings = RareSettings(rare_share=rare_share, sweep=False, seeds=1, map_people=0)
    except ValidationError as error:
        raise InputError(f"--rare-share {rare_share}: {error.errors()[0]['msg']}", "give a share between 0 and 1") from error
    table = truth.table
    if train is not None:
        return score_poses(train.table, table, settings, seed)[1]["validation"]
    return score_poses(table, table.select(table.image < 0), settings, seed)[1]["train"]


def _names(results: Sequence[Path]) -> list[str]:
    """The files' names, with as many of their folders as tell them apart."""
    stems = [p.stem for p in results]
    if len(set(stems)) == len(stems):
        return stems
    return [
        f"{p.resolve().parent.name}/{p.stem}" if len(set(results)) > 1 else f"{p.stem} {k + 1}" for k, p in enumerate(results)
    ]
