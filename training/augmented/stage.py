"""The `augment` stage: what training learns from, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64

from smpl_assets.archive import ArchiveReader, ArchiveWriter, write_json
from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.augmented.samples import IMAGES, LABELS, POSES, SAMPLES, person_weights, real_samples, synthetic_samples
from training.augmented.settings import AugmentSettings
from training.augmented.synthetic import Synthetic, labels_of, limit_samples, poses_of, read_samples
from training.rarity.scores import RareScores

VERSION = 2


def augment_real(table: PoseTable, image_root: Path, scores: RareScores, settings: AugmentSettings, bench: Bench) -> None:
    """Write `samples.npz` (their poses are the table's) and `summary.json`.

    Args:
        table: annotations/train.
        image_root: the folder that its image names are relative to; images that are not there are counted in the summary.
        scores: rare_poses of the same people.
        settings: the `augment` section.
        bench: where to.
    """
    weights = person_weights(scores, settings)
    real_samples(scores, settings).save(bench.out / SAMPLES)
    used = {table.images.file_name[i] for i in np.unique(table.image)}
    summary = {
        "people": len(table),
        "trainable": int(table.annotated.any(1).sum()),
        "rare": int(scores.rare.sum()),
        "missing_images": sum(not (Path(image_root) / name).is_file() for name in used),
        "loss_weight": {"mean": round(float(weights.mean()), 6) if len(weights) else 1.0, "above_one": int((weights > 1).sum())},
    }
    write_json(bench.out / "summary.json", summary)


def augment_synthetic(
    kind: str, table: PoseTable, scores: RareScores, shards: Sequence[Path], settings: AugmentSettings, bench: Bench
) -> None:
    """Choose the usable samples of all shards.

    Writes `poses.npz`, `samples.npz`, `labels.npz`, `images.tar` and `summary.json`.

    Args:
        kind: `render`, `translated` or `fill`.
        table: annotations/train.
        scores: rare_poses of the same people, and of the poses of `fill` after them.
        shards: folders of the samples, each with images.tar and labels.npz.
        settings: the `augment` section.
        bench: its seed draws who stays out where max_synthetic_ratio is exceeded; progress is told once per sample.

    Raises:
        StageError: a shard that cannot be read, or whose skeleton is another one.
    """
    unusable, surplus = Skipped(), Skipped()
    found = read_samples(shards if getattr(settings, kind) else [], len(scores), table.skeleton, settings, unusable)
    ratio = settings.max_synthetic_ratio
    most = len(found) if ratio is None else max(1, int(ratio * len(table)))
    chosen = limit_samples(found, most, bench.seed, surplus)
    person, numbers = (np.array([getattr(s, n) for s in chosen], np.int64) for n in ("person", "sample_id"))
    poses_of(chosen, kind, table.skeleton).save(bench.out / POSES)
    synthetic_samples(kind, person, numbers, scores, settings).save(bench.out / SAMPLES)
    labels_of(chosen, table.skeleton).save(bench.out / LABELS)
    _copy_images(chosen, bench)
    summary = {
        "samples": len(chosen),
        "skipped": {name: part.to_json() for name, part in (("unusable", unusable), ("surplus", surplus))},
        "coverage": coverage(scores, person, len(table)),
    }
    write_json(bench.out / "summary.json", summary)


def _copy_images(samples: Sequence[Synthetic], bench: Bench) -> None:
    """Copy the samples' images into one tar; only one shard is open at a time."""
    reader: tuple[Path, ArchiveReader] | None = None
    with ArchiveWriter(bench.out / IMAGES) as tar:
        for done, sample in enumerate(samples, 1):
            if reader is None or reader[0] != sample.folder:
                reader = (sample.folder, ArchiveReader(sample.folder / IMAGES))
            tar.add(sample.member, reader[1].read(sample.member))
            bench.progress(done, len(samples))


def coverage(scores: RareScores, sources: Int64[np.ndarray, " samples"], people: int) -> dict[str, Any]:
    """Rare people with at least one sample, over all and per cluster.

    Args:
        scores: of the training people, and of the poses of `fill` after them.
        sources: the source person, or pose, of each sample.
        people: how many of the scores are people's.

    Returns:
        `{"rare", "covered", "clusters": [{"cluster", "people", "rare", "covered", "samples"}]}`, all numbers; people that rarity
        left out belong to no cluster.
    """
    rows = np.arange(len(scores))
    included, rare = scores.included & (rows < people), scores.rare & (rows < people)
    reached, clusters = np.isin(rows, sources) & rare, []
    for cluster in np.unique(scores.cluster[included]):
        alike = scores.cluster == cluster
        inside, samples = included & alike, (scores.included & alike)[sources]
        counts = {"people": inside, "rare": inside & rare, "covered": inside & reached, "samples": samples}
        clusters.append({"cluster": int(cluster), **{name: int(mask.sum()) for name, mask in counts.items()}})
    return {"rare": int(rare.sum()), "covered": int(reached.sum()), "clusters": clusters}
