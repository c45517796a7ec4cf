"""The same validation people before and after: as the baseline and as the best row see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8

from pipeline.report.gain import Gain
from pipeline.report.pictures import Picture, picture, write_png
from pipeline.report.run import Run
from smpl_assets.drawing.charts import draw_chart
from smpl_assets.drawing.crops import cut_square, square_around
from smpl_assets.drawing.palette import GREY, ORANGE, TEAL
from smpl_assets.drawing.poses import draw_pose, moved, pose_flags
from smpl_assets.drawing.sheets import sheet
from training.metrics.match import Matched

_MEASURES = {"oks_ap": ("oks", "OKS"), "pckh": ("pckh", "PCKh"), "pck": ("pck", "PCK")}
_ALIKE = 0.005  # torso lengths; changes below are none
Rows = Int64[np.ndarray, " _"]
PerPerson = Float[np.ndarray, " people"]


@dataclass(frozen=True)
class Pair:
    """The best row beside its baseline.

    rows: their names. found: of their first trainings. errors: of each person in torso lengths, means over trainings; NaN where
    there is none.
    """

    rows: tuple[str, str]
    found: tuple[Matched, Matched]
    errors: tuple[PerPerson, PerPerson]

    @property
    def change(self) -> PerPerson:
        """How each person's error changed; below zero is better."""
        return self.errors[1] - self.errors[0]

    @property
    def both(self) -> Bool[np.ndarray, " people"]:
        """Whom both rows found."""
        return (self.found[0].found >= 0) & (self.found[1].found >= 0)


def build(run: Run) -> dict[str, Any] | None:
    """Groups of rare people by fixed rules, and a chart of everybody's error; writes `before_after.png` and `errors.png`.

    None where nothing can be compared. groups: (title, people): their pictures (annotated, by the baseline, by the row), title,
    and `facts`: how well each did. counts: rare people who came closer, farther, and who have an error at all.
    """
    gain: Gain | None = run.built.get("results", {}).get("gain")
    if gain is None:
        return None
    pair = _pair(run, gain)
    shown = {title: _people(run, pair, rows) for title, rows in _groups(run, pair).items()}
    tiles = [tile for people in shown.values() for person in people for tile in person["tiles"]]
    if not tiles:
        return None
    write_png(sheet(tiles, 6), run.figure("before_after"))
    change = pair.change[run.scores["validation"].rare & pair.both]
    return {
        "gain": gain,
        "baseline": run.baseline_words(gain.first.against),
        "groups": [(title, people) for title, people in shown.items() if people],
        "counts": (int((change <= -_ALIKE).sum()), int((change >= _ALIKE).sum()), int(np.isfinite(change).sum())),
        "chart": _chart(run, pair, gain),
    }


def _pair(run: Run, gain: Gain) -> Pair:
    rows = (gain.first.against, gain.row)
    before, after = rows
    return Pair(rows, (run.found(before)[0], run.found(after)[0]), (_errors(run, before), _errors(run, after)))


def _errors(run: Run, row: str) -> PerPerson:
    own = run.metrics[row]["per_person"]
    errors = np.full(len(run.tables["validation"]), np.nan)
    errors[own["person"]] = np.array(own["error"], float)
    return errors


def _groups(run: Run, pair: Pair) -> dict[str, Rows]:
    """The rarest, the best gains and the worst losses among the rare people whom both rows found."""
    scores, change = run.scores["validation"], pair.change
    rare = scores.rarest_first()
    rare = rare[(scores.rare & pair.both)[rare]]
    known = rare[np.isfinite(change[rare])]
    order = known[np.argsort(change[known], kind="stable")]
    better, worse = order[change[order] <= -_ALIKE], order[change[order] >= _ALIKE][::-1]
    most = run.settings.changes
    return {"The rarest": rare[: run.settings.people], "The best gains": better[:most], "The worst losses": worse[:most]}


def _people(run: Run, pair: Pair, rows: Rows) -> list[dict[str, Any]]:
    """People whose photograph is there."""
    shown = []
    for person in rows.tolist():
        tiles = _tiles(run, person, pair)
        if tiles:
            pictures = _pictures(run, tiles)
            facts = " · ".join(filter(None, (_measured(run, pair, person), _error(pair, person))))
            shown.append({"tiles": tiles, "pictures": pictures, "title": _title(run, person), "facts": facts})
    return shown


def _pictures(run: Run, tiles: list[UInt8[np.ndarray, "side side 3"]]) -> list[Picture]:
    names = ("annotated", "found before", "found after")
    return [picture(tile, name, run.settings.quality) for tile, name in zip(tiles, names, strict=True)]


def _tiles(run: Run, person: int, pair: Pair) -> list[UInt8[np.ndarray, "side side 3"]]:
    photo, table = run.photo("validation", person), run.tables["validation"]
    if photo is None:
        return []
    tile, affine = cut_square(photo, square_around(table.bbox_xywh[person]), run.settings.tile_px)
    annotated = table.annotated[person]
    poses = [(table.keypoints[person], pose_flags(annotated, table.visible[person]))]
    poses += [(p.keypoints[person], pose_flags(annotated, annotated)) for p in pair.found]
    return [draw_pose(tile, table.skeleton, moved(points, affine), flags) for points, flags in poses]


def _title(run: Run, person: int) -> str:
    table, scores = run.tables["validation"], run.scores["validation"]
    reason = f", {scores.reason[person]}" if scores.reason[person] else ""
    return f"{table.file_name(person)}: score {scores.score[person]:.2f}{reason}"


def _measured(run: Run, pair: Pair, person: int) -> str:
    """`OKS 0.31 → 0.64`, the headline metric's figure of this person or the next one that says something; '' where none does."""
    measured = [run.metrics[row]["per_person"] for row in pair.rows]
    headline = run.metrics[pair.rows[0]]["headline"]
    for measure, name in (_MEASURES[m] for m in sorted(_MEASURES, key=lambda m: m != headline)):
        values = [p[measure][p["person"].index(person)] for p in measured if measure in p and person in p["person"]]
        if len(values) == 2 and None not in values:
            return f"{name} {values[0]:.2f} → {values[1]:.2f}"
    return ""


def _error(pair: Pair, person: int) -> str:
    before, after = (errors[person] for errors in pair.errors)
    return f"error {before:.2f} → {after:.2f}" if np.isfinite(before + after) else ""


def _chart(run: Run, pair: Pair, gain: Gain) -> str:
    """A dot per person: the error before and after."""
    rare = run.scores["validation"].rare
    kinds = {"usual people": (~rare, TEAL, 7, 0.35), "rare people": (rare, ORANGE, 16, 0.9)}

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.9)
        for name, (rows, colour, size, opacity) in kinds.items():
            before, after = (errors[rows & pair.both] for errors in pair.errors)
            axes.scatter(before, after, s=size, color=colour, alpha=opacity, linewidths=0, label=name)
        axes.set(xlabel=f"error of {gain.first.title}, torso lengths", ylabel=f"error of {gain.title}", aspect="equal")
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02))
        axes.legend(loc="upper left")

    return draw_chart(run.figure("errors"), 4.6, 4.4, draw)
