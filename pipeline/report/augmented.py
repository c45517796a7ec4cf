"""How the synthetic samples changed each cluster and the tail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.report.run import Run
from pipeline.report.words import percent

KINDS = {"render": "rendered", "translated": "translated"}


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


def build_augmented(run: Run) -> Augmented:
    """Coverage before and after; `after` is with the translated samples where there are any, else the rendered ones."""
    summary, coverage = run.augmented, run.augmented["coverage"]
    kinds = tuple(k for k in KINDS if k in coverage["covered"])
    judged = next((k for k in reversed(kinds) if summary["samples"].get(k)), kinds[-1] if kinds else "")
    clusters = [_row(cluster, kinds, judged) for cluster in coverage["clusters"]]
    people = sum(c.people for c in clusters)
    total = ClusterRow(
        "all",
        people,
        coverage["rare"],
        tuple(coverage["covered"][k] for k in kinds),
        tuple(sum(c.samples[i] for c in clusters) for i in range(len(kinds))),
        *_shares(people, coverage["rare"], sum(c["samples"].get(judged, 0) for c in coverage["clusters"])),
    )
    names = tuple(KINDS[k] for k in kinds)
    return Augmented(_sentences(summary, total, kinds, judged), names, KINDS.get(judged, ""), [*clusters, total])


def _row(cluster: dict[str, Any], kinds: tuple[str, ...], judged: str) -> ClusterRow:
    covered, samples = (tuple(int(cluster[part][k]) for k in kinds) for part in ("covered", "samples"))
    shares = _shares(cluster["people"], cluster["rare"], cluster["samples"].get(judged, 0))
    return ClusterRow(str(cluster["cluster"]), cluster["people"], cluster["rare"], covered, samples, *shares)


def _shares(people: int, rare: int, samples: int) -> tuple[float, float]:
    return 100 * rare / max(people, 1), 100 * (rare + samples) / max(people + samples, 1)


def _sentences(summary: dict[str, Any], total: ClusterRow, kinds: tuple[str, ...], judged: str) -> list[str]:
    made = " and ".join(f"{summary['samples'].get(k, 0):,} {KINDS[k]}" for k in kinds) or "no synthetic"
    first = f"{summary['people']:,} real people and {made} samples."
    if not judged:
        return [first]
    index = kinds.index(judged)
    rare, people = total.rare + total.samples[index], total.people + total.samples[index]
    return [
        first,
        f"Rare poses were {total.rare:,} of {total.people:,} people ({percent(total.rare, total.people)}); "
        f"with the {KINDS[judged]} samples they are {rare:,} of {people:,} ({percent(rare, people)}). "
        f"{total.covered[index]:,} of the {total.rare:,} have at least one such sample.",
    ]
