"""The stage's charts: histograms, annotated joints, sweep, reasons, pose map."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from smpl_assets.pose_table import PoseTable
from training.rarity.drawing import GREY, INK, RARE, REASON_COLOURS, SECOND, USUAL, chart_axes, mark, new_figure, picture_axes
from training.rarity.reasons import REASONS
from training.rarity.scores import RareScores

_MAP_POSE = 0.06  # size of a drawn person, of the map
_SCORE_NAMES = {"thesis": "distance to the nearest centre (eq 4.1)", "neighbours": "rarity score (1 = reached by the rarest 3 %)"}


def histograms(summary: dict[str, Any]) -> Figure:
    """Score with tau and fall-off, and cluster distance (T fig 4.6b, c), on a logarithmic count axis."""
    figure = new_figure(9.6, 3.5)
    left, right = figure.subplots(1, 2)
    name = _SCORE_NAMES[summary["policy"]]
    chart_axes(left, "How rare the poses are", name, "people")
    _bars(left, summary, "score_histogram", summary["threshold"])
    mark(left, summary["threshold"], f"tau = {summary['threshold']:.3g}", RARE)
    mark(left, summary["suggestion"]["fall_off"], f"fall-off {summary['suggestion']['fall_off']:.3g}", GREY, 0.86, ":")
    chart_axes(right, "Distance to the cluster centres", "distance to the nearest centre (eq 4.1)", "people")
    own = summary["threshold"] if summary["policy"] == "thesis" else np.inf
    _bars(right, summary, "distance_histogram", own)
    if np.isfinite(own):
        mark(right, own, f"tau = {own:.3g}", RARE)
    left.legend(fontsize=8, frameon=False, loc="center right")
    return figure


def _bars(axes: Axes, summary: dict[str, Any], key: str, threshold: float) -> None:
    train = summary["train"][key]
    edges, counts = np.array(train["edges"]), np.array(train["counts"])
    colours = [RARE if low >= threshold - 0.5 * (edges[1] - edges[0]) else USUAL for low in edges[:-1]]
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=colours, label="training")
    other = summary["validation"][key]
    if other["counts"]:
        axes.stairs(other["counts"], other["edges"], color=INK, linewidth=1.0, label="validation")
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.7)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def joint_shares(summary: dict[str, Any]) -> Figure:
    """Share of people by number of annotated joints (T fig 4.6a)."""
    figure = new_figure(6.4, 3.2)
    axes = chart_axes(figure.subplots(), "How much of the people is annotated", "joints per person", "% of people")
    width = 0.4
    for shift, key, colour, label in (
        (-0.5, "annotated_joints", SECOND, "annotated"),
        (0.5, "visible_joints", USUAL, "annotated and visible"),
    ):
        counts = np.array(summary["train"][key], float)
        axes.bar(np.arange(len(counts)) + shift * width, 100 * counts / max(counts.sum(), 1), width, color=colour, label=label)
    axes.set_xticks(range(len(summary["train"]["annotated_joints"])))
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    return figure


def sweep(summary: dict[str, Any]) -> Figure:
    """Agreement between seeds and the share of rare poses at several tau, against K (T fig 4.5)."""
    figure = new_figure(9.6, 3.4)
    left, right = figure.subplots(1, 2)
    rows = summary["sweep"]
    values = [row["clusters"] for row in rows]
    chart_axes(left, "Do the clusters come back with another seed?", "clusters K", "adjusted Rand index")
    left.plot(values, [row["stability"] for row in rows], "o-", color=SECOND, ms=4)
    left.set_ylim(0, 1.02)
    for clusters, colour, label, height in (
        (summary["clusters"], INK, "used", 0.2),
        (summary["suggestion"]["clusters"], RARE, "suggested", 0.1),
    ):
        mark(left, clusters, f"{label}: {clusters}", colour, height, ":")
    chart_axes(right, "Share of people farther from a centre than tau", "clusters K", "% of people")
    taus = sorted({float(tau) for row in rows for tau in row["shares"]})
    chosen = [tau for tau in taus if any(0.002 < row["shares"].get(f"{tau:g}", 0) < 0.2 for row in rows)][:6]
    for k, tau in enumerate(chosen):
        shade = str(0.65 - 0.55 * k / max(len(chosen) - 1, 1))
        shares = [100 * row["shares"].get(f"{tau:g}", np.nan) for row in rows]
        right.plot(values, shares, "o-", ms=3, color=shade)
        right.annotate(f" tau {tau:g}", (values[-1], shares[-1]), color=shade, fontsize=8, va="center", annotation_clip=False)
    right.axhspan(2, 4, color=RARE, alpha=0.15, lw=0)
    right.text(values[0] - 0.3, 2.06, "2-4 % wanted", color=RARE, fontsize=8, va="bottom", ha="left")
    right.set_yscale("log")
    right.yaxis.set_major_formatter("{x:g}")
    right.yaxis.set_minor_formatter(NullFormatter())
    right.set_xlim(values[0] - 0.5, values[-1] + 0.12 * (values[-1] - values[0]) + 1)
    for axes in (left, right):
        axes.set_xticks(values)
    return figure


def reasons(summary: dict[str, Any]) -> Figure:
    """Rare people by why they are rare, the validation people's bars paler (none where there are no such people)."""
    splits = [split for split in ("train", "validation") if summary[split]["people"]]
    shown = [reason for reason in REASONS if any(summary[split]["reasons"][reason] for split in splits)]
    figure = new_figure(7.2, 0.9 + 0.21 * (1 + len(splits)) * max(len(shown), 1))
    axes = chart_axes(figure.subplots(), "Why the rare poses are rare", "% of the rare people", "")
    height = 0.8 / len(splits)
    for k, split in enumerate(splits):
        counts = np.array([summary[split]["reasons"][reason] for reason in shown])
        place = np.arange(len(shown)) + (k - 0.5 * (len(splits) - 1)) * height
        share = 100 * counts / max(counts.sum(), 1)
        colours = [REASON_COLOURS[reason] for reason in shown]
        axes.barh(place, share, 0.94 * height, color=colours, alpha=0.45 if k else 1.0)
        for y, value, count in zip(place, share, counts, strict=True):
            label = f"{count}  {split}" if len(splits) > 1 else f"{count}"
            axes.text(value + 0.5, y, label, fontsize=7, va="center", color=GREY if k else INK)
    axes.set_yticks(range(len(shown)), shown, fontsize=9)
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.margins(x=0.12)
    return figure


