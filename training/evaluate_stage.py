"""The `evaluate` stage: one row of the result table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from smpl_assets.archive import write_json
from smpl_assets.errors import StageError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from training.evaluate_settings import EvaluateSettings
from training.images import ImageStore
from training.metrics.evaluate import evaluate_predictions
from training.networks.checkpoint import load_network
from training.predict import predict
from training.predictions import Predictions, divide_and_conquer
from training.rarity.scores import RareScores
from training.torch_state import torch_state
from training.variants import DACP, networks_of, parse_variant

VERSION = 1
PREDICTIONS, METRICS = "predictions.npz", "metrics.json"


def evaluate_variant(
    variant: str,
    networks: Mapping[str, Path],
    table: PoseTable,
    image_root: Path,
    scores: RareScores,
    baseline: Path | None,
    settings: EvaluateSettings,
    seed: int,
    out: Path,
    device: str = "cpu",
    progress: Progress = silent,
) -> None:
    """Predict the validation people, measure, and write predictions.npz and metrics.json into `out`.

    Args:
        variant: a trained variant, or `dacp`.
        networks: variant -> folder of its trained network (`dacp` needs both of `settings.dacp_networks`).
        table: annotations/validation; ground-truth boxes are used.
        image_root: the folder of its images.
        scores: rarity of the same people.
        baseline: the folder that this function wrote for `baseline`, or None (then there are no differences).
        settings: the `evaluate` section.
        seed: of the bootstrap.
        out: an existing empty folder.
        device: `cpu`, `cuda` or `cuda:N`.
        progress: called per batch.

    Raises:
        StageError: a network is missing or of another skeleton, no image could be used, or rarity and people do not match.
    """
    name = parse_variant(variant).name
    needed = networks_of(name, settings.dacp_networks)
    if len(scores) != len(table):
        raise StageError(f"evaluate {name}: {len(scores)} rarity scores for {len(table)} people", "rarepose verify --deep")
    images = ImageStore(image_root, max_megapixels=settings.max_image_megapixels)
    found, skipped = [], Skipped()
    with torch_state(settings.threads):
        for index, network in enumerate(needed):
            skipped = Skipped()
            shown = _Shifted(progress, index * len(table), len(needed) * len(table))
            found.append(_predict(network, networks, table, images, skipped, settings, device, shown))
    predictions = divide_and_conquer(*found) if name == DACP else found[0]
    if not predictions.valid.any():
        raise StageError(
            f"evaluate {name}: no image of the validation set could be used ({skipped.summary()})", "check data.validation.images"
        )
    predictions.save(out / PREDICTIONS)
    reference = None if baseline is None else Predictions.load(baseline / PREDICTIONS)
    metrics = evaluate_predictions(name, predictions, reference, table, scores, settings, seed)
    metrics["skipped"] = {"counts": skipped.counts, "entries": skipped.entries, "read": skipped.read}
    write_json(out / METRICS, metrics)


class _Shifted:
    """Progress of one of several passes."""

    def __init__(self, progress: Progress, first: int, total: int) -> None:
        self.progress, self.first, self.total = progress, first, total

    def __call__(self, done: int, total: int, **figures: float) -> None:
        self.progress(self.first + done, self.total, **figures)


def _predict(
    name: str,
    networks: Mapping[str, Path],
    table: PoseTable,
    images: ImageStore,
    skipped: Skipped,
    settings: EvaluateSettings,
    device: str,
    progress: Progress,
) -> Predictions:
    if name not in networks:
        raise StageError(f"evaluate: the network of variant '{name}' is missing", f"add '{name}' to train.variants")
    network, card = load_network(networks[name], device)
    if card.keypoints != table.skeleton.keypoints:
        raise StageError(
            f"evaluate: the network of '{name}' knows {card.skeleton}, the validation set has {table.skeleton.name}",
            "train and validate on one skeleton",
        )
    return predict(network, card, table, images, skipped, settings, device, progress)
