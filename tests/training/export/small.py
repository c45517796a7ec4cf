"""The small world of this room as a set to be exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from smpl_assets.labels import SampleLabels
from smpl_assets.skipped import Skipped
from tests.training.figures import make_people, make_scores
from training.augmented.samples import IMAGES, LABELS, Part, real_samples
from training.augmented.settings import AugmentSettings
from training.augmented.training_set import load_part
from training.export.parts import ExportSet, real_part, synthetic_part
from training.train_stage import AugmentedSet


def export_set(world: AugmentedSet, folder: Path, share: float | None = None) -> ExportSet:
    """Real and rendered people to train on, five to validate on."""
    skipped = Skipped()
    table = make_people(folder / "validation", 5, seed=3)
    validation = Part(table, real_samples(make_scores(5, 1), AugmentSettings()))
    rendered = world.kinds["render"]
    parts = [
        real_part("real", "train", load_part(world.kinds["real"], world.table), world.image_root, skipped),
        synthetic_part(load_part(rendered), SampleLabels.load(rendered / LABELS), rendered / IMAGES),
        real_part("validation", "validation", validation, folder / "validation", skipped),
    ]
    return ExportSet(world.table.skeleton, parts, share, skipped)


def keypoints_of(found: ExportSet, split: str) -> dict[str, np.ndarray]:
    """Name of a picture in the export -> keypoints (people, J, 3) as COCO has them."""
    people = {item.name: [p["keypoints"] for p in item.people] for _, item in found.of(split)}
    return {name: np.array(values, np.float64).reshape(len(values), -1, 3) for name, values in people.items()}
