"""Places of one split: what one split's sequences are filmed at, the other's are not."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from smpl_assets.backgrounds.source import Backgrounds
from smpl_assets.seeds import derive_seed

_TRIES = 60
_HELD_BACK = 4  # every fourth place is of the validation split


class Places:
    """Draws backgrounds of one split.

    captured: as `Backgrounds`. shared: how many draws found none of the split (there are too few photographs) and took any.
    """

    def __init__(self, source: Backgrounds, held_back: bool) -> None:
        self._source, self._held_back = source, held_back
        self.captured, self.shared = source.captured, 0

    @property
    def skipped(self) -> dict[str, int]:
        """Files that could not be used, by reason."""
        return self._source.skipped

    def draw(self, rng: np.random.Generator, size: int) -> tuple[UInt8[np.ndarray, "size size 3"], str]:
        """A square RGB crop of `size` px and the name of its place."""
        for _ in range(_TRIES):
            image, name = self._source.draw(rng, size)
            if (derive_seed(0, "place", name) % _HELD_BACK == 0) == self._held_back:
                return image, name
        self.shared += 1
        return image, name
