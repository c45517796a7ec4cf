"""Rendered samples of the accepted fits, and their translations, every second of them dropped."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
from PIL import Image

from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import SampleLabels, run_length, sample_id_of
from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import SKELETONS


def render(out: Path, table: PoseTable, shard: Path) -> Path:
    """A sample of each accepted fit of a shard."""
    fits = Fits.load(shard / "fits.npz")
    labels, side = [], 128
    with ArchiveWriter(out / "images.tar") as tar:
        for row in np.flatnonzero(fits.accepted):
            person = int(fits.person[row])
            labels.append(_label(table, person, side))
            picture = np.random.default_rng(person).integers(0, 255, (8, 8, 3), np.uint8)
            tar.add(f"{sample_id_of(person, 0):012d}.jpg", jpeg(np.asarray(Image.fromarray(picture).resize((side, side)))))
    SampleLabels.of(SKELETONS["coco17"], "anny", labels).save(out / "labels.npz")
    counts = {"rejected": int((~fits.accepted).sum()), "resampled": 2}
    write_json(out / "summary.json", {"samples": len(labels), "counts": counts, "backgrounds_skipped": {"holds a person": 4}})
    return out


def _label(table: PoseTable, person: int, side: int) -> dict:
    flags = np.where(table.visible[person], 2, table.annotated[person].astype(int))
    mask = np.zeros((side, side), bool)
    mask[20:100, 40:80] = True
    return {
        "sample_id": sample_id_of(person, 0), "subject": True, "source_person": person,
        "source_annotation": table.source_id[person], "width": side, "height": side,
        "keypoints": np.column_stack([table.keypoints[person] * (side / 96), flags]) * (flags > 0)[:, None],
        "bbox": [40.0, 20.0, 40.0, 80.0], "bbox_amodal": [40.0, 20.0, 40.0, 80.0], "segmentation": run_length(mask),
        "area": float(mask.sum()), "keypoints_3d": [[0.0, 0.0, 4.0]] * 17, "intrinsics": [200.0, 200.0, 64.0, 64.0],
        "texture": "t", "background": "b", "seed": 1, "global_orient": np.zeros(3), "body_pose": np.zeros((23, 3)),
        "shape": np.zeros(4), "transl": np.zeros(3),
    }  # fmt: skip


def translate(out: Path, source: Path) -> Path:
    """The samples of a rendered shard, translated."""
    labels = SampleLabels.load(source / "labels.npz")
    rng, count = np.random.default_rng(5), len(labels)
    kept = np.arange(count) % 2 == 0
    with ArchiveWriter(out / "images.tar") as tar:
        for n, sample in enumerate(labels.samples):
            tar.add(f"{sample.name}.jpg", jpeg(np.full((128, 128, 3), 90 + n, np.uint8)))
    why = tuple("labels hold" if k else "labels drifted" for k in kept)
    dataclasses.replace(labels, drift_px=rng.gamma(2, 0.6, count), kept=kept, kept_reason=why).save(out / "labels.npz")
    reasons = {"kept: labels hold": 4, "dropped: labels drifted": 1}
    write_json(out / "summary.json", {"samples": count, "unreadable": 0, "reasons": reasons})
    return out


def translator(out: Path) -> Path:
    """Losses, card and sample sheet of a translator."""
    rng = np.random.default_rng(2)
    names = ("generator", "discriminator", "adversarial", "cycle", "identity", "cam", "structure", "colour")
    rows = [{"iteration": i, **{n: (k + 1) / i**0.3 for k, n in enumerate(names)}} for i in range(1, 200, 4)]
    write_json(out / "losses.json", rows)
    kid = {
        "features": "handcrafted",
        "before": 4.21,
        "after": 1.93,
        "after_25": 3.5,
        "after_50": 2.8,
        "after_75": 2.2,
        "floor": 0.12,
    }
    moved = {"statistics": 20.31, "network": 0.043}
    people = {"rendered": {"used": 12, "skipped": {}}, "photographed": {"used": 80, "skipped": {"too small": 9}}}
    write_json(out / "card.json", {"kid": kid, "moved": moved, "people": people, "settings": {"method": "ugatit"}})
    Image.fromarray(rng.integers(0, 255, (60, 200, 3), np.uint8)).save(out / "samples.png")
    return out


def jpeg(image: np.ndarray) -> bytes:
    """An RGB array as JPEG bytes."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
