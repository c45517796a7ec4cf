"""Which of many rare poses cover the tail evenly: again and again the one that is farthest from all that are there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

from smpl_assets.pose_table import PoseTable
from training.rarity.frame import FramedPoses, frame_poses, mirrored
from training.rarity.model import RarityModel
from training.rarity.neighbours import build_references, neighbour_distance

Places = Float[np.ndarray, "poses coordinates"]
Distances = Float[np.ndarray, " poses"]


@dataclass(frozen=True)
class Chosen:
    """rows: of the candidates, the most wanted first. before, after: distance (person sizes) of every candidate to the nearest
    pose that is there, without and with those.
    """

    rows: Int64[np.ndarray, " chosen"]
    before: Distances
    after: Distances


def choose_evenly(
    candidates: PoseTable, wanted: int, there: PoseTable, model: RarityModel, weights: Float[np.ndarray, " joints"]
) -> Chosen:
    """At most `wanted` of the candidates by farthest-point selection (Gonzalez 1985), begun from the people who are there.

    Poses are compared as the rarity score compares them: in their own frames, by weighted joints, hidden ones apart, and with
    their mirror images where the model does so. candidates: with all joints annotated. weights: of the joints, mean 1.
    """
    framed = [frame_poses(table, np.arange(len(table)), model.sizes) for table in (candidates, there)]
    before = _nearest(framed[0], framed[1], candidates, model, weights)
    joints = framed[0].joints.astype(np.float64)
    places = _places(joints, model, weights)
    other = _places(mirrored(joints, candidates.skeleton), model, weights) if model.settings.mirror else places
    after, rows = before.copy(), []
    for _ in range(min(wanted, len(candidates))):
        row = int(after.argmax())
        rows.append(row)
        after = np.minimum(after, np.minimum(_distance(places, places[row]), _distance(places, other[row])))
        after[row] = 0.0
    return Chosen(np.array(rows, np.int64), before, after)


def _nearest(
    poses: FramedPoses, there: FramedPoses, table: PoseTable, model: RarityModel, weights: Float[np.ndarray, " joints"]
) -> Distances:
    """Distance of each pose to the nearest of those that are there, over the joints that it has; as far as can be where none has
    enough in common.
    """
    settings, count = model.settings, len(there)
    references = build_references(there, np.arange(count), table.skeleton, settings.hidden_weight, settings.mirror, weights)
    found = neighbour_distance(poses, np.full(len(poses), -1), references, 1)
    return np.where(np.isfinite(found), found, np.nanmax(found, initial=0.0))


def _places(joints: Float[np.ndarray, "poses joints 3"], model: RarityModel, weights: Float[np.ndarray, " joints"]) -> Places:
    """Coordinates whose Euclidean distance is that of the rarity score between complete poses."""
    features = joints * np.array([1.0, 1.0, model.settings.hidden_weight])
    return (features * np.sqrt(weights / weights.sum())[:, None]).reshape(len(joints), -1)


def _distance(places: Places, one: Float[np.ndarray, " coordinates"]) -> Distances:
    return np.sqrt(np.square(places - one).sum(1))
