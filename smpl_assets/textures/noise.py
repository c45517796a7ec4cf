"""Noise over the body's surface: a few fields per chart made once, mixed anew for every look."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.ndimage import map_coordinates

from smpl_assets.seeds import numpy_generator
from smpl_assets.textures.base_mesh import Points, base_mesh
from smpl_assets.textures.patches import get_patch

_LATTICE = 24
_BANK = 6
# Per kind: lattice cells per metre along x, y, z; octaves; metres between the two samples of a slope (0: the field itself).
_KINDS: dict[str, tuple[tuple[float, float, float], int, float]] = {
    "grain": ((260.0, 260.0, 260.0), 1, 0.0),
    "mottle": ((45.0, 45.0, 45.0), 2, 0.0),
    "broad": ((7.0, 7.0, 7.0), 2, 0.0),
    "fold": ((9.0, 18.0, 9.0), 2, 0.0),
    "fold_slope": ((9.0, 18.0, 9.0), 2, 0.012),
    "wrinkle": ((24.0, 50.0, 24.0), 1, 0.0),
    "wrinkle_slope": ((24.0, 50.0, 24.0), 1, 0.007),
    "drape": ((17.0, 2.2, 17.0), 2, 0.0),
    "strand": ((230.0, 22.0, 230.0), 2, 0.0),
    "lock": ((75.0, 11.0, 75.0), 1, 0.0),
    "tuft": ((34.0, 34.0, 34.0), 1, 0.0),
}
KINDS = tuple(_KINDS)
_ACROSS = ("fold", "wrinkle")
_SKEW = 1.3


def _sample(lattice: np.ndarray, place: np.ndarray, octaves: int) -> np.ndarray:
    total, weight = np.zeros(len(place), np.float32), 0.0
    for octave in range(octaves):
        scaled = place * 2**octave + 7.3 * octave
        amplitude = 0.5**octave
        total += amplitude * map_coordinates(lattice, scaled.T, order=1, mode="grid-wrap")
        weight += amplitude**2
    return total / np.float32(np.sqrt(weight))


def _hanging(points: Points) -> Float[np.ndarray, "points 3"]:
    """Places (N, 3) whose y runs along limbs, so that folds lie across sleeves, and slants on the trunk, as cloth is dragged."""
    position = points.position.astype(np.float64)
    shoulder, hand = (base_mesh().joint(f"l-{n}").astype(np.float64) for n in ("shoulder", "hand"))
    axis = (hand - shoulder) / np.linalg.norm(hand - shoulder)
    mirrored = np.abs(position * [1, 0, 0]) + position * [0, 1, 1]
    across = np.cross(axis, [0.0, 0.0, 1.0])
    arm = np.stack([mirrored @ across * np.sign(position[:, 0]), mirrored @ axis, position[:, 2]], axis=1)
    trunk = position.copy()
    bent = 0.05 * np.sin(11 * position[:, 0] + 7 * position[:, 1]) + 0.04 * np.sin(13 * position[:, 2] - 9 * position[:, 1])
    trunk[:, 1] += bent + _SKEW * np.clip(position[:, 1] + 0.06, 0, 0.3) * (points.side + 0.4 * position[:, 0])
    share = np.clip(points.along_arm / 0.06, 0, 1)[:, None]
    return arm * share + trunk * (1 - share)


@lru_cache(maxsize=128)
def _bank(patch: str, where: str, kind: str) -> Float[np.ndarray, "fields points"]:
    cells, octaves, step = _KINDS[kind]
    chosen = get_patch(patch)
    points = chosen.chart.points if where == "texels" else chosen.points
    position = _hanging(points) if kind.startswith(_ACROSS) else points.position.astype(np.float64)
    fields = []
    for index in range(_BANK):
        # The slope and its field share their lattice, so mixing both with one set of weights keeps them together.
        rng = numpy_generator(index, "wardrobe noise", kind.removesuffix("_slope"))
        lattice = rng.normal(size=(_LATTICE,) * 3).astype(np.float32)
        shift = rng.uniform(0, _LATTICE, 3)
        place = position * np.array(cells) + shift
        field = _sample(lattice, place, octaves)
        if step:
            field = _sample(lattice, place + np.array(cells) * (0, step, 0), octaves) - field
        fields.append(field)
    return np.stack(fields)


def noise(patch: str, kind: str, weights: Float[np.ndarray, " fields"], where: str = "texels") -> Float[np.ndarray, " points"]:
    """A noise field of about zero mean and unit spread at the texels (or `vertices`) of a patch; the same weights on two patches
    give one field in space, so that folds go on from one garment's piece to the next.
    """
    return weights.astype(np.float32) @ _bank(patch, where, kind)


def mixing_weights(rng: np.random.Generator) -> Float[np.ndarray, " fields"]:
    """Random weights of unit length for `noise`."""
    weights = rng.normal(size=_BANK)
    return weights / np.linalg.norm(weights)
