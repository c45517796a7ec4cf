"""How this room's pictures look: colours, axes, poses as skeletons, saving with the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from smpl_assets.skeletons import Skeleton

INK, GREY, PALE = "#20242c", "#8a909c", "#e4e7ec"
USUAL, RARE, SECOND = "#8fb3cc", "#d1495b", "#2f6690"
REASON_COLOURS = {
    "posture": "#2f6690", "orientation": "#d1495b", "viewpoint": "#e08e45", "crossing": "#6a4c93",
    "truncation": "#8a909c", "occlusion": "#3a9d78", "annotation": "#20242c",
}  # fmt: skip
LEFT, RIGHT, MIDDLE = "#009eaa", "#e67814", "#8c50be"
DPI = 130


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, inches, white; no global pyplot state."""
    return Figure(figsize=(width, height), facecolor="white", layout="constrained")


def save(figure: Figure, path: Path) -> Path:
    """Write a PNG without time or version in it."""
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    return path


def chart_axes(axes: Axes, title: str, x: str, y: str) -> Axes:
    """A plain chart: no box, light grid, title on the left."""
    axes.set_title(title, loc="left", fontsize=11, color=INK, fontweight="bold")
    axes.set_xlabel(x, fontsize=9, color=INK)
    axes.set_ylabel(y, fontsize=9, color=INK)
    axes.tick_params(labelsize=8, colors=INK, length=3)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    return axes


def picture_axes(axes: Axes, title: str = "", colour: str = INK, size: float = 8.0) -> Axes:
    """Axes that hold a picture."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_aspect("equal")
    if title:
        axes.set_title(title, fontsize=size, color=colour, pad=3, linespacing=1.25)
    return axes


def draw_pose(
    axes: Axes, keypoints: np.ndarray, annotated: np.ndarray, visible: np.ndarray, skeleton: Skeleton, width: float = 2.0
) -> None:
    """A skeleton in the axes' units, y down: left blue-green, right orange, middle violet, hidden joints hollow."""
    segments, colours = [], []
    for a, b in skeleton.limb_indices:
        if annotated[a] and annotated[b]:
            segments.append((keypoints[a], keypoints[b]))
            colours.append(_limb_colour(skeleton.keypoints[a], skeleton.keypoints[b]))
    axes.add_collection(LineCollection(segments, colors=colours, linewidths=width, capstyle="round", zorder=2))
    for j in np.flatnonzero(annotated):
        colour = _side_colour(skeleton.keypoints[j])
        face = colour if visible[j] else "white"
        axes.plot(*keypoints[j], "o", ms=1.9 * width, mfc=face, mec=colour, mew=0.6 * width, zorder=3)


def frame_pose(axes: Axes, keypoints: np.ndarray, annotated: np.ndarray, margin: float = 0.12) -> None:
    """Show a square around the annotated joints."""
    points = keypoints[annotated] if annotated.any() else np.zeros((1, 2))
    middle = 0.5 * (points.min(0) + points.max(0))
    half = max(0.5 * float((points.max(0) - points.min(0)).max()), 1e-6) * (1 + 2 * margin)
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] + half, middle[1] - half)


def mark(axes: Axes, x: int | float, label: str, colour: str, height: float = 0.97, style: Any = "--") -> None:
    """A labelled vertical line."""
    axes.axvline(x, color=colour, linewidth=1.4, linestyle=style)
    axes.text(x, height, f" {label}", transform=axes.get_xaxis_transform(), color=colour, fontsize=8, va="top", ha="left")


def _side_colour(name: str) -> str:
    return LEFT if name.startswith("left_") else RIGHT if name.startswith("right_") else MIDDLE


def _limb_colour(first: str, second: str) -> str:
    one, other = _side_colour(first), _side_colour(second)
    return one if one == other else MIDDLE if {one, other} == {LEFT, RIGHT} else one if other == MIDDLE else other
