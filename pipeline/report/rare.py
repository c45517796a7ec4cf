"""Which poses are rare and why: the rarity room's figures with words around them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.report.pictures import Picture, picture_of_file
from pipeline.report.run import Run
from pipeline.report.settings import ReportSettings
from pipeline.report.words import percent
from training.rarity.figures import draw_figures

REASONS = {
    "posture": "the joints form an arrangement that few people show",
    "orientation": "an ordinary posture, turned in the picture: lying, leaning, upside down",
    "viewpoint": "an ordinary posture, seen from an unusual side or height",
    "crossing": "arms or legs cross",
    "truncation": "joints are not annotated, mostly because the picture cuts the person off",
    "occlusion": "joints are annotated but hidden",
    "annotation": "a limb is impossibly long: a joint was put on somebody else",
}
_LAYOUT = (
    ("rare_gallery",),
    ("rare_reason_examples",),
    ("rare_centres",),
    ("rare_histograms",),
    ("rare_map", "rare_joints"),
    ("rare_sweep",),
    ("rare_lists",),
)
_TOLD_IN_WORDS = "rare_reasons"  # the page's own bars say the same


@dataclass(frozen=True)
class FigureEntry:
    """One figure of the section."""

    name: str
    picture: Picture
    caption: str


@dataclass(frozen=True)
class Rare:
    """What the section shows.

    blocks: figures in the order of the page, two of them side by side where a block has two.
    reasons: (reason, what it means, training people, their share of the rare as %).
    splits: (name, people, left out, rare, share).
    """

    blocks: list[list[FigureEntry]]
    reasons: list[tuple[str, str, int, float]]
    splits: list[tuple[str, int, int, int, str]]
    rule: str


def build_rare(run: Run, settings: ReportSettings, figures: Path) -> Rare:
    """Draw the rarity figures into `figures` and gather the counts."""
    drawn = draw_figures(run.inputs.rare_poses, run.tables["train"], run.inputs.image_roots["train"], figures)
    entries = {
        n: FigureEntry(n, picture_of_file(figures / file, text, settings.quality), text) for n, (file, text) in drawn.items()
    }
    summary = run.rarity
    rare = summary["train"]["rare"]
    reasons = [(r, REASONS.get(r, ""), n, 100 * n / max(rare, 1)) for r, n in summary["train"]["reasons"].items() if n]
    return Rare(
        blocks=_blocks(entries),
        reasons=sorted(reasons, key=lambda row: -row[2]),
        splits=[_split(name, summary[name]) for name in ("train", "validation")],
        rule=_rule(summary),
    )


def _blocks(entries: dict[str, FigureEntry]) -> list[list[FigureEntry]]:
    placed = [[entries[n] for n in block if n in entries] for block in _LAYOUT]
    known = {n for block in _LAYOUT for n in block} | {_TOLD_IN_WORDS}
    return [block for block in placed if block] + [[entry] for n, entry in entries.items() if n not in known]


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
