"""The rarest validation people as the baseline and the best variant see them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.report.drawing import SEEN, draw_pose, moved, sheet, square_crop
from pipeline.report.pictures import Picture, picture, write_png
from pipeline.report.results import Results, best_on_rare
from pipeline.report.run import Run
from pipeline.report.settings import ReportSettings
from training.predictions import Predictions
from training.variants import BASELINE, parse_variant

_MEASURES = {"oks_ap": ("oks", "OKS"), "pckh": ("pckh", "PCKh"), "pck": ("pck", "PCK")}


@dataclass(frozen=True)
class Seen:
    """One person: annotated, by the baseline, by the variant; `facts` says how well each network did."""

    pictures: tuple[Picture, Picture, Picture]
    title: str
    facts: str


@dataclass(frozen=True)
class BeforeAfter:
    """The section. title: of the variant beside the baseline."""

    title: str
    people: list[Seen]


def build_before_after(run: Run, results: Results, settings: ReportSettings, figures: Path) -> BeforeAfter | None:
    """The rarest validation people, rarest first; writes `before_after.png`. None where there is no baseline to compare with."""
    best = best_on_rare(run, results)
    if best is None or BASELINE not in run.inputs.evaluate or not settings.people:
        return None
    pair = [Predictions.load(run.inputs.evaluate[v] / "predictions.npz") for v in (BASELINE, best)]
    scores = run.scores["validation"]
    usable = scores.rare & pair[0].valid & pair[1].valid
    order = np.argsort(-np.where(usable, scores.score, -np.inf), kind="stable")[: min(settings.people, int(usable.sum()))]
    people, tiles = [], []
    for person in order.tolist():
        images = _tiles(run, person, pair, settings.tile_px)
        if images:
            tiles += images
            names = ("annotated", "found by the baseline", f"found by {best}")
            first, second, third = (picture(i, n, settings.quality) for i, n in zip(images, names, strict=True))
            people.append(Seen((first, second, third), _title(run, person), _facts(run, best, person)))
    if not people:
        return None
    write_png(sheet(tiles, 6 if len(people) > 1 else 3), figures / "before_after.png")
    return BeforeAfter(parse_variant(best).title, people)


def _tiles(run: Run, person: int, pair: list[Predictions], side: int) -> list[np.ndarray]:
    photo, table = run.photo("validation", person), run.tables["validation"]
    if photo is None:
        return []
    tile, affine = square_crop(photo, table.bbox_xywh[person], side)
    flags = np.where(table.visible[person], SEEN, table.annotated[person].astype(np.int64))
    found = np.where(table.annotated[person], SEEN, 0)
    poses = [(table.keypoints[person], flags), *((p.keypoints[person], found) for p in pair)]
    return [draw_pose(tile, table.skeleton, moved(points, affine), shown) for points, shown in poses]


def _title(run: Run, person: int) -> str:
    table, scores = run.tables["validation"], run.scores["validation"]
    reason = f", {scores.reason[person]}" if scores.reason[person] else ""
    return f"{table.file_name(person)}: score {scores.score[person]:.2f}{reason}"


def _facts(run: Run, variant: str, person: int) -> str:
    """`OKS 0.31 → 0.64`, the headline metric's figure of this person or the next one that says something; '' where none does."""
    pair = [run.metrics[v]["per_person"] for v in (BASELINE, variant)]
    headline = run.metrics[BASELINE]["headline"]
    for measure, name in (_MEASURES[m] for m in sorted(_MEASURES, key=lambda m: m != headline)):
        values = [p[measure][p["person"].index(person)] for p in pair if measure in p and person in p["person"]]
        if len(values) == 2 and None not in values:
            return f"{name} {values[0]:.2f} → {values[1]:.2f}"
    return ""
