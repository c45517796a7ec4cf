"""What a repetition of a pose varies: the posture that it starts from, and from how far around it is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from smpl_assets.render.settings import RenderSettings
from smpl_assets.seeds import numpy_generator

Posture = Literal["fit", "hypothesis", "neighbour"]
# Steps of the R2 sequence (Roberts 2018): powers of the inverse plastic number fill the square evenly, whatever the count.
_STEPS = (0.7548776662466927, 0.5698402909980532)


@dataclass(frozen=True)
class Variation:
    """posture: where a repetition's posture comes from. far: seen from anywhere around, not from near the fit's camera."""

    posture: Posture = "fit"
    far: bool = False


def variation_of(seed: int, person: int, repetition: int, settings: RenderSettings) -> Variation:
    """The shares of the settings, spread evenly over a person's repetitions; the first one is the fit."""
    if repetition == 0:
        return Variation()
    start = numpy_generator(seed, "variation", person).random(2)
    posture, view = ((begin + repetition * step) % 1.0 for begin, step in zip(start, _STEPS, strict=True))
    far = bool(view < settings.far_views)
    if posture < settings.neighbours:
        return Variation("neighbour", far)
    return Variation("hypothesis" if posture < settings.neighbours + settings.hypotheses else "fit", far)
