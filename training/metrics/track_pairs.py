"""Annotated and predicted people of the same frames, side by side: what every figure about tracks is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float, Int

from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from smpl_assets.skipped import Skipped
from training.metrics.head_sizes import head_sizes
from training.metrics.polygon import strictly_inside
from training.tracking.people import UNTRACKED, Frame, People, Sequence

JOINTS = get_skeleton("posetrack15").keypoints  # poseval's, in its order; its `neck` is head_bottom
REORDERED = "predicted frames stand in another order: paired by name"
SURPLUS = "predicted frame that the ground truth does not have: left out"
HIGH_ID = "track id above 9999, which poseval refuses"
_DECIMALS = 10  # px; takes back what the half pixel between file and record rounds away, so that ties stay ties


@dataclass(frozen=True)
class Pair:
    """One labelled frame.

    truth, predicted: (G, J, 2) and (P, J, 2) px counted from 0 as in files, NaN where a joint is not there; joints and people in
    regions to ignore are gone. scores: (P, J). heads: (G,) head sizes in px. truth_ids, predicted_ids: counted from 0 within the
    sequence. distance: (G, P, J) in head sizes, inf where either joint is not there.
    peopled: somebody was annotated, before regions to ignore took anything away.
    """

    truth: Float[np.ndarray, "truth joints 2"]
    predicted: Float[np.ndarray, "predicted joints 2"]
    scores: Float[np.ndarray, "predicted joints"]
    heads: Float[np.ndarray, " truth"]
    truth_ids: Int[np.ndarray, " truth"]
    predicted_ids: Int[np.ndarray, " predicted"]
    distance: Float[np.ndarray, "truth predicted joints"]
    peopled: bool

    @property
    def annotated(self) -> Bool[np.ndarray, "truth joints"]:
        """Joints of the ground truth."""
        return ~np.isnan(self.truth[..., 0])

    @property
    def found(self) -> Bool[np.ndarray, "predicted joints"]:
        """Joints of the predictions."""
        return ~np.isnan(self.predicted[..., 0])


@dataclass(frozen=True)
class Pairs:
    """The labelled frames of one sequence. truth_tracks, predicted_tracks: how many ids there are."""

    name: str
    frames: tuple[Pair, ...]
    truth_tracks: int
    predicted_tracks: int


def pair_sequences(truth: Rows[Sequence], predicted: Rows[Sequence], noted: Skipped) -> list[Pairs]:
    """Every sequence of the ground truth with the prediction of its name.

    Raises:
        InputError: a prediction is missing, or as `pair_sequence`.
    """
    by_name = {s.name: s for s in predicted}
    if missing := [s.name for s in truth if s.name not in by_name]:
        raise InputError(
            f"no prediction for {len(missing)} of {len(truth)} sequences: {', '.join(missing[:4])}; found {_some(by_name)}",
            "write one file per sequence, named as the ground truth's; one where nobody was found has no annotations",
        )
    for name in sorted(by_name.keys() - {s.name for s in truth}):
        noted.note("predicted sequence that the ground truth does not have: left out", name, name)
    return [pair_sequence(s, by_name[s.name], noted) for s in truth]


def pair_sequence(truth: Sequence, predicted: Sequence, noted: Skipped) -> Pairs:
    """One sequence; frames are paired by the name of their image, never by position.

    Raises:
        InputError: no joint in common, a labelled frame without predictions, people without ids or without head sizes.
    """
    for sequence, what in ((truth, "ground truth"), (predicted, "predictions")):
        if not set(sequence.joints) & set(JOINTS):
            raise InputError(f"{sequence.name}: no joint of PoseTrack's in the {what}", f"name joints as {', '.join(JOINTS)}")
        if any(f.people is not None and (f.people.ids == UNTRACKED).any() for f in sequence.frames):
            raise InputError(f"{sequence.name}: people without a track in the {what}", "give each person a track_id from 0")
    labelled = [f for f in truth.frames if f.people is not None]
    others = _counterparts(truth, labelled, predicted, noted)
    sizes = head_sizes(truth, noted)
    own, theirs = _numbering(labelled), _numbering(others)
    for number in (n for n in (*own, *theirs) if not 0 <= n < 10_000):
        noted.note(HIGH_ID, truth.name, str(number))
    orders = [tuple(s.joints.index(j) if j in s.joints else -1 for j in JOINTS) for s in (truth, predicted)]
    frames = [
        _pair(frame, other, heads, orders, own, theirs) for frame, other, heads in zip(labelled, others, sizes, strict=True)
    ]
    return Pairs(truth.name, tuple(frames), len(own), len(theirs))


def _numbering(frames: Rows[Frame]) -> dict[int, int]:
    ids = np.unique(np.concatenate([np.empty(0, np.int64), *(f.people.ids for f in frames if f.people is not None)]))
    return {int(number): place for place, number in enumerate(ids)}


def _counterparts(truth: Sequence, labelled: list[Frame], predicted: Sequence, noted: Skipped) -> list[Frame]:
    """The predicted frame of each labelled one: the one of its name, or where no name fits of its file name alone."""
    mine, yours = ([f.image for f in s.frames] for s in (truth, predicted))
    for names, what in ((mine, "ground truth"), (yours, "predictions")):
        name, count = Counter(names).most_common(1)[0] if names else ("", 0)
        if count > 1:
            raise InputError(f"{truth.name}: frame {name} stands {count} times in the {what}", "list each frame once")
    if not set(mine) & set(yours):
        short = [[PurePosixPath(n).stem for n in names] for names in (mine, yours)]
        if all(len(set(names)) == len(names) for names in short):
            mine, yours = short
    place = {name: index for index, name in enumerate(yours)}
    name_of = dict(zip((f.image for f in truth.frames), mine, strict=True))
    wanted = [name_of[f.image] for f in labelled]
    if missing := [name for name in wanted if name not in place]:
        raise InputError(
            f"{truth.name}: the predictions lack {len(missing)} of {len(wanted)} labelled frames, the first is {missing[0]}; "
            f"they have {_some(yours)}",
            "write every frame of the ground truth under its `file_name`; one where nobody was found has no annotations",
        )
    if [n for n in mine if n in place] != [n for n in yours if n in set(mine)]:
        noted.note(REORDERED, truth.name, truth.name)
    for name in sorted(set(yours) - set(mine)):
        noted.note(SURPLUS, truth.name, name)
    return [predicted.frames[place[name]] for name in wanted]


def _some(names: Rows[str] | dict[str, Sequence]) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (" ..." if len(listed) > 3 else "") if listed else "none"


def _pair(
    frame: Frame, other: Frame, heads: np.ndarray, orders: list[tuple[int, ...]], own: dict[int, int], theirs: dict[int, int]
) -> Pair:
    truth, predicted = frame.people, other.people
    if truth is None:
        raise ValueError("only labelled frames are paired")
    points = _places(truth, orders[0])
    found = np.empty((0, len(JOINTS), 2)) if predicted is None else _places(predicted, orders[1])
    ids, their_ids, scores = truth.ids, np.empty(0, np.int64), np.empty((0, len(JOINTS)))
    if predicted is not None:
        their_ids, scores = predicted.ids, predicted.joint_scores[:, orders[1]]
    if frame.ignore:
        points, found = (_outside(p, frame.ignore) for p in (points, found))
        left, kept = (~np.isnan(p[..., 0]).all(1) for p in (points, found))
        points, ids, heads = points[left], ids[left], heads[left]
        found, their_ids, scores = found[kept], their_ids[kept], scores[kept]
    gap = np.linalg.norm(points[:, None] - found[None], axis=3) / heads[:, None, None]
    return Pair(
        truth=points, predicted=found, scores=scores, heads=heads,
        truth_ids=np.array([own[int(i)] for i in ids], np.int64),
        predicted_ids=np.array([theirs[int(i)] for i in their_ids], np.int64),
        distance=np.where(np.isnan(gap), np.inf, gap), peopled=len(truth) > 0,
    )  # fmt: skip


def _places(people: People, order: tuple[int, ...]) -> Float[np.ndarray, "people joints 2"]:
    """Keypoints by JOINTS, px counted from 0 as in files."""
    places = np.round(people.keypoints[:, order] - 0.5, _DECIMALS)
    places[:, np.array(order) < 0] = np.nan
    return places


def _outside(
    points: Float[np.ndarray, "people joints 2"], regions: tuple[Float[np.ndarray, "_ 2"], ...]
) -> Float[np.ndarray, "people joints 2"]:
    hidden = np.zeros(points.shape[:2], bool)
    for region in regions:
        hidden |= strictly_inside(points, np.round(region - 0.5, _DECIMALS))
    return np.where(hidden[..., None], np.nan, points)
