"""Training, measuring and using pose networks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rarepose.options import section
from rarepose.rare import rarity
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.augmented.settings import AugmentSettings
from training.augmented.stage import augment_real, augment_synthetic
from training.evaluate_settings import EvaluateSettings
from training.feeds.images import ImageStore
from training.inference.boxes import read_boxes
from training.inference.estimator import Estimator
from training.inference.load import load
from training.inference.pictures import find_sources
from training.inference.run import Done, Looking
from training.inference.run import predict as run_predict
from training.metrics.evaluate import Validation, evaluate_poses
from training.metrics.match import match_people
from training.predict import Predictor
from training.rarity.scores import RareScores
from training.recipes import Row, recipe_of
from training.start.shipped import start_file
from training.train_settings import TrainSettings
from training.train_stage import AugmentedSet, train_network


def train(
    people: PoseTable, images: Path | str, out: Path | str, rendered: Sequence[Path | str] = (), recipe: str = "baseline",
    scores: RareScores | None = None, seed: int = 0, device: str = "cpu", progress: Progress = silent, **options: Any,
) -> Estimator:  # fmt: skip
    """Train one network and leave `network.safetensors`, `history.json` and `summary.json` in a new folder.

    Args:
        people: to learn from.
        images: the folder of their pictures.
        out: a new folder.
        rendered: folders of `render`; their people are learnt from where the recipe says so (`asrp`).
        recipe: `baseline`, `drp`, `asrp`, `wlcd`, `turn`, `longer`, or several joined by +.
        scores: rarity of the people; None: found with the defaults where the recipe asks for it.
        seed: of weights, order and augmentation.
        device: `cpu`, `cuda` or `cuda:N`.
        progress: told how far it is.
        options: of `train`: network, epochs, input_size ...

    Raises:
        InputError, StageError: an unknown option or recipe, or nothing to train on.
    """
    settings, place = section(TrainSettings, {"variants": (recipe,)} | options), Path(out)
    known = rarity(people, seed=seed) if scores is None else scores
    place.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        kinds = {kind: Path(folder, kind) for kind in recipe_of(recipe).kinds}
        for kind, made in kinds.items():
            made.mkdir()
            if kind == "real":
                augment_real(people, Path(images), known, AugmentSettings(), Bench(seed, made))
            else:
                augment_synthetic(kind, people, known, [Path(r) for r in rendered], AugmentSettings(), Bench(seed, made))
        bench = Bench(seed, place, device, progress)
        augmented = AugmentedSet(people, Path(images), kinds)
        train_network(Row("", recipe), recipe_of(recipe), augmented, settings, bench, start_file(settings))
    return load(place, device)


def evaluate(
    network: Estimator, people: PoseTable, images: Path | str, scores: RareScores, seed: int = 0, progress: Progress = silent,
    **options: Any,
) -> dict[str, Any]:  # fmt: skip
    """Accuracy in the annotated boxes, over all people and by rarity, with intervals (docs/evaluation.md).

    Args:
        network: of `train` or `load`, of the people's skeleton.
        people: with keypoints.
        images: the folder of their pictures.
        scores: rarity of these people among the training people.
        seed: of the bootstrap.
        progress: told how far it is.
        options: of `evaluate`: metrics, shares, bootstrap ...
    """
    settings = section(EvaluateSettings, options)
    predictor = Predictor(network.model, network.card, settings, network.device)
    poses = predictor.predict(people, ImageStore(Path(images), max_megapixels=settings.max_image_megapixels), Skipped(), progress)
    row = Row("", network.card.variant)
    return evaluate_poses(row, [match_people(poses, people)], None, Validation(people, Path(images), scores), settings, seed)


def predict(
    network: Estimator, pictures: Iterable[Path | str], out: Path | str, boxes: Path | str | None = None, overlays: bool = True,
    progress: Progress = silent,
) -> Done:  # fmt: skip
    """Poses on images, folders and videos, as `rarepose predict` writes them; call the network itself for arrays.

    Args:
        network: of `train` or `load`.
        pictures: files and folders.
        out: a new folder.
        boxes: a file of person boxes; None: the one person of each picture fills it.
        overlays: draw the poses over the pictures.
        progress: called per picture.

    Examples:
        >>> done = predict(load("simple_tiny"), ["images"], "predictions", boxes="annotations.json", overlays=False)
        >>> done.pictures, done.people
        (16, 14)
    """
    place, skipped = Path(out), Skipped()
    sources = find_sources([Path(picture) for picture in pictures])
    found = read_boxes(Path(boxes), skipped) if boxes is not None else None
    place.mkdir(parents=True)
    return run_predict(network, sources, place, Looking(found, overlays=overlays), skipped, progress)
