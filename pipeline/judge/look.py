"""`rarepose stats` and `rarepose rare --against`: pages about a set of annotations."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.judge.photos import Photos
from pipeline.out_folder import writable_folder
from pipeline.report.pictures import Picture, picture
from pipeline.report.rarity.charts import REASON_COLOURS
from pipeline.report.stage import render_template
from pipeline.report.words import count, joined, percent
from smpl_assets.archive import write_json
from smpl_assets.drawing.charts import draw_chart, whole_numbers
from smpl_assets.drawing.palette import ORANGE, RARE, TEAL, USUAL
from smpl_assets.drawing.sheets import Block, blocks_sheet
from training.judging.mistakes import MISTAKES, suspected_mistakes
from training.judging.statistics import SECTORS, statistics
from training.judging.truth import Truth, read_truth
from training.rarity.reasons import REASONS
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.rarity.stage import score_poses, write_csv

COLUMNS, SIDE, SHOWN, QUALITY = 8, 168, 16, 80


@dataclass(frozen=True)
class Part:
    """One section of a page. table: a head and rows. figures: pictures, charts: SVG, each with its caption."""

    name: str
    heading: str
    text: str = ""
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    charts: Sequence[tuple[str, str]] = ()
    figures: Sequence[tuple[Picture, str]] = field(default=())


def look_through(annotations: Path, form: str | None, images: Path | None, out: Path) -> tuple[str, dict[str, Any]]:
    """Write `stats.html`, `stats.json` and `mistakes.csv` into `out`; the same in words, and as plain values."""
    truth = read_truth(annotations, form)
    photos, found = Photos(truth.table, images), suspected_mistakes(truth.table)
    values = statistics(truth.table) | {"annotations": str(annotations), "skipped": truth.skipped.to_json()}
    values["mistakes"] = {name: len(rows) for name, rows in found.items()}
    writable_folder(out)
    write_json(out / "stats.json", values)
    _write_mistakes(out / "mistakes.csv", truth, found)
    lede = _lede(values)
    parts = [_people(values), _joints(values), _orientation(values), _mistakes(truth, photos, found)]
    _write(out / "stats.html", f"What {annotations.name} holds", lede, parts, photos)
    suspected = ", ".join(f"{n} x {name}" for name, n in values["mistakes"].items() if n) or "none"
    files = "  ".join(str(out / name) for name in ("stats.html", "stats.json", "mistakes.csv"))
    return f"{lede}\nsuspected mistakes: {suspected}\n{files}", values


def compare_sets(
    train: Path, other: Path, form: str | None, images: Path | None, settings: RareSettings, seed: int, out: Path
) -> str:
    """Write `gaps.html` and `gaps.csv` into `out`: which poses of `other` the set `train` lacks; the same in words."""
    known, asked = read_truth(train, form), read_truth(other, form)
    photos = Photos(asked.table, images)
    _, scores, _ = score_poses(known.table, asked.table, settings, seed)
    lacking, own = scores["validation"], scores["train"]
    writable_folder(out)
    write_csv(out / "gaps.csv", {"other": (asked.table, lacking)})
    reasons = [(reason, int((lacking.reason[lacking.rare] == reason).sum())) for reason in REASONS]
    why = joined([f"{reason} ({n})" for reason, n in sorted(reasons, key=lambda r: -r[1]) if n])
    lede = (
        f"{count(int(lacking.rare.sum()), 'person', 'people')} of {int(lacking.included.sum()):,} in {other.name} "
        f"({percent(int(lacking.rare.sum()), int(lacking.included.sum()))}) hold a pose that {train.name} lacks: as far from its "
        f"poses as its own rarest {percent(int(own.rare.sum()), int(own.included.sum()))}" + (f". Why: {why}." if why else ".")
    )
    _write(out / "gaps.html", f"What {train.name} lacks", lede, _gaps(asked, photos, lacking, own), photos)
    return f"{lede}\n{out / 'gaps.html'}  {out / 'gaps.csv'}"


def _gaps(asked: Truth, photos: Photos, lacking: RareScores, own: RareScores) -> list[Part]:
    order = lacking.rarest_first()
    blocks = []
    for reason in REASONS:
        rows = order[lacking.reason[order] == reason]
        title = f"{reason} ({len(rows)})" + (" - a limb too long to be one, left out" if reason == "annotation" else "")
        blocks.append((title, REASON_COLOURS[reason], rows[:SHOWN], [f"{lacking.score[r]:.2f}" for r in rows[:SHOWN]]))
    chart = _chart(10, 2.6, lambda axes: _two_histograms(axes, own, lacking))
    clusters = [
        [f"cluster {k}", f"{int((own.cluster == k).sum()):,}", f"{int(mine.sum()):,}", f"{int((mine & lacking.rare).sum()):,}"]
        for k in np.unique(own.cluster[own.included]).tolist()
        for mine in [lacking.cluster == k]
    ]
    sheet = _sheet(photos, blocks)
    caption = "The number is the distance to the training poses; 1 or more is lacking. Hidden joints are hollow."
    return [
        Part("poses", "The poses that are lacking", figures=[(sheet, caption)] if sheet else ()),
        Part("distances", "How far both sets lie from the training poses", charts=[(chart, "Shares of the people of each set.")]),
        Part("clusters", "By cluster", head=("cluster", "training people", "others", "of these lacking"), rows=clusters),
    ]


def _two_histograms(axes: Any, own: RareScores, lacking: RareScores) -> None:
    top = float(np.nanquantile(np.concatenate([own.score, lacking.score]), 0.995))
    for name, scores, colour in (("training", own, USUAL), ("other", lacking, ORANGE)):
        values = np.minimum(scores.score[scores.included], top)
        axes.hist(
            values, np.linspace(0, top, 50), weights=np.full(len(values), 100 / len(values)), color=colour, alpha=0.7, label=name
        )
    axes.axvline(own.threshold, color=RARE, linestyle="--", label="lacking from here on")
    axes.set(xlabel="rarity against the training poses", ylabel="% of the people")
    axes.legend()


def _lede(values: dict[str, Any]) -> str:
    sizes = values["sizes"]
    return (
        f"{count(values['people'], 'person', 'people')} on {count(values['images'], 'image')}, {values['with_joints']:,} with "
        f"annotated joints: {sizes['small']:,} small, {sizes['medium']:,} medium, {sizes['large']:,} large (COCO's sizes); "
        f"{values['incomplete']:,} without all joints, {values['truncated']:,} of these cut off by the image's edge; "
        f"{values['upside_down']:,} upside down"
    )


def _people(values: dict[str, Any]) -> Part:
    per_image, heights = values["people_per_image"], values["height_px"]
    rows = [
        ["people per image, mean and most", f"{per_image['mean']:.2f}, {per_image['most']}"],
        ["images without people", f"{values['images_without_people']:,}"],
        ["height of the box, px (5, 25, 50, 75, 95 % of the people)", ", ".join(f"{h:.0f}" for h in heights) or "-"],
        ["entries left out by the reader", f"{sum(values['skipped']['counts'].values()):,}"],
        *([f"left out: {why}", f"{n:,}"] for why, n in values["skipped"]["counts"].items()),
    ]
    joints = values["joints_per_person"]

    def draw(axes: Any) -> None:
        axes.bar(range(len(joints)), joints, color=TEAL)
        axes.set(xlabel="annotated joints", ylabel="people")
        whole_numbers(axes.xaxis)
        whole_numbers(axes.yaxis)

    return Part("people", "People", head=("", ""), rows=rows, charts=[(_chart(7, 2.4, draw), "People by annotated joints.")])


def _joints(values: dict[str, Any]) -> Part:
    rows = [
        [j["name"], f"{100 * j['seen']:.0f} %", f"{100 * j['hidden']:.0f} %", f"{100 * (1 - j['seen'] - j['hidden']):.0f} %"]
        for j in values["joints"]
    ]
    return Part("joints", "Joints", "Of the people with joints.", ("joint", "seen", "hidden", "not annotated"), rows)


def _orientation(values: dict[str, Any]) -> Part:
    def draw(axes: Any) -> None:
        figure = axes.figure
        axes.remove()
        polar = figure.add_subplot(projection="polar")
        polar.set(theta_zero_location="N", theta_direction=-1)
        counts = np.sqrt(np.array(values["rose"], float))
        polar.bar(np.arange(SECTORS) * 2 * np.pi / SECTORS, counts, 2 * np.pi / SECTORS * 0.92, color=ORANGE)
        polar.set_yticklabels([])
        polar.set_xticks(np.arange(4) * np.pi / 2, ["upright", "to the right", "upside down", "to the left"])
        polar.tick_params(axis="x", pad=14)  # words take more room than numbers

    caption = "People by the tilt of the torso in the picture; the area of a sector is their number."
    return Part("orientation", "Orientation", charts=[(_chart(3.6, 3.4, draw), caption)])


def _mistakes(truth: Truth, photos: Photos, found: dict[str, np.ndarray]) -> Part:
    rows = [[name, MISTAKES[name], f"{len(people):,}"] for name, people in found.items()]
    blocks = [
        (f"{name} ({len(people)})", RARE, people[:SHOWN], [truth.table.source_id[p][:20] for p in people[:SHOWN]])
        for name, people in found.items()
    ]
    sheet = _sheet(photos, blocks)
    figures = [(sheet, "Left limbs blue-green, right ones orange; the text is the annotation's id.")] if sheet else []
    text = "Rules that a pose can hardly break; look before you correct. All of them are in mistakes.csv."
    return Part("mistakes", "Suspected mistakes", text, ("rule", "what it says", "people"), rows, figures=figures)


def _write_mistakes(path: Path, truth: Truth, found: dict[str, np.ndarray]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "image", "rule"))
        writer.writerows((truth.table.source_id[p], truth.table.file_name(p), name) for name, rows in found.items() for p in rows)


def _sheet(photos: Photos, blocks: Sequence[tuple[str, str, np.ndarray, list[str]]]) -> Picture | None:
    """Blocks of (title, colour, people, captions) as one picture; None where there is nobody."""
    drawn = [
        Block(title, colour, [photos.tiles(p, (), SIDE)[0] for p in rows.tolist()], captions)
        for title, colour, rows, captions in blocks
        if len(rows)
    ]
    return picture(blocks_sheet(drawn, COLUMNS), "people", QUALITY, photos.root is None) if drawn else None


def _chart(width: int | float, height: int | float, draw: Any) -> str:
    with tempfile.TemporaryDirectory() as out:
        return draw_chart(Path(out, "chart.png"), width, height, draw)


def _write(path: Path, title: str, lede: str, parts: Sequence[Part], photos: Photos) -> None:
    unread = ", ".join(f"{n} x {why}" for why, n in photos.unread.most_common())
    path.write_text(render_template("look.html", title=title, lede=lede, parts=parts, unread=unread), encoding="utf-8")
