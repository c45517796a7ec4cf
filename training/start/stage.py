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
from training.feeds.transforms import mpii_region
from training.loop.fit import fit
from training.loop.plan import plan_training
from training.start.people import SKELETON
from training.start.settings import StartSettings
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
        settings: of the network (`TrainSettings.of`); training and augmentation are those of `start`.
        bench: as for `train_network`.
    """
    own = {n: getattr(start, n) for n in ("epochs", "batch_size", "lr", "weight_decay", "warmup")}
    own |= {n: getattr(start, n) for n in ("rotation_deg", "scale_range", "colour")}
    fixed = {"schedule": "cosine", "budget": "epochs", "supervise": "annotated", "flip": True, "crop": "box", "shift": 0.05}
    fixed |= dict.fromkeys(("rotation_rare_deg", "rotation_synthetic_deg", "synthetic_share", "rare_share")) | {"real_last": 0.0}
    settings = settings.model_copy(update={**own, **fixed})
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
        settings.codec, settings.sigma, dict(settings.options),
    )  # fmt: skip
    save_network(bench.out, model.network, card)
    write_json(bench.out / "history.json", outcome.history)
    write_json(bench.out / "summary.json", {
        "system": settings.network, "people": len(samples), "images": len(set(samples.file_name)), "epochs": settings.epochs,
        "loss": outcome.history[-1]["loss"],
    })  # fmt: skip


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
        size_wh=size,
        orientation=np.ones(len(rows), np.int64), kind=(kind,) * len(rows),
        file_name=tuple(f"{n:012d}.jpg" for n in chosen.sample_id),
        key=tuple(f"start/{n}/{row}" for n, row in zip(chosen.sample_id, rows, strict=True)),
    )  # fmt: skip
