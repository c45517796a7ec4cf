"""Whom samples are made for where errors count: those whose pose networks find worst, or who stand high in both orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from training.cross_fit.orders import Values, both_scores
from training.cross_fit.settings import ByError

People = Bool[np.ndarray, " people"]


@dataclass(frozen=True)
class Choice:
    """people: (N,) whether each is chosen. score: (N,) what the choice compares, NaN for people who cannot be chosen.

    threshold: the lowest score that is chosen.
    """

    people: People
    score: Values
    threshold: float


def choose(by: ByError, rarity: Values, error: Values, eligible: People, count: int) -> Choice:
    """The `count` people of the largest score (all who are eligible, where they are fewer); of equal scores, the rarer.

    By `error` the score is the error; by `both` it is 2 / (p + q): p is the share of the eligible people who are at least as
    rare as a person, q the share whose error is at least as large. 20 says one in twenty, on the average of the two orders.

    Args:
        by: the rule.
        rarity: (N,) score of rarity.
        error: (N,) 1 - quality.
        eligible: (N,) people who have both and may be chosen; one at least.
        count: how many are wanted, one at least.
    """
    score = np.full(len(rarity), np.nan)
    rows = np.flatnonzero(eligible)
    score[rows] = error[rows] if by == "error" else both_scores(rarity[rows], error[rows])
    chosen = rows[np.lexsort((-rarity[rows], -score[rows]))[:count]]
    people = np.zeros(len(rarity), bool)
    people[chosen] = True
    return Choice(people, score, float(score[chosen].min()))
