"""People as pictures, over their photo where there is one: centres, rare and usual people, both lists, examples per reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from smpl_assets.pose_table import PoseTable
from training.rarity.drawing import INK, RARE, REASON_COLOURS, SECOND, draw_pose, frame_pose, new_figure, picture_axes
from training.rarity.listing import rarest_first
from training.rarity.reasons import REASONS
from training.rarity.scores import RareScores

_CELL = 1.35
_CROP_PX = 220


def centres(positions: np.ndarray, table: PoseTable, summary: dict[str, Any]) -> Figure:
    """Cluster centres as skeletons (T fig 4.1a), the largest cluster first."""
    sizes, rare = summary["train"]["cluster_sizes"], summary["train"]["cluster_rare"]
    sizes, rare = (values + [0] * (len(positions) - len(values)) for values in (sizes, rare))
    order = np.argsort(-np.array(sizes), kind="stable")
    columns = min(len(order), 7)
    lines = -(-len(order) // columns)
    figure = new_figure(columns * _CELL, lines * (_CELL + 0.5))
    cells = np.atleast_1d(figure.subplots(lines, columns)).reshape(-1)
    everything = np.ones(len(table.skeleton), bool)
    for cell, k in zip(cells, order, strict=False):
        picture_axes(cell, f"cluster {k}\n{sizes[k]} people, {rare[k]} rare")
        draw_pose(cell, positions[k], everything, everything, table.skeleton)
        frame_pose(cell, positions[k], everything)
    for cell in cells[len(order) :]:
        cell.set_axis_off()
    return figure


def rare_and_usual(table: PoseTable, scores: RareScores, image_root: Path | None) -> Figure:
    """The rarest people above, usual ones below (T fig 4.1b)."""
    order = rarest_first(scores)
    rare = order[scores.rare[order]][:16]
    usual = _most_usual(table, order[~scores.rare[order]])
    return _two_blocks(table, image_root, ("Rarest", rare, RARE), ("Usual", usual, SECOND), scores)


def _most_usual(table: PoseTable, order: np.ndarray) -> np.ndarray:
    """16 people spread over the more usual half of those with as many joints as half of the people have, falling score."""
    joints = table.annotated[order].sum(1)
    whole = order[joints >= np.median(joints)] if len(order) else order
    half = whole[len(whole) // 2 :]
    return half[np.linspace(0, len(half) - 1, min(16, len(half))).astype(int)] if len(half) else half


def both_lists(table: PoseTable, summary: dict[str, Any], image_root: Path | None) -> Figure:
    """What the thesis's rule finds beside what the default score finds, the rarest first."""
    lists = summary["lists"]
    blocks = []
    for name, title, colour in (
        ("neighbours", "Rarest by the default score", RARE),
        ("thesis", "Rarest by the thesis's distance", SECOND),
    ):
        joints = f"{lists['mean_joints'][name]:.1f} of {len(table.skeleton)} joints annotated on average"
        cut = f"{lists['incomplete'][name]} of {lists['rare']} incomplete, {joints}"
        blocks.append((f"{title} ({cut})", np.array(lists[name][:16], int), colour))
    return _two_blocks(table, image_root, blocks[0], blocks[1], None)


def examples_by_reason(table: PoseTable, scores: RareScores, image_root: Path | None) -> Figure | None:
    """A row of people for each reason that occurs, the rarest first."""
    order = rarest_first(scores)
    order = order[scores.reason[order] != ""]
    found = [(reason, order[scores.reason[order] == reason][:8]) for reason in REASONS if reason in scores.reason[order]]
    if not found:
        return None
    figure = new_figure(8 * _CELL, len(found) * (_CELL + 0.3))
    for part, (reason, rows) in zip(_parts(figure, len(found)), found, strict=True):
        total = int((scores.reason[order] == reason).sum())
        note = " - a limb too long to be one, left out" if reason == "annotation" else ""
        part.suptitle(
            f"{reason} ({total}){note}", x=0.01, ha="left", fontsize=10, fontweight="bold", color=REASON_COLOURS[reason]
        )
        _row_of_people(part.subplots(1, 8), table, rows, image_root, [f"{scores.score[row]:.2f}" for row in rows])
    return figure


def _two_blocks(
    table: PoseTable,
    image_root: Path | None,
    first: tuple[str, np.ndarray, str],
    second: tuple[str, np.ndarray, str],
    scores: RareScores | None,
) -> Figure:
    """Two titled blocks of up to 2 x 8 people, one above the other."""
    blocks = [(title, rows, colour, 2 if len(rows) > 8 else 1) for title, rows, colour in (first, second)]
    figure = new_figure(8 * _CELL, sum(lines * (_CELL + 0.25) + 0.35 for *_, lines in blocks))
    parts = _parts(figure, 2, [lines * (_CELL + 0.25) + 0.35 for *_, lines in blocks])
    for part, (title, rows, colour, lines) in zip(parts, blocks, strict=True):
        part.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold", color=colour)
        labels = [f"{scores.score[row]:.2f}" if scores is not None else f"{k + 1}" for k, row in enumerate(rows)]
        _row_of_people(part.subplots(lines, 8), table, rows, image_root, labels)
    return figure


def _parts(figure: Figure, count: int, heights: list[float] | None = None) -> list[SubFigure]:
    """Sub-figures one below the other."""
    return list(np.ravel(np.asarray(figure.subfigures(count, 1, squeeze=False, height_ratios=heights), object)))


def _row_of_people(cells: Any, table: PoseTable, rows: np.ndarray, image_root: Path | None, labels: list[str]) -> None:
    flat = np.atleast_1d(cells).reshape(-1)
    for cell, row, label in zip(flat, rows, labels, strict=False):
        _draw_person(picture_axes(cell, label, INK, 7.0), table, int(row), image_root)
    for cell in flat[len(rows) :]:
        cell.set_axis_off()


def _draw_person(axes: Axes, table: PoseTable, row: int, image_root: Path | None) -> None:
    keypoints, annotated = table.keypoints[row], table.annotated[row]
    crop = None if image_root is None else person_crop(image_root / table.file_name(row), keypoints[annotated])
    if crop is None:
        axes.set_facecolor("#f4f5f7")
        draw_pose(axes, keypoints, annotated, table.visible[row], table.skeleton, 1.8)
        frame_pose(axes, keypoints, annotated)
        return
    image, corner, factor = crop
    axes.imshow(image, zorder=0)
    draw_pose(axes, (keypoints - corner) * factor, annotated, table.visible[row], table.skeleton, 1.4)
    axes.set_xlim(0, image.shape[1])
    axes.set_ylim(image.shape[0], 0)


def person_crop(path: Path, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, float] | None:
    """A square RGB crop around points (px), its corner (2,) in the image, its enlargement; None without a readable photo."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() and len(points) else None
    if image is None:
        return None
    middle, half = 0.5 * (points.min(0) + points.max(0)), max(0.5 * float((points.max(0) - points.min(0)).max()), 4.0) * 1.3
    factor = _CROP_PX / (2 * half)
    corner = middle - half
    # Pixel i covers [i, i + 1], so its centre i + 0.5 goes to (i + 0.5 - corner) * factor, which OpenCV calls that minus 0.5.
    shift = (0.5 - corner) * factor - 0.5
    matrix = np.array([[factor, 0.0, shift[0]], [0.0, factor, shift[1]]])
    crop = cv2.warpAffine(image, matrix, (_CROP_PX, _CROP_PX), flags=cv2.INTER_AREA, borderValue=(238, 238, 238))
    return cv2.cvtColor(crop, cv2.COLOR_BGR2RGB), corner, factor
