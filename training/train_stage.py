"""The `train` stage: one pose model on what one recipe shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from smpl_assets.archive import write_json
from smpl_assets.errors import StageError
from smpl_assets.pose_table import PoseTable
from smpl_assets.seeds import derive_seed
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.augmented.samples import IMAGES
from training.augmented.training_set import TrainingSet, load_part, training_set
from training.codecs.codec import Knobs
from training.feeds.crops import crop_mode
from training.feeds.images import ImageStore
from training.loop.fit import Outcome, fit
from training.loop.plan import plan_training
from training.recipes import Recipe, Row
from training.start.shipped import worthwhile
from training.start.weights import load_start
from training.systems.build import build_model, check_input
from training.systems.checkpoint import NetworkCard, load_backbone, save_network
from training.train_settings import TrainSettings

VERSION = 3


@dataclass(frozen=True)
class AugmentedSet:
    """What training can learn from.

    table: annotations/train. image_root: the folder of its images. kinds: kind -> the folder of its unit of `augment`.
    """

    table: PoseTable
    image_root: Path
    kinds: Mapping[str, Path]

    def samples(self, recipe: Recipe, synthetic_weight: float) -> TrainingSet:
        """What a recipe shows of it; StageError where that is nothing."""
        added = {kind: load_part(self.kinds[kind]) for kind in recipe.kinds[1:]}
        return training_set(load_part(self.kinds["real"], self.table), added, recipe, synthetic_weight)

    def images(self, recipe: Recipe, settings: TrainSettings) -> ImageStore:
        """The images of these samples."""
        tars = {kind: self.kinds[kind] / IMAGES for kind in recipe.kinds[1:]}
        return ImageStore(self.image_root, tars, settings.max_image_megapixels)


def training_seed(run_seed: int, index: int) -> int:
    """The seed of a row's training number `index`: the first has the run's own."""
    return run_seed if index == 0 else derive_seed(run_seed, "training", index)


def train_network(
    row: Row, recipe: Recipe, augmented: AugmentedSet, settings: TrainSettings, bench: Bench, start: Path | None = None
) -> None:
    """Train one network and write network.safetensors, history.json and summary.json.

    Initial weights, order and augmentation come from the seed and the sample alone, so recipes differ by their data only.

    Args:
        row: that it is for.
        recipe: what the row changes against the baseline.
        augmented: the augmented set.
        settings: of its network (`TrainSettings.of`).
        bench: its seed is that of weights, order and augmentation; with a scratch folder an interrupted training goes on from its
            last epoch.
        start: the file of a trained network whose weights this one starts from.

    Raises:
        InputError: an unknown network, an input that it cannot take, or unusable weights.
        StageError: nobody to train on, no image usable, or the loss became infinite.
    """
    check_input(settings.network, settings.input_size)
    settings = settings.model_copy(update=recipe.rotation)
    samples = augmented.samples(recipe, settings.synthetic_weight)
    knobs = Knobs(sigma=settings.sigma)
    model = build_model(settings.network, samples.skeleton, bench.seed, knobs, settings.codec, settings.options)
    started = None
    if start is not None and worthwhile(settings, augmented.table):
        started = load_start(model, settings.network, start)
    elif settings.weights is not None:
        load_backbone(model, settings.weights)
    plan = plan_training(settings, len(samples), samples.counts()["real"], recipe.steps)
    outcome = fit(model, samples, augmented.images(recipe, settings), plan, settings, bench)
    skipped = _skipped(samples, outcome, augmented.image_root)
    _check(outcome, skipped, row.name)
    save_network(bench.out, model.network, _card(row.name, samples, settings, outcome))
    write_json(bench.out / "history.json", outcome.history)
    summary = {
        "variant": row.name,
        "network": row.network,
        "recipe": row.recipe,
        "title": row.title,
        "system": settings.network,
        "parameters": sum(p.numel() for p in model.network.parameters()),
        "start": asdict(started) if started else None,
        "samples": samples.counts(),
        "steps": plan.total,
        "epochs": plan.epochs,
        "passes": round(plan.total * settings.batch_size / len(samples), 3),
        "precision": outcome.precision,
        "skipped": skipped.to_json(),
    }
    write_json(bench.out / "summary.json", summary)


def _card(name: str, samples: TrainingSet, settings: TrainSettings, outcome: Outcome) -> NetworkCard:
    return NetworkCard(
        settings.network, samples.skeleton.name, samples.skeleton.keypoints, settings.input_size,
        crop_mode(settings.crop, samples.skeleton), settings.padding, name, settings.codec, settings.sigma,
        dict(settings.options), outcome.precision,
    )  # fmt: skip


def _skipped(samples: TrainingSet, outcome: Outcome, image_root: Path) -> Skipped:
    skipped = Skipped(read=len(samples) - len(outcome.bad))
    for index, reason in sorted(outcome.bad.items()):
        where = image_root.name if samples.kind[index] == "real" else f"{samples.kind[index]}.tar"
        skipped.add(reason, f"{where}/{samples.file_name[index]}", samples.key[index])
    return skipped


def _check(outcome: Outcome, skipped: Skipped, name: str) -> None:
    if not skipped.read or not any(row["joints"] for row in outcome.history):
        raise StageError(
            f"train {name}: no image of the training set could be used ({skipped.summary() or 'no supervised joint'})",
            "check data.train.images",
        )
    if not all(abs(row["loss"]) < float("inf") for row in outcome.history):
        raise StageError(f"train {name}: the loss became {outcome.history[-1]['loss']}", "lower train.lr")
