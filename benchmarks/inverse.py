"""Figures of the inverse function: held-out pool poses, real motion capture, MPII validation people, speed, ablation.

    python benchmarks/inverse.py [--data FOLDER] [--inverse FOLDER] [--full] [--pictures FOLDER]

Without arguments about four minutes on two cores, on samples; `--full` takes everyone. Real data come from `--data` or the
environment variable RAREPOSE_DATA (`mocap_deepmimic/`, `mocap_bvh_cmu/`, `mpii_valid_full/valid.h5`); what is not there is
skipped, and said so. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS, BodyModel, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.camera import focal_from_fov
from smpl_assets.drawing.poses import pose_flags
from smpl_assets.drawing.sheets import sheet
from smpl_assets.inverse.crop import CROP_PX
from smpl_assets.inverse.export import annotated_tile, body_tile, side_tile
from smpl_assets.inverse.fit import FittedBatch, fit_batch
from smpl_assets.inverse.fit_stage import fit_people
from smpl_assets.inverse.fits import Fits
from smpl_assets.inverse.function import FOLDER, InverseFunction, load_function
from smpl_assets.inverse.pairs import frame_people
from smpl_assets.inverse.settings import FitSettings, RefineSettings
from smpl_assets.pose_table import PoseTable
from smpl_assets.poses.clips import read_clips
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings, PoseFiles
from smpl_assets.rotations import rotation_about
from smpl_assets.seeds import torch_generator
from smpl_assets.skeletons import SKELETONS
from smpl_assets.work import Bench
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses
from training.rarity.model import choose_threshold, fit_rarity
from training.rarity.settings import RareSettings

LIMB_JOINTS = [
    SMPL_JOINTS.index(f"{s}_{j}") for j in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist") for s in ("left", "right")
]
SKELETON = SKELETONS["mpii16"]
FOV_DEG = (12.0, 45.0)


@dataclass(frozen=True)
class Truth:
    """People whose body is known: keypoints (n, K, 2) px of the 256 px crop from its centre, joints (n, 24, 3) m."""

    keypoints: torch.Tensor
    joints: torch.Tensor


def project_people(body: BodyModel, pose: torch.Tensor, orient: torch.Tensor, seed: int) -> Truth:
    """Random adults in given postures and orientations before random cameras, filling the crop."""
    g = torch_generator(seed, "benchmark people")
    count = len(pose)
    shape = 0.7 * torch.randn(count, body.shape_size, generator=g)
    with torch.no_grad():
        spots, joints = body.sparse_keypoints((SKELETON,), BodyPose(orient, pose, shape, torch.zeros(count, 3)))
    low, high = torch.deg2rad(torch.tensor(FOV_DEG))
    focal = focal_from_fov(low + (high - low) * torch.rand(count, generator=g), CROP_PX)
    everywhere = torch.ones(count, spots[SKELETON.name].shape[1], dtype=torch.bool)
    keypoints = frame_people(spots[SKELETON.name], everywhere, focal)[2]
    return Truth(keypoints, joints)


def fit_all(
    function: InverseFunction, body: BodyModel, keypoints: torch.Tensor, annotated: torch.Tensor, settings: FitSettings
) -> list[FittedBatch]:
    """Fit everyone in batches."""
    starts = range(0, len(keypoints), settings.batch)
    return [
        fit_batch(
            function, body, SKELETON, keypoints[s : s + settings.batch], annotated[s : s + settings.batch], settings,
            list(range(len(keypoints[s : s + settings.batch]))),
        )
        for s in starts
    ]  # fmt: skip


def ordered(batch: FittedBatch, values: torch.Tensor) -> torch.Tensor:
    """Per-row values as (people, hypotheses, ...), best hypothesis first."""
    many = batch.order.shape[1]
    rows = batch.order + torch.arange(len(batch.order))[:, None] * many
    return values[rows]


def aligned_error(found: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """PA-MPJPE in mm of (n, H, J, 3) against (n, 1, J, 3): after the best similarity transform."""
    x, y = found.double(), truth.double().expand_as(found)
    x, y = x - x.mean(-2, keepdim=True), y - y.mean(-2, keepdim=True)
    u, s, vt = torch.linalg.svd(x.transpose(-1, -2) @ y)
    sign = torch.ones_like(s)
    sign[..., 2] = torch.sign(torch.linalg.det(u @ vt))
    turn = u @ torch.diag_embed(sign) @ vt
    scale = (s * sign).sum(-1) / (x**2).sum((-1, -2))
    return 1000.0 * (scale[..., None, None] * x @ turn - y).norm(dim=-1).mean(-1)


def against_truth(function: InverseFunction, body: BodyModel, truth: Truth, settings: FitSettings) -> dict[str, np.ndarray]:
    """Per person: px of reprojection, mm of the first and of the best hypothesis, whether accepted."""
    annotated = torch.ones(truth.keypoints.shape[:2], dtype=torch.bool)
    parts = fit_all(function, body, truth.keypoints, annotated, settings)
    joints = torch.cat([ordered(p, p.joints) for p in parts])[:, :, LIMB_JOINTS]
    millimetres = aligned_error(joints, truth.joints[:, None, LIMB_JOINTS])
    error = torch.cat([ordered(p, p.quality.error_crop) for p in parts])[:, 0] * CROP_PX
    accepted = [not p.reasons[i * p.order.shape[1] + int(o)] for p in parts for i, o in enumerate(p.order[:, 0])]
    return {
        "px": error.numpy(),
        "first_mm": millimetres[:, 0].numpy(),
        "best_mm": millimetres.amin(1).numpy(),
        "accepted": np.array(accepted),
    }


def pool_figures(function: InverseFunction, body: BodyModel, count: int, settings: FitSettings) -> dict[str, float]:
    """Held-out poses of the pool."""
    sample = PosePool(PoolSettings()).sample(count, 987654321)
    found = against_truth(function, body, project_people(body, sample.body_pose, sample.global_orient, 1), settings)
    return {
        "reprojection_median_px": float(np.median(found["px"])),
        "reprojection_mean_px": float(found["px"].mean()),
        "first_mm": float(found["first_mm"].mean()),
        "best_mm": float(found["best_mm"].mean()),
        "accepted": float(found["accepted"].mean()),
    }


def mocap_figures(
    function: InverseFunction, body: BodyModel, data: Path, frames: int, settings: FitSettings
) -> dict[str, dict[str, float]]:
    """Real motion capture, clip by clip, seen by cameras of any azimuth and up to half a radian of elevation."""
    table = {}
    for kind, folder in (("deepmimic", "mocap_deepmimic"), ("bvh", "mocap_bvh_cmu")):
        if not (data / folder).is_dir():
            continue
        for number, clip in enumerate(read_clips(PoseFiles(format=kind, path=str(data / folder)))[0]):
            g = torch_generator(number, "mocap", clip.name)
            pick = torch.randperm(len(clip), generator=g)[:frames]
            azimuth = torch.rand(len(pick), generator=g) * 2 * torch.pi
            elevation = torch.rand(len(pick), generator=g) - 0.5
            camera = rotation_about("x", elevation) @ torch.diag(torch.tensor([1.0, -1.0, -1.0])) @ rotation_about("y", azimuth)
            truth = project_people(body, clip.body_pose[pick], camera @ clip.root[pick], number)
            found = against_truth(function, body, truth, settings)
            table[clip.name] = {n: float(found[n].mean()) for n in ("first_mm", "best_mm", "px", "accepted")}
    return table


def mpii_figures(
    inverse: Path, table: PoseTable, rare: np.ndarray, settings: FitSettings
) -> tuple[dict[str, dict[str, float]], Fits]:
    """MPII people, all and rare; distances over the side of MPII's crop (250 x scale px)."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        fit_people(table, np.arange(len(table)), inverse, settings, BodySettings(), Bench(0, Path(folder)))
        seconds = time.perf_counter() - start
        fits = Fits.load(Path(folder) / "fits.npz")
    figures = {"all": _mpii_row(fits, table, np.ones(len(table), bool)), "rare": _mpii_row(fits, table, rare)}
    figures["all"]["fits_per_s"] = len(table) / seconds
    return figures, fits


