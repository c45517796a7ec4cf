"""Rarity learnt from training poses and applied to any table of the same skeleton."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.seeds import derive_seed
from training.rarity.chunks import in_chunks
from training.rarity.cluster import Clusters, assign, fit_clusters, refine_clusters
from training.rarity.frame import (
    PersonSizes,
    frame_poses,
    impossible_limbs,
    scaled_by_boxes,
    sized_by_boxes,
    sized_by_heads,
    tells_hidden,
    usual_sizes,
)
from training.rarity.neighbours import References, build_references, neighbour_distance, reference_rows
from training.rarity.normalise import (
    CompletionSource,
    NormalisedPoses,
    complete,
    completion_source,
    included_people,
    normalise,
    resolve_normalisation,
)
from training.rarity.settings import DEFAULT_SHARE, RareSettings

_HAS_PERSON_SCALE = ("mpii",)
_CHUNK = 32_768
Rows = Int64[np.ndarray, " rows"]
Group = Int64[np.ndarray, " people"]
Coordinates = Float[np.ndarray, "rows joints 2"]
Known = Bool[np.ndarray, "rows joints"]


@dataclass(frozen=True)
class Judged:
    """What a model says of a table's N people, in its order; -1 / NaN where not included.

    mistake: (N,) whether a limb is impossibly long.
    """

    included: Bool[np.ndarray, " people"]
    cluster: Int64[np.ndarray, " people"]
    distance: Float[np.ndarray, " people"]
    score: Float[np.ndarray, " people"]
    mistake: Bool[np.ndarray, " people"]

    def rare(self, threshold: float, settings: RareSettings) -> Bool[np.ndarray, " people"]:
        """Who reaches tau, without labelling mistakes unless the settings keep them."""
        return self.beyond(threshold) & (settings.keeps_mistakes | ~self.mistake)

    def beyond(self, threshold: float) -> Bool[np.ndarray, " people"]:
        """Who reaches tau."""
        return self.included & (np.nan_to_num(self.score, nan=-np.inf) >= threshold)

    def choosable(self, settings: RareSettings) -> Float[np.ndarray, " choosable"]:
        """Scores of the people who may be rare: tau is chosen from them."""
        return self.score[self.included & (settings.keeps_mistakes | ~self.mistake)]


@dataclass(frozen=True)
class RarityModel:
    """See `fit_rarity`. Poses are assigned to `clusters`; `clusterings` has one per seed; `unit` divides the score."""

    settings: RareSettings
    normalisation: str
    clusters: Clusters
    clusterings: tuple[Clusters, ...]
    completion: CompletionSource | None
    sizes: PersonSizes
    references: References | None
    unit: float

    def prepare(self, table: PoseTable, rows: Rows) -> tuple[Coordinates, Known | None]:
        """What the clusters see of people: their coordinates and which of them are known, None where every one counts."""
        return _as_clustered(normalise(table, self.normalisation, rows), self.settings, self.completion)

    def sized(self, table: PoseTable) -> PoseTable:
        """The people of a table of renders or results, whose scale is that of a crop, as large as the training set has them."""
        if self.normalisation not in _HAS_PERSON_SCALE:
            return table
        return sized_by_heads(table, self.sizes) if self.sizes.given else sized_by_boxes(table)

    def judge(self, table: PoseTable, group: Group | None = None, progress: Progress = silent) -> Judged:
        """Assign to the training clusters (never re-fitted) and score.

        `group`: for people who are in the training table their `person_groups` there; they are not compared with themselves.
        """
        included = included_people(table, self.settings.include_empty)
        rows = np.flatnonzero(included)
        cluster, distance = np.full(len(table), -1, np.int64), np.full(len(table), np.nan)
        score, mistake = np.full(len(table), np.nan), np.zeros(len(table), bool)

        def work(part: slice) -> None:
            mine = rows[part]
            cluster[mine], distance[mine] = assign(*self.prepare(table, mine), self.clusters.centres)
            references = self.references
            score[mine] = distance[mine] if references is None else self._neighbour_score(table, mine, group, references)
            mistake[mine] = impossible_limbs(table, mine, self.sizes)

        for part, _ in in_chunks(work, len(rows), _CHUNK):
            progress(part.stop, len(rows))
        return Judged(included, cluster, distance, score, mistake)

    def _neighbour_score(
        self, table: PoseTable, rows: Rows, group: Group | None, references: References
    ) -> Float[np.ndarray, " rows"]:
        """In the model's unit; 0 where a pose shares too few joints with any other to be judged."""
        mine = np.full(len(rows), -1) if group is None else group[rows]
        framed = frame_poses(table, rows, self.sizes)
        return np.nan_to_num(neighbour_distance(framed, mine, references, self.settings.neighbours)) / self.unit


