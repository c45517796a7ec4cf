"""Which people of the two domains meet in training: a GAN moves content where the domains' poses and crops differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor, from_numpy

from smpl_assets.seeds import numpy_generator
from style_transfer.domains import Domain
from style_transfer.settings import TranslatorSettings

_SHARING = 0.5  # being taken as often as the average costs this share of the median distance
_LEAST_DISTANCE = 1e-3  # that is shared out where nearly all are alike


def partners(
    rendered: Domain, photographed: Domain, how: Literal["pose", "crop", "none"], neighbours: int
) -> Int[np.ndarray, "rendered neighbours"]:
    """For every rendered person the photographed people it may meet; with `none` all of them.

    The most similar ones, but shared out: a photographed person costs the more the more often it is taken, because a few
    people who are nearest to all would otherwise become the whole target.
    """
    if how == "none":
        return np.tile(np.arange(len(photographed)), (len(rendered), 1))
    distances = _distances(rendered, photographed, how)
    count = min(neighbours, len(photographed))
    usual = float(np.median(distances)) or max(float(np.mean(distances)), _LEAST_DISTANCE)
    price = _SHARING * usual * len(photographed) / max(len(rendered) * count, 1)
    taken, found = np.zeros(len(photographed)), np.zeros((len(rendered), count), np.int64)
    for rank in range(count):
        for row, distance in enumerate(distances):
            cost = distance + price * taken
            cost[found[row, :rank]] = np.inf
            found[row, rank] = int(cost.argmin())
            taken[found[row, rank]] += 1
    return found


def _distances(rendered: Domain, photographed: Domain, how: str) -> Float[np.ndarray, "rendered photographed"]:
    """Between crops: how differently they are cut and, for `pose`, the mean distance of common joints (share of the side)."""
    names = [n for n in rendered.skeleton.keypoints if n in photographed.skeleton.keypoints]
    points, seen = _common(rendered, names)
    others, others_seen = _common(photographed, names)
    rows = []
    for point, here in zip(points, seen, strict=True):
        both = others_seen & here
        cut = (others_seen ^ here).mean(1)
        apart = np.linalg.norm(others - point, axis=2)
        pose = np.where(both.any(1), (apart * both).sum(1) / np.maximum(both.sum(1), 1), 1.0)
        rows.append(cut if how == "crop" else pose + 0.5 * cut)
    return np.stack(rows)


def _common(domain: Domain, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    columns = [domain.skeleton.keypoints.index(n) for n in names]
    return domain.keypoints[:, columns], domain.annotated[:, columns] & _inside(domain.keypoints[:, columns])


def _inside(points: np.ndarray) -> np.ndarray:
    return np.all((points >= 0) & (points <= 1), axis=-1)


@dataclass(frozen=True)
class Batch:
    """One training batch: images (B, 3, S, S) in [-1, 1] and soft person masks (B, 1, S, S)."""

    rendered: Float[Tensor, "batch 3 side side"]
    rendered_mask: Float[Tensor, "batch 1 side side"]
    photographed: Float[Tensor, "batch 3 side side"]
    photographed_mask: Float[Tensor, "batch 1 side side"]


class Sampler:
    """Draws the batch of an iteration, the same one however often it is asked; flips a pair together, cuts each at random."""

    def __init__(self, rendered: Domain, photographed: Domain, settings: TranslatorSettings, seed: int) -> None:
        self._domains, self._settings, self._seed = (rendered, photographed), settings, seed
        self._partners = partners(rendered, photographed, settings.matching, settings.neighbours)

    def __call__(self, iteration: int) -> Batch:
        """The batch of one iteration."""
        pairs = [self._pair(numpy_generator(self._seed, "pair", iteration, b)) for b in range(self._settings.batch)]
        stacked = [from_numpy(np.stack([pair[i] for pair in pairs])) for i in range(4)]
        return Batch(*stacked)

    def _pair(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        first = int(rng.integers(len(self._partners)))
        second = int(self._partners[first, rng.integers(self._partners.shape[1])])
        flip = bool(self._settings.flip and rng.integers(2))
        return *self._cut(self._domains[0], first, flip, rng), *self._cut(self._domains[1], second, flip, rng)

    def _cut(self, domain: Domain, row: int, flip: bool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        side = self._settings.image_size
        top, left = rng.integers(domain.images.shape[1] - side + 1, size=2)
        image = domain.images[row, top : top + side, left : left + side]
        mask = domain.masks[row, top : top + side, left : left + side, None]
        if flip:
            image, mask = image[:, ::-1], mask[:, ::-1]
        return to_network(image), np.ascontiguousarray(mask.transpose(2, 0, 1), np.float32) / 255


def to_network(image: np.ndarray) -> Float[np.ndarray, "3 side side"]:
    """(S, S, 3) in 0..255 -> (3, S, S) in [-1, 1]."""
    return np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) / 127.5 - 1
