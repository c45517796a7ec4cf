"""The `augment` stage: real, rendered and translated people become one data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.archive import ArchiveReader, ArchiveWriter, write_json
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from training.augmented.coco import finite, real_entries, write_coco
from training.augmented.coverage import coverage
from training.augmented.settings import AugmentSettings
from training.augmented.synthetic import IMAGES, Synthetic, limit_samples, read_samples, synthetic_entries
from training.augmented.weights import rarity_weight
from training.rarity.scores import RareScores

VERSION = 1


def augment(
    table: PoseTable,
    image_root: Path,
    scores: RareScores,
    render_dirs: Sequence[Path],
    translate_dirs: Sequence[Path],
    settings: AugmentSettings,
    seed: int,
    out: Path,
    progress: Progress = silent,
) -> None:
    """Write the augmented set into `out`: real.json, render.json, translated.json, render.tar, translated.tar, summary.json.

    Args:
        table: annotations/train.
        image_root: the folder that its image names are relative to; images that are not there are counted in the summary.
        scores: rare_poses of the same people.
        render_dirs: the shards of rendered samples, each with images.tar and labels.npz.
        translate_dirs: those of the translated samples.
        settings: the `augment` section.
        seed: draws who stays out where max_synthetic_ratio is exceeded.
        out: an existing empty folder.
        progress: called once per synthetic sample.

    Raises:
        StageError: a shard that cannot be read, or whose skeleton is another one.
    """
    weights = person_weights(scores, settings)
    people = [_person(row, scores, weights[row]) for row in range(len(table))]
    real = [_real(table, row) | people[row] for row in range(len(table))]
    write_coco(out / "real.json", table.skeleton, *real_entries(table, real))
    chosen, left_out = {}, {}
    shards = {"render": render_dirs if settings.render else [], "translated": translate_dirs if settings.translated else []}
    for kind, folders in shards.items():
        chosen[kind], left_out[kind] = _choose(folders, table, settings, seed)
    total, done = sum(map(len, chosen.values())), 0
    for kind, samples in chosen.items():
        provenance = [{**people[s.person], **_own_weight(settings)} for s in samples]
        write_coco(out / f"{kind}.json", table.skeleton, *synthetic_entries(samples, kind, provenance))
        done = _copy_images(samples, out / f"{kind}.tar", done, total, progress)
    missing = _missing_images(table, image_root)
    write_json(out / "summary.json", _summary(table, scores, weights, chosen, left_out, missing))


def person_weights(scores: RareScores, settings: AugmentSettings) -> np.ndarray:
    """W of each person (eq 4.4); 1 for people that rarity left out."""
    relative = scores.policy != "thesis" if settings.weight_relative == "auto" else settings.weight_relative
    values = np.where(scores.included, scores.score, -np.inf)
    return np.array(
        [rarity_weight(float(v), float(scores.threshold), settings.weight_slope, settings.weight_range, relative) for v in values]
    )


def _person(row: int, scores: RareScores, weight: float) -> dict[str, Any]:
    return {
        "person": row,
        "rare": bool(scores.rare[row]),
        "cluster": int(scores.cluster[row]),
        "score": finite(float(scores.score[row])),
        "distance": finite(float(scores.distance[row])),
        "loss_weight": round(float(weight), 6),
    }


def _real(table: PoseTable, row: int) -> dict[str, Any]:
    center = [finite(float(v)) for v in table.center[row]]
    return {"kind": "real", "center": None if None in center else center, "scale": finite(float(table.scale[row]))}


def _own_weight(settings: AugmentSettings) -> dict[str, float]:
    return {"loss_weight": 1.0} if settings.synthetic_weight == "one" else {}


def _choose(
    folders: Sequence[Path], table: PoseTable, settings: AugmentSettings, seed: int
) -> tuple[list[Synthetic], dict[str, Skipped]]:
    unusable, surplus = Skipped(), Skipped()
    samples = read_samples(folders, len(table), table.skeleton, settings, unusable)
    samples = limit_samples(samples, max(1, int(settings.max_synthetic_ratio * len(table))), seed, surplus)
    return samples, {"unusable": unusable, "surplus": surplus}


def _copy_images(samples: Sequence[Synthetic], path: Path, done: int, total: int, progress: Progress) -> int:
    """Copy the samples' images into one tar; only one shard is open at a time."""
    reader: tuple[Path, ArchiveReader] | None = None
    with ArchiveWriter(path) as tar:
        for sample in samples:
            if reader is None or reader[0] != sample.folder:
                reader = (sample.folder, ArchiveReader(sample.folder / IMAGES))
            tar.add(sample.member, reader[1].read(sample.member))
            done += 1
            progress(done, total)
    return done


def _missing_images(table: PoseTable, image_root: Path) -> int:
    used = {table.images.file_name[i] for i in np.unique(table.image)}
    return sum(not (Path(image_root) / name).is_file() for name in used)


def _summary(
    table: PoseTable,
    scores: RareScores,
    weights: np.ndarray,
    chosen: dict[str, list[Synthetic]],
    left_out: dict[str, dict[str, Skipped]],
    missing: int,
) -> dict[str, Any]:
    """What went in and what did not; docs/training.md describes it."""
    return {
        "people": len(table),
        "trainable": int(table.annotated.any(1).sum()),
        "rare": int(scores.rare.sum()),
        "missing_images": missing,
        "loss_weight": {"mean": round(float(weights.mean()), 6) if len(weights) else 1.0, "above_one": int((weights > 1).sum())},
        "samples": {kind: len(samples) for kind, samples in chosen.items()},
        "skipped": {
            kind: {name: {"counts": s.counts, "entries": s.entries, "read": s.read} for name, s in parts.items()}
            for kind, parts in left_out.items()
        },
        "coverage": coverage(scores, {kind: [s.person for s in samples] for kind, samples in chosen.items()}),
    }
