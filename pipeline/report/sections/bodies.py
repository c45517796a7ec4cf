"""The bodies fitted to the rare poses: how many, how well, why not, and what the inverse function learnt from."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.report.pictures import Picture
from pipeline.report.run import Run
from pipeline.report.words import percent
from smpl_assets.drawing.charts import curves_chart, draw_chart, whole_numbers
from smpl_assets.drawing.palette import ORANGE, TEAL
from smpl_assets.drawing.sheets import sheet
from smpl_assets.inverse.export import body_tile, side_tile
from smpl_assets.inverse.fits import Fits
from smpl_assets.poses.pose_sheet import pose_sheet
from smpl_assets.rotations import matrix_from_axis_angle


def build(run: Run) -> dict[str, Any]:
    """Count, chart and draw; writes `inverse_losses`, `fit_errors`, `loosest_fits` and `pose_pool.png`.

    yields: (cluster, tried, accepted, share) rows. rejected: (reason, count). errors: chart of the reprojection errors.
    losses: chart of the inverse function's training, None where there are none. worst: the loosest accepted fits.
    pool: contact sheet, pool_labels: (label, poses of the sample).
    """
    fits = run.fits
    errors = 100 * fits.error_crop[fits.accepted]
    return {
        "who": run.who,
        "tried": len(fits),
        "accepted": int(fits.accepted.sum()),
        "median_error": float(np.median(errors)) if len(errors) else None,
        "yields": _yields(run),
        "rejected": run.rejected.most_common(),
        "errors": _errors_chart(fits, run.figure("fit_errors")),
        "losses": _losses_chart(run),
        "worst": _worst(run),
        **_pool(run),
    }


def _yields(run: Run) -> list[tuple[str, int, int, str]]:
    clusters = run.scores["train"].cluster[run.fits.person]
    rows = []
    for cluster in np.unique(clusters):
        inside = clusters == cluster
        tried, accepted = int(inside.sum()), int(run.fits.accepted[inside].sum())
        rows.append((str(int(cluster)), tried, accepted, percent(accepted, tried)))
    return rows


def _errors_chart(fits: Fits, path: Path) -> str | None:
    errors, fitted = 100 * fits.error_crop, np.isfinite(fits.error_crop)
    if not fitted.any():
        return None
    high = max(float(np.quantile(errors[fitted], 0.98)), 0.5)
    kinds = {"accepted": (fits.accepted, TEAL), "turned away": (~fits.accepted, ORANGE)}
    shown = {n: (np.clip(errors[fitted & of], 0, high), c) for n, (of, c) in kinds.items() if (fitted & of).any()}

    def draw(axes: Any) -> None:
        stacks, colours = [v for v, _ in shown.values()], [c for _, c in shown.values()]
        axes.hist(stacks, np.linspace(0, high, 25), stacked=True, color=colours, label=list(shown), rwidth=0.9)
        axes.set(xlabel="mean distance of body and annotation, % of the person's crop", ylabel="people")
        whole_numbers(axes.yaxis)
        axes.legend()

    return draw_chart(path, 4.8, 2.4, draw)


def _losses_chart(run: Run) -> str | None:
    rows = run.losses("inverse")
    names = list(rows[0]) if rows else [""]
    along = next((n for n in ("step", "iteration", "epoch") if n in names), names[0])
    parts = [n for n in names if n not in (along, "loss", "lr", "epoch", "seconds")]
    return curves_chart(run.figure("inverse_losses"), rows, along, ("total loss", ("loss",)), ("its parts", parts[:6]))


def _worst(run: Run) -> Picture | None:
    """Annotated pose, body over it and from the side, of the accepted fits with the largest error, two people a row."""
    fits, side = run.fits, run.settings.tile_px
    order = np.argsort(-np.where(fits.accepted, fits.error_crop, -1.0), kind="stable")
    tiles = []
    for row in order[: min(run.settings.worst_fits, int(fits.accepted.sum()))].tolist():
        photo = run.photo("train", int(fits.person[row]))
        if photo is not None:
            tiles += [run.annotated(row, photo, side), body_tile(photo, run.fit(row), run.body, side)]
            tiles.append(side_tile(run.fit(row), run.body, side))
    if not tiles:
        return None
    alt = "the loosest accepted fits over their photographs and from the side"
    return run.picture(sheet(tiles, 6 if len(tiles) > 3 else 3), "loosest_fits", alt)


def _pool(run: Run) -> dict[str, Any]:
    """The contact sheet, poses sorted by their label, and how many poses of the sample have each label."""
    with np.load(run.inputs.one("inverse") / "pool.npz", allow_pickle=False) as file:
        pose, orient, label = file["body_pose"], file["global_orient"], file["label"].astype(str)
    shown, labels = min(run.settings.pool_poses, len(pose)), Counter(label.tolist()).most_common()
    if not shown:
        return {"pool": None, "pool_labels": labels}
    rows = np.linspace(0, len(pose) - 1, shown).round().astype(int)
    rows = rows[np.argsort(label[rows], kind="stable")]
    body_pose, root = (matrix_from_axis_angle(torch.as_tensor(v[rows], dtype=torch.float32)) for v in (pose, orient))
    image = pose_sheet(body_pose, root, columns=10, cell=110, body=run.body)
    return {"pool": run.picture(image, "pose_pool", "bodies in poses of the pool"), "pool_labels": labels}
