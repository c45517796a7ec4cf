"""How the synthetic samples changed each cluster and the tail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.report.run import Run
from pipeline.report.words import KINDS, percent


def build(run: Run) -> dict[str, Any] | None:
    """Coverage by cluster and `kind` of sample, and the share of rare poses (in %) before and after.

    `after` is with the samples that are `judged`: the translated ones where there are any, else the rendered ones.
    """
    parts = run.summaries("augment")
    kinds = [k for k in KINDS if k in parts]
    if not kinds:
        return None
    judged = next((k for k in reversed(kinds) if parts[k]["samples"]), kinds[-1])
    index, coverage = kinds.index(judged), [parts[k]["coverage"] for k in kinds]
    total = _row([_total(c) for c in coverage], index)
    return {
        "sentences": _sentences(parts, total, kinds, index),
        "kinds": [KINDS[k] for k in kinds],
        "judged": KINDS[judged],
        "clusters": [*(_row(rows, index) for rows in zip(*(c["clusters"] for c in coverage), strict=True)), total],
    }


def _row(cluster: Sequence[dict[str, Any]], judged: int) -> dict[str, Any]:
    """One cluster as the coverage of each kind has it."""
    first, samples = cluster[0], [int(c["samples"]) for c in cluster]
    people, rare, added = first["people"], first["rare"], samples[judged]
    shares = {"before": 100 * rare / max(people, 1), "after": 100 * (rare + added) / max(people + added, 1)}
    row = {"name": str(first["cluster"]), "people": people, "rare": rare, "samples": samples, **shares}
    return row | {"covered": [int(c["covered"]) for c in cluster]}


def _total(coverage: dict[str, Any]) -> dict[str, Any]:
    """All clusters as one."""
    sums = {n: sum(c[n] for c in coverage["clusters"]) for n in ("people", "samples")}
    return {"cluster": "all", "rare": coverage["rare"], "covered": coverage["covered"], **sums}


def _sentences(parts: dict[str, Any], total: dict[str, Any], kinds: list[str], judged: int) -> list[str]:
    made = " and ".join(f"{parts[k]['samples']:,} {KINDS[k]}" for k in kinds)
    real = parts["real"]["people"] if "real" in parts else total["people"]
    people, rare, added = total["people"], total["rare"], total["samples"][judged]
    return [
        f"{real:,} real people and {made} samples.",
        f"Rare poses were {rare:,} of {people:,} people ({percent(rare, people)}); "
        f"with the {KINDS[kinds[judged]]} samples they are {rare + added:,} of {people + added:,} "
        f"({percent(rare + added, people + added)}). {total['covered'][judged]:,} of the {rare:,} have at least one such sample.",
    ]
