"""Whom samples are made for where errors count: what each rule would choose, and what the networks found of those people."""

from __future__ import annotations

import shutil
from functools import partial
from typing import Any

from pipeline.report.rarity import chosen
from pipeline.report.run import Run, read_json
from pipeline.report.words import percent
from training.cross_fit.errors import ERRORS, LIST, SCORES, SUMMARY, PersonErrors
from training.rarity.scores import RareScores

_ORDER = {
    "error": "those of the largest errors",
    "both": "those of whom the fewest people are as rare and the fewest are found as badly (the mean of the two shares)",
}
_RULES = {"rarity": "by rarity", "error": "by error", "both": "by both"}


def build(run: Run) -> dict[str, Any]:
    """Draw `figures/choice*.png`, copy `choice.csv` and gather the counts.

    by, chosen, rare: for the page's first lines.
    rules: (name, people, how many of them are rare, mean rarity, mean error).
    groups: (name, what they are, people, their share of the largest group as %).
    """
    folder = run.inputs.one("choice")
    shutil.copyfile(folder / LIST, run.out / LIST)
    summary, table, scores = read_json(folder / SUMMARY), run.tables["train"], run.scores["train"]
    errors, choice = PersonErrors.load(folder / ERRORS), RareScores.load(folder / SCORES)
    people = chosen.pairs(table, scores, errors, choice, partial(run.photo, "train"))
    return {
        "by": {"error": "error", "both": "rarity and error together"}[summary["by"]],
        "chosen": summary["chosen"],
        "rare": summary["in_both"],
        "sentences": _sentences(summary),
        "groups": _groups(summary),
        "rules": [
            _rule(_RULES[name] + " (chosen)" * (name == summary["by"]), row)
            for name in _RULES
            for row in (summary["rules"][name],)
        ]
        + [_rule("all who can be chosen", summary["all"] | {"rare": None})],
        "chart": chosen.rarity_and_error(scores, errors, choice.rare, summary["by"], run.figure("choice")),
        "pairs": run.picture(people, "choice_people", "annotated and found", "train" not in run.inputs.image_roots),
        "left_out": [(why, f"{n:,}") for why, n in summary["left_out"].items()],
    }


def _sentences(summary: dict[str, Any]) -> list[str]:
    folds, agreement = summary["folds"], summary["rank_correlation"]
    told = "" if agreement is None else f" Rarity and error order these people alike to {agreement:.2f} (rank correlation)."
    return [
        "Synthetic people, further copies and weights are for as many people as are rare, here "
        f"{summary['chosen']:,}: {_ORDER[summary['by']]}. Validation people are rare by rarity alone.",
        f"The error is 1 - {summary['metric']} of what one of {folds} networks found, the one that was trained without the "
        f"person's photograph. {summary['eligible']:,} of {summary['people']:,} people have one and may be chosen.{told}",
    ]


def _groups(summary: dict[str, Any]) -> list[tuple[str, str, int, float]]:
    kinds = (
        ("rare and chosen", "rare poses that the networks do not master", summary["in_both"]),
        ("chosen, not rare", "poses that are not rare, found badly: hard to see, or annotated wrongly", summary["choice_alone"]),
        ("rare, not chosen", "rare poses that are found well already, or that no error can be said of", summary["rarity_alone"]),
    )
    most = max(max(n for _, _, n in kinds), 1)
    return [(name, meaning, n, 100 * n / most) for name, meaning, n in kinds]


def _rule(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    rare = "" if row["rare"] is None else f"{row['rare']:,} ({percent(row['rare'], row['people'])})"
    means = ("–" if row[n] is None else f"{row[n]:.2f}" for n in ("rarity", "error"))
    return (name, f"{row['people']:,}", rare, *means)