def _mpii_row(fits: Fits, table: PoseTable, rows: np.ndarray) -> dict[str, float]:
    away = np.linalg.norm(fits.keypoints - table.keypoints, axis=-1) / (250.0 * table.scale[:, None])
    kept = rows & fits.accepted
    counted = away[table.annotated & kept[:, None]]
    return {
        "people": int(rows.sum()),
        "yield": float(fits.accepted[rows].mean()),
        "pck05": float((counted < 0.05).mean()),
        "pck10": float((counted < 0.1).mean()),
        "error_px256": float(np.median(fits.error_crop[kept]) * CROP_PX),
        "limit_deg_worst": float(fits.limit_deg[kept].max()),
        "penetration_mm_worst": float(1000 * fits.penetration_m[kept].max()),
        "penetration_mm_p95": float(1000 * np.quantile(fits.penetration_m[kept], 0.95)),
    }


def rare_rows(table: PoseTable) -> np.ndarray:
    """The rare people of a table by the default rule."""
    model, judged = fit_rarity(table, RareSettings(), 0)
    return judged.score >= choose_threshold(judged.score[judged.included], model.settings)


def speed(inverse: Path, count: int, settings: FitSettings) -> float:
    """Complete fits a second (all hypotheses one fit) of two processes of one thread each, as the engine runs shards."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    workers = [context.Process(target=_speed_worker, args=(inverse, count // 2, settings, barrier, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    seconds = max(results.get(timeout=300) for _ in workers)
    for worker in workers:
        worker.join()
    return 2 * (count // 2) / seconds


def _speed_worker(inverse: Path, count: int, settings: FitSettings, barrier: Any, results: Any) -> None:
    torch.set_num_threads(1)
    body = load_body(BodySettings())
    function = load_function(inverse, body, (SKELETON,))
    sample = PosePool(PoolSettings()).sample(count, 5)
    truth = project_people(body, sample.body_pose, sample.global_orient, 5)
    annotated = torch.ones(truth.keypoints.shape[:2], dtype=torch.bool)
    fit_all(function, body, truth.keypoints[: settings.batch], annotated[: settings.batch], settings)
    barrier.wait(300)
    start = time.perf_counter()
    fit_all(function, body, truth.keypoints, annotated, settings)
    results.put(time.perf_counter() - start)


ABLATION: dict[str, dict[str, float]] = {
    "everything": {},
    "no refinement": {"steps": 0},
    "no pose prior": {"prior": 0.0},
    "no joint limits": {"limit_rad": 0.0},
    "no shape prior": {"shape": 0.0},
    "no penetration": {"penetration_m": 0.0},
    "focal length fixed": {"focal": 1e-3},
}


def ablation(inverse: Path, table: PoseTable | None, data: Path, count: int) -> dict[str, dict[str, float]]:
    """Each term switched off: mocap 3D errors where there is mocap, else the pool's; yield and gate figures on MPII people."""
    body = load_body(BodySettings())
    function = load_function(inverse, body, (SKELETON,))
    rows = {}
    for name, change in ABLATION.items():
        settings = FitSettings(refine=RefineSettings(**change))
        clips = mocap_figures(function, body, data, max(2, count // 32), settings)
        errors = list(clips.values()) or [pool_figures(function, body, count, settings)]
        row = {n: float(np.mean([e[n] for e in errors])) for n in ("first_mm", "best_mm")}
        if table is not None:
            pick = np.linspace(0, len(table) - 1, min(count, len(table))).astype(int)
            part = mpii_figures(inverse, table.select(pick), np.ones(len(pick), bool), settings)[1]
            row |= {
                "yield": float(part.accepted.mean()),
                "px": float(np.median(part.error_crop) * CROP_PX),
                "limit_deg_p99": float(np.quantile(part.limit_deg, 0.99)),
                "penetration_mm_p99": float(1000 * np.quantile(part.penetration_m, 0.99)),
                "surprise": float(part.surprise.mean()),
            }
        rows[name] = row
    return rows


def read_mpii_people(data: Path) -> PoseTable | None:
    """MPII validation people with at least 8 annotated joints, or None where the file is not there."""
    file = data / "mpii_valid_full" / "valid.h5"
    if not file.is_file():
        return None
    table = read_poses(DataSettings(format="mpii", annotations=str(file)))[0]
    return table.select(table.annotated.sum(1) >= 8)


def print_table(title: str, rows: dict[str, dict[str, float]]) -> None:
    """Rows of figures under their names."""
    print(f"\n{title}")
    names = list(next(iter(rows.values())))
    print(f"{'':26s}" + "".join(f"{n:>22s}" for n in names))
    for name, row in rows.items():
        print(f"{name:26s}" + "".join(f"{row.get(n, float('nan')):22.4g}" for n in names))


def save_pictures(fits: Fits, table: PoseTable, body: BodyModel, folder: Path) -> None:
    """The 20 worst accepted fits and 20 random ones: annotation, mesh over it, and the mesh from the side."""
    folder.mkdir(parents=True, exist_ok=True)
    accepted = np.flatnonzero(fits.accepted)
    worst = accepted[np.argsort(-fits.surprise[accepted])[:20]]
    random = np.random.default_rng(0).choice(accepted, min(20, len(accepted)), replace=False)
    blank = np.full((4, 4, 3), 90, np.uint8)
    for name, rows in (("worst", worst), ("random", random)):
        tiles = []
        for r in rows:
            fit, flags = fits.select(np.array([r])), pose_flags(table.annotated[r], table.annotated[r])
            tiles.append(annotated_tile(blank, fit, table.skeleton, table.keypoints[r], flags, 200))
            tiles += [body_tile(blank, fit, body, 200), side_tile(fit, body, 200)]
        Image.fromarray(sheet(tiles, 6)).save(folder / f"inverse_{name}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RAREPOSE_DATA", "data")))
    parser.add_argument("--inverse", type=Path, default=FOLDER)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    body = load_body(BodySettings())
    function = load_function(arguments.inverse, body, (SKELETON,))
    settings, full = FitSettings(), arguments.full
    result: dict[str, Any] = {"pool": pool_figures(function, body, 4096 if full else 512, settings)}
    print_table("Held-out pool poses", {"pool": result["pool"]})
    table, skipped = read_mpii_people(arguments.data), []
    mocap = mocap_figures(function, body, arguments.data, 96 if full else 16, settings)
    if mocap:
        mocap["mean"] = {n: float(np.mean([row[n] for row in mocap.values()])) for n in next(iter(mocap.values()))}
        print_table("Motion capture: PA-MPJPE in mm", mocap)
        result["mocap"] = mocap
    else:
        skipped.append(f"motion capture ({arguments.data}/mocap_deepmimic, mocap_bvh_cmu)")
    if table is not None:
        rare = rare_rows(table)
        chosen = np.arange(len(table)) if full else np.union1d(np.flatnonzero(rare), np.arange(0, len(table), 6))
        figures, fits = mpii_figures(arguments.inverse, table.select(chosen), rare[chosen], settings)
        print_table("MPII validation people", figures)
        print("refused or rejected:", dict(Counter(r for r in fits.reason if r)))
        result["mpii"] = figures
        if arguments.pictures:
            save_pictures(fits, table.select(chosen), body, arguments.pictures)
    else:
        skipped.append(f"MPII people ({arguments.data}/mpii_valid_full/valid.h5)")
    result["fits_per_s"] = speed(arguments.inverse, 2048 if full else 512, settings)
    print(f"\ncomplete fits a second, two processes: {result['fits_per_s']:.0f}")
    result["ablation"] = ablation(arguments.inverse, table, arguments.data, 512 if full else 64)
    print_table("Without one term", result["ablation"])
    for what in skipped:
        print(f"skipped, not there: {what}")
    result["skipped"] = skipped
    print(json.dumps(result))


if __name__ == "__main__":
    main()
