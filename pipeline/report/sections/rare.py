"""Which poses are rare and why: counts, galleries and charts of the `rare_poses` stage."""

from __future__ import annotations

import shutil
from collections import Counter
from functools import partial
from typing import Any

import numpy as np

from pipeline.report.rarity import charts, galleries
from pipeline.report.run import Run
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


def build(run: Run) -> dict[str, Any]:
    """Draw `figures/rare_*.png`, copy `rare_poses.csv` and gather the counts.

    blocks: figures in the order of the page, two of them side by side where a block has two.
    reasons: (reason, what it means, training people, their share of the rare as %, validation people).
    splits: (name, people, left out, rare, share). notes: what the stage suggests and what it left out, in sentences.
    """
    shutil.copyfile(run.inputs.one("rare_poses") / "rare_poses.csv", run.out / "rare_poses.csv")
    summary, entries = run.rarity, _drawn(run)
    train, validation = summary["train"], summary["validation"]
    reasons = [
        (reason, REASONS.get(reason, ""), n, 100 * n / max(train["rare"], 1), validation["reasons"][reason])
        for reason, n in train["reasons"].items()
        if n or validation["reasons"][reason]
    ]
    return {
        "blocks": [block for names in _LAYOUT if (block := [entries[n] for n in names if n in entries])],
        "reasons": sorted(reasons, key=lambda row: -row[2]),
        "splits": [_split(name, summary[name]) for name in ("train", "validation") if summary[name]["people"]],
        "rule": _rule(summary, run.tables["train"].skeleton.mirrors),
        "notes": [*_notes(summary), *_unread(run)],
    }


def _drawn(run: Run) -> dict[str, dict[str, Any]]:
    """The figures that there is something to draw for: each a picture, or a chart as SVG, with its caption."""
    summary, scores, table = run.rarity, run.scores["train"], run.tables["train"]
    captions, photo = _captions(summary), partial(run.photo, "train")
    with np.load(run.inputs.one("rare_poses") / "centres.npz", allow_pickle=False) as file:
        positions = file["centres"]
    pictures = {
        "gallery": galleries.rare_and_usual(table, scores, photo),
        "reason_examples": galleries.examples_by_reason(table, scores, photo),
        "centres": galleries.centres(positions, table.skeleton, summary),
        "lists": galleries.both_lists(table, summary, photo),
    }
    path = {name: run.figure(f"rare_{name}") for names in _LAYOUT for name in names}
    drawings = {
        "histograms": charts.histograms(summary, path["histograms"]),
        "joints": charts.joint_shares(summary, path["joints"]),
        "map": charts.pose_map(table, summary, scores, path["map"]),
        "sweep": charts.sweep(summary, path["sweep"]),
    }
    entries: dict[str, dict[str, Any]] = {name: {"picture": None, "chart": svg} for name, svg in drawings.items() if svg}
    for name, image in pictures.items():
        if image is not None:
            drawing = name == "centres" or "train" not in run.inputs.image_roots
            entries[name] = {"picture": run.picture(image, f"rare_{name}", captions[name], drawing)}
    return {name: entry | {"caption": captions[name]} for name, entry in entries.items()}


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


def _rule(summary: dict[str, Any], mirrors: bool) -> str:
    tau, clusters = f"{summary['threshold']:.3g}", summary["clusters"]
    if summary["policy"] == "thesis":
        return f"A pose is rare if it lies at least {tau} from the nearest of {clusters} K-means centres (the thesis's rule)."
    mirrored = ", mirror images counted as the same pose" if mirrors else ""
    return (
        f"A pose is rare if its score reaches {tau}. The score is the distance to the nearest other poses over annotated "
        f"joints{mirrored}. {clusters} clusters say which kind of pose it is near."
    )


def _unread(run: Run) -> list[str]:
    counts = Counter(run.unread.values())
    reasons = ", ".join(f"{n} x {reason}" for reason, n in counts.most_common())
    return [f"Photographs that could not be shown: {reasons}."] if counts else []


def _notes(summary: dict[str, Any]) -> list[str]:
    suggestion, mistakes = summary["suggestion"], summary["train"]["mistakes"]
    notes = [f"Suggestion: {' '.join(filter(None, (suggestion.get('why_clusters'), suggestion['why_threshold'])))}"]
    if mistakes:
        notes.append(f"{mistakes} people have a limb too long to be one: labelling mistakes, most likely.")
    return notes
