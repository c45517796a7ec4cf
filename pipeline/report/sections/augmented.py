"""How the synthetic samples changed each cluster and the tail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.report.run import Run
from pipeline.report.words import KINDS, joined, percent

FILL = "fill"


def build(run: Run) -> dict[str, Any] | None:
    """Coverage by cluster and `kind` of sample, and the share of rare poses (in %) before and after.

    `after` is with the samples that are `judged`: the translated ones where there are any, else the rendered ones, and those that
    fill the gap. Samples of these were made from nobody, so that there is no one of whom they would show how many are covered.
    """
    parts = run.summaries("augment")
    kinds = [k for k in KINDS if k in parts]
    if not kinds:
        return None
    made = [k for k in reversed(kinds) if k != FILL and parts[k]["samples"]] or [k for k in kinds if k != FILL]
    judged = [kinds.index(k) for k in (*made[:1], *(FILL for k in kinds if k == FILL))]
    coverage = [parts[k]["coverage"] for k in kinds]
    total = _row([_total(c) for c in coverage], kinds, judged)
    clusters = zip(*(c["clusters"] for c in coverage), strict=True)
    return {
        "sentences": [*_sentences(parts, total, kinds, judged, run.who), *_filled(run)],
        "who": run.who,
        "kinds": [KINDS[k] for k in kinds],
        "judged": joined([KINDS[kinds[index]] for index in judged]),
        "clusters": [*(_row(rows, kinds, judged) for rows in clusters), total],
    }


def _row(cluster: Sequence[dict[str, Any]], kinds: Sequence[str], judged: Sequence[int]) -> dict[str, Any]:
    """One cluster as the coverage of each kind has it."""
    first, samples = cluster[0], [int(c["samples"]) for c in cluster]
    people, rare, added = first["people"], first["rare"], sum(samples[index] for index in judged)
    shares = {"before": 100 * rare / max(people, 1), "after": 100 * (rare + added) / max(people + added, 1)}
    row = {"name": str(first["cluster"]), "people": people, "rare": rare, "samples": samples, "added": added, **shares}
    return row | {"covered": ["–" if k == FILL else int(c["covered"]) for k, c in zip(kinds, cluster, strict=True)]}


def _total(coverage: dict[str, Any]) -> dict[str, Any]:
    """All clusters as one."""
    sums = {n: sum(c[n] for c in coverage["clusters"]) for n in ("people", "samples")}
    return {"cluster": "all", "rare": coverage["rare"], "covered": coverage["covered"], **sums}


def _sentences(parts: dict[str, Any], total: dict[str, Any], kinds: list[str], judged: Sequence[int], who: str) -> list[str]:
    made = joined([f"{parts[k]['samples']:,} {KINDS[k]}" for k in kinds])
    real = parts["real"]["people"] if "real" in parts else total["people"]
    people, rare, added = total["people"], total["rare"], total["added"]
    named = joined([KINDS[kinds[index]] for index in judged])
    covered = [total["covered"][index] for index in judged if kinds[index] != FILL]
    return [
        f"{real:,} real people and {made} samples.",
        f"{who.capitalize()} poses were {rare:,} of {people:,} people ({percent(rare, people)}); "
        f"with the {named} samples they are {rare + added:,} of {people + added:,} ({percent(rare + added, people + added)}).",
        *(f"{n:,} of the {rare:,} have at least one sample that was made from them." for n in covered),
    ]


def _filled(run: Run) -> list[str]:
    """What filling the gap found, and how near the poses that are there now are to those that are rare."""
    found = []
    for summary in run.summaries(FILL).values():
        before, after = (summary["coverage"][when] for when in ("before", "after"))
        drawn, rare, chosen = (f"{summary[name]:,}" for name in ("drawn", "rare", "chosen"))
        found.append(
            f"Of {drawn} poses of the pool {rare} are possible and rare in this set; {chosen} of them were chosen, each the "
            f"farthest from all that are there. Half of the {rare} lie within {after['median']:.2f} person sizes of a pose that "
            f"is there now ({before['median']:.2f} before), all within {after['farthest']:.2f} ({before['farthest']:.2f} before)."
        )
    return found
