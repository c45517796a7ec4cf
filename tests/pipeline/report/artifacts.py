"""A run's artifacts made by hand: small, in the layout of docs/architecture.md, for drawing reports of them."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from pipeline.report.inputs import ReportInputs, StageTime
from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.body.protocol import BodyOutput, Topology
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import SampleLabels, run_length, sample_id_of
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.progress import silent
from smpl_assets.skeletons import SKELETONS
from smpl_assets.skipped import Skipped
from training.augmented.coco import write_coco
from training.augmented.coverage import coverage
from training.augmented.synthetic import Synthetic, synthetic_entries
from training.evaluate_settings import EvaluateSettings
from training.metrics.evaluate import evaluate_predictions
from training.predictions import Predictions
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.rarity.stage import find_rare_poses

# a standing person in COCO's order, px of a 96 x 96 square
STANDING = np.array(
    [(48, 14), (50, 12), (46, 12), (53, 13), (43, 13), (57, 26), (39, 26), (62, 39), (34, 39), (63, 51), (33, 51), (54, 52),
     (42, 52), (55, 70), (41, 70), (55, 87), (41, 87)], float,
)  # fmt: skip
VARIANTS = ("baseline", "asrp", "drp+asrpt+wlcd")


class BoxBody:
    """A body that is a box of 0.5 x 1.7 x 0.3 m: enough for the report, and there at once."""

    shape_size = 3

    def __init__(self) -> None:
        corners = np.array([[x, y, z] for x in (-0.25, 0.25) for y in (-0.85, 0.85) for z in (-0.15, 0.15)])
        self._vertices = torch.tensor(corners, dtype=torch.float32)
        quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
        faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
        self.topology = Topology(faces, np.zeros((1, 2)), np.zeros_like(faces))

    def __call__(self, orient: torch.Tensor, pose: torch.Tensor, shape: torch.Tensor, transl: torch.Tensor) -> BodyOutput:
        """The turned box at `transl`."""
        vertices = self._vertices @ orient.transpose(1, 2) + transl[:, None]
        return BodyOutput(vertices, transl[:, None].expand(-1, 24, 3))


def make_table(root: Path, people: int, seed: int, side: int = 96) -> PoseTable:
    """People who stand, wave and (every seventh) lie or crouch, on pictures of noise; the pictures go into `root`."""
    rng = np.random.default_rng(seed)
    keypoints = np.stack([_pose(rng, rare=row % 7 == 0) for row in range(people)]) * side / 96
    annotated = rng.random((people, 17)) > 0.06
    annotated[:, 5:13] = True
    images = []
    for row in range(people):
        name = f"{row:012d}.jpg"
        colour = rng.integers(60, 200, (6, 6, 3), np.uint8)
        Image.fromarray(colour).resize((side, side), Image.Resampling.BICUBIC).save(root / name, quality=80)
        images.append(name)
    images.append("empty.jpg")
    low, high = keypoints.min(1) - 4, keypoints.max(1) + 4
    unknown = np.full(people, -1, np.int64)
    return PoseTable(
        skeleton=SKELETONS["coco17"],
        keypoints=np.where(annotated[..., None], keypoints, 0.0),
        annotated=annotated,
        visible=annotated & (rng.random((people, 17)) > 0.1),
        bbox_xywh=np.concatenate([low, high - low], 1),
        center=(low + high) / 2,
        scale=(high - low).max(1) / 200,
        head_size=np.full(people, np.nan),
        area=np.prod(high - low, 1),
        image=np.arange(people),
        person_id=unknown,
        source_id=tuple(str(1000 + row) for row in range(people)),
        images=ImageTable.of(
            images,
            size_wh=np.full((people + 1, 2), side),
            image_id=1 + np.arange(people + 1),
            has_person=np.arange(people + 1) < people,
        ),
    )


def _pose(rng: np.random.Generator, rare: bool) -> np.ndarray:
    pose = STANDING + rng.normal(0, 1.2, STANDING.shape)
    pose[[7, 9]] += rng.normal(0, 5, 2)
    pose[[8, 10]] += rng.normal(0, 5, 2)
    if rare:
        angle = rng.uniform(1.2, 3.0) * rng.choice([-1, 1])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        pose = (pose - 48) @ turn.T + 48
        pose[[13, 14]] = (pose[[5, 6]] + pose[[11, 12]]) / 2 + rng.normal(0, 6, (2, 2))
    return np.clip(pose, 3, 93)


def make_run(root: Path, train: PoseTable, validation: PoseTable, image_roots: dict[str, Path]) -> ReportInputs:
    """All artifacts below `root`, with every third fit turned away and every second translation dropped."""
    tables = {"train": train, "validation": validation}
    folders = {name: _folder(root / name) for name in ("rare_poses", "inverse", "translator", "augment")}
    annotations = {split: _annotations(_folder(root / "annotations" / split), table) for split, table in tables.items()}
    settings = RareSettings(clusters=3, rare_share=0.12, sweep=True, sweep_to=7, restarts=2, seeds=2)
    find_rare_poses(train, validation, settings, 0, folders["rare_poses"], silent)
    scores = {split: RareScores.load(folders["rare_poses"] / f"{split}.npz") for split in tables}
    _inverse(folders["inverse"])
    rows = np.flatnonzero(scores["train"].rare)
    shards = np.array_split(rows, 2)
    fits = [_fit(_folder(root / "fit" / str(n)), train, shard) for n, shard in enumerate(shards)]
    render = [_render(_folder(root / "render" / str(n)), train, f) for n, f in enumerate(fits)]
    translate = [_translate(_folder(root / "translate" / str(n)), source) for n, source in enumerate(render)]
    _translator(folders["translator"])
    _augment(folders["augment"], train, scores["train"], render)
    trained = {v: _train(_folder(root / "train" / v), v) for v in VARIANTS}
    evaluated = _evaluate(root / "evaluate", validation, scores["validation"])
    return ReportInputs(
        annotations=annotations,
        image_roots=image_roots,
        rare_poses=folders["rare_poses"],
        inverse=folders["inverse"],
        fit=[root / "fit" / "0", root / "fit" / "1"],
        render=render,
        translator=folders["translator"],
        translate=translate,
        augment=folders["augment"],
        train=trained,
        evaluate=evaluated,
        timings=(StageTime("annotations", 2, 3.2), StageTime("fit", 2, 61.0), StageTime("train", 3, 185.4)),
        title="A small run",
        configuration={"seed": 0, "body": {"name": "anny"}, "rare_poses": settings.model_dump(mode="json")},
    )


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def _annotations(out: Path, table: PoseTable) -> Path:
    skipped = Skipped(read=len(table))
    for n in range(5):
        skipped.add("crowd region", "train.json", f"annotation {n} (image 3)")
    skipped.add("box outside the image", "train.json", "annotation <77> & more")
    table.save(out / "poses.npz")
    skipped.save(out / "skipped.json")
    return out


def _inverse(out: Path) -> None:
    steps = range(1, 2001, 50)
    rng = np.random.default_rng(0)
    losses = [{"step": s, "loss": 3 / s**0.4, "rotations": 1.5 / s**0.3, "joints": 0.9 / s**0.5} for s in steps]
    write_json(out / "losses.json", losses)
    pose = rng.normal(0, 0.35, (24, 23, 3)).astype(np.float32)
    orient = np.tile(np.array([np.pi, 0, 0], np.float32), (24, 1))
    label = np.array(["standing"] * 10 + ["lunge"] * 8 + ["handstand"] * 6)
    np.savez(out / "pool.npz", body_pose=pose, global_orient=orient, label=label, source=np.array(["built-in"] * 24))


def _fit(out: Path, table: PoseTable, rows: np.ndarray) -> Fits:
    n = len(rows)
    boxes = table.bbox_xywh[rows]
    side = boxes[:, 2:].max(1) * 1.25
    corner = boxes[:, :2] + boxes[:, 2:] / 2 - side[:, None] / 2
    focal = side * 2.2
    accepted = np.arange(n) % 3 != 2
    error = np.linspace(0.006, 0.035, n)
    fits = Fits(
        person=rows.astype(np.int64),
        accepted=accepted,
        reason=tuple("" if a else "reprojection error above the bound" for a in accepted),
        global_orient=np.tile([np.pi, 0.0, 0.0], (n, 1)),
        body_pose=np.random.default_rng(1).normal(0, 0.25, (n, 23, 3)),
        shape=np.zeros((n, BoxBody.shape_size)),
        transl=np.tile([0.0, 0.0, 4.2], (n, 1)),
        intrinsics=np.stack([focal, focal, corner[:, 0] + side / 2, corner[:, 1] + side / 2], 1),
        keypoints=table.keypoints[rows],
        error_px=error * side,
        error_crop=error,
        crop_xywh=np.concatenate([corner, side[:, None], side[:, None]], 1),
        penetration_m=np.zeros(n),
        limit_deg=np.zeros(n),
        surprise=np.zeros(n),
        hypothesis=np.zeros(n, np.int64),
        body="anny",
    )
    fits.save(out / "fits.npz")
    return fits


def _render(out: Path, table: PoseTable, fits: Fits) -> Path:
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


def _translate(out: Path, source: Path) -> Path:
    labels = SampleLabels.load(source / "labels.npz")
    rng, count = np.random.default_rng(5), len(labels)
    kept = np.arange(count) % 2 == 0
    with ArchiveWriter(out / "images.tar") as tar:
        for n, sample in enumerate(labels.samples):
            tar.add(f"{sample.name}.jpg", jpeg(np.full((128, 128, 3), 90 + n, np.uint8)))
    why = tuple("labels hold" if k else "labels drifted 7.1 px" for k in kept)
    dataclasses.replace(labels, drift_px=rng.gamma(2, 0.6, count), kept=kept, kept_reason=why).save(out / "labels.npz")
    reasons = {"kept: labels hold": 4, "dropped: labels drifted": 1}
    write_json(out / "summary.json", {"samples": count, "unreadable": 0, "reasons": reasons})
    return out


def _translator(out: Path) -> None:
    rng = np.random.default_rng(2)
    names = ("generator", "discriminator", "adversarial", "cycle", "identity", "cam", "structure")
    rows = [{"iteration": i, **{n: (k + 1) / i**0.3 for k, n in enumerate(names)}} for i in range(1, 200, 4)]
    write_json(out / "losses.json", rows)
    kid = {"features": "handcrafted", "before": 4.21, "after": 1.93, "floor": 0.12}
    people = {"rendered": {"used": 12, "skipped": {}}, "photographed": {"used": 80, "skipped": {"too small": 9}}}
    write_json(out / "card.json", {"kid": kid, "people": people, "settings": {"method": "ugatit"}})
    Image.fromarray(rng.integers(0, 255, (60, 200, 3), np.uint8)).save(out / "samples.png")


def _augment(out: Path, table: PoseTable, scores: RareScores, render: list[Path]) -> None:
    samples = [s for folder in render for s in SampleLabels.load(folder / "labels.npz").samples]
    people = [s.source_person for s in samples]
    synthetic = [Synthetic(s, out) for s in samples[:-1]]
    entries = synthetic_entries(synthetic, "translated", [{} for _ in synthetic])
    write_coco(out / "translated.json", table.skeleton, *entries)
    write_json(
        out / "summary.json",
        {
            "people": len(table),
            "samples": {"render": len(people), "translated": len(people) - 1},
            "skipped": {"render": {"unusable": {"counts": {}, "entries": [], "read": len(people)}}},
            "coverage": coverage(scores, {"render": people, "translated": people[:-1]}),
        },
    )


def _train(out: Path, variant: str) -> Path:
    loss = [{"epoch": e, "loss": (1 + len(variant) / 50) * 0.01 / (e + 1) ** 0.5, "joints": 100} for e in range(20)]
    write_json(out / "history.json", loss)
    kinds = {"real": 60, "render": 12 * ("asrp" in variant), "translated": 11 * ("asrpt" in variant), "again": 0}
    skipped = {"counts": {}, "entries": [], "read": 60}
    network = {"network": "simple_tiny", "parameters": 1_234_567}
    write_json(out / "summary.json", {**network, "samples": kinds, "steps": 400, "skipped": skipped})
    return out


def _evaluate(root: Path, table: PoseTable, scores: RareScores) -> dict[str, Path]:
    """Real metrics of predictions that miss rare people more often, less so with more of the variant's parts."""
    made: dict[str, Predictions] = {}
    folders = {}
    for variant in VARIANTS:
        folders[variant] = _folder(root / variant)
        made[variant] = _predictions(table, scores, variant)
        base = None if variant == "baseline" else made["baseline"]
        content = evaluate_predictions(variant, made[variant], base, table, scores, EvaluateSettings(bootstrap=200), 0)
        made[variant].save(folders[variant] / "predictions.npz")
        content["skipped"] = {"counts": {"image cannot be read": 1}, "entries": [], "read": len(table) - 1}
        write_json(folders[variant] / "metrics.json", content)
    return folders


def _predictions(table: PoseTable, scores: RareScores, variant: str) -> Predictions:
    rng = np.random.default_rng(9)
    spread = np.where(scores.rare, 9.0 - 2.0 * VARIANTS.index(variant), 3.0 + 0.3 * VARIANTS.index(variant))[:, None, None]
    found = table.keypoints + rng.normal(0, 1, table.keypoints.shape) * spread * np.ptp(table.keypoints[0], axis=0).max() / 96
    people = len(table)
    return Predictions(
        found, np.ones((people, 17)), np.ones(people), np.ones(people, bool), np.zeros(people, np.int64), (variant,)
    )


def jpeg(image: np.ndarray) -> bytes:
    """An RGB array as JPEG bytes."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
