"""The `train` stage: one pose network on one variant of the augmented set."""

from __future__ import annotations

from pathlib import Path

from smpl_assets.archive import write_json
from smpl_assets.errors import InputError, StageError
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from training.augmented.training_set import TrainingSet, load_training_set
from training.fit import Outcome, fit, plan_training
from training.images import ImageStore
from training.loader import crop_mode
from training.networks.checkpoint import NetworkCard, load_backbone, save_network
from training.networks.registry import build_network
from training.train_settings import TrainSettings
from training.variants import DACP, parse_variant

VERSION = 1


def train_variant(
    variant: str,
    augment_dir: Path,
    image_root: Path,
    settings: TrainSettings,
    seed: int,
    out: Path,
    device: str = "cpu",
    progress: Progress = silent,
    resume: Path | None = None,
) -> None:
    """Train one network and write network.safetensors, history.json and summary.json into `out`.

    Initial weights, order and augmentation come from the seed and the sample alone, so variants differ by their data only.

    Args:
        variant: `baseline`, or parts of drp, asrp, asrpt, wlcd joined by +.
        augment_dir: the augmented set.
        image_root: the folder of the real images.
        settings: the `train` section.
        seed: of weights, order and augmentation.
        out: an existing empty folder.
        device: `cpu`, `cuda` or `cuda:N`.
        progress: called after each optimisation step with the loss.
        resume: a folder for checkpoints, if an interrupted training shall go on from its last epoch.

    Raises:
        InputError: an unknown network or variant, or unusable weights.
        StageError: nobody to train on, no image usable, or the loss became infinite.
    """
    name = parse_variant(variant).name
    if name == DACP:
        raise InputError("variant 'dacp' has no training of its own", "list it under evaluate.variants only")
    samples = load_training_set(augment_dir, name, settings.synthetic_weight)
    network = build_network(settings.network, len(samples.skeleton), seed)
    if settings.weights is not None:
        load_backbone(network, settings.weights)
    archives = {kind: augment_dir / f"{kind}.tar" for kind in sorted(set(samples.kind)) if kind != "real"}
    images = ImageStore(image_root, archives, settings.max_image_megapixels)
    real = samples.counts()["real"]
    outcome = fit(network, samples, images, settings, real, seed, device, progress, resume)
    skipped = _skipped(samples, outcome, image_root)
    _check(outcome, skipped, name)
    mode = crop_mode(settings.crop, samples.skeleton)
    keypoints = samples.skeleton.keypoints
    card = NetworkCard(settings.network, samples.skeleton.name, keypoints, settings.input_size, mode, settings.padding, name)
    save_network(out, network, card)
    write_json(out / "history.json", outcome.history)
    plan = plan_training(settings, len(samples), real)
    summary = {
        "variant": name,
        "network": settings.network,
        "parameters": sum(p.numel() for p in network.parameters()),
        "samples": samples.counts(),
        "steps": plan.total,
        "epochs": plan.epochs,
        "passes": round(plan.total * settings.batch_size / len(samples), 3),
        "skipped": {"counts": skipped.counts, "entries": skipped.entries, "read": skipped.read},
    }
    write_json(out / "summary.json", summary)


def _skipped(samples: TrainingSet, outcome: Outcome, image_root: Path) -> Skipped:
    skipped = Skipped(read=len(samples) - len(outcome.bad))
    for index, reason in sorted(outcome.bad.items()):
        where = image_root.name if samples.kind[index] == "real" else f"{samples.kind[index]}.tar"
        skipped.add(reason, f"{where}/{samples.file_name[index]}", samples.key[index])
    return skipped


def _check(outcome: Outcome, skipped: Skipped, variant: str) -> None:
    if not skipped.read or not any(row["joints"] for row in outcome.history):
        raise StageError(
            f"train {variant}: no image of the training set could be used ({skipped.summary() or 'no supervised joint'})",
            "check data.train.images",
        )
    if not all(abs(row["loss"]) < float("inf") for row in outcome.history):
        raise StageError(f"train {variant}: the loss became {outcome.history[-1]['loss']}", "lower train.lr")