def pose_map(table: PoseTable, summary: dict[str, Any], scores: RareScores) -> Figure:
    """Each dot one training person, alike poses near each other; rare ones coloured by reason, some people drawn."""
    figure = new_figure(9.6, 7.2)
    axes = figure.subplots()
    rows = np.array(summary["map"]["rows"], int)
    places = np.stack([summary["map"]["x"], summary["map"]["y"]], 1)
    places = places / np.ptp(places, axis=0).max()
    rare, reason = scores.rare[rows], scores.reason[rows]
    axes.scatter(places[~rare, 0], places[~rare, 1], s=8, color=USUAL, linewidths=0, label=f"usual ({int((~rare).sum())} shown)")
    for name in REASONS:
        mine = rare & (reason == name)
        if mine.any():
            axes.scatter(places[mine, 0], places[mine, 1], s=26, color=REASON_COLOURS[name], linewidths=0, label=f"rare: {name}")
    for k in _apart(places, rare, table.annotated[rows].sum(1)):
        colour = REASON_COLOURS[str(reason[k])] if rare[k] else GREY
        _small_pose(axes, table, int(rows[k]), places[k], colour)
    axes.set_title("Map of the poses", loc="left", fontsize=11, color=INK, fontweight="bold")
    picture_axes(axes)
    axes.margins(0.05)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _apart(places: np.ndarray, rare: np.ndarray, joints: np.ndarray) -> list[int]:
    """People whose drawings do not overlap on the map: rare ones first, then those with most joints."""
    chosen: list[int] = []
    for k in np.lexsort((-joints, ~rare)):
        if all(np.abs(places[k] - places[other]).max() > 1.15 * _MAP_POSE for other in chosen):
            chosen.append(int(k))
    return chosen


def _small_pose(axes: Axes, table: PoseTable, row: int, place: np.ndarray, colour: str) -> None:
    known = table.annotated[row]
    points = table.keypoints[row]
    low, high = points[known].min(0), points[known].max(0)
    small = (points - 0.5 * (low + high)) * np.array([1.0, -1.0]) * _MAP_POSE / max(float((high - low).max()), 1e-6) + place
    lines = [(small[a], small[b]) for a, b in table.skeleton.limb_indices if known[a] and known[b]]
    axes.add_collection(LineCollection(lines, colors=colour, linewidths=1.2, capstyle="round", zorder=3))
