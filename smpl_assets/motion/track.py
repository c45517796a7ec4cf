"""Where somebody goes: a place on the ground and a heading for every moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Track:
    """A path over the ground of a world whose y is up.

    times: (T,) s, rising by equal steps. place: (T, 2) x and z, m. heading: (T,) rad about y, continuous (not wrapped): 0 goes
    along +z, a quarter turn along +x. speed: (T,) m/s.
    """

    times: Float[np.ndarray, " times"]
    place: Float[np.ndarray, "times 2"]
    heading: Float[np.ndarray, " times"]
    speed: Float[np.ndarray, " times"]

    def place_at(self, times: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
        """Where it is, m; held before the beginning and after the end."""
        return np.stack([np.interp(times, self.times, self.place[:, axis]) for axis in range(2)], axis=1)

    def heading_at(self, times: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Which way it goes, rad."""
        return np.interp(times, self.times, self.heading)

    def travelled_at(self, times: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Metres since the beginning."""
        steps = np.diff(self.times) * 0.5 * (self.speed[1:] + self.speed[:-1])
        return np.interp(times, self.times, np.concatenate([[0.0], np.cumsum(steps)]))


def forward(heading: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n 2"]:
    """Unit vectors (x, z) of headings (rad)."""
    return np.stack([np.sin(heading), np.cos(heading)], axis=-1)


def leftward(heading: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n 2"]:
    """Unit vectors (x, z) to the left of headings (rad)."""
    return np.stack([np.cos(heading), -np.sin(heading)], axis=-1)
