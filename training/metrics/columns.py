"""Groups of people that figures are given of: the table's columns by rarity, and the reasons why poses are rare."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from training.evaluate_settings import EvaluateSettings
from training.rarity.reasons import REASONS
from training.rarity.scores import RareScores


@dataclass(frozen=True)
class Column:
    """People whose rarity lies in [lower, upper); an open side is infinite. `All` has both open and takes everybody."""

    name: str
    lower: float = -math.inf
    upper: float = math.inf

    def rows(self, values: Float[np.ndarray, " people"]) -> Bool[np.ndarray, " people"]:
        """Which people belong to it; NaN belongs to `All` only."""
        if (self.lower, self.upper) == (-math.inf, math.inf):
            return np.ones(len(values), bool)
        return (values >= self.lower) & (values < self.upper)

    def to_json(self, people: int) -> dict[str, Any]:
        """The column's entry in metrics.json."""
        bounds = (None if math.isinf(v) else float(v) for v in (self.lower, self.upper))
        return {"name": self.name, "lower": next(bounds), "upper": next(bounds), "people": people}


def rarity_values(scores: RareScores, by: str) -> Float[np.ndarray, " people"]:
    """What sorts people into columns; NaN where rarity left the person out, or would call the person rare but for a mistake."""
    values = scores.score if by == "score" else scores.distance
    return np.where(scores.included & ~scores.mistaken, values, np.nan)


def build_columns(scores: RareScores, settings: EvaluateSettings) -> list[Column]:
    """All, < tau0, >= tau0, >= tau1, ...; without taus: All, < threshold, >= threshold and the rarest shares.

    The threshold belongs to the score; for columns by distance without taus it is replaced by the distance that as many people
    reach as are rare.
    """
    values = rarity_values(scores, settings.by)
    if settings.taus:
        return [
            Column("All"),
            Column(f"< {settings.taus[0]:g}", upper=settings.taus[0]),
            *(Column(f">= {t:g}", lower=t) for t in settings.taus),
        ]
    tau = float(scores.threshold) if settings.by == "score" else _reached_by(values, int(scores.rare.sum()))
    columns = [Column("All"), Column(f"usual (< {tau:.3g})", upper=tau), Column(f"rare (>= {tau:.3g})", lower=tau)]
    known = int(np.isfinite(values).sum())
    for share in settings.shares:
        lower = _reached_by(values, max(1, round(share * known)))
        columns.append(Column(f"rarest {100 * share:g} % (>= {lower:.3g})", lower=lower))
    return columns


def _reached_by(values: Float[np.ndarray, " people"], people: int) -> float:
    """The largest bound that at least so many people reach; infinity for nobody."""
    known = np.sort(values[np.isfinite(values)])[::-1]
    return float(known[min(people, len(known)) - 1]) if people > 0 and len(known) else math.inf


def reason_groups(scores: RareScores) -> list[tuple[str, Bool[np.ndarray, " people"]]]:
    """The rare people by the reason why their pose is rare; reasons of nobody are left out."""
    groups = [(reason, scores.rare & (scores.reason == reason)) for reason in REASONS]
    return [(reason, rows) for reason, rows in groups if rows.any()]
