"""How maps become people."""

from __future__ import annotations

from pydantic import Field

from smpl_assets.settings import Settings


class DecodeSettings(Settings):
    """The `track.decode` section: how maps become people.

    peak: value of the heatmap above which a joint is one; none = .1 of tml_vgg19, .25 of the others.
    upsample: look for joints in maps brought to the size of the network's input (bicubic) and smoothed (sigma 3 px), as OpenPose
        does, instead of by a parabola between cells: the same places to .3 px at stride 4, to .5 px at stride 8, for more time.
    joint_nms: drop peaks close to a higher one of their joint (max of 1.5 cells and .03 of the height), and of two people in one
        place (OKS above .9) the weaker.
    least_joints, least_score: people with fewer joints, or at most this score, are dropped.
    """

    peak: float | None = Field(None, gt=0, lt=1)
    upsample: bool = False
    joint_nms: bool = True
    least_joints: int = Field(3, ge=1)
    least_score: float = Field(0.4, ge=0)
