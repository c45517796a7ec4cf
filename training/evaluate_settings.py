"""How trained networks are evaluated."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from smpl_assets.settings import Settings
from training.recipes import DACP

MetricName = Literal["pck", "pckh", "oks_ap", "pcp", "pdj", "within", "presence"]


class EvaluateSettings(Settings):
    """The `evaluate` section.

    variants: rows of the table, a recipe of every network (`drp`) or of one (`cpn/drp`); `dacp` evaluates two trained networks
        together. Empty = all that is trained, and dacp where its two networks are.
    dacp_networks: the usual and the rare network of DACP (algorithm 1), two recipes of the same network or `NAME/recipe`.
    metrics: those to compute; a metric that the data set lacks the lengths for is reported as not applicable.
    headline: the metric of the table; `auto` is PCKh where there are head sizes, OKS-AP for COCO's skeleton, else PCK.
    pck_threshold: share of the torso (eq 2.1). pckh_threshold: share of the head segment (eq 2.2).
    pcp_threshold: of `pcp`, share of a limb that both its ends may be off. pdj_thresholds: of `pdj`, shares of the torso.
    within_share: of `within`, share of the square about the person's box. presence_threshold: of `presence`, the score from which
        on a joint counts as found.
    by: what sorts people into the rarity columns, the `score` that the rule compares, or the thesis's cluster `distance`.
    taus: columns All, < tau0, >= tau0, >= tau1, ...; empty = from the data: the threshold of rarity and the `shares`.
    shares: used where taus is empty: columns of the rarest share of the validation people.
    decode: sub-pixel decoding, `quarter` (a quarter px towards the second largest neighbour), `dark` (Taylor expansion of the
        log heatmap) or `argmax`.
    flip_test: average the heatmaps of the crop and its mirror image, where keypoints are left and right.
    bootstrap: resamples over people for the intervals, 0 = none. confidence: of the intervals.
    batch_size, workers, max_image_megapixels: as in `train`.
    """

    variants: tuple[str, ...] = ()
    dacp_networks: tuple[str, str] = ("baseline", "drp+asrpt+wlcd")
    metrics: tuple[MetricName, ...] = ("pck", "pckh", "oks_ap")
    headline: MetricName | Literal["auto"] = "auto"
    pck_threshold: float = Field(0.2, gt=0)
    pckh_threshold: float = Field(0.5, gt=0)
    pcp_threshold: float = Field(0.5, gt=0)
    pdj_thresholds: tuple[float, ...] = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
    within_share: float = Field(1 / 12, gt=0, lt=1)
    presence_threshold: float = Field(0.5, gt=0)
    by: Literal["score", "distance"] = "score"
    taus: tuple[float, ...] = ()
    shares: tuple[float, ...] = (0.1,)
    decode: Literal["quarter", "dark", "argmax"] = "dark"
    flip_test: bool = True
    bootstrap: int = Field(1000, ge=0)
    confidence: float = Field(0.95, gt=0, lt=1)
    batch_size: int = Field(32, ge=1)
    workers: int = Field(0, ge=0)
    threads: int | None = Field(None, ge=1)
    max_image_megapixels: float = Field(50.0, gt=0)

    @field_validator("dacp_networks")
    @classmethod
    def _networks(cls, value: tuple[str, str]) -> tuple[str, str]:
        if any(name.rpartition("/")[2].strip().lower() == DACP for name in value):
            raise ValueError("dacp_networks are two trained variants, dacp is not one")
        return value

    @field_validator("pdj_thresholds")
    @classmethod
    def _curve(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or list(value) != sorted(set(value)) or value[0] <= 0:
            raise ValueError(f"pdj_thresholds are rising shares above 0, got {value}")
        return value

    @field_validator("taus")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError(f"taus must rise, got {value}")
        return value

    @field_validator("shares")
    @classmethod
    def _shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < v < 1 for v in value):
            raise ValueError(f"shares lie between 0 and 1, got {value}")
        return value
