"""Rarity learnt from training poses and applied to any table of the same skeleton."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.errors import InputError
from smpl_assets.progress import Progress, silent
from smpl_assets.seeds import derive_seed
from training.datasets.pose_table import PoseTable
from training.rarity.cluster import Clusters, assign, fit_clusters
from training.rarity.complete import CompletionSource, complete, completion_source
from training.rarity.frame import LimbLengths, frame_poses, usual_limb_lengths
from training.rarity.normalise import NormalisedPoses, included_people, normalise, resolve_normalisation
from training.rarity.score import References, build_references, neighbour_distance
from training.rarity.settings import DEFAULT_SHARE, RareSettings

_HAS_PERSON_SCALE = ("mpii",)


@dataclass(frozen=True)
class Judged:
    """What a model says of a table's N people, in its order; -1 / NaN where not included."""

    included: Bool[np.ndarray, " people"]
    cluster: Int64[np.ndarray, " people"]
    distance: Float[np.ndarray, " people"]
    score: Float[np.ndarray, " people"]


@dataclass(frozen=True)
class RarityModel:
    """See `fit_rarity`. `clusterings` holds one clustering per seed; `clusters` is the one of least cost."""

    settings: RareSettings
    normalisation: str
    clusterings: tuple[Clusters, ...]
    completion: CompletionSource | None
    limbs: LimbLengths | None
    references: References | None
    unit: float

    @property
    def clusters(self) -> Clusters:
        """The clustering of least cost."""
        return min(self.clusterings, key=lambda one: one.inertia)

    def prepare(self, table: PoseTable) -> NormalisedPoses:
        """Normalised poses as the clusters see them."""
        rows = np.flatnonzero(included_people(table, self.settings.include_empty))
        poses = normalise(table, self.normalisation, rows)
        if self.completion is None:
            return poses
        filled = complete(poses.coordinates, poses.known, self.completion)
        return NormalisedPoses(rows, filled, np.ones_like(poses.known))

    def mask(self, poses: NormalisedPoses) -> np.ndarray | None:
        """What `cluster` takes as known: None under `zero`, where every coordinate counts."""
        return poses.known if self.settings.missing_policy == "masked" else None

    def judge(self, table: PoseTable, same_people: bool = False, progress: Progress = silent) -> Judged:
        """Assign to the training clusters (never re-fitted) and score. `same_people`: the table is the training table itself."""
        poses = self.prepare(table)
        count = len(table)
        included = np.zeros(count, bool)
        included[poses.rows] = True
        cluster, distance = np.full(count, -1, np.int64), np.full(count, np.nan)
        if len(poses):
            cluster[poses.rows], distance[poses.rows] = assign(poses.coordinates, self.mask(poses), self.clusters.centres)
        score = distance.copy()
        if self.references is not None:
            score = np.full(count, np.nan)
            score[poses.rows] = self._neighbour_score(table, poses.rows, same_people, progress)
        return Judged(included, cluster, distance, score)

    def _neighbour_score(self, table: PoseTable, rows: np.ndarray, same_people: bool, progress: Progress) -> np.ndarray:
        """In units of the training set's 97th percentile; 0 where a pose shares too few joints with any other to be judged."""
        assert self.references is not None
        group = person_groups(table)[rows] if same_people else np.full(len(rows), -1)
        framed = frame_poses(table, rows, self.limbs)
        return np.nan_to_num(neighbour_distance(framed, group, self.references, self.settings.neighbours, progress)) / self.unit


def person_groups(table: PoseTable) -> np.ndarray:
    """(N,) int64: frames of one tracked person share a number, as the next frame does not make a pose usual; others their row."""
    tracked = (table.sequence >= 0) & (table.person_id >= 0)
    group = np.arange(len(table), dtype=np.int64)
    if tracked.any():
        pairs = np.stack([table.sequence, table.person_id], 1)[tracked]
        group[tracked] = len(table) + np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
    return group


def fit_rarity(table: PoseTable, settings: RareSettings, seed: int, progress: Progress = silent) -> tuple[RarityModel, Judged]:
    """Learn rarity from the training table; also what the model says of that table itself, each pose against the others.

    InputError where nobody has an annotated joint, or there are fewer poses than clusters.
    """
    rows = np.flatnonzero(included_people(table, settings.include_empty))
    if not len(rows):
        raise InputError(
            f"the training annotations hold {len(table)} people and none with an annotated joint: nothing to compare",
            "check the annotation file and its keypoint visibility flags",
        )
    name = resolve_normalisation(settings.normalisation, table)
    poses = normalise(table, name, rows)
    completion, mask = None, None
    coordinates = poses.coordinates
    if settings.missing_policy == "complete":
        completion = completion_source(coordinates, poses.known, table.skeleton, seed)
        coordinates = complete(coordinates, poses.known, completion)
    elif settings.missing_policy == "masked":
        mask = poses.known
    clusterings = tuple(
        fit_clusters(coordinates, mask, settings.clusters, settings.restarts, derive_seed(seed, "clustering", k))
        for k in range(settings.seeds)
    )
    limbs = None if name in _HAS_PERSON_SCALE else usual_limb_lengths(table, rows)
    references = _references(table, rows, limbs, settings, seed) if settings.policy == "neighbours" else None
    model = RarityModel(settings, name, clusterings, completion, limbs, references, 1.0)
    return _in_units(model, table, progress)


def _references(table: PoseTable, rows: np.ndarray, limbs: LimbLengths | None, settings: RareSettings, seed: int) -> References:
    framed = frame_poses(table, rows, limbs)
    group = person_groups(table)[rows]
    return build_references(framed, group, table.skeleton, settings.references, settings.hidden_weight, settings.mirror, seed)


def _in_units(model: RarityModel, table: PoseTable, progress: Progress) -> tuple[RarityModel, Judged]:
    """Fix the score's unit so that the rarest 3 % of the training poses score 1 or more."""
    judged = model.judge(table, same_people=True, progress=progress)
    if model.references is None:
        return model, judged
    unit = max(float(np.quantile(judged.score[judged.included], 1 - DEFAULT_SHARE)), 1e-9)
    scaled = RarityModel(
        model.settings, model.normalisation, model.clusterings, model.completion, model.limbs, model.references, unit
    )
    return scaled, Judged(judged.included, judged.cluster, judged.distance, judged.score / unit)


def choose_threshold(score: np.ndarray, settings: RareSettings) -> float:
    """Tau: the one given, else the score that `rare_share` (default 3 %) of the training poses reach (at least one pose).

    InputError where no training pose reaches the given tau.
    """
    if settings.threshold is None:
        share = settings.rare_share or DEFAULT_SHARE
        wanted = max(round(share * len(score)), 1)
        return float(np.sort(score)[::-1][wanted - 1])
    if not (score >= settings.threshold).any():
        raise InputError(
            f"rare_poses.threshold = {settings.threshold:g}: no rare pose at all, the largest of {len(score)} training scores is "
            f"{score.max():.4g} (policy '{settings.policy}')",
            f"lower the threshold or set rare_poses.rare_share = {DEFAULT_SHARE} in its place",
        )
    return float(settings.threshold)
