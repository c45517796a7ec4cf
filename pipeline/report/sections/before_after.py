"""The rarest validation people as a network's baseline and the best row see them."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import UInt8

from pipeline.report.pictures import picture, write_png
from pipeline.report.run import Run
from pipeline.report.sections.results import baseline_of, best_on_rare
from smpl_assets.drawing.crops import cut_square, square_around
from smpl_assets.drawing.poses import draw_pose, moved, pose_flags
from smpl_assets.drawing.sheets import sheet
from training.metrics.match import Matched, match_people
from training.poses import Poses
from training.recipes import predictions_file

_MEASURES = {"oks_ap": ("oks", "OKS"), "pckh": ("pckh", "PCKh"), "pck": ("pck", "PCK")}


def build(run: Run) -> dict[str, Any] | None:
    """The rarest validation people, rarest first; writes `before_after.png`. None where there is no baseline to compare with.

    title: of the row beside the baseline. people: their pictures (annotated, by the baseline, by that row), title, and `facts`:
    how well each network did.
    """
    best = best_on_rare(run)
    base = baseline_of(run.metrics[best], run.metrics) if best is not None else None
    if best is None or base is None:
        return None
    pair, title = (base, best), str(run.metrics[best]["title"])
    files = [run.inputs.one("evaluate", row) / predictions_file(0) for row in pair]
    found = [match_people(Poses.load(file), run.tables["validation"]) for file in files]
    names = ("annotated", "found by the baseline", f"found by {title}")
    people, tiles = [], []
    for person in _order(run, found)[: run.settings.people]:
        images = _tiles(run, person, found)
        if images:
            tiles += images
            pictures = [picture(image, name, run.settings.quality) for image, name in zip(images, names, strict=True)]
            people.append({"pictures": pictures, "title": _title(run, person), "facts": _facts(run, pair, person)})
    if not people:
        return None
    write_png(sheet(tiles, 6 if len(people) > 1 else 3), run.figure("before_after"))
    return {"title": title, "people": people}


def _order(run: Run, found: list[Matched]) -> list[int]:
    """Rare people whom both networks found, the rarest first."""
    scores = run.scores["validation"]
    usable = scores.rare & (found[0].found >= 0) & (found[1].found >= 0)
    order = np.argsort(-np.where(usable, scores.score, -np.inf), kind="stable")
    return order[: int(usable.sum())].tolist()


def _tiles(run: Run, person: int, found: list[Matched]) -> list[UInt8[np.ndarray, "side side 3"]]:
    photo, table = run.photo("validation", person), run.tables["validation"]
    if photo is None:
        return []
    tile, affine = cut_square(photo, square_around(table.bbox_xywh[person]), run.settings.tile_px)
    annotated = table.annotated[person]
    poses = [(table.keypoints[person], pose_flags(annotated, table.visible[person]))]
    poses += [(p.keypoints[person], pose_flags(annotated, annotated)) for p in found]
    return [draw_pose(tile, table.skeleton, moved(points, affine), flags) for points, flags in poses]


def _title(run: Run, person: int) -> str:
    table, scores = run.tables["validation"], run.scores["validation"]
    reason = f", {scores.reason[person]}" if scores.reason[person] else ""
    return f"{table.file_name(person)}: score {scores.score[person]:.2f}{reason}"


def _facts(run: Run, pair: tuple[str, str], person: int) -> str:
    """`OKS 0.31 → 0.64`, the headline metric's figure of this person or the next one that says something; '' where none does."""
    measured = [run.metrics[row]["per_person"] for row in pair]
    headline = run.metrics[pair[0]]["headline"]
    for measure, name in (_MEASURES[m] for m in sorted(_MEASURES, key=lambda m: m != headline)):
        values = [p[measure][p["person"].index(person)] for p in measured if measure in p and person in p["person"]]
        if len(values) == 2 and None not in values:
            return f"{name} {values[0]:.2f} → {values[1]:.2f}"
    return ""
