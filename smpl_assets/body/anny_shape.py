"""Anny's shape vector: twelve numbers, each roughly N(0, 1) over adults, zero = the mean adult.

Phenotypes follow Anny's own; their ranges over adults were set so that statures spread as WHO's tables (its calibration) say.
"""

from __future__ import annotations

import itertools

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

PHENOTYPES = ("gender", "age", "muscle", "weight", "height", "proportions", "african", "asian")
# Factor -> the variations of Anny's blend shapes that adults use, lowest anchor first.
ADULT_FACTORS: dict[str, tuple[str, ...]] = {
    "gender": ("male", "female"), "age": ("young", "old"), "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"), "height": ("minheight", "maxheight"),
    "proportions": ("idealproportions", "uncommonproportions"), "race": ("african", "asian", "caucasian"),
}  # fmt: skip
# Local changes: name -> {(longer, shorter): size of one standard deviation}; limb lengths change by about 3.5 % each.
LOCAL_CHANGES: dict[str, dict[tuple[str, str], float]] = {
    "leg_length": {
        ("upperlegs-height-incr", "upperlegs-height-decr"): 0.16,
        ("lowerlegs-height-incr", "lowerlegs-height-decr"): 0.19,
    },
    "arm_length": {
        ("measure-upperarm-length-incr", "measure-upperarm-length-decr"): 0.14,
        ("measure-lowerarm-length-incr", "measure-lowerarm-length-decr"): 0.14,
    },
    "shoulder_width": {("measure-shoulder-dist-incr", "measure-shoulder-dist-decr"): 0.3},
    "torso_length": {("torso-scale-vert-incr", "torso-scale-vert-decr"): 0.22},
}
SHAPE_NAMES = PHENOTYPES + tuple(LOCAL_CHANGES)


def phenotypes_from_shape(shape: Float[Tensor, "batch parameters"]) -> Float[Tensor, "batch 8"]:
    """Anny's phenotype values of the first eight shape components.

    gender 0 (male) .. 1; age 0.70 .. 0.95 (about 17 to 95 years); muscle, weight, proportions about 0.5; height about 0.39,
    Anny's adult mean;
    african and asian: shares of ancestry, the rest is caucasian.
    """
    s = torch.unbind(shape[:, :8], dim=1)
    ancestry = torch.softmax(torch.stack([1.5 * s[6], 1.5 * s[7], torch.zeros_like(s[6])], 1), 1)
    return torch.stack(
        [
            torch.sigmoid(2.0 * s[0]),
            0.70 + 0.25 * torch.sigmoid(1.3 * s[1] - 0.5),
            0.5 + 0.42 * torch.tanh(0.5 * s[2]),
            0.5 + 0.42 * torch.tanh(0.5 * s[3]),
            0.39 + 0.24 * torch.tanh(0.4 * s[4]),
            0.5 + 0.45 * torch.tanh(0.5 * s[5]),
            ancestry[:, 0],
            ancestry[:, 1],
        ],
        dim=1,
    )


def is_female(shape: Float[np.ndarray, " parameters"]) -> bool:
    """Whether the body of one shape vector is nearer to Anny's female than to its male anchor (phenotype gender above 0.5)."""
    return bool(shape[0] > 0)


def blend_labels() -> list[str]:
    """Names of Anny's blend shapes that adults of average cup size and firmness use, in the order of `blend_weights`."""
    factors = ADULT_FACTORS
    bodies = ["-".join(c) for c in itertools.product(factors["gender"], factors["age"], factors["muscle"], factors["weight"])]
    return [
        *(f"universal:{b}" for b in bodies),
        *(f"height:{b}-{h}" for b in bodies for h in factors["height"]),
        *(f"proportions:{b}-{p}" for b in bodies for p in factors["proportions"]),
        *(f"race:{r}-{g}-{a}" for r in factors["race"] for g in factors["gender"] for a in factors["age"]),
    ]


def blend_weights(phenotypes: Float[Tensor, "batch 8"]) -> Float[Tensor, "batch blends"]:
    """Weight of each of `blend_labels`: the product of its factors' weights, linear between anchors as in Anny."""
    gender, age, muscle, weight, height, proportions, african, asian = torch.unbind(phenotypes, 1)
    old = 3.0 * (age - 2.0 / 3.0)
    person = _outer(torch.stack([1 - gender, gender], 1), torch.stack([1 - old, old], 1))
    body = _outer(_outer(person, _three(muscle)), _three(weight))
    statures = _outer(body, torch.stack([1 - height, height], 1))
    builds = _outer(body, torch.stack([1 - proportions, proportions], 1))
    races = _outer(torch.stack([african, asian, 1 - african - asian], 1), person)
    return torch.cat([body, statures, builds, races], dim=1)


def _outer(a: Tensor, b: Tensor) -> Tensor:
    return (a[:, :, None] * b[:, None, :]).flatten(1)


def _three(value: Tensor) -> Tensor:
    """Weights of the anchors 0, 0.5 and 1."""
    low, high = (1 - 2 * value).clamp(min=0), (2 * value - 1).clamp(min=0)
    return torch.stack([low, 1 - low - high, high], 1)
