"""Which sample each visit of a training shows: passes in an order that seed and keys decide, or shares of groups."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from smpl_assets.seeds import derive_seed
from training.augmented.training_set import TrainingSet
from training.train_settings import TrainSettings

_ROUNDING = 1e-9


class Visit(NamedTuple):
    """A sample, and how often it was shown before."""

    sample: int
    number: int


@dataclass
class Passes:
    """Pass after pass over some samples, each shuffled by a hash of seed, pass and key.

    Sorting by hash keeps the samples that two recipes share in the same order in both.
    """

    samples: list[int]
    keys: tuple[str, ...]
    seed: int
    _order: tuple[int, list[int]] = field(default=(-1, []), init=False)

    def at(self, rank: int) -> Visit:
        """Without replacement within a pass."""
        number, place = divmod(rank, len(self.samples))
        if self._order[0] != number:
            hashed = {i: derive_seed(self.seed, "order", number, self.keys[i]) for i in self.samples}
            self._order = (number, sorted(self.samples, key=hashed.__getitem__))
        return Visit(self._order[1][place], number)


@dataclass
class Mix:
    """Two sequences at once, `first` having a share of the visits, as evenly spread as whole visits allow."""

    share: float
    first: Passes
    second: Passes | Mix

    def before(self, rank: int) -> int:
        """How many of the visits before a rank are the first's."""
        return math.floor(rank * self.share + _ROUNDING)

    def at(self, rank: int) -> Visit:
        """Of either."""
        taken = self.before(rank)
        return self.first.at(taken) if self.before(rank + 1) > taken else self.second.at(rank - taken)


class Order:
    """Visit v of the whole training; batch b are the visits b x batch_size and on, so a share holds in each batch up to one.

    `synthetic_share` and `rare_share` mix groups, each shown pass by pass; without them all samples make one. The visits of
    the last `real_last` of the steps go on through the real people alone.
    """

    def __init__(self, samples: TrainingSet, settings: TrainSettings, seed: int, steps: int) -> None:
        def passes(chosen: np.ndarray) -> Passes:
            return Passes(np.flatnonzero(chosen).tolist(), samples.key, seed)

        real, rare = samples.real, samples.real & samples.rare
        self._real: Passes | Mix = passes(real)
        if settings.rare_share is not None and rare.any() and (real & ~rare).any():
            self._real = Mix(settings.rare_share, passes(rare), passes(real & ~rare))
        self._first_last = round(steps * (1 - settings.real_last)) * settings.batch_size
        self._mixed, self._seen = self._real, self._first_last
        if real.all():
            return
        if settings.synthetic_share is None and settings.rare_share is None:
            self._mixed = passes(np.ones(len(samples), bool))
            self._seen = math.ceil(self._first_last / len(samples)) * int(real.sum())  # passes that no real person was in yet
        else:
            as_they_come = float((~real).mean())
            share = as_they_come if settings.synthetic_share is None else settings.synthetic_share
            mix = Mix(share, passes(~real), self._real)
            self._mixed, self._seen = mix, self._first_last - mix.before(self._first_last)

    def __call__(self, visit: int) -> Visit:
        """The sample of a visit and its pass."""
        if visit < self._first_last:
            return self._mixed.at(visit)
        return self._real.at(self._seen + visit - self._first_last)
