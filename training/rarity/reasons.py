"""Why a pose is rare: the one thing that, made usual, lowers its score most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int64, Shaped

from smpl_assets.pose_table import PoseTable
from training.rarity.cluster import assign
from training.rarity.frame import person_sizes
from training.rarity.model import Judged, RarityModel
from training.rarity.neighbours import FEW_JOINTS_POWER
from training.rarity.normalise import normalise
from training.rarity.what_if import all_seen, stretched, uncrossed, upright

CAUSES = ("orientation", "viewpoint", "crossing", "truncation", "occlusion")
REASONS = ("posture", *CAUSES, "annotation")
LEAST_GAIN = 0.15  # a cause counts if the score falls by this share without it

PerPerson = Float[np.ndarray, " people"]
Gains = Float[np.ndarray, "people causes"]
Rescore = Callable[[PoseTable], PerPerson]


def explain_rare(
    table: PoseTable,
    rare: Bool[np.ndarray, " people"],
    judged: Judged,
    model: RarityModel,
    group: Int64[np.ndarray, " people"] | None = None,
) -> tuple[Shaped[np.ndarray, " people"], Float[np.ndarray, "rare causes"]]:
    """Reasons of a table's people under whichever policy found them, and the rare people's gains by `CAUSES`.

    Reasons are strings, empty where not rare; `group` as for `judge`.
    """
    width = max(len(name) for name in REASONS)
    reasons = np.full(len(table), "", f"<U{width}")
    rows = np.flatnonzero(rare)
    if not len(rows):
        return reasons, np.zeros((0, len(CAUSES)))
    people = table.select(rows)
    usual_torso = model.sizes.torso * person_sizes(people, np.arange(len(people)), model.sizes)
    own = None if group is None else group[rows]

    def rescore(other: PoseTable) -> PerPerson:
        return model.judge(other, own).score

    found, gains = _explain(people, judged.score[rows], rescore, _truncation_share(people, model), usual_torso)
    reasons[rows] = found
    return reasons, gains


def _explain(
    table: PoseTable, score: PerPerson, rescore: Rescore, truncation_share: PerPerson, usual_torso_px: PerPerson
) -> tuple[Shaped[np.ndarray, " people"], Gains]:
    """Reasons and gains of the people of a small table.

    A gain is the share by which the score falls when the torso is turned upright (orientation), stretched to `usual_torso_px`
    (viewpoint), crossed arms or legs are swapped (crossing), unannotated joints are taken as usual (truncation; given as
    `truncation_share`), hidden joints are taken as seen (occlusion). The largest gain of at least 15 % is the reason;
    where there is none, the posture itself is.
    """
    changed = {
        "orientation": upright(table),
        "viewpoint": stretched(table, usual_torso_px),
        "crossing": uncrossed(table),
        "occlusion": all_seen(table),
    }
    safe = np.maximum(score, 1e-9)
    gains = {name: 1 - rescore(other) / safe for name, other in changed.items()}
    gains["truncation"] = truncation_share
    matrix = np.clip(np.nan_to_num(np.stack([gains[cause] for cause in CAUSES], 1)), 0.0, 1.0)
    best = matrix.argmax(1)
    names = np.array(CAUSES)[best]
    return np.where(matrix[np.arange(len(best)), best] >= LEAST_GAIN, names, "posture"), matrix


def _truncation_share(people: PoseTable, model: RarityModel) -> PerPerson:
    """The share of the score that rests on joints that are not annotated.

    Where these count as places (`zero`): how much smaller the distance over the annotated joints is. Else: how much smaller
    the score were if the joints that are not annotated were as in the nearest pose.
    """
    known = people.annotated
    if model.settings.policy == "thesis" and model.settings.missing_policy != "masked":
        rows = np.arange(len(people))
        poses = normalise(people, model.normalisation, rows)
        whole = model.judge(people).distance
        part = assign(poses.coordinates, poses.known, model.clusters.centres)[1]
        return np.where(known.all(1), 0.0, np.clip(1 - part / np.maximum(whole, 1e-9), 0.0, 1.0))
    share = known.sum(1) / known.shape[1]
    if model.references is None:
        return 1 - np.sqrt(share)
    return 1 - share ** (0.5 - FEW_JOINTS_POWER)
