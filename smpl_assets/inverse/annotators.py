"""Where the annotators of a data set put joints, beside where these lie on the body.

Data sets differ: crowd workers click hips at the sides of the trunk, others over the joint. What tells it without any network is
how wide hips and shoulders are and how high shoulders, neck and head's top lie on upright people who face the camera, in units of
trunk + thigh + shank of the same person, beside bodies in everyday postures that are chosen by the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float

from smpl_assets.body.keypoints import placed_part
from smpl_assets.body.protocol import BodyModel
from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.seeds import derive_seed, torch_generator
from smpl_assets.skeletons import Skeleton, require_limbs

LEAST_PEOPLE = 50
BODIES = 6000
# Of the shifts, what is worth a line in the configuration: % of the torso, and standard errors of it.
WORTH_PERCENT, WORTH_ERRORS = 3.0, 3.0
# Upright: the trunk within so many degrees of the image's up, legs this straight. Facing the camera: shoulders this wide in units
# of the person. (A share of the set's own widest would follow its definition of a shoulder, but crowd-sourced sets have wild
# ones: on LSP-extended it chose 75 people and moved their shoulders by 10 %.)
_TILT_DEG, _STRAIGHT, _FRONTAL = 15.0, 0.92, 0.2
Points = Float[np.ndarray, "people 2"]
Measures = dict[str, Float[np.ndarray, " _"]]


@dataclass(frozen=True)
class Shift:
    """How far annotators put a point from the body's: % of the torso, its standard error; how many people say so."""

    percent: float
    error: float
    people: int

    @property
    def worth(self) -> bool:
        """Whether it is too large for chance and for the definition to be left as it is."""
        return abs(self.percent) > max(WORTH_PERCENT, WORTH_ERRORS * self.error)


def measure_annotators(people: PoseTable, body: BodyModel, seed: int = 0) -> dict[str, Shift]:
    """The `[body.keypoints]` of a data set, by name, and what cannot be moved: shoulders, and the head's top where there is one.

    Who faces the camera is told by the shoulders' width, so a narrower definition of shoulders is understated (-5 % as -3 %).

    Raises:
        InputError: the skeleton lacks limb joints, or fewer than 50 people stand upright before the camera.
    """
    require_limbs(people.skeleton)
    theirs = _measures(people.skeleton, people.keypoints, people.annotated)
    count = len(theirs["trunk"])
    if count < LEAST_PEOPLE:
        raise InputError(
            f"only {count} of {len(people)} people stand upright, facing the camera, with all limb joints annotated;"
            f" {LEAST_PEOPLE} are needed to tell where the annotators put joints",
            "leave [body.keypoints] at its defaults, or name a larger annotation file of the same annotators",
        )
    placed = placed_part(people.skeleton)
    ours = _measures(placed, *_everyday(body, placed, seed))
    unit = 100 / float(np.median(ours["trunk"]))
    step = {
        n: Shift(float(np.median(theirs[n]) - np.median(ours[n])) * unit, _error(theirs[n]) * unit, len(theirs[n]))
        for n in ours
        if n in theirs and len(theirs[n])
    }
    found = {
        f"{name}_out": Shift(width.percent / 2, width.error / 2, width.people)
        for name, width in (("hip", step["hips"]), ("shoulder", step["shoulders"]))
    }
    trunk = found["shoulder_up"] = step["trunk"]
    for name in ("neck", "head_top"):
        if rise := step.get(name):
            error = float(np.hypot(trunk.error, rise.error))
            found[f"{name}_up"] = Shift(trunk.percent + rise.percent, error, rise.people)
    return found


def _measures(
    skeleton: Skeleton, keypoints: Float[np.ndarray, "people joints 2"], annotated: Bool[np.ndarray, "people joints"]
) -> Measures:
    """Widths and heights of the upright people who face the camera, in their own units: trunk + thigh + shank."""
    at = {
        k: np.where(annotated[:, i, None], keypoints[:, i], np.nan).astype(np.float64) for i, k in enumerate(skeleton.keypoints)
    }

    def middle(joint: str) -> Points:
        return np.asarray((at[f"right_{joint}"] + at[f"left_{joint}"]) / 2)

    def wide(joint: str) -> Float[np.ndarray, " people"]:
        return _length(at[f"right_{joint}"] - at[f"left_{joint}"])

    shoulders, hips = middle("shoulder"), middle("hip")
    trunk = _length(shoulders - hips)
    thigh, shank = (
        (_length(at[f"right_{a}"] - at[f"right_{b}"]) + _length(at[f"left_{a}"] - at[f"left_{b}"])) / 2
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = trunk + thigh + shank
        up = (shoulders - hips) / trunk[:, None]
        tilt = np.degrees(np.arctan2(np.abs(up[:, 0]), -up[:, 1]))
        straight = _length(hips - middle("ankle")) / (thigh + shank)
        facing = np.minimum(*((at[f"left_{j}"] - at[f"right_{j}"])[:, 0] for j in ("shoulder", "hip"))) > 0
        kept = (tilt < _TILT_DEG) & (straight > _STRAIGHT) & facing & (wide("shoulder") / unit > _FRONTAL)
        measures = {"hips": wide("hip") / unit, "shoulders": wide("shoulder") / unit, "trunk": trunk / unit}
        for name, point in _heads(at).items():
            measures[name] = ((point - shoulders) * up).sum(1) / unit
    return {n: v[kept & np.isfinite(v)] for n, v in measures.items()}


def _heads(at: Mapping[str, Points]) -> dict[str, Points]:
    """Neck and head's top under whichever name a skeleton has them."""
    neck = at.get("head_bottom", at.get("neck"))
    return {n: p for n, p in (("neck", neck), ("head_top", at.get("head_top"))) if p is not None}


def _everyday(
    body: BodyModel, skeleton: Skeleton, seed: int
) -> tuple[Float[np.ndarray, "bodies joints 2"], Bool[np.ndarray, "bodies joints"]]:
    """Keypoints of bodies of all shapes in everyday postures, seen from far away."""
    own = derive_seed(seed, "annotators")
    sample = PosePool(PoolSettings(sphere_share=0.0)).sample(BODIES, own, usual_share=1.0)
    shape = torch.randn(BODIES, body.shape_size, generator=torch_generator(own, "shapes")).clamp(-2.5, 2.5)
    with torch.no_grad():
        points = body.sparse_keypoints((skeleton,), sample.pose(shape))[0][skeleton.name][..., :2].double().numpy()
    return points, np.ones(points.shape[:2], bool)


def _length(vectors: Points) -> Float[np.ndarray, " people"]:
    return np.asarray(np.linalg.norm(vectors, axis=1))


def _error(values: Float[np.ndarray, " people"]) -> float:
    """Standard error of a median, from the median absolute deviation."""
    spread = 1.4826 * np.median(np.abs(values - np.median(values)))
    return float(1.2533 * spread / max(len(values), 1) ** 0.5)
