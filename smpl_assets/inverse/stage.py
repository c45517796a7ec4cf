"""The `inverse` and `fit` stages as functions."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64

from smpl_assets.archive import write_json
from smpl_assets.body.protocol import BodyModel, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fit import FittedBatch, fit_batch, refuse_inputs
from smpl_assets.inverse.fits import Fits, empty_fits
from smpl_assets.inverse.function import FOLDER, InverseFunction, copy_shipped, load_function, matches, read_card, save_function
from smpl_assets.inverse.measure import build_rig
from smpl_assets.inverse.pairs import SOURCES, PairSource
from smpl_assets.inverse.prior import learn_prior
from smpl_assets.inverse.settings import FitSettings, InverseSettings
from smpl_assets.pose_table import PoseTable
from smpl_assets.poses.pool import PosePool, PoseSample
from smpl_assets.progress import Progress, silent
from smpl_assets.rotations import axis_angle_from_matrix
from smpl_assets.seeds import derive_seed
from smpl_assets.told import TOLD
from smpl_assets.work import Bench

SHOWN_POSES = 96


def train_inverse(settings: InverseSettings, body: BodySettings, bench: Bench) -> None:
    """Make the inverse function: `inverse.safetensors`, `prior.safetensors`, `card.json`, `losses.json`, `pool.npz`.

    Copies the shipped one where its card says that it is what the settings ask for. An interrupted training goes on from its
    checkpoint in the bench's scratch folder.
    """
    model = load_body(body)
    pool = PosePool(settings.pool)
    if pool.left_out:
        TOLD.warning("%d motion files left out, the first: %s", len(pool.left_out), pool.left_out[0])
    _save_pool(pool.sample(SHOWN_POSES, derive_seed(bench.seed, "shown poses")), bench.out / "pool.npz")
    if settings.weights == "shipped" and matches(read_card(FOLDER), settings, model.name, model.shape_size):
        copy_shipped(bench.out)
        bench.progress(1, 1)
        return
    _train_function(settings, model, pool, bench)


def _train_function(settings: InverseSettings, model: BodyModel, pool: PosePool, bench: Bench) -> None:
    """Train network and prior on a pool and write them with their card."""
    from smpl_assets.inverse.fit_network import fit_network  # Lightning takes seconds to import, and fitting does without it

    seed = bench.seed
    sample = pool.sample(settings.pool_poses, derive_seed(seed, "pool"))
    pose = axis_angle_from_matrix(torch.as_tensor(sample.body_pose, dtype=torch.float32))
    orient = torch.as_tensor(sample.global_orient, dtype=torch.float32)
    prior = learn_prior(pose[: settings.prior_poses].flatten(1), settings.prior_components, seed)
    source = PairSource(build_rig(model, SOURCES), pose, orient, settings, seed)
    network, losses = fit_network(source, bench)
    card = {
        "body": model.name,
        "body_digest": model.digest,
        "shape_size": model.shape_size,
        "settings": settings.model_dump(mode="json"),
        "seed": seed,
        "data": f"{settings.pool_poses} poses of the built-in pool, cameras and shapes drawn anew for every batch",
        "final": losses[-1],
    }
    save_function(network, prior, card, bench.out)
    write_json(bench.out / "losses.json", losses)


def _save_pool(sample: PoseSample, path: Path) -> None:
    pose, orient = (axis_angle_from_matrix(torch.as_tensor(m)).float().numpy() for m in (sample.body_pose, sample.global_orient))
    np.savez(
        path, body_pose=pose, global_orient=orient, label=np.array(sample.label, np.str_), source=np.array(sample.source, np.str_)
    )


def fit_people(
    people: PoseTable,
    rows: Int64[np.ndarray, " people"],
    inverse_dir: Path,
    settings: FitSettings,
    body: BodySettings,
    bench: Bench,
) -> None:
    """Fit bodies to people's keypoints and write `fits.npz`.

    people: those to be fitted; rows: their rows in the whole table, which the fits name them by.

    Raises:
        InputError: the inverse function is for another body.
    """
    model, skeleton = load_body(body), people.skeleton
    fitter = _Fitter(load_function(inverse_dir, model, (skeleton.name,)), model, people, bench.seed)
    reasons = refuse_inputs(fitter.keypoints, fitter.annotated, settings.gate)
    fits = empty_fits(rows, reasons, len(skeleton), model.shape_size, model.name)
    tried = np.array([row for row, reason in enumerate(reasons) if not reason], np.int64)
    fits = fitter.fitted(fits, tried, settings, bench.progress)
    fits = fitter.fitted(fits, tried[~fits.accepted[tried]], _harder(settings), silent)
    fits.save(bench.out / "fits.npz")


def _harder(settings: FitSettings) -> FitSettings:
    """For the few who are not believed at first: more starts, more steps, smaller batches."""
    refine = settings.refine.model_copy(update={"steps": 2 * settings.refine.steps})
    changes = {"hypotheses": 3 * settings.hypotheses, "refine": refine, "batch": max(1, settings.batch // 8)}
    return settings.model_copy(update=changes)


class _Fitter:
    """What fitting people needs besides settings; `keypoints` (n, J, 2) px, `annotated` (n, J)."""

    def __init__(self, function: InverseFunction, body: BodyModel, people: PoseTable, seed: int) -> None:
        self.function, self.body, self.skeleton, self.seed = function, body, people.skeleton.name, seed
        self.keypoints = torch.from_numpy(people.keypoints).float()
        self.annotated = torch.from_numpy(people.annotated)

    def fitted(self, fits: Fits, tried: np.ndarray, settings: FitSettings, progress: Progress) -> Fits:
        """The fits with `tried` rows fitted, batch by batch."""
        for start in range(0, len(tried), settings.batch):
            rows = tried[start : start + settings.batch]
            full = np.resize(rows, settings.batch)  # always the same sizes, so that company does not change the last bits
            seeds = [derive_seed(self.seed, "fit", int(p)) for p in fits.person[full]]
            people = self.keypoints[full], self.annotated[full]
            found = fit_batch(self.function, self.body, self.skeleton, *people, settings, seeds)
            fits = _filled(fits, rows, found)
            progress(start + len(rows), len(tried), accepted=float(fits.accepted[tried[: start + len(rows)]].mean()))
        return fits


def _filled(fits: Fits, rows: np.ndarray, found: FittedBatch) -> Fits:
    """The fits with the best hypothesis of the first people of a batch in their rows."""
    count, many = len(rows), found.order.shape[1]
    best = torch.arange(count) * many + found.order[:count, 0]
    crop = found.crop_xywh[:count]
    x, quality = found.parameters.rows(best), found.quality
    values = {
        "global_orient": axis_angle_from_matrix(x.global_orient), "body_pose": x.pose.unflatten(1, (-1, 3)), "shape": x.shape,
        "transl": x.transl, "intrinsics": found.intrinsics[best], "keypoints": found.keypoints[best],
        "error_px": quality.error_crop[best] * crop[:, 2], "error_crop": quality.error_crop[best], "crop_xywh": crop,
        "penetration_m": quality.penetration_m[best], "limit_deg": quality.limit_deg[best],
        "surprise": quality.surprise[best], "hypothesis": found.order[:count, 0],
    }  # fmt: skip
    reasons = [found.reasons[row] for row in best.tolist()]
    arrays: dict[str, Any] = {name: _with_rows(getattr(fits, name), rows, value.numpy()) for name, value in values.items()}
    accepted = _with_rows(fits.accepted, rows, np.array([not reason for reason in reasons]))
    told = list(fits.reason)
    for row, reason in zip(rows.tolist(), reasons, strict=True):
        told[row] = reason
    return dataclasses.replace(fits, **arrays, accepted=accepted, reason=tuple(told))


def _with_rows(array: np.ndarray, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    changed = array.copy()
    changed[rows] = values
    return changed
