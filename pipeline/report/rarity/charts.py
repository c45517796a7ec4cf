"""The stage's charts, from its summary: histograms, annotated joints, sweep, pose map; and what added samples changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.collections import LineCollection

from smpl_assets.drawing.charts import draw_chart, mark, plain_numbers
from smpl_assets.drawing.palette import GREY, INK, ORANGE, RARE, TEAL, USUAL, VIOLET
from smpl_assets.pose_table import PoseTable
from training.rarity.reasons import REASONS
from training.rarity.scores import RareScores

REASON_COLOURS = {
    "posture": "#2f6690", "orientation": RARE, "viewpoint": "#e08e45", "crossing": VIOLET, "truncation": GREY,
    "occlusion": "#3a9d78", "annotation": INK,
}  # fmt: skip
_MAP_POSE = 0.06  # size of a drawn person, of the map
_SCORE_NAMES = {"thesis": "distance to the nearest centre (eq 4.1)", "neighbours": "rarity score (1 = reached by the rarest 3 %)"}


def histograms(summary: dict[str, Any], path: Path) -> str:
    """Score with tau and fall-off, and cluster distance (T fig 4.6b, c), on a logarithmic count axis."""
    tau, fall_off = summary["threshold"], summary["suggestion"]["fall_off"]

    def draw(left: Any, right: Any) -> None:
        left.set_title("how rare the poses are")
        _bars(left, summary, "score_histogram", tau, _SCORE_NAMES[summary["policy"]])
        mark(left, tau, f"tau = {tau:.3g}", RARE)
        mark(left, fall_off, f"fall-off {fall_off:.3g}", GREY, 0.86, ":")
        left.legend(loc="center right")
        right.set_title("distance to the cluster centres")
        own = tau if summary["policy"] == "thesis" else np.inf
        _bars(right, summary, "distance_histogram", own, _SCORE_NAMES["thesis"])
        if np.isfinite(own):
            mark(right, own, f"tau = {own:.3g}", RARE)

    return draw_chart(path, 9.6, 3.3, draw, columns=2)


def _bars(axes: Any, summary: dict[str, Any], key: str, threshold: float, name: str) -> None:
    train, other = summary["train"][key], summary["validation"][key]
    edges, counts = np.array(train["edges"]), np.array(train["counts"])
    colours = [RARE if low >= threshold - 0.5 * (edges[1] - edges[0]) else USUAL for low in edges[:-1]]
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=colours, label="training")
    if other["counts"]:
        axes.stairs(other["counts"], other["edges"], color=INK, linewidth=1.0, label="validation")
    axes.set(yscale="log", xlabel=name, ylabel="people")
    axes.set_ylim(bottom=0.7)
    plain_numbers(axes.yaxis)


def joint_shares(summary: dict[str, Any], path: Path) -> str:
    """Share of people by number of annotated joints (T fig 4.6a)."""
    kinds = ((-0.2, "annotated_joints", TEAL, "annotated"), (0.2, "visible_joints", USUAL, "annotated and visible"))

    def draw(axes: Any) -> None:
        for shift, key, colour, label in kinds:
            counts = np.array(summary["train"][key], float)
            axes.bar(np.arange(len(counts)) + shift, 100 * counts / max(counts.sum(), 1), 0.4, color=colour, label=label)
        axes.set_xticks(range(len(summary["train"]["annotated_joints"])))
        axes.set(xlabel="joints per person", ylabel="% of people")
        axes.legend(loc="upper left")

    return draw_chart(path, 5.6, 3.6, draw)


def sweep(summary: dict[str, Any], path: Path) -> str | None:
    """Agreement between seeds and the share of rare poses at several tau, against K (T fig 4.5); None without a sweep."""
    rows = summary["sweep"]
    if not rows:
        return None
    values = [row["clusters"] for row in rows]

    def draw(left: Any, right: Any) -> None:
        left.set_title("do the clusters come back with another seed?")
        left.plot(values, [row["stability"] for row in rows], "o-", color=TEAL, ms=4)
        left.set_ylim(0, 1.02)
        mark(left, summary["clusters"], f"used: {summary['clusters']}", INK, 0.2, ":")
        mark(left, summary["suggestion"]["clusters"], f"suggested: {summary['suggestion']['clusters']}", RARE, 0.1, ":")
        right.set_title("share of people farther from a centre than tau")
        _shares(right, rows, values)
        for axes, name in ((left, "adjusted Rand index"), (right, "% of people")):
            axes.set(xlabel="clusters K", ylabel=name, xticks=values)

    return draw_chart(path, 9.6, 3.2, draw, columns=2)


def _shares(axes: Any, rows: list[dict[str, Any]], values: list[int]) -> None:
    """A line per tau that makes between 0.2 and 20 % rare somewhere, on a logarithmic axis."""
    taus = sorted({float(tau) for row in rows for tau in row["shares"]})
    chosen = [tau for tau in taus if any(0.002 < row["shares"].get(f"{tau:g}", 0) < 0.2 for row in rows)][:6]
    axes.axhspan(2, 4, color=RARE, alpha=0.15, lw=0)
    axes.text(values[0] - 0.3, 2.06, "2-4 % wanted", color=RARE, fontsize=8, va="bottom", ha="left")
    for k, tau in enumerate(chosen):
        shares = [100 * row["shares"].get(f"{tau:g}", np.nan) for row in rows]
        axes.plot(values, shares, "o-", ms=3, color=TEAL, alpha=0.35 + 0.65 * k / max(len(chosen) - 1, 1))
        place = {"xytext": (5, 0), "textcoords": "offset points", "annotation_clip": False}
        axes.annotate(f"tau {tau:g}", (values[-1], shares[-1]), **place, color=TEAL, fontsize=8, va="center")
    axes.set_yscale("log")
    plain_numbers(axes.yaxis)
    axes.set_xlim(values[0] - 0.5, values[-1] + 0.12 * (values[-1] - values[0]) + 1)


def pose_map(table: PoseTable, summary: dict[str, Any], scores: RareScores, path: Path) -> str | None:
    """Each dot one training person, alike poses near each other; rare ones coloured by reason, some people drawn."""
    rows = np.array(summary["map"]["rows"], int)
    if not len(rows):
        return None
    places = np.stack([summary["map"]["x"], summary["map"]["y"]], 1)
    places = places / np.ptp(places, axis=0).max()
    rare, reason = scores.rare[rows], scores.reason[rows]

    def draw(axes: Any) -> None:
        axes.scatter(*places[~rare].T, s=8, color=USUAL, linewidths=0, label=f"usual ({int((~rare).sum())} shown)")
        for name in REASONS:
            mine = rare & (reason == name)
            if mine.any():
                axes.scatter(*places[mine].T, s=26, color=REASON_COLOURS[name], linewidths=0, label=f"rare: {name}")
        for k in _apart(places, rare, table.annotated[rows].sum(1)):
            _small_pose(axes, table, int(rows[k]), places[k], REASON_COLOURS[str(reason[k])] if rare[k] else GREY)
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.margins(0.05)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3)

    return draw_chart(path, 6.4, 6.4, draw)


def _apart(
    places: Float[np.ndarray, "people 2"], rare: Bool[np.ndarray, " people"], joints: Int[np.ndarray, " people"]
) -> list[int]:
    """People whose drawings do not overlap on the map: rare ones first, then those with most joints."""
    chosen: list[int] = []
    for k in np.lexsort((-joints, ~rare)):
        if all(np.abs(places[k] - places[other]).max() > 1.15 * _MAP_POSE for other in chosen):
            chosen.append(int(k))
    return chosen


def _small_pose(axes: Any, table: PoseTable, row: int, place: Float[np.ndarray, " 2"], colour: str) -> None:
    known, points = table.annotated[row], table.keypoints[row]
    low, high = points[known].min(0), points[known].max(0)
    small = (points - 0.5 * (low + high)) * np.array([1.0, -1.0]) * _MAP_POSE / max(float((high - low).max()), 1e-6) + place
    lines = [(small[a], small[b]) for a, b in table.skeleton.limb_indices if known[a] and known[b]]
    axes.add_collection(LineCollection(lines, colors=colour, linewidths=1.2, capstyle="round", zorder=3))


def coverage_chart(coverage: dict[str, Any], path: Path) -> str:
    """People per cluster before and after the samples were added, and how far beyond tau the once rare poses are now."""
    rows, tail = coverage["clusters"], coverage["tail"]
    names, before = [str(row["cluster"]) for row in rows], [row["before"] for row in rows]
    counts = ", ".join(f"{split}: {tail[split]['rare_before']} rare, then {tail[split]['rare_after']}" for split in tail)

    def draw(left: Any, right: Any) -> None:
        left.bar(names, before, color=USUAL, label="before")
        left.bar(names, [row["added"] for row in rows], bottom=before, color=RARE, label="added")
        left.set(title=f"{coverage['added']} added samples, by cluster", xlabel="cluster", ylabel="people")
        left.legend()
        for split, style, colours in (("train", "-", (INK, TEAL)), ("validation", ":", (GREY, ORANGE))):
            for when, colour in zip(("before", "after"), colours, strict=True):
                edges = tail[split]["edges"]
                right.stairs(tail[split][when], edges, color=colour, linestyle=style, label=f"{split} {when}")
        right.axvline(1.0, color=RARE, linewidth=1.2, linestyle="--")
        right.set_xlim(left=0.2)
        right.set(title="are the once rare poses rare still?", xlabel=f"score / tau ({counts})", ylabel="people")
        right.legend()

    return draw_chart(path, 9.6, 3.2, draw, columns=2)
