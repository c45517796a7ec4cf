"""The `render` section of the configuration."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from smpl_assets.plugins import known_name
from smpl_assets.render.table import RENDERERS
from smpl_assets.settings import Settings


class SensorSettings(Settings):
    """What the camera does to the picture; ranges are drawn from per sample.

    match: take noise and JPEG quality from the data set's person-free photos where it has any (exposure and colour of the light
        always follow each image's background).
    exposure_stops: +- range; white_balance: largest relative change of red and blue.
    noise: range of the standard deviation in 8-bit counts; defocus_px: largest sigma; motion_px: longest streak, at
        `motion_share` of the samples.
    """

    match: bool = True
    exposure_stops: float = Field(0.3, ge=0, le=3)
    white_balance: float = Field(0.06, ge=0, le=0.5)
    noise: tuple[float, float] = (0.5, 3.5)
    defocus_px: float = Field(0.7, ge=0, le=8)
    motion_px: float = Field(5.0, ge=0, le=40)
    motion_share: float = Field(0.12, ge=0, le=1)

    @field_validator("noise")
    @classmethod
    def _noise_is_a_range(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= value[0] <= value[1]:
            raise ValueError(f"noise must be a range of 8-bit counts from 0, lowest first, not {value}")
        return value


class RenderSettings(Settings):
    """How synthetic images are made.

    backend: renderer (`smpl_assets.render.table.RENDERERS`).
    image_size: px of the square images. supersampling: samples per pixel and side.
    count: images of the whole run; 0: `per_pose` for every rare pose (1: as many as there are rare annotations, as in T 4.2.2).
    backgrounds: `builtin`, `data` (the data set's photos without people, built-in ones where it has none) or a folder: VOC's
        layout (images with people are left out by their XML) or any folder of images.
    textures: `wardrobe` or a folder of UV images in the body model's layout (SMPL: SURREAL's).
    images_per_look: how many images share a look of the wardrobe on average (a look takes as long to make as several images).
    camera_jitter_deg, shape_jitter, framing_jitter: spread of the view about the person, of the shape vector and of zoom and
        position, for repetitions after the first (the first is the fit itself).
    mirror_share: share of those repetitions that show the mirrored person.
    pose_jitter_deg: standard deviation of the turn of a limb's joint about each axis in those repetitions; joints along a limb
        turn together, within their limits, and a draw that reaches deeper into the body than the fit is drawn again.
    neighbours, hypotheses: shares of those repetitions whose posture is a pose of `inverse.pool` near the fit's (or as far on
        the way to one as stays near), or another hypothesis of the fit; the rest take the fit's own.
    far_views: share of those repetitions seen from anywhere around, from moderately above or below; the others stay near the
        fit's camera.
    fill: poses of `inverse.pool` that the data set's own rarity model calls rare, chosen to cover the tail evenly (for the
        recipe `fill`); fill_per_pose: images of each, varied like a rare pose's.
    people: people per image; the others, in everyday postures, stand beside, behind or before.
    occluder_share: share of images with an object before the person.
    shadows: shadow on the ground and ambient occlusion.
    depth: write depth maps too (16-bit PNG, mm). contact_sheet: write `contact_sheet.jpg` too.
    batch: images rendered at once, 0: 8 on a CPU, 64 on a GPU; it changes no byte.
    jpeg_quality: range, drawn from where no photo says it.
    """

    backend: Annotated[str, AfterValidator(known_name(RENDERERS))] = "warp"
    image_size: int = Field(256, ge=32, le=2048)
    supersampling: int = Field(2, ge=1, le=4)
    count: int = Field(0, ge=0)
    per_pose: int = Field(1, ge=1, le=1000)
    backgrounds: str = "data"
    textures: str = "wardrobe"
    images_per_look: int = Field(4, ge=1)
    camera_jitter_deg: float = Field(15.0, ge=0, le=180)
    shape_jitter: float = Field(0.5, ge=0, le=3)
    framing_jitter: float = Field(0.1, ge=0, le=0.5)
    people: int = Field(1, ge=1, le=8)
    occluder_share: float = Field(0.0, ge=0, le=1)
    shadows: bool = True
    depth: bool = False
    contact_sheet: bool = False
    batch: int = Field(0, ge=0, le=256)
    jpeg_quality: tuple[int, int] = (85, 95)
    sensor: SensorSettings = SensorSettings()
    mirror_share: float = Field(0.5, ge=0, le=1)
    pose_jitter_deg: float = Field(8.0, ge=0, le=45)
    neighbours: float = Field(0.25, ge=0, le=1)
    hypotheses: float = Field(0.15, ge=0, le=1)
    far_views: float = Field(0.2, ge=0, le=1)
    fill: int = Field(0, ge=0, le=100_000)
    fill_per_pose: int = Field(4, ge=1, le=1000)

    @field_validator("jpeg_quality")
    @classmethod
    def _quality_is_a_range(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= value[0] <= value[1] <= 100:
            raise ValueError(f"jpeg_quality must be a range within 1 to 100, lowest first, not {value}")
        return value

    @model_validator(mode="after")
    def _one_posture(self) -> RenderSettings:
        if self.neighbours + self.hypotheses > 1:
            raise ValueError(f"neighbours = {self.neighbours} and hypotheses = {self.hypotheses} are shares of one whole")
        return self
