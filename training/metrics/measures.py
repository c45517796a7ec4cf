"""The metrics as one interface: what each makes of a set of predictions, for any choice of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.pose_table import PoseTable
from training.evaluate_settings import EvaluateSettings
from training.metrics.average_precision import average_recall
from training.metrics.bootstrap import AveragePrecision, JointShare, SeedMean, Statistic, point
from training.metrics.coco_match import match
from training.metrics.match import Matched
from training.metrics.oks import own_oks
from training.metrics.pck import PCKH_LEFT_OUT, correct_joints, head_lengths, joint_groups, torso_lengths
from training.metrics.shares import SHARES


@runtime_checkable
class Measure(Protocol):
    """One metric on one set of predictions."""

    @property
    def title(self) -> str:
        """As the table heads it."""
        ...

    @property
    def counts(self) -> Bool[np.ndarray, " people"]:
        """The people that it can say something of."""
        ...

    def statistic(self, rows: Bool[np.ndarray, " people"]) -> Statistic:
        """The figure over the people of `rows` that count."""
        ...

    def details(self, rows: Bool[np.ndarray, " people"]) -> dict[str, float]:
        """Further figures in percent: joint groups, or AP50, AP75, AR."""
        ...

    def per_joint(self, rows: Bool[np.ndarray, " people"]) -> list[float] | None:
        """Percent per keypoint, NaN where none counts; None for metrics without that."""
        ...

    def per_person(self) -> Float[np.ndarray, " people"]:
        """Each person's own figure in [0, 1], NaN where it does not count."""
        ...


@dataclass(frozen=True)
class PckMeasure:
    """PCK or PCKh. correct, counted: (N, J)."""

    title: str
    correct: Bool[np.ndarray, "people joints"]
    counted: Bool[np.ndarray, "people joints"]
    groups: dict[str, tuple[int, ...]]

    @property
    def counts(self) -> Bool[np.ndarray, " people"]:
        """People with a counted joint."""
        return np.asarray(self.counted.any(1))

    def statistic(self, rows: Bool[np.ndarray, " people"]) -> JointShare:
        """Percent of the joints."""
        rows = rows & self.counts
        return JointShare(self.correct[rows].sum(1).astype(float), self.counted[rows].sum(1).astype(float))

    def details(self, rows: Bool[np.ndarray, " people"]) -> dict[str, float]:
        """Percent per joint group (table 4.4)."""
        return {name: self._share(rows, list(joints)) for name, joints in self.groups.items()}

    def per_joint(self, rows: Bool[np.ndarray, " people"]) -> list[float]:
        """Percent per keypoint."""
        return [self._share(rows, [j]) for j in range(self.correct.shape[1])]

    def per_person(self) -> Float[np.ndarray, " people"]:
        """Share of the person's joints."""
        below = self.counted.sum(1)
        return np.divide(self.correct.sum(1), below, out=np.full(len(below), np.nan), where=below > 0)

    def _share(self, rows: np.ndarray, joints: list[int]) -> float:
        below = int(self.counted[rows][:, joints].sum())
        return 100.0 * int(self.correct[rows][:, joints].sum()) / below if below else float("nan")


@dataclass(frozen=True)
class OksMeasure:
    """OKS-AP. counts: (N,) people with an annotated joint and a usable image."""

    title: str
    table: PoseTable
    matched: Matched
    counts: Bool[np.ndarray, " people"]

    def statistic(self, rows: Bool[np.ndarray, " people"]) -> AveragePrecision:
        """AP, the mean over OKS 0.50:0.05:0.95.

        Over all people, poses that nobody got are false positives; over some of them they neither help nor hurt.
        """
        people = np.flatnonzero(rows & self.counts)
        found, poses = self.matched.found[people], self.matched.poses
        whole = rows.all()
        extra = self.matched.extra if whole else self.matched.extra[:0]
        taken = np.concatenate([found[found >= 0], extra])
        owner = np.concatenate([np.flatnonzero(found >= 0), np.full(len(extra), -1)])
        order = np.argsort(taken, kind="stable")  # equal scores count in the order of the poses
        taken, owner = taken[order], owner[order]
        return AveragePrecision(
            match(
                poses.keypoints[taken], poses.score[taken], poses.image[taken], owner, self.table.select(people),
                self.matched.ignored if whole else None,
            )
        )  # fmt: skip

    def details(self, rows: Bool[np.ndarray, " people"]) -> dict[str, float]:
        """AP50, AP75, AR."""
        found = self.statistic(rows).matches
        ap50, ap75 = (point(AveragePrecision(found, i, i + 1)) for i in (0, 5))
        return {"AP50": ap50, "AP75": ap75, "AR": 100.0 * average_recall(found)}

    def per_joint(self, rows: Bool[np.ndarray, " people"]) -> None:
        """AP has no figure per joint."""
        return

    def per_person(self) -> Float[np.ndarray, " people"]:
        """OKS of each person with what was found of it, 0 where that is nothing."""
        rows, table = self.counts, self.table.select(self.counts)
        result = np.full(len(rows), np.nan)
        found = self.matched.keypoints[rows]
        own = own_oks(found, table.keypoints, table.annotated, table.area, np.array(table.skeleton.sigmas))
        result[rows] = np.nan_to_num(own, nan=0.0)
        return result


