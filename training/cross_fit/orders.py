"""Two orders of the same people as one."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

Values = Float[np.ndarray, " people"]


def both_scores(rarity: Values, error: Values) -> Values:
    """2 / (p + q), in [1, N]: p and q are the `tail_shares` of rarity and error."""
    return np.asarray(2.0 / (tail_shares(rarity) + tail_shares(error)))


def tail_shares(values: Values) -> Values:
    """The share of the people whose value is at least each one's, in (0, 1]."""
    return np.asarray(rankdata(-values, "max") / max(len(values), 1))
