"""Options of the trackers to beat. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from training.tracking.online_settings import Life, Matching


class DistanceOptions(Life):
    """Options of `distance`: the tracker by flow without flow (alpha = 0).

    distance: mean over common `joints`, or over those of the `torso` (table 5.1's rows "Distance").
    reach: heights at which similarity ends. gate: heights beyond which two people are never one.
    """

    distance: Literal["joints", "torso"] = "joints"
    reach: float = Field(2.0, gt=0)
    gate: float = Field(1.5, gt=0)


class IouOptions(Life):
    """Options of `iou`. grow: the box is that of the joints, so many times as large."""

    grow: float = Field(1.15, gt=0)
    least: float = 0.1
    memory: int = Field(0, ge=0)


class OksOptions(Life):
    """Options of `oks`.

    wide: the sigmas of OKS are so many times as large. COCO's own (1) say how well a pose was found, and are too strict for
    people who move: of real sequences at every 12th frame they lose 38 % of all pairs, three times as wide 14 %
    (docs/benchmarks.md).
    """

    wide: float = Field(3.0, gt=0)
    least: float = 0.3
    matching: Matching = "greedy"


class FlowOptions(OksOptions):
    """Options of `flow`: `oks` between poses moved by optical flow.

    method: `dis` (dense inverse search) or `farneback`. propose: people who were not found again are added where flow moved
    them, unless a found pose has an OKS of `same` or more with theirs (Simple Baselines look there with the pose network; here
    nobody looks, and where poses are found such people are ghosts). decay: factor of their scores per frame; below
    `least_score` they are not added. motion: always 0, optical flow says where people go.
    """

    method: Literal["dis", "farneback"] = "dis"
    propose: bool = False
    same: float = Field(0.5, ge=0, le=1)
    decay: float = Field(0.7, gt=0, lt=1)
    least_score: float = Field(0.3, ge=0)
    motion: float = Field(0.0, ge=0, le=0)


class AppearanceOptions(IouOptions):
    """Options of `appearance`. beta: share of the box IoU; the rest is how near re-identification features are."""

    beta: float = Field(0.5, ge=0, le=1)
    least: float = 0.4
    memory: int = Field(3, ge=0)


class LightTrackOptions(Life):
    """Options of `lighttrack`.

    grow: boxes are so many times those of the joints. overlap: IoU from which place alone decides. farthest: distance of pose
    features up to which two poses are one person's. keyframes: only every so manieth frame are poses compared.
    """

    grow: float = Field(1.2, gt=0)
    overlap: float = Field(0.3, ge=0, le=1)
    farthest: float = Field(1.0, gt=0)
    keyframes: int = Field(2, ge=1)
