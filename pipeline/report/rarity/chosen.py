"""Figures of whom the errors chose: rarity against error, how far the lists agree, and what the networks found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from smpl_assets.drawing.charts import draw_chart, mark, plain_numbers
from smpl_assets.drawing.crops import cut_square, plain_square, square_around
from smpl_assets.drawing.palette import GREY, ORANGE, PALE, RARE, TEAL, USUAL, rgb
from smpl_assets.drawing.poses import draw_pose, moved, pose_flags
from smpl_assets.drawing.sheets import Block, blocks_sheet
from smpl_assets.pose_table import PoseTable
from smpl_assets.seeds import numpy_generator
from training.cross_fit.errors import PersonErrors
from training.cross_fit.orders import both_scores
from training.rarity.scores import RareScores

_SIDE, _PAIRS, _USUAL_SHOWN = 150, 4, 1200
_STEPS = 40
Photo = Callable[[int], UInt8[np.ndarray, "_ _ 3"] | None]
Picture = UInt8[np.ndarray, "_ _ 3"]
Values = Float[np.ndarray, " people"]
Rows = Int[np.ndarray, " _"]


def rarity_and_error(scores: RareScores, errors: PersonErrors, chosen: Bool[np.ndarray, " people"], by: str, path: Path) -> str:
    """A dot per person who may be chosen, of the usual ones at most 1,200; and how far the lists agree, by their length."""
    known, rare = errors.eligible, scores.rare
    usual, of = np.flatnonzero(known & ~rare & ~chosen), ""
    if len(usual) > _USUAL_SHOWN:
        of = f" of {len(usual):,}"
        usual = numpy_generator(0, "usual people of the chart").choice(usual, _USUAL_SHOWN, replace=False)
    kinds = (
        ("neither", usual, of, USUAL, 9),
        ("rare, not chosen", np.flatnonzero(known & rare & ~chosen), "", TEAL, 20),
        ("chosen, not rare", np.flatnonzero(known & ~rare & chosen), "", ORANGE, 20),
        ("rare and chosen", np.flatnonzero(known & rare & chosen), "", RARE, 26),
    )

    def draw(left: Any, right: Any) -> None:
        for name, rows, more, colour, size in kinds:
            label = f"{name} ({len(rows):,}{more})"
            left.scatter(scores.score[rows], errors.error[rows], s=size, color=colour, linewidths=0, label=label)
        mark(left, scores.threshold, f"tau = {scores.threshold:.3g}", GREY, 0.08)
        left.set(title="rarity and error", xlabel="rarity score", ylabel=f"error (1 - {errors.metric})", ylim=(-0.02, 1.04))
        left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
        _agreement(right, scores.score[known], errors.error[known], int(chosen.sum()) / max(int(known.sum()), 1), by)

    return draw_chart(path, 9.6, 3.9, draw, columns=2)


def _agreement(axes: Any, rarity: Values, error: Values, share: float, by: str) -> None:
    """Of the rarest k people, how many are among the first k of the other orders; chance is the diagonal."""
    people = len(rarity)
    counts = np.unique(np.geomspace(max(people / 200, 1), people, _STEPS).round().astype(int))
    places = _place(rarity)
    for name, values, colour in (("error", error, ORANGE), ("both", both_scores(rarity, error), RARE)):
        other = np.maximum(places, _place(values))
        width = 2.2 if name == by else 1.2
        axes.plot(100 * counts / people, [100 * (other < k).sum() / k for k in counts], color=colour, linewidth=width, label=name)
    axes.plot(100 * counts / people, 100 * counts / people, color=GREY, linewidth=0.9, linestyle=":", label="chance")
    axes.set_xscale("log")
    plain_numbers(axes.xaxis)
    mark(axes, 100 * share, f"chosen: {100 * share:.2g} %", GREY)
    axes.set(
        title="do the other rules choose the rarest people?", xlabel="% of the people chosen", ylabel="% of them also by rarity"
    )
    axes.set_ylim(0, 104)
    axes.legend(loc="lower right")


def _place(values: Values) -> Int[np.ndarray, " people"]:
    """0 for the largest value, equal ones in order."""
    place = np.empty(len(values), np.int64)
    place[np.argsort(-values, kind="stable")] = np.arange(len(values))
    return place


def pairs(table: PoseTable, scores: RareScores, errors: PersonErrors, choice: RareScores, photo: Photo) -> Picture:
    """Annotated beside found: whom both orders put first (where they choose), the largest errors, the rare poses found best."""
    known = np.flatnonzero(errors.eligible)
    mastered = known[scores.rare[known]]
    first = [("First by both", RARE, known[np.argsort(-choice.score[known], kind="stable")])] if choice.policy == "both" else []
    lists = (
        *first,
        ("Largest error", ORANGE, known[np.argsort(-errors.error[known], kind="stable")]),
        ("Rare poses of the smallest error", TEAL, mastered[np.argsort(errors.error[mastered], kind="stable")]),
    )
    blocks = [
        Block(
            title, colour, [_pair(table, errors, int(r), photo(int(r))) for r in rows[: 2 * _PAIRS]], _words(scores, errors, rows)
        )
        for title, colour, rows in lists
        if len(rows)
    ]
    return blocks_sheet(blocks, _PAIRS)


def _words(scores: RareScores, errors: PersonErrors, rows: Rows) -> list[str]:
    return [f"rarity {scores.score[r]:.2f}, error {errors.error[r]:.2f}" for r in rows[: 2 * _PAIRS]]


def _pair(table: PoseTable, errors: PersonErrors, row: int, photo: Picture | None) -> Picture:
    annotated, crop = table.annotated[row], square_around(table.bbox_xywh[row])
    tile, affine = plain_square(rgb(PALE), crop, _SIDE) if photo is None else cut_square(photo, crop, _SIDE)
    poses = (
        (table.keypoints[row], pose_flags(annotated, table.visible[row])),
        (errors.keypoints[row], pose_flags(annotated, annotated)),
    )
    drawn = [draw_pose(tile, table.skeleton, moved(points, affine), flags, radius=2.4) for points, flags in poses]
    return np.concatenate([drawn[0], np.full((_SIDE, 2, 3), 255, np.uint8), drawn[1]], axis=1)