@dataclass(frozen=True)
class SeedMeasure:
    """A metric of several trainings of one row: the mean over them. seeds: the metric of each."""

    seeds: tuple[Measure, ...]

    @property
    def title(self) -> str:
        """That of each."""
        return self.seeds[0].title

    @property
    def counts(self) -> Bool[np.ndarray, " people"]:
        """People that all of them can say something of."""
        return np.logical_and.reduce([m.counts for m in self.seeds])

    def statistic(self, rows: Bool[np.ndarray, " people"]) -> Statistic:
        """The mean over seeds."""
        alike = all(np.array_equal(m.counts, self.seeds[0].counts) for m in self.seeds)
        return SeedMean(tuple(m.statistic(rows if alike else rows & self.counts) for m in self.seeds))

    def details(self, rows: Bool[np.ndarray, " people"]) -> dict[str, float]:
        """Means over seeds."""
        parts = [m.details(rows) for m in self.seeds]
        return {name: float(np.mean([p[name] for p in parts])) for name in parts[0]}

    def per_joint(self, rows: Bool[np.ndarray, " people"]) -> list[float] | None:
        """Means over seeds."""
        parts = [joints for m in self.seeds if (joints := m.per_joint(rows)) is not None]
        return [float(v) for v in np.mean(parts, axis=0)] if parts else None

    def per_person(self) -> Float[np.ndarray, " people"]:
        """Means over seeds."""
        return np.mean([m.per_person() for m in self.seeds], axis=0)


def build_measure(name: str, table: PoseTable, found: Sequence[Matched], settings: EvaluateSettings) -> Measure | str:
    """A metric of one row, over all its trainings; or the reason why this data set has none of it."""
    parts = [_measure(name, table, matched, settings) for matched in found]
    reasons = [p for p in parts if isinstance(p, str)]
    measures = tuple(p for p in parts if not isinstance(p, str))
    return reasons[0] if reasons else measures[0] if len(measures) == 1 else SeedMeasure(measures)


def _measure(name: str, table: PoseTable, matched: Matched, settings: EvaluateSettings) -> Measure | str:
    if name in SHARES:
        return SHARES[name](table, matched, settings)
    usable = matched.valid
    if name == "oks_ap":
        counts = usable & table.annotated.any(1) & np.isfinite(table.area) & (table.area > 0)
        return OksMeasure("OKS-AP", table, matched, counts) if counts.any() else "nobody has an annotated joint and an area"
    if name == "pck":
        share, lengths, reason = settings.pck_threshold, torso_lengths(table), "nobody's torso is annotated"
    else:
        share, lengths = settings.pckh_threshold, head_lengths(table)
        reason = "the data set gives no head sizes and its skeleton has no head segment"
    left_out = PCKH_LEFT_OUT if name == "pckh" else ()
    title = f"{'PCKh' if name == 'pckh' else 'PCK'}@{share:g}"
    correct, counted = correct_joints(matched.keypoints, table, lengths, share, left_out)
    counted &= usable[:, None]
    return PckMeasure(title, correct & counted, counted, joint_groups(table.skeleton)) if counted.any() else reason


def headline(table: PoseTable, setting: str, applicable: tuple[str, ...]) -> str:
    """The metric of the main table: the one asked for if it applies, else the data set's own, else the first that applies."""
    own = "pckh" if np.isfinite(table.head_size).any() else table.skeleton.metric
    for name in (setting, own, *applicable):
        if name in applicable:
            return name
    return ""
