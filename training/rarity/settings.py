"""The `rare_poses` section of the configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from smpl_assets.settings import Settings

Policy = Literal["neighbours", "thesis"]
Missing = Literal["auto", "zero", "masked", "complete"]
Normalisation = Literal["auto", "mpii", "coco", "box", "torso"]
DEFAULT_SHARE = 0.03


class RareSettings(Settings):
    """Which poses count as rare.

    policy: `neighbours` compares annotated joints with the nearest other poses (what measures best, docs/rare_poses.md);
        `thesis` is the distance to the nearest K-means centre (T eq 4.1).
    clusters: K of K-means (T 4.3.1: 7 for MPII, 15 for COCO).
    threshold: tau, a pose is rare if its score reaches it (T eq 4.2). Under `neighbours` the rarest 3 % reach 1.0.
    rare_share: instead of tau, the share of the training poses that shall be rare. With neither, 0.03.
    missing: how clusters see joints without annotation: `zero` (T: they lie in the crop's corner), `masked` (compared where
        annotated, scaled up), `complete` (filled in from similar poses); `auto` is `zero` under `thesis`, else `masked`.
    normalisation: coordinates that are clustered; `auto` goes by the skeleton.
    include_empty: keep people without any annotated joint (which is how T seems to count COCO).
    mistakes: people with an impossibly long limb (a joint put on somebody else) `keep` their verdict or are never rare
        (`leave_out`); `auto` keeps them under `thesis` alone.
    restarts, seeds: starts of one clustering, of which the best is kept; clusterings, of which counts are averaged and the best
        is used.
    sweep: try every K from `sweep_from` to `sweep_to` and suggest one.
    neighbours, references: the score is the distance to the `neighbours`-th nearest of at most `references` training poses.
    hidden_weight: what one joint being hidden in one pose and seen in the other counts, in person sizes (0: compare places only).
    mirror: a pose and its mirror image are the same pose (where the keypoints have left and right).
    map_people: people on the pose map (0: no map).
    """

    policy: Policy = "neighbours"
    clusters: int = Field(7, ge=2, le=1000)
    threshold: float | None = Field(None, gt=0)
    rare_share: float | None = Field(None, gt=0, lt=1)
    missing: Missing = "auto"
    normalisation: Normalisation = "auto"
    include_empty: bool = False
    mistakes: Literal["auto", "keep", "leave_out"] = "auto"
    restarts: int = Field(2, ge=1)
    seeds: int = Field(5, ge=1)
    sweep: bool = True
    sweep_from: int = Field(5, ge=2)
    sweep_to: int = Field(20, ge=2)
    neighbours: int = Field(5, ge=1)
    references: int = Field(4096, ge=16)
    hidden_weight: float = Field(0.2, ge=0)
    mirror: bool = True
    map_people: int = Field(800, ge=0)

    @model_validator(mode="after")
    def _one_rule(self) -> RareSettings:
        if self.threshold is not None and self.rare_share is not None:
            raise ValueError(f"threshold = {self.threshold} and rare_share = {self.rare_share}: give one of them, not both")
        if self.sweep_from > self.sweep_to:
            raise ValueError(f"sweep_from = {self.sweep_from} is larger than sweep_to = {self.sweep_to}")
        return self

    @property
    def keeps_mistakes(self) -> bool:
        """`mistakes` with `auto` resolved."""
        return self.mistakes == "keep" or (self.mistakes == "auto" and self.policy == "thesis")

    @property
    def missing_policy(self) -> str:
        """`missing` with `auto` resolved."""
        return self.missing if self.missing != "auto" else "zero" if self.policy == "thesis" else "masked"
