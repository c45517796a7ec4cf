"""Rendered samples of the accepted fits, and their translations, every second of them dropped."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import SampleLabel, SampleLabels, run_length
from smpl_assets.pose_table import PoseTable


def render(out: Path, table: PoseTable, shard: Path) -> Path:
    """A sample of each accepted fit of a shard."""
    fits = Fits.load(shard / "fits.npz")
    labels, side = [], 128
    with ArchiveWriter(out / "images.tar") as tar:
        for row in np.flatnonzero(fits.accepted):
            person = int(fits.person[row])
            label = _label(table, person, side)
            labels.append(label)
            picture = np.random.default_rng(person).integers(0, 255, (8, 8, 3), np.uint8)
            tar.add(f"{label.name}.jpg", jpeg(np.asarray(Image.fromarray(picture).resize((side, side)))))
    SampleLabels("coco17", "anny", tuple(labels)).save(out / "labels.json")
    counts = {"rejected": int((~fits.accepted).sum()), "resampled": 2}
    write_json(out / "summary.json", {"samples": len(labels), "counts": counts, "backgrounds_skipped": {"holds a person": 4}})
    return out


def _label(table: PoseTable, person: int, side: int) -> SampleLabel:
    scale = side / 96
    flags = np.where(table.visible[person], 2, table.annotated[person].astype(int))
    places = zip(table.keypoints[person] * scale, flags, strict=True)
    keypoints = [[float(x), float(y), int(v)] if v else [0.0, 0.0, 0] for (x, y), v in places]
    mask = np.zeros((side, side), bool)
    mask[20:100, 40:80] = True
    return SampleLabel(
        sample_id=person * 1000, source_person=person, source_annotation=table.source_id[person], width=side, height=side,
        keypoints=keypoints, bbox=[40.0, 20.0, 40.0, 80.0], bbox_amodal=[40.0, 20.0, 40.0, 80.0], segmentation=run_length(mask),
        area=float(mask.sum()), keypoints_3d=[[0.0, 0.0, 4.0]] * 17, body={}, intrinsics=[200.0, 200.0, 64.0, 64.0],
        texture="t", background="b", seed=1,
    )  # fmt: skip


def translate(out: Path, source: Path) -> Path:
    """The samples of a rendered shard, translated."""
    labels = json.loads((source / "labels.json").read_text())
    rng = np.random.default_rng(5)
    with ArchiveWriter(out / "images.tar") as tar:
        for n, sample in enumerate(labels["samples"]):
            kept = n % 2 == 0
            reason = "labels hold" if kept else "labels drifted 7.1 px"
            sample |= {"drift_px": float(rng.gamma(2, 0.6)), "kept": kept, "kept_reason": reason}
            tar.add(f"{sample['sample_id']:012d}.jpg", jpeg(np.full((128, 128, 3), 90 + n, np.uint8)))
    write_json(out / "labels.json", labels)
    reasons = {"kept: labels hold": 4, "dropped: labels drifted": 1}
    write_json(out / "summary.json", {"samples": len(labels["samples"]), "unreadable": 0, "reasons": reasons})
    return out


def translator(out: Path) -> Path:
    """Losses, card and sample sheet of a translator."""
    rng = np.random.default_rng(2)
    names = ("generator", "discriminator", "adversarial", "cycle", "identity", "cam", "structure")
    rows = [{"iteration": i, **{n: (k + 1) / i**0.3 for k, n in enumerate(names)}} for i in range(1, 200, 4)]
    write_json(out / "losses.json", rows)
    kid = {"features": "handcrafted", "before": 4.21, "after": 1.93, "floor": 0.12}
    people = {"rendered": {"used": 12, "skipped": {}}, "photographed": {"used": 80, "skipped": {"too small": 9}}}
    write_json(out / "card.json", {"kid": kid, "people": people, "settings": {"method": "ugatit"}})
    Image.fromarray(rng.integers(0, 255, (60, 200, 3), np.uint8)).save(out / "samples.png")
    return out


def jpeg(image: np.ndarray) -> bytes:
    """An RGB array as JPEG bytes."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
