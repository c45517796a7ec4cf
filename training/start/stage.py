"""The stage `start`: one network trained on the start set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smpl_assets.archive import write_json
from smpl_assets.labels import SEEN, SampleLabels
from smpl_assets.work import Bench
from training.augmented.samples import IMAGES, LABELS
from training.augmented.training_set import TrainingSet
from training.codecs.codec import Knobs
from training.feeds.images import ImageStore
from training.loop.fit import fit
from training.loop.plan import plan_training
from training.mpii_person import mpii_region
from training.start.people import SKELETON
from training.start.settings import OF_NETWORK, StartSettings
from training.systems.build import build_model, check_input
from training.systems.checkpoint import NetworkCard, load_backbone, save_network
from training.train_settings import TrainSettings

VERSION = 1
LEAST_KEYPOINTS, LEAST_SEEN, LEAST_BOX_PX = 3, 1, 12.0


def train_start(shards: Sequence[Path], start: StartSettings, settings: TrainSettings, bench: Bench) -> None:
    """Train a network on everybody in the start set and write network.safetensors, history.json and summary.json.

    Args:
        shards: folders of `start_set`.
        start: the `start` section.
        settings: of the network (`TrainSettings.of`), of which OF_NETWORK and what changes no result count; training and
            augmentation are those of `start`.
        bench: as for `train_network`.
    """
    settings = _training(start.of(settings.weights), settings)
    check_input(settings.network, settings.input_size)
    model = build_model(settings.network, SKELETON, bench.seed, Knobs(settings.sigma), settings.codec, settings.options)
    if settings.weights is not None:
        load_backbone(model, settings.weights)
    samples = TrainingSet.concatenate([everybody(SampleLabels.load(s / LABELS), f"start-{n}") for n, s in enumerate(shards)])
    images = ImageStore(bench.out, {f"start-{n}": s / IMAGES for n, s in enumerate(shards)})
    plan = plan_training(settings, len(samples), 0)
    outcome = fit(model, samples, images, plan, settings, bench)
    card = NetworkCard(
        settings.network, SKELETON.name, SKELETON.keypoints, settings.input_size, "box", settings.padding, "start",
        settings.codec, settings.sigma, dict(settings.options), outcome.precision,
    )  # fmt: skip
    save_network(bench.out, model.network, card)
    write_json(bench.out / "history.json", outcome.history)
    write_json(bench.out / "summary.json", {
        "system": settings.network, "people": len(samples), "images": len(set(samples.file_name)), "epochs": settings.epochs,
        "loss": outcome.history[-1]["loss"],
    })  # fmt: skip


def _training(start: StartSettings, network: TrainSettings) -> TrainSettings:
    """A training's defaults, but for what the network and `start` say, and where and how fast it runs."""
    kept = (*OF_NETWORK, "weights", "devices", "workers", "threads", "cache_mb", "max_image_megapixels")
    own = ("epochs", "batch_size", "lr", "weight_decay", "warmup", "rotation_deg", "scale_range", "colour")
    fixed = {"schedule": "cosine", "budget": "epochs", "crop": "box", "shift": 0.05}
    values = {n: getattr(network, n) for n in kept} | {n: getattr(start, n) for n in own}
    return TrainSettings().model_copy(update=values | fixed)


def everybody(labels: SampleLabels, kind: str) -> TrainingSet:
    """All people of a shard's images who can be learnt from: enough of them is in the frame, and enough of that is seen."""
    annotated, visible = labels.keypoints[..., 2] > 0, labels.keypoints[..., 2] == SEEN
    rows = np.flatnonzero(
        (annotated.sum(1) >= LEAST_KEYPOINTS) & (visible.sum(1) >= LEAST_SEEN) & (labels.bbox[:, 2:].min(1) >= LEAST_BOX_PX)
    )
    chosen = labels.select(rows)
    center, scale = mpii_region(chosen.bbox)
    size = np.stack([chosen.width, chosen.height], 1).astype(np.float64)
    return TrainingSet(
        skeleton=SKELETON, keypoints=chosen.keypoints[..., :2].copy(), annotated=annotated[rows], visible=visible[rows],
        bbox_xywh=chosen.bbox, center=center, scale=scale, weight=np.ones(len(rows)), rare=np.zeros(len(rows), bool),
        size_wh=size, orientation=np.ones(len(rows), np.int64), kind=(kind,) * len(rows),
        file_name=tuple(f"{n:012d}.jpg" for n in chosen.sample_id),
        key=tuple(f"start/{n}/{row}" for n, row in zip(chosen.sample_id, rows, strict=True)),
    )  # fmt: skip
