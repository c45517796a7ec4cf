"""How the synthetic samples changed each cluster and the tail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.report.run import Run
from pipeline.report.settings import ReportSettings
from pipeline.report.words import KINDS, percent


@dataclass(frozen=True)
class ClusterRow:
    """One cluster. covered, samples: by kind, in the section's order; shares: % of its people that are rare, before and after."""

    name: str
    people: int
    rare: int
    covered: tuple[int, ...]
    samples: tuple[int, ...]
    before: float
    after: float


@dataclass(frozen=True)
class Augmented:
    """What the section shows. kinds: names of the kinds of samples; judged: the kind that the shares after are with."""

    sentences: list[str]
    kinds: tuple[str, ...]
    judged: str
    clusters: list[ClusterRow]


def build(run: Run, built: Mapping[str, Any], settings: ReportSettings, out: Path) -> Augmented | None:
    """Coverage before and after; `after` is with the translated samples where there are any, else the rendered ones."""
    parts = run.summaries("augment")
    kinds = tuple(k for k in KINDS if k in parts)
    if not kinds:
        return None
    judged = next((k for k in reversed(kinds) if parts[k]["samples"]), kinds[-1])
    coverage = [parts[k]["coverage"] for k in kinds]
    clusters = [_row(rows, kinds.index(judged)) for rows in zip(*(c["clusters"] for c in coverage), strict=True)]
    total = _row(tuple(_total(c) for c in coverage), kinds.index(judged))
    sentences = _sentences(parts, total, kinds, judged)
    return Augmented(sentences, tuple(KINDS[k] for k in kinds), KINDS[judged], [*clusters, total])


def _row(cluster: tuple[dict[str, Any], ...], judged: int) -> ClusterRow:
    """One cluster as the coverage of each kind has it."""
    first, samples = cluster[0], tuple(int(c["samples"]) for c in cluster)
    shares = _shares(first["people"], first["rare"], samples[judged])
    covered = tuple(int(c["covered"]) for c in cluster)
    return ClusterRow(str(first["cluster"]), first["people"], first["rare"], covered, samples, *shares)


def _total(coverage: dict[str, Any]) -> dict[str, Any]:
    """All clusters as one."""
    sums = {n: sum(c[n] for c in coverage["clusters"]) for n in ("people", "samples")}
    return {"cluster": "all", "rare": coverage["rare"], "covered": coverage["covered"], **sums}


def _shares(people: int, rare: int, samples: int) -> tuple[float, float]:
    return 100 * rare / max(people, 1), 100 * (rare + samples) / max(people + samples, 1)


def _sentences(parts: dict[str, Any], total: ClusterRow, kinds: tuple[str, ...], judged: str) -> list[str]:
    made = " and ".join(f"{parts[k]['samples']:,} {KINDS[k]}" for k in kinds)
    people = parts["real"]["people"] if "real" in parts else total.people
    index = kinds.index(judged)
    rare, everybody = total.rare + total.samples[index], total.people + total.samples[index]
    return [
        f"{people:,} real people and {made} samples.",
        f"Rare poses were {total.rare:,} of {total.people:,} people ({percent(total.rare, total.people)}); "
        f"with the {KINDS[judged]} samples they are {rare:,} of {everybody:,} ({percent(rare, everybody)}). "
        f"{total.covered[index]:,} of the {total.rare:,} have at least one such sample.",
    ]
