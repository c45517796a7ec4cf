"""The metrics of the older papers: PCP, PDJ with its curve, joints within a share of the height, presence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.pose_table import PoseTable
from training.evaluate_settings import EvaluateSettings
from training.metrics.bootstrap import JointShare, point
from training.metrics.match import Matched
from training.metrics.parts import correct_limbs, limbs_of, person_sides
from training.metrics.pck import correct_joints, joint_groups, torso_lengths

People = Bool[np.ndarray, " people"]
Each = Float[np.ndarray, " people"]
Parts = Bool[np.ndarray, "people parts"]


@dataclass(frozen=True)
class ShareMeasure:
    """The share of a person's parts (joints, limbs) that are right.

    correct, counted: (N,) per person; correct need not be whole. shares: further figures by name, each (correct, counted).
    """

    title: str
    correct: Each
    counted: Each
    shares: Mapping[str, tuple[Each, Each]]

    @property
    def counts(self) -> People:
        """People with a counted part."""
        return self.counted > 0

    def statistic(self, rows: People) -> JointShare:
        """Percent of the parts."""
        rows = rows & self.counts
        return JointShare(self.correct[rows], self.counted[rows])

    def details(self, rows: People) -> dict[str, float]:
        """Percent by name of `shares`."""
        return {name: point(JointShare(right[rows], below[rows])) for name, (right, below) in self.shares.items()}

    def per_joint(self, rows: People) -> None:
        """Parts need not be joints."""
        return

    def per_person(self) -> Each:
        """Share of the person's parts."""
        return np.divide(self.correct, self.counted, out=np.full(len(self.counted), np.nan), where=self.counts)


def _pcp(table: PoseTable, matched: Matched, settings: EvaluateSettings) -> ShareMeasure | str:
    limbs = limbs_of(table.skeleton)
    correct, counted = correct_limbs(matched.keypoints, table, limbs, settings.pcp_threshold)
    counted &= matched.valid[:, None]
    groups = {g: tuple(i for i, limb in enumerate(limbs) if limb.group == g) for g in dict.fromkeys(limb.group for limb in limbs)}
    title = f"PCP@{settings.pcp_threshold:g}"
    return _measure(title, correct & counted, counted, groups) if counted.any() else "nobody has both ends of a limb annotated"


def _pdj(table: PoseTable, matched: Matched, settings: EvaluateSettings) -> ShareMeasure | str:
    lengths, shares = torso_lengths(table), settings.pdj_thresholds
    found = [correct_joints(matched.keypoints, table, lengths, share) for share in shares]
    below = (found[0][1] & matched.valid[:, None]).sum(1).astype(float)
    curve = [(correct & matched.valid[:, None]).sum(1).astype(float) for correct, _ in found]
    title = f"PDJ@{shares[0]:g}-{shares[-1]:g}" if len(shares) > 1 else f"PDJ@{shares[0]:g}"
    named = {f"@{share:g}": (right, below) for share, right in zip(shares, curve, strict=True)}
    return ShareMeasure(title, np.mean(curve, 0), below, named) if below.any() else "nobody's torso is annotated"


def _within(table: PoseTable, matched: Matched, settings: EvaluateSettings) -> ShareMeasure | str:
    correct, counted = correct_joints(matched.keypoints, table, person_sides(table), settings.within_share)
    counted &= matched.valid[:, None]
    title = f"within 1/{1 / settings.within_share:.3g} of the height"
    return _measure(title, correct & counted, counted, joint_groups(table.skeleton)) if counted.any() else "nobody has a box"


def _presence(table: PoseTable, matched: Matched, settings: EvaluateSettings) -> ShareMeasure | str:
    """Beside the figure stands what the constant answer "always present" gets: it is a strong one."""
    score = np.full(table.annotated.shape, -np.inf)
    has = matched.found >= 0
    score[has] = matched.poses.joint_score[matched.found[has]]
    counted = np.repeat(matched.valid[:, None], len(table.skeleton), 1)
    correct = (score >= settings.presence_threshold) == table.annotated
    if table.annotated[matched.valid].all():
        return "every joint of everybody is annotated"
    measure = _measure("presence", correct & counted, counted, joint_groups(table.skeleton))
    constant = (table.annotated & counted).sum(1).astype(float), counted.sum(1).astype(float)
    return ShareMeasure(measure.title, measure.correct, measure.counted, {"always present": constant, **measure.shares})


def _measure(title: str, correct: Parts, counted: Parts, groups: Mapping[str, tuple[int, ...]]) -> ShareMeasure:
    right, below = correct.astype(float), counted.astype(float)
    shares = {name: (right[:, list(group)].sum(1), below[:, list(group)].sum(1)) for name, group in groups.items()}
    return ShareMeasure(title, right.sum(1), below.sum(1), shares)


Build = Callable[[PoseTable, Matched, EvaluateSettings], ShareMeasure | str]
SHARES: dict[str, Build] = {"pcp": _pcp, "pdj": _pdj, "within": _within, "presence": _presence}
