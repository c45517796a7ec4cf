"""`rarepose judge`: which failures of a model are rare poses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.judge.page import write_page
from pipeline.judge.photos import Photos
from pipeline.judge.words import render
from pipeline.out_folder import writable_folder
from smpl_assets.archive import write_json
from smpl_assets.skipped import Skipped
from training.evaluate_settings import EvaluateSettings
from training.judging.models import rarity_of, read_models
from training.judging.truth import Truth, read_truth
from training.judging.verdict import Model, judge, write_failures
from training.metrics.person_errors import Errors, errors_of
from training.rarity.scores import RareScores


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
    models, skips = (tuple(parts) for parts in zip(*read_models(results, truth), strict=True))
    verdict = judge(truth.table, scores, models, settings, seed)
    errors = tuple(errors_of(truth.table, m.matched, settings) for m in models)
    verdict |= {"annotations": str(annotations), "skipped": truth.skipped.to_json()}
    for model, path, skipped in zip(verdict["models"], results, skips, strict=True):
        model |= {"file": str(path), "skipped": skipped.to_json()}
    judged = Judged(truth, scores, models, errors, skips, verdict)
    writable_folder(out)
    write_failures(out / "failures.csv", truth.table, scores, list(zip((m.name for m in models), errors, strict=True)))
    write_json(out / "judge.json", verdict)
    write_page(judged, photos, out / "judge.html")
    return f"{render(verdict)}\n\n{out / 'judge.html'}  {out / 'failures.csv'}  {out / 'judge.json'}", verdict
