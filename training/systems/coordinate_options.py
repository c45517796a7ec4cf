"""Options of the systems that find coordinates; light, so that a configuration is validated without torch."""

from __future__ import annotations

from pydantic import Field

from smpl_assets.settings import Settings


class DeepPoseOptions(Settings):
    """`train.options` of DeepPose.

    stages: of the cascade; the score of a pose is how little the last one still moved it, so there are at least two. sigma: side
    of a later stage's box in torso diameters (1 on FLIC, 2 on LSP). side: of every stage's input, px; later stages cut theirs
    from the crop, so give `train.input_size` twice that. dropout: on the two hidden layers. None = the system's own.
    """

    stages: int = Field(3, ge=2, le=5)
    sigma: float = Field(2.0, ge=0.5, le=5)
    side: int | None = Field(None, ge=32, le=512)
    dropout: float | None = Field(None, ge=0, lt=1)


class RegressorOptions(Settings):
    """`train.options` of the four regressors.

    two_steps: learn presence in the first half of the training and then, with everything else fixed, the coordinates, as the
    report does; else both at once. presence: weight of its loss where both are learnt at once. dropout: on the dense layers;
    none = the network's own.
    """

    two_steps: bool = False
    presence: float = Field(0.1, ge=0, le=100)
    dropout: float | None = Field(None, ge=0, lt=1)
