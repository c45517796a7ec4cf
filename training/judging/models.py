"""Models as their result files show them, and how rare the people are whom they had to find."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.judging.found import read_found
from training.judging.order import other_order
from training.judging.truth import Truth
from training.judging.verdict import Model
from training.metrics.match import match_people
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.rarity.stage import score_poses


def read_models(results: Sequence[Path], truth: Truth) -> list[tuple[Model, Skipped]]:
    """One model a result file, matched with the annotated people; InputError where a file cannot be used."""
    models = []
    for name, (poses, skipped) in zip(_names(results), [read_found(path, truth) for path in results], strict=True):
        model = Model(name, match_people(poses, truth.table, truth.ignored))
        if note := other_order(truth.table, model.matched):
            skipped.remarks.append(note)
        models.append((model, skipped))
    return models


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
