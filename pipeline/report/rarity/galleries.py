"""People as pictures, over their photo where there is one: centres, rare and usual people, both lists, examples per reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from pipeline.report.rarity.charts import REASON_COLOURS
from smpl_assets.drawing.crops import cut_square, plain_square, square_around
from smpl_assets.drawing.palette import INK, PALE, RARE, TEAL, rgb
from smpl_assets.drawing.poses import draw_pose, moved, pose_flags
from smpl_assets.drawing.sheets import Block, blocks_sheet
from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton
from training.rarity.reasons import REASONS
from training.rarity.scores import RareScores

_COLUMNS, _SIDE = 8, 168
Photo = Callable[[int], UInt8[np.ndarray, "_ _ 3"] | None]
Picture = UInt8[np.ndarray, "_ _ 3"]
Rows = Int[np.ndarray, " _"]


def centres(positions: Float[np.ndarray, "clusters joints 2"], skeleton: Skeleton, summary: dict[str, Any]) -> Picture:
    """Cluster centres as skeletons (T fig 4.1a), the largest cluster first."""
    train, tiles, captions = summary["train"], [], []
    # the counts stop at the last cluster that has people
    sizes, rare = (v + [0] * (len(positions) - len(v)) for v in (train["cluster_sizes"], train["cluster_rare"]))
    everything = np.ones(len(skeleton), bool)
    for k in np.argsort(-np.array(sizes), kind="stable").tolist():
        points = positions[k].astype(float) * 1000  # px of a large picture: normalised coordinates are about 1
        tile, affine = plain_square((255, 255, 255), square_around(_box(points), 0.12), _SIDE)
        tiles.append(draw_pose(tile, skeleton, moved(points, affine), pose_flags(everything, everything)))
        captions.append(f"cluster {k}\n{sizes[k]} people, {rare[k]} rare")
    return blocks_sheet([Block("", INK, tiles, captions)], min(len(tiles), _COLUMNS))


def rare_and_usual(table: PoseTable, scores: RareScores, photo: Photo) -> Picture:
    """The rarest people above, usual ones below (T fig 4.1b)."""
    order = scores.rarest_first()
    rare, usual = order[scores.rare[order]][:16], _most_usual(table, order[~scores.rare[order]])
    blocks = (("Rarest", RARE, rare), ("Usual", TEAL, usual))
    return _people([(title, colour, rows, _scores(scores, rows)) for title, colour, rows in blocks], table, photo)


def _most_usual(table: PoseTable, order: Rows) -> Rows:
    """16 people spread over the more usual half of those with as many joints as half of the people have, falling score."""
    joints = table.annotated[order].sum(1)
    whole = order[joints >= np.median(joints)] if len(order) else order
    half = whole[len(whole) // 2 :]
    return half[np.linspace(0, len(half) - 1, min(16, len(half))).astype(int)] if len(half) else half


def both_lists(table: PoseTable, summary: dict[str, Any], photo: Photo) -> Picture:
    """What the thesis's rule finds beside what the default score finds, the rarest first."""
    lists, blocks = summary["lists"], []
    for name, title, colour in (("neighbours", "default score", RARE), ("thesis", "thesis's distance", TEAL)):
        joints = f"{lists['mean_joints'][name]:.1f} of {len(table.skeleton)} joints annotated on average"
        rows = np.array(lists[name][:16], int)
        heading = f"Rarest by the {title} ({lists['incomplete'][name]} of {lists['rare']} incomplete, {joints})"
        blocks.append((heading, colour, rows, [str(k + 1) for k in range(len(rows))]))
    return _people(blocks, table, photo)


def examples_by_reason(table: PoseTable, scores: RareScores, photo: Photo) -> Picture | None:
    """A row of people for each reason that occurs, the rarest first."""
    order = scores.rarest_first()
    blocks = []
    for reason in REASONS:
        rows = order[scores.reason[order] == reason]
        note = " - a limb too long to be one, left out" if reason == "annotation" else ""
        shown = rows[:_COLUMNS]
        blocks.append((f"{reason} ({len(rows)}){note}", REASON_COLOURS[reason], shown, _scores(scores, shown)))
    return _people(blocks, table, photo) if any(len(rows) for _, _, rows, _ in blocks) else None


def _scores(scores: RareScores, rows: Rows) -> list[str]:
    return [f"{scores.score[row]:.2f}" for row in rows]


def _people(blocks: list[tuple[str, str, Rows, list[str]]], table: PoseTable, photo: Photo) -> Picture:
    """Blocks of (title, colour, rows, captions), those without people left out."""
    drawn = [
        Block(title, colour, [_person(table, int(r), photo(int(r))) for r in rows], captions)
        for title, colour, rows, captions in blocks
        if len(rows)
    ]
    return blocks_sheet(drawn, _COLUMNS)


def _person(table: PoseTable, row: int, photo: Picture | None) -> UInt8[np.ndarray, "side side 3"]:
    keypoints, annotated = table.keypoints[row], table.annotated[row]
    crop = square_around(_box(keypoints[annotated]) if annotated.any() else table.bbox_xywh[row])
    tile, affine = plain_square(rgb(PALE), crop, _SIDE) if photo is None else cut_square(photo, crop, _SIDE)
    return draw_pose(tile, table.skeleton, moved(keypoints, affine), pose_flags(annotated, table.visible[row]), radius=2.6)


def _box(points: Float[np.ndarray, "points 2"]) -> Float[np.ndarray, " 4"]:
    """x, y, width, height around points."""
    low, high = points.min(0), points.max(0)
    return np.concatenate([low, high - low])
