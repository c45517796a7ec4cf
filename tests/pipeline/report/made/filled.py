"""Poses that fill the gap, and their samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.inverse.fits import Fits, empty_fits
from smpl_assets.labels import SampleLabels, run_length, sample_id_of
from smpl_assets.skeletons import SKELETONS
from tests.pipeline.report.made.bodies import BoxBody
from tests.pipeline.report.made.samples import jpeg
from training.rarity.scores import RareScores

POSES = 5


def fill(out: Path, scores: RareScores) -> tuple[Path, RareScores]:
    """Five poses, numbered after the people; their scores."""
    person = len(scores) + np.arange(POSES)
    empty_fits(person, [""] * POSES, 17, BoxBody.shape_size, "anny").save(out / "fits.npz")
    tail = {"median": 0.12, "p95": 0.15, "farthest": 0.16}
    summary = {
        "drawn": 250, "refused": {"reaches into itself": 21, "beyond joint limits": 0}, "rare": 60, "chosen": POSES,
        "coverage": {"before": {name: 2 * value for name, value in tail.items()}, "after": tail},
    }  # fmt: skip
    write_json(out / "summary.json", summary)
    sure, score = np.ones(POSES, bool), scores.threshold + np.linspace(0.5, 0, POSES)
    return out, RareScores(
        sure, np.arange(POSES) % 3, score / 2, score, sure, np.full(POSES, ""), scores.threshold, scores.policy
    )


def render(out: Path, drawn: Path) -> Path:
    """Two samples of each pose."""
    labels, side = [], 128
    mask = np.ones((side, side), bool)
    with ArchiveWriter(out / "images.tar") as tar:
        for rank, number in enumerate(Fits.load(drawn / "fits.npz").person.tolist()):
            for repetition, variation in enumerate(("fit", "neighbour+jitter+far")):
                name = sample_id_of(number, repetition)
                tar.add(f"{name:012d}.jpg", jpeg(np.asarray(Image.new("RGB", (side, side), (30 * rank, 90, 90)))))
                labels.append({
                    "sample_id": name, "subject": True, "source_person": number, "width": side, "height": side,
                    "keypoints": np.full((17, 3), 2.0), "bbox": [1.0, 1.0, 90.0, 90.0], "segmentation": run_length(mask),
                    "area": float(mask.sum()), "variation": variation, "pose": f"extreme/pose {rank}", "rarity": 1.5 - rank / 10,
                })  # fmt: skip
    SampleLabels.of(SKELETONS["coco17"], "anny", labels).save(out / "labels.npz")
    write_json(out / "summary.json", {"samples": len(labels), "counts": {}, "backgrounds_skipped": {}})
    return out
