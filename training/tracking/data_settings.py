"""The `track.data` section: the rendered sequences."""

from __future__ import annotations

from pydantic import Field, model_validator

from smpl_assets.settings import Settings


class TrackDataSettings(Settings):
    """The `track.data` section: sequences of people whose paths meet, in the surroundings and clothes that `render` names.

    train, validation: numbers of sequences; their people, clothes, places and paths share nothing.
    frames: of a sequence. width, height: px of a frame. shard_size: sequences of a shard.
    people: range of their number. height_share: range of a standing person's height as a share of the frame's.
    speed: range of the mean movement of a joint from frame to frame, in heights of the person; drawn per sequence, evenly over
        the range's logarithm.
    same_shirt_share: sequences whose people wear one team's clothes.
    """

    train: int = Field(240, ge=1, le=1_000_000)
    validation: int = Field(24, ge=1, le=1_000_000)
    frames: int = Field(20, ge=2, le=2000)
    width: int = Field(192, ge=64, le=2048)
    height: int = Field(144, ge=64, le=2048)
    shard_size: int = Field(12, ge=1)
    people: tuple[int, int] = (2, 6)
    height_share: tuple[float, float] = (0.45, 0.72)
    speed: tuple[float, float] = (0.05, 0.45)
    same_shirt_share: float = Field(0.2, ge=0, le=1)

    @model_validator(mode="after")
    def _ranges(self) -> TrackDataSettings:
        limits = {"people": (1, 8), "height_share": (0.1, 1.5), "speed": (0.005, 1.0)}
        for name, (least, most) in limits.items():
            low, high = getattr(self, name)
            if not least <= low <= high <= most:
                raise ValueError(f"{name} = [{low}, {high}]: a range from {least} to {most}")
        return self
