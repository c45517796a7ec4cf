"""What one way of translating brings; masks, full resolution, alpha, drift and KID are the same for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from torch import Tensor

from smpl_assets.work import Bench
from style_transfer.domains import Domain
from style_transfer.settings import TranslatorSettings

Losses = list[dict[str, float | int]]


@runtime_checkable
class Change(Protocol):
    """What a method has learnt."""

    def __call__(self, people: list[Float[np.ndarray, "height width 4"]]) -> list[Float[np.ndarray, "height width 3"]]:
        """What to add to the RGB of each person, given as straight RGBA in 0..255 and any size."""

    def tensors(self) -> Mapping[str, Tensor]:
        """All that `load` needs; the names must not begin with `colour.`."""


@dataclass(frozen=True)
class Method:
    """One way of translating.

    recolours: whether a person gets the photographs' colour statistics before the change.
    fit: (rendered, photographed, settings, bench) -> the learnt change and the losses on the way; `rendered` is recoloured
        already. None: nothing is learnt, the statistics are all.
    load: (tensors, settings, device) -> the change that `fit` found.
    """

    recolours: Callable[[TranslatorSettings], bool]
    fit: Callable[[Domain, Domain, TranslatorSettings, Bench], tuple[Change, Losses]] | None = None
    load: Callable[[Mapping[str, Tensor], TranslatorSettings, str], Change] | None = None
