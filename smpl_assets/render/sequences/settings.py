"""What sequences are drawn from."""

from __future__ import annotations

from pydantic import Field, model_validator

from smpl_assets.settings import Settings


class SequenceSettings(Settings):
    """What a sequence is drawn from; surroundings, clothes and the sensor are those of `render`.

    frames: of a sequence. width, height: px of a frame.
    people: range of their number. height_share: range of a standing person's height as a share of the frame's.
    speed: range of the mean movement of a joint from frame to frame, in heights of the person; drawn per sequence, evenly over
        the range's logarithm. It comes from the time between the frames: people walk and run as people do.
    running_share: people who run.
    action_share: people who stop once and take a pose: one that is rare in the data set, or an extreme one of the generator's.
    clip_share: people who play a motion of `inverse.pool.files` instead of walking, where there are any.
    leaving_share: turns that people take outside the frame.
    same_shirt_share: sequences whose people wear one team's clothes.
    moving_camera_share: sequences whose camera turns, zooms and trembles.
    occluder_share: sequences with objects that stand before the people.
    blur_share: sequences with motion blur, from several moments of one exposure.
    """

    frames: int = Field(20, ge=2, le=2000)
    width: int = Field(192, ge=64, le=2048)
    height: int = Field(144, ge=64, le=2048)
    people: tuple[int, int] = (2, 6)
    height_share: tuple[float, float] = (0.45, 0.72)
    speed: tuple[float, float] = (0.05, 0.45)
    running_share: float = Field(0.5, ge=0, le=1)
    action_share: float = Field(0.12, ge=0, le=1)
    clip_share: float = Field(0.25, ge=0, le=1)
    leaving_share: float = Field(0.25, ge=0, le=1)
    same_shirt_share: float = Field(0.2, ge=0, le=1)
    moving_camera_share: float = Field(0.4, ge=0, le=1)
    occluder_share: float = Field(0.3, ge=0, le=1)
    blur_share: float = Field(0.25, ge=0, le=1)

    @model_validator(mode="after")
    def _ranges(self) -> SequenceSettings:
        limits = {"people": (1, 8), "height_share": (0.1, 1.5), "speed": (0.005, 1.0)}
        for name, (least, most) in limits.items():
            low, high = getattr(self, name)
            if not least <= low <= high <= most:
                raise ValueError(f"{name} = [{low}, {high}]: a range from {least} to {most}")
        return self
