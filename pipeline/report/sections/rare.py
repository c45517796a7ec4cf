"""Which poses are rare and why: counts, galleries and charts of the `rare_poses` stage."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.report.pictures import Picture, picture, write_png
from pipeline.report.rarity import charts, galleries
from pipeline.report.run import Run
from pipeline.report.settings import ReportSettings
from pipeline.report.words import percent

REASONS = {
    "posture": "the joints form an arrangement that few people show",
    "orientation": "an ordinary posture, turned in the picture: lying, leaning, upside down",
    "viewpoint": "an ordinary posture, seen from an unusual side or height",
    "crossing": "arms or legs cross",
    "truncation": "joints are not annotated, mostly because the picture cuts the person off",
    "occlusion": "joints are annotated but hidden",
    "annotation": "a limb is impossibly long: a joint was put on somebody else",
}
_LAYOUT = (("gallery",), ("reason_examples",), ("centres",), ("histograms",), ("map", "joints"), ("sweep",), ("lists",))
_WHAT = {
    "neighbours": "distance to the fifth nearest other pose over the joints that both have annotated",
    "thesis": "distance to the nearest cluster centre",
}


@dataclass(frozen=True)
class FigureEntry:
    """One figure of the section: a picture, or a chart as SVG."""

    caption: str
    picture: Picture | None = None
    chart: str = ""


@dataclass(frozen=True)
class Rare:
    """What the section shows.

    blocks: figures in the order of the page, two of them side by side where a block has two.
    reasons: (reason, what it means, training people, their share of the rare as %, validation people).
    splits: (name, people, left out, rare, share). notes: what the stage suggests and what it left out, in sentences.
    """

    blocks: list[list[FigureEntry]]
    reasons: list[tuple[str, str, int, float, int]]
    splits: list[tuple[str, int, int, int, str]]
    rule: str
    notes: list[str]


def build(run: Run, built: Mapping[str, Any], settings: ReportSettings, out: Path) -> Rare:
    """Draw `figures/rare_*.png`, copy `rare_poses.csv` and gather the counts."""
    shutil.copyfile(run.inputs.one("rare_poses") / "rare_poses.csv", out / "rare_poses.csv")
    summary = run.rarity
    train, validation = summary["train"], summary["validation"]
    reasons = [
        (reason, REASONS.get(reason, ""), n, 100 * n / max(train["rare"], 1), validation["reasons"][reason])
        for reason, n in train["reasons"].items()
        if n or validation["reasons"][reason]
    ]
    entries = _drawn(run, settings, out / "figures")
    return Rare(
        blocks=[block for names in _LAYOUT if (block := [entries[n] for n in names if n in entries])],
        reasons=sorted(reasons, key=lambda row: -row[2]),
        splits=[_split(name, summary[name]) for name in ("train", "validation") if summary[name]["people"]],
        rule=_rule(summary),
        notes=_notes(summary),
    )


def _drawn(run: Run, settings: ReportSettings, figures: Path) -> dict[str, FigureEntry]:
    """The figures that there is something to draw for."""
    summary, scores, table = run.rarity, run.scores["train"], run.tables["train"]
    with np.load(run.inputs.one("rare_poses") / "centres.npz", allow_pickle=False) as file:
        positions = file["centres"]

    def photo(person: int) -> Any:
        return run.photo("train", person)

    pictures = {
        "gallery": galleries.rare_and_usual(table, scores, photo),
        "reason_examples": galleries.examples_by_reason(table, scores, photo),
        "centres": galleries.centres(positions, table.skeleton, summary),
        "lists": galleries.both_lists(table, summary, photo),
    }
    path = {name: figures / f"rare_{name}.png" for names in _LAYOUT for name in names}
    drawings = {
        "histograms": charts.histograms(summary, path["histograms"]),
        "joints": charts.joint_shares(summary, path["joints"]),
        "map": charts.pose_map(table, summary, scores, path["map"]),
        "sweep": charts.sweep(summary, path["sweep"]),
    }
    captions, entries = _captions(summary), {}
    for name, image in pictures.items():
        if image is not None:
            write_png(image, path[name])
            drawing = name == "centres" or "train" not in run.inputs.image_roots
            entries[name] = FigureEntry(captions[name], picture(image, captions[name], settings.quality, drawing))
    return entries | {name: FigureEntry(captions[name], chart=svg) for name, svg in drawings.items() if svg}


def _captions(summary: dict[str, Any]) -> dict[str, str]:
    train, lists = summary["train"], summary["lists"]
    people = "training people" if summary["validation"]["people"] else "people"
    rare = f"{train['rare']} of {train['included']} {people} ({100 * train['share']:.1f} %) are rare"
    return {
        "gallery": f"{rare}: {_WHAT[summary['policy']]} at or above {summary['threshold']:.3g}. The number is the score. "
        "Left limbs blue-green, right ones orange, hidden joints hollow.",
        "reason_examples": "The rarest people for each reason: the one thing that, made usual, lowers a person's score most. "
        "Where nothing takes off 15 %, it is the posture itself.",
        "centres": f"Cluster centres (K = {summary['clusters']}, {summary['normalisation']} normalisation, joints without "
        f"annotation: {summary['missing']}).",
        "histograms": "Rarity score with the threshold, and distance to the nearest cluster centre. Counts are logarithmic.",
        "joints": f"Share of {people} by annotated joints. {train['excluded']} people without any were left out.",
        "map": "Poses laid out by likeness (t-SNE of the joints in each person's own frame); some are drawn.",
        "sweep": "Every K clustered with several seeds.",
        "lists": f"The {lists['rare']} rarest {people} by either rule; {lists['in_both']} are in both lists.",
    }


def _split(name: str, figures: dict[str, Any]) -> tuple[str, int, int, int, str]:
    return name, figures["people"], figures["excluded"], figures["rare"], percent(figures["rare"], figures["included"])


def _rule(summary: dict[str, Any]) -> str:
    tau, clusters = f"{summary['threshold']:.3g}", summary["clusters"]
    if summary["policy"] == "thesis":
        return f"A pose is rare if it lies at least {tau} from the nearest of {clusters} K-means centres (the thesis's rule)."
    return (
        f"A pose is rare if its score reaches {tau}. The score is the distance to the nearest other poses over annotated "
        f"joints, mirror images counted as the same pose. {clusters} clusters say which kind of pose it is near."
    )


def _notes(summary: dict[str, Any]) -> list[str]:
    suggestion, mistakes = summary["suggestion"], summary["train"]["mistakes"]
    notes = [f"Suggestion: {' '.join(filter(None, (suggestion.get('why_clusters'), suggestion['why_threshold'])))}"]
    if mistakes:
        notes.append(f"{mistakes} people have a limb too long to be one: labelling mistakes, most likely.")
    return notes
