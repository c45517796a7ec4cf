"""The `evaluate` stage: one row of the result table, from the poses of the people in their annotated boxes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from smpl_assets.archive import write_json
from smpl_assets.errors import StageError
from smpl_assets.progress import Progress
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.evaluate_settings import EvaluateSettings
from training.feeds.images import ImageStore
from training.loop.torch_state import torch_state
from training.metrics.evaluate import Validation, evaluate_poses
from training.metrics.match import match_people
from training.poses import Poses, divide_and_conquer
from training.predict import Predictor
from training.recipes import DACP, Row, predictions_file
from training.systems.checkpoint import load_model

VERSION = 4
METRICS = "metrics.json"


def evaluate_row(
    row: Row,
    trained: Sequence[Sequence[Path]],
    people: Validation,
    baseline: Path | None,
    settings: EvaluateSettings,
    bench: Bench,
) -> None:
    """Predict the validation people, measure, and write predictions.npz (one file per training) and metrics.json.

    Args:
        row: a trained row, or `dacp`.
        trained: per training (seed) of the row the folders of its networks: one, DACP's two.
        people: annotations/validation and their rarity; ground-truth boxes are used.
        baseline: the folder that this function wrote for the row to compare with, or None (then there are no differences).
        settings: the `evaluate` section.
        bench: its seed is that of the bootstrap.

    Raises:
        StageError: a network of another skeleton, no image could be used, or rarity and people do not match.
    """
    if len(people.scores) != len(people.table):
        raise StageError(
            f"evaluate {row.name}: {len(people.scores)} rarity scores for {len(people.table)} people", "rarepose verify --deep"
        )
    found, skipped = [], Skipped()
    total = sum(map(len, trained)) * len(people.table)
    with torch_state(settings.threads):
        for index, folders in enumerate(trained):
            shown = _Shifted(bench.progress, sum(map(len, trained[:index])) * len(people.table), total)
            poses, skipped = _found(row, folders, people, settings, bench.device, shown)
            if poses.unusable.all():
                why = f"evaluate {row.name}: no image of the validation set could be used ({skipped.summary()})"
                raise StageError(why, "check data.validation.images")
            poses.save(bench.out / predictions_file(index))
            found.append(match_people(poses, people.table))
    other = None
    if baseline is not None:
        files = [baseline / predictions_file(index) for index in range(len(trained))]
        other = [match_people(Poses.load(file), people.table) for file in files]
    metrics = evaluate_poses(row, found, other, people, settings, bench.seed)
    write_json(bench.out / METRICS, metrics | {"skipped": skipped.to_json()})


class _Shifted:
    """Progress of one of several passes."""

    def __init__(self, progress: Progress, first: int, total: int) -> None:
        self.progress, self.first, self.total = progress, first, total

    def __call__(self, done: int, total: int, **figures: float) -> None:
        self.progress(self.first + done, self.total, **figures)


def _found(
    row: Row, folders: Sequence[Path], people: Validation, settings: EvaluateSettings, device: str, progress: _Shifted
) -> tuple[Poses, Skipped]:
    """The poses of one training of a row, and the people that could not be looked at."""
    images = ImageStore(people.image_root, max_megapixels=settings.max_image_megapixels)
    found, skipped = [], Skipped()
    for number, folder in enumerate(folders):
        skipped = Skipped()
        model, card = load_model(folder, people.table.skeleton, device, settings.decode)
        shown = _Shifted(progress.progress, progress.first + number * len(people.table), progress.total)
        found.append(Predictor(model, card, settings, device).predict(people.table, images, skipped, shown))
    return (divide_and_conquer(*found) if row.recipe == DACP else found[0]), skipped