def person_groups(table: PoseTable) -> Group:
    """Frames of one tracked person share a number, as the next frame does not make a pose usual; others their row."""
    sequence = table.images.sequence[table.image]
    tracked = (sequence >= 0) & (table.person_id >= 0)
    group = np.arange(len(table), dtype=np.int64)
    if tracked.any():
        pairs = np.stack([sequence, table.person_id], 1)[tracked]
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
    completion = None
    if settings.missing_policy == "complete":
        sample = normalise(table, name, reference_rows(table.annotated, rows, settings.references, seed))
        completion = completion_source(sample.coordinates, sample.known, table.skeleton)
    clusters, clusterings = _cluster(table, rows, name, completion, settings, seed)
    sizes = usual_sizes(table, rows, name in _HAS_PERSON_SCALE and not scaled_by_boxes(table))
    model = RarityModel(settings, name, clusters, clusterings, completion, sizes, None, 1.0)
    if settings.policy == "neighbours":
        model = dataclasses.replace(model, references=training_references(table, model, seed))
    return _in_units(model, table, progress)


def _cluster(
    table: PoseTable, rows: Rows, name: str, completion: CompletionSource | None, settings: RareSettings, seed: int
) -> tuple[Clusters, tuple[Clusters, ...]]:
    """The best clustering, refined on all poses, and those of all seeds."""
    coordinates, known = _as_clustered(normalise(table, name, rows), settings, completion)
    seeds = [derive_seed(seed, "clustering", k) for k in range(settings.seeds)]
    found = tuple(fit_clusters(coordinates, known, settings.clusters, settings.restarts, one) for one in seeds)
    return refine_clusters(coordinates, known, min(found, key=lambda one: one.inertia)), found


def _as_clustered(
    poses: NormalisedPoses, settings: RareSettings, completion: CompletionSource | None
) -> tuple[Coordinates, Known | None]:
    if completion is not None:
        return complete(poses.coordinates, poses.known, completion), None
    return poses.coordinates, poses.known if settings.missing_policy == "masked" else None


def training_references(table: PoseTable, model: RarityModel, seed: int) -> References:
    """The poses of the training table that others are compared with, under whatever policy.

    By their places alone where the training flags say nothing of hidden joints: others' may.
    """
    settings, rows = model.settings, np.flatnonzero(included_people(table, model.settings.include_empty))
    chosen = reference_rows(table.annotated, rows, settings.references, seed)
    framed = frame_poses(table, chosen, model.sizes)
    mirror = settings.mirror and table.skeleton.mirrors
    weight = settings.hidden_weight if tells_hidden(table) else 0.0
    return build_references(framed, person_groups(table)[chosen], table.skeleton, weight, mirror)


def _in_units(model: RarityModel, table: PoseTable, progress: Progress) -> tuple[RarityModel, Judged]:
    """Fix the neighbour score's unit so that the rarest 3 % of the training poses that score at all score 1 or more."""
    judged = model.judge(table, person_groups(table), progress)
    if model.references is None:
        return model, judged
    score = judged.score[judged.included]
    unit = max(float(np.quantile(score, 1 - DEFAULT_SHARE)), float(np.min(score[score > 0], initial=1.0)), 1e-9)
    return dataclasses.replace(model, unit=unit), dataclasses.replace(judged, score=judged.score / unit)


def choose_threshold(score: Float[np.ndarray, " choosable"], settings: RareSettings) -> float:
    """Tau: the one given, else the score that `rare_share` (default 3 %) of the training poses reach (at least one pose).

    It is above zero: so scores who can be compared with nobody. InputError where no training pose reaches the given tau, none
    scores at all, or none is left to choose from.
    """
    if not len(score):
        raise InputError(
            "every training person has an impossibly long limb, so no pose can be rare",
            'check the keypoints and their order, or set rare_poses.mistakes = "keep"',
        )
    compared = np.sort(score[score > 0])[::-1]
    if not len(compared):
        raise InputError(
            f"no training pose can be told from the others: {len(score)} people, all alike, or all frames of one tracked person",
            "give a set of several people or sequences; which frames are one person's follows from their folder and track_id",
        )
    if settings.threshold is None:
        share = settings.rare_share or DEFAULT_SHARE
        wanted = min(max(round(share * len(score)), 1), len(compared))
        return float(compared[wanted - 1])
    if not (score >= settings.threshold).any():
        raise InputError(
            f"rare_poses.threshold = {settings.threshold:g}: no rare pose at all, the largest of {len(score)} training scores is "
            f"{score.max():.4g} (policy '{settings.policy}')",
            f"lower the threshold or set rare_poses.rare_share = {DEFAULT_SHARE} in its place",
        )
    return float(settings.threshold)
