"""The `fit` stage as a function."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64

from smpl_assets.body.keypoints import placed_part
from smpl_assets.body.protocol import BodyModel, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fit import FittedBatch, apart_from_better, fit_batch, refuse_inputs
from smpl_assets.inverse.fits import FITS, HYPOTHESES, Fits, empty_fits
from smpl_assets.inverse.function import InverseFunction, load_function
from smpl_assets.inverse.settings import FitSettings
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.rotations import axis_angle_from_matrix
from smpl_assets.seeds import derive_seed
from smpl_assets.skeletons import Skeleton, require_limbs
from smpl_assets.work import Bench


def fit_people(
    people: PoseTable,
    rows: Int64[np.ndarray, " people"],
    inverse_dir: Path,
    settings: FitSettings,
    body: BodySettings,
    bench: Bench,
) -> None:
    """Fit bodies to people's keypoints and write `fits.npz`, a row per person, and their believed runners-up, `hypotheses.npz`.

    people: those to be fitted; rows: their rows in the whole table, which the fits name them by.

    Keypoints that have no place on a body (a hat, a tail) are not looked at; the fits have NaN for them.

    Raises:
        InputError: the inverse function is for another body, or the people's skeleton lacks limb joints.
    """
    require_limbs(people.skeleton)
    model, placed = load_body(body), placed_part(people.skeleton)
    fitter = _Fitter(load_function(inverse_dir, model, (placed,)), model, people, placed, bench.seed)
    reasons = refuse_inputs(fitter.keypoints, fitter.annotated, settings.gate)
    fits = empty_fits(rows, reasons, len(people.skeleton), model.shape_size, model.name)
    tried = np.array([row for row, reason in enumerate(reasons) if not reason], np.int64)
    fits, others = fitter.fitted(fits, tried, settings, bench.progress)
    fits, more = fitter.fitted(fits, tried[~fits.accepted[tried]], _harder(settings), silent)
    fits.save(bench.out / FITS)
    runners_up = Fits.concatenate([fits.select(np.zeros(0, np.int64)), *others, *more])
    runners_up.select(np.argsort(runners_up.person, kind="stable")).save(bench.out / HYPOTHESES)


def _harder(settings: FitSettings) -> FitSettings:
    """For the few who are not believed at first: more starts, more steps, smaller batches."""
    refine = settings.refine.model_copy(update={"steps": 2 * settings.refine.steps})
    changes = {"hypotheses": 3 * settings.hypotheses, "refine": refine, "batch": max(1, settings.batch // 8)}
    return settings.model_copy(update=changes)


class _Fitter:
    """What fitting people needs besides settings; `keypoints` (n, K, 2) px, `annotated` (n, K) of the placed ones' `columns`."""

    def __init__(self, function: InverseFunction, body: BodyModel, people: PoseTable, placed: Skeleton, seed: int) -> None:
        self.function, self.body, self.skeleton, self.seed = function, body, placed, seed
        self.columns = [people.skeleton.index(k) for k in placed.keypoints]
        self.keypoints = torch.from_numpy(people.keypoints[:, self.columns]).float()
        self.annotated = torch.from_numpy(people.annotated[:, self.columns])

    def fitted(self, fits: Fits, tried: np.ndarray, settings: FitSettings, progress: Progress) -> tuple[Fits, list[Fits]]:
        """The fits with `tried` rows fitted, batch by batch, and the runners-up of each batch."""
        others = []
        for start in range(0, len(tried), settings.batch):
            rows = tried[start : start + settings.batch]
            full = np.resize(rows, settings.batch)  # always the same sizes, so that company does not change the last bits
            seeds = [derive_seed(self.seed, "fit", int(p)) for p in fits.person[full]]
            people = self.keypoints[full], self.annotated[full]
            found = fit_batch(self.function, self.body, self.skeleton, *people, settings, seeds)
            fits = _filled(fits, rows, found, self.columns)
            others.append(_runners_up(fits, rows, found, self.columns))
            progress(start + len(rows), len(tried), accepted=float(fits.accepted[tried[: start + len(rows)]].mean()))
        return fits, others


def _filled(fits: Fits, rows: np.ndarray, found: FittedBatch, placed: list[int]) -> Fits:
    """The fits with the best hypothesis of the first people of a batch in their rows, its keypoints in the columns `placed`."""
    best = found.order[: len(rows), 0]
    reasons = [found.reasons[i] for i in _places(found, torch.arange(len(rows)), best).tolist()]
    columns = _columns(found, torch.arange(len(rows)), best) | {"accepted": np.array([not reason for reason in reasons])}
    columns["keypoints"] = _spread(columns["keypoints"], placed, fits)
    arrays: dict[str, Any] = {name: _with_rows(getattr(fits, name), rows, values) for name, values in columns.items()}
    told = list(fits.reason)
    for row, reason in zip(rows.tolist(), reasons, strict=True):
        told[row] = reason
    return dataclasses.replace(fits, **arrays, reason=tuple(told))


def _runners_up(fits: Fits, rows: np.ndarray, found: FittedBatch, placed: list[int]) -> Fits:
    """The other believed hypotheses of the first people of a batch that differ from better ones."""
    who, which = apart_from_better(found, len(rows))
    like: Fits = fits.select(rows[who.numpy()])
    values: dict[str, Any] = _columns(found, who, which) | {"accepted": np.ones(len(who), bool)}
    values["keypoints"] = _spread(values["keypoints"], placed, fits)
    return dataclasses.replace(like, **values, reason=("",) * len(who))


def _places(found: FittedBatch, who: Int64[torch.Tensor, " fits"], which: Int64[torch.Tensor, " fits"]) -> torch.Tensor:
    """Rows of the batch's hypotheses: of its people `who` those numbered `which`."""
    return who * found.order.shape[1] + which


def _columns(found: FittedBatch, who: Int64[torch.Tensor, " fits"], which: Int64[torch.Tensor, " fits"]) -> dict[str, np.ndarray]:
    """What `Fits` says of some hypotheses: of the batch's people `who` those numbered `which`."""
    row, crop, quality = _places(found, who, which), found.crop_xywh[who], found.quality
    x = found.parameters.rows(row)
    values = {
        "global_orient": axis_angle_from_matrix(x.global_orient), "body_pose": x.pose.unflatten(1, (-1, 3)), "shape": x.shape,
        "transl": x.transl, "intrinsics": found.intrinsics[row], "keypoints": found.keypoints[row],
        "error_px": quality.error_crop[row] * crop[:, 2], "error_crop": quality.error_crop[row], "crop_xywh": crop,
        "penetration_m": quality.penetration_m[row], "limit_deg": quality.limit_deg[row],
        "surprise": quality.surprise[row], "hypothesis": which,
    }  # fmt: skip
    return {name: (value.double() if value.is_floating_point() else value).numpy() for name, value in values.items()}


def _spread(keypoints: np.ndarray, placed: list[int], fits: Fits) -> np.ndarray:
    """Placed keypoints (n, K, 2) among all of the skeleton's (n, J, 2), NaN for those that have no place on a body."""
    everything = np.full((len(keypoints), *fits.keypoints.shape[1:]), np.nan)
    everything[:, placed] = keypoints
    return everything


def _with_rows(array: np.ndarray, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    changed = array.copy()
    changed[rows] = values
    return changed
