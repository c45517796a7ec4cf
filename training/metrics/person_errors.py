"""How wrong the pose is that was found of each person, by the first metric that says something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.pose_table import PoseTable
from training.evaluate_settings import EvaluateSettings
from training.metrics.match import Matched
from training.metrics.measures import build_measure
from training.metrics.pck import torso_errors

FAILED = 0.5  # OKS, or share of correct joints, below which a person counts as a failure
PerPerson = Float[np.ndarray, " people"]


@dataclass(frozen=True)
class Errors:
    """How wrong each person's pose is. quality: (N,) OKS, or the share of correct joints, 0 where nobody found the person.

    error: (N,) 1 - quality. torso: (N,) mean distance in torso lengths, each joint at most 1. NaN where a person does not count.
    name: what the quality is; empty where no metric says anything of anybody.
    """

    name: str
    quality: PerPerson
    torso: PerPerson

    @property
    def error(self) -> PerPerson:
        """1 - quality."""
        return 1.0 - self.quality

    @property
    def failed(self) -> Bool[np.ndarray, " people"]:
        """Whose quality is below a half."""
        return np.asarray(self.quality < FAILED)


def errors_of(table: PoseTable, matched: Matched, settings: EvaluateSettings) -> Errors:
    """By OKS where people have areas, else by the share of correct joints."""
    names = {"oks_ap": "OKS", "pck": "share of correct joints"}
    measures = ((names[n], build_measure(n, table, [matched], settings)) for n in names)
    name, measure = next(((n, m) for n, m in measures if not isinstance(m, str)), ("", None))
    quality = np.full(len(table), np.nan) if measure is None else measure.per_person()
    torso = np.where(matched.valid, torso_errors(matched.keypoints, table), np.nan)
    return Errors(name, quality, torso)
