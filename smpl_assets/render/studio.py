"""From fits and settings to scenes: everything random about a sample is drawn here, from the sample's own seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smpl_assets.backgrounds import open_backgrounds
from smpl_assets.body.pose import BodyParameters
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fits import Fits
from smpl_assets.render.bystanders import Bystanders, beside
from smpl_assets.render.camera_draw import SensorDraw
from smpl_assets.render.dressing import layers, open_wardrobe
from smpl_assets.render.lighting import estimate_lighting
from smpl_assets.render.occluders import draw_occluder
from smpl_assets.render.people import PosedBody, Poser
from smpl_assets.render.placement import Placement, crop_camera, place
from smpl_assets.render.protocol import get_backend
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.visibility import in_frame, project_points
from smpl_assets.scene import Person, SceneSpec
from smpl_assets.seeds import derive_seed
from smpl_assets.skeletons import Skeleton

LEAST_KEYPOINTS = 3
BATCH_ON_CPU, BATCH_ON_GPU = 8, 64
POSED_AT_ONCE = 32  # bodies cost a third in batches of 32 of what they cost in batches of 8; images prefer 8


@dataclass(frozen=True)
class Sample:
    """A scene to render and what its label will say; `visible`: enough of the subject lies before the camera and in the frame."""

    row: int
    repetition: int
    seed: int
    parameters: BodyParameters
    scene: SceneSpec
    visible: bool


class Studio:
    """The things that stay the same over a shard: body, wardrobe, backgrounds, renderer."""

    def __init__(
        self,
        fits: Fits,
        skeleton: Skeleton,
        people_free: Sequence[Path],
        settings: RenderSettings,
        seed: int,
        device: str,
        body: BodySettings,
    ) -> None:
        self.fits, self.settings, self.seed = fits, settings, seed
        self.backend = get_backend(settings.backend, device, settings.supersampling)
        self.batch = settings.batch or (BATCH_ON_CPU if device == "cpu" else BATCH_ON_GPU)
        self.at_once = max(self.batch, POSED_AT_ONCE)
        self.backgrounds = open_backgrounds(settings.backgrounds, people_free)
        model, self.dresser = open_wardrobe(settings, body, device, seed)
        self.poser = Poser(model, skeleton, device, POSED_AT_ONCE)
        self.sensor = SensorDraw(settings, people_free)
        self.bystanders = Bystanders.drawn(seed) if settings.people > 1 else None

    def prepare(self, jobs: Sequence[tuple[int, int, int]]) -> list[Sample]:
        """Draw and pose the samples of these (row, repetition, tries)."""
        seeds = [derive_seed(self.seed, "render", int(self.fits.person[row]), rep, tries) for row, rep, tries in jobs]
        placed = [self._place(*job, seed) for job, seed in zip(jobs, seeds, strict=True)]
        posed = self.poser.pose([p.parameters for p in placed])
        others = [self._others(seed) for seed in seeds]
        poses = iter(self.poser.pose([p for lot in others for p in lot]) if self.bystanders else [])
        beside_each = [
            beside(body, [next(poses) for _ in lot], seed) for body, lot, seed in zip(posed, others, seeds, strict=True)
        ]
        return [self._sample(*item) for item in zip(jobs, seeds, placed, posed, others, beside_each, strict=True)]

    def _others(self, seed: int) -> list[BodyParameters]:
        if self.bystanders is None:
            return []
        return self.bystanders.parameters(self.settings.people - 1, self.poser.body.shape_size, seed)

    def _place(self, row: int, repetition: int, tries: int, seed: int) -> Placement:
        fits = self.fits
        parameters = fits.bodies.select(row)
        camera = crop_camera(fits.intrinsics[row], fits.crop_xywh[row], self.settings.image_size)
        rng = np.random.default_rng(derive_seed(seed, "placement"))
        return place(parameters, camera, self.settings, rng, exact=repetition == 0 and tries == 0)

    def _sample(
        self,
        job: tuple[int, int, int],
        seed: int,
        placed: Placement,
        body: PosedBody,
        parameters: list[BodyParameters],
        others: list[PosedBody],
    ) -> Sample:
        rng = np.random.default_rng(derive_seed(seed, "scene"))
        camera = placed.camera
        background, name = self.backgrounds.draw(rng, self.settings.image_size)
        lighting = estimate_lighting(background, rng, self.settings.shadows)
        row, repetition, _ = job
        serial = int(self.fits.person[row]) * self.settings.per_pose + repetition
        everyone = zip([placed.parameters, *parameters], [body, *others], strict=True)
        people = tuple(self._dressed(p, b, serial, derive_seed(seed, i) if i else seed) for i, (p, b) in enumerate(everyone))
        occluded = rng.random() < self.settings.occluder_share
        scene = SceneSpec(
            people=people,
            occluders=(draw_occluder(body.vertices, camera, rng),) if occluded else (),
            camera=camera,
            lighting=lighting,
            background=background,
            background_name=name,
            floor=floor_below(body, rng) if self.settings.shadows else None,
            sensor=self.sensor.draw(rng, background, self.backgrounds.captured, seed),
        )
        points = project_points(body.keypoints.astype(np.float64), camera)
        visible = int(in_frame(points, camera).sum()) >= LEAST_KEYPOINTS
        return Sample(row, repetition, seed, placed.parameters, scene, visible)

    def _dressed(self, parameters: BodyParameters, body: PosedBody, serial: int, seed: int) -> Person:
        look = self.dresser.look(serial, parameters.shape, seed)
        return self.poser.person(body, layers(self.poser.body, body.vertices, look), look.name)


def floor_below(body: PosedBody, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """A floor that touches the body's lowest point; up is the image's up, as if the camera looked down by 2 to 20 degrees."""
    tilt = np.deg2rad(rng.uniform(2, 20))
    up, towards = -np.float32(np.cos(tilt)), -np.float32(np.sin(tilt))
    offset = float((body.vertices[:, 1] * up + body.vertices[:, 2] * towards).min())
    return (0.0, float(up), float(towards), offset)
