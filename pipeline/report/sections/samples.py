"""One strip per synthetic sample: from the photograph that it answers to, to the image that the networks see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from jaxtyping import UInt8

from pipeline.report.pictures import Picture, picture, write_png
from pipeline.report.run import Run, Sample
from smpl_assets.drawing.crops import fit_square
from smpl_assets.drawing.poses import draw_pose, moved
from smpl_assets.drawing.sheets import sheet
from smpl_assets.inverse.export import body_tile, side_tile
from smpl_assets.labels import SampleLabel
from smpl_assets.skeletons import Skeleton

COLUMNS = {
    "photo": "photograph, annotated pose",
    "body": "body over it",
    "side": "the same from the side",
    "rendered": "rendered",
    "translated": "translated",
    "labels": "labels",
}
Item = TypeVar("Item")
Tile = UInt8[np.ndarray, "side side 3"]


@dataclass(frozen=True)
class Strip:
    """A row of pictures (None where there is nothing to show) with what is known of the sample."""

    pictures: tuple[Picture | None, ...]
    title: str
    facts: tuple[str, ...]
    dropped: str


def build(run: Run) -> dict[str, Any]:
    """Strips of samples spread evenly from the best accepted fit to the worst; writes them as `figures/strips.png`.

    columns: what the pictures of a strip are.
    """
    columns = {n: text for n, text in COLUMNS.items() if n != "translated" or run.inputs.units("translate")}
    side, most = run.settings.tile_px, run.settings.samples
    found = [(sample, _images(run, sample, row, side), *_told(run, sample, row)) for sample, row in _of_people(run, most)]
    found += [(sample, _drawn_images(run, sample, row, side), *_drawn_told(sample)) for sample, row in _drawn(run, most // 3)]
    strips, tiles = [], []
    for sample, images, title, facts in found:
        blank = np.full((side, side, 3), 255, np.uint8)
        tiles += [blank if (image := images.get(n)) is None else image for n in columns]
        pictures = {n: picture(i, COLUMNS[n], run.settings.quality) for n in columns if (i := images.get(n)) is not None}
        strips.append(Strip(tuple(pictures.get(n) for n in columns), title, facts, _dropped(sample)))
    if tiles:
        write_png(sheet(tiles, len(columns)), run.figure("strips"))
    return {"columns": tuple(columns.values()), "strips": strips}


def pairs_of(strips: list[Strip], most: int = 3) -> list[tuple[Picture, Picture]]:
    """Photographs and labelled images that open the page: of kept samples, evenly from all."""
    whole = [(s.pictures[0], s.pictures[-1]) for s in strips if not s.dropped]
    return _evenly([(first, last) for first, last in whole if first is not None and last is not None], most)


def _of_people(run: Run, most: int) -> list[tuple[Sample, int]]:
    """Samples by the error of their fits, one per person where there are enough people, with the rows of these."""
    if not run.inputs.units("fit"):
        return []
    row_of = {int(person): row for row, person in enumerate(run.fits.person)}
    known = [s for s in run.samples if s.label.source_person in row_of]
    known.sort(key=lambda s: (run.fits.error_crop[row_of[s.label.source_person]], s.label.sample_id))
    people = _firsts(known)
    shown = _evenly(people if len(people) >= most else known, most)
    return [(sample, row_of[sample.label.source_person]) for sample in shown]


def _drawn(run: Run, most: int) -> list[tuple[Sample, int]]:
    """Samples of poses that fill the gap, one per pose, from the first that was chosen to the last, with the rows of these."""
    if not run.inputs.units("fill"):
        return []
    row_of = {int(number): row for row, number in enumerate(run.drawn.person)}
    known = _firsts([s for s in run.samples if s.label.source_person in row_of])
    return [(sample, row_of[sample.label.source_person]) for sample in _evenly(known, max(most, 1))]


def _firsts(samples: list[Sample]) -> list[Sample]:
    """The first sample of each source."""
    firsts: dict[int, Sample] = {}
    for sample in samples:
        firsts.setdefault(sample.label.source_person, sample)
    return list(firsts.values())


def _evenly(items: list[Item], most: int) -> list[Item]:
    """At most so many of the items, spread over all."""
    places = np.linspace(0, max(len(items) - 1, 0), min(most, len(items))).round().astype(int)
    return [items[i] for i in np.unique(places).tolist()]


def _images(run: Run, sample: Sample, row: int, side: int) -> dict[str, Tile | None]:
    """The tiles of a strip by column; None where there is nothing to show."""
    photo, fit = run.photo("train", sample.label.source_person), run.fit(row)
    rendered, translated = sample.render(), sample.translation()
    final = rendered if translated is None else translated
    return {
        "photo": None if photo is None else run.annotated(row, photo, side),
        "body": None if photo is None else body_tile(photo, fit, run.body, side),
        "side": side_tile(fit, run.body, side),
        "rendered": fit_square(rendered, side)[0],
        "translated": None if translated is None else fit_square(translated, side)[0],
        "labels": _labelled(final, sample.label, run.tables["train"].skeleton, side),
    }


def _drawn_images(run: Run, sample: Sample, row: int, side: int) -> dict[str, Tile | None]:
    """The same of a pose that nobody on a photograph holds."""
    rendered = sample.render()
    return {
        "side": side_tile(run.drawn.select(np.array([row])), run.body, side),
        "rendered": fit_square(rendered, side)[0],
        "labels": _labelled(rendered, sample.label, run.tables["train"].skeleton, side),
    }


def _labelled(image: UInt8[np.ndarray, "height width 3"], label: SampleLabel, skeleton: Skeleton, side: int) -> Tile:
    tile, affine = fit_square(image, side)
    rows = np.asarray(label.keypoints, np.float64)
    return draw_pose(tile, skeleton, moved(rows[:, :2], affine), rows[:, 2].astype(np.int64))


def _told(run: Run, sample: Sample, row: int) -> tuple[str, tuple[str, ...]]:
    """A strip's title, and what is known of the sample."""
    table, scores, label = run.tables["train"], run.scores["train"], sample.label
    person = label.source_person
    facts = [
        f"cluster {int(scores.cluster[person])}",
        f"score {scores.score[person]:.2f}",
        *([str(scores.reason[person])] if scores.reason[person] else []),
        f"reprojects within {100 * run.fits.error_crop[row]:.1f} % of the crop",
        *_varied(label),
        _joints(label),
    ]
    if sample.translated is not None:
        facts.append(f"translation moved labels by {sample.translated.drift_px:.1f} px")
    return f"{table.file_name(person)} · annotation {table.source_id[person]}", tuple(facts)


def _drawn_told(sample: Sample) -> tuple[str, tuple[str, ...]]:
    label = sample.label
    return f"drawn from the pool: {label.pose}", (f"score {label.rarity:.2f}", *_varied(label), _joints(label))


def _varied(label: SampleLabel) -> list[str]:
    """What was varied, where anything was."""
    taken = f" ({label.pose})" if "neighbour" in label.variation else ""
    return [] if label.variation in ("", "fit") else [f"varied: {label.variation.replace('+', ', ')}{taken}"]


def _joints(label: SampleLabel) -> str:
    flags = [int(k[2]) for k in label.keypoints]
    return f"{flags.count(2)} joints seen, {flags.count(1)} hidden, {flags.count(0)} outside"


def _dropped(sample: Sample) -> str:
    """Why translation dropped a sample, '' where it did not."""
    moved_label = sample.translated
    return str(moved_label.kept_reason or "") if moved_label is not None and not moved_label.kept else ""
