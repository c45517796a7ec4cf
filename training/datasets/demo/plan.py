"""Who is on which picture of the demo set, and how large: drawn before anything is posed or rendered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smpl_assets.seeds import derive_seed, numpy_generator

SKELETON = "coco17"
EMPTY_SHARE = 0.1
_ASPECTS = ((4, 3), (3, 4), (1, 1))
_ASPECT_SHARE = (0.42, 0.38, 0.20)
_GROUP_SHARE = (0.80, 0.15, 0.05)
_TRUNCATED_SHARE = 0.16
_OCCLUDED_SHARE = 0.12


@dataclass(frozen=True)
class PictureShape:
    """Size of a picture in px."""

    width: int
    height: int


@dataclass(frozen=True)
class PicturePlan:
    """One picture.

    number: from 0 over the split; seed: of everything drawn for it; people: who is on it, the main person first.
    truncated: the main person is cut by the frame; occluded: something stands before it.
    """

    number: int
    seed: int
    shape: PictureShape
    people: tuple[int, ...]
    truncated: bool = False
    occluded: bool = False


def plan_pictures(people: int, image_size: int, seed: int) -> list[PicturePlan]:
    """Spread `people` over pictures whose longer side is `image_size`; a tenth more (two at least) are without anyone."""
    pictures: list[PicturePlan] = []
    placed = 0
    while placed < people:
        number = len(pictures)
        item = derive_seed(seed, "picture", number)
        rng = np.random.default_rng(item)
        group = min(1 + int(rng.choice(len(_GROUP_SHARE), p=_GROUP_SHARE)), people - placed)
        truncated, occluded = rng.random() < _TRUNCATED_SHARE, rng.random() < _OCCLUDED_SHARE
        who = tuple(range(placed, placed + group))
        pictures.append(PicturePlan(number, item, _shape(rng, image_size), who, bool(truncated), bool(occluded)))
        placed += group
    for _ in range(max(2, round(EMPTY_SHARE * len(pictures)))):
        number = len(pictures)
        item = derive_seed(seed, "picture", number)
        pictures.append(PicturePlan(number, item, _shape(np.random.default_rng(item), image_size), ()))
    return pictures


def _shape(rng: np.random.Generator, image_size: int) -> PictureShape:
    wide, high = _ASPECTS[int(rng.choice(len(_ASPECTS), p=_ASPECT_SHARE))]
    longest = max(wide, high)
    return PictureShape(image_size * wide // longest, image_size * high // longest)


def unusual_people(people: int, seed: int, share: float) -> np.ndarray:
    """Which of the people (P,) take an unusual pose: a share of them, one at least where there are ten people or more."""
    count = max(round(share * people), 1 if share and people >= 10 else 0)
    chosen = np.zeros(people, bool)
    chosen[numpy_generator(seed, "unusual").permutation(people)[:count]] = True
    return chosen
