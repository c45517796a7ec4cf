"""From fits and settings to scenes: everything random about a sample is drawn here, from the sample's own seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpl_assets.backgrounds.source import open_backgrounds
from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fits import Fits
from smpl_assets.render.protocol import get_backend
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.camera_draw import SensorDraw
from smpl_assets.render.studio.drafts import Draft, Drafter
from smpl_assets.render.studio.dressing import open_wardrobe
from smpl_assets.render.studio.jobs import Job, Origin
from smpl_assets.render.studio.lighting import estimate_lighting
from smpl_assets.render.studio.occluders import draw_occluder
from smpl_assets.render.studio.people import PosedBody, Poser, beside
from smpl_assets.render.studio.postures import Alternatives
from smpl_assets.render.visibility import in_frame, project_points
from smpl_assets.scene import Person, SceneSpec
from smpl_assets.seeds import derive_seed
from smpl_assets.textures.look import layers_of

LEAST_KEYPOINTS = 3
BATCH_ON_CPU, BATCH_ON_GPU = 8, 64
POSED_AT_ONCE = 32  # bodies cost a third in batches of 32 of what they cost in batches of 8; images prefer 8


@dataclass(frozen=True)
class Sample:
    """A scene to render and what its label will say; `visible`: enough of the subject lies before the camera and in the frame."""

    draft: Draft
    scene: SceneSpec
    visible: bool


class Studio:
    """The things that stay the same over a shard: body, wardrobe, backgrounds, renderer."""

    def __init__(
        self, fits: Fits, origin: Origin, settings: RenderSettings, body: BodySettings, seed: int = 0, device: str = "cpu",
        alternatives: Alternatives | None = None,
    ) -> None:  # fmt: skip
        self.fits, self.settings, self.seed = fits, settings, seed
        self.backend = get_backend(settings.backend, device, settings.supersampling)
        self.batch = settings.batch or (BATCH_ON_CPU if device == "cpu" else BATCH_ON_GPU)
        self.at_once = max(self.batch, POSED_AT_ONCE)
        self.backgrounds = open_backgrounds(settings.backgrounds, origin.people_free)
        model, self.dresser = open_wardrobe(settings, body, device, seed)
        self.poser = Poser(model, origin.skeleton, device, POSED_AT_ONCE)
        self.sensor = SensorDraw(settings, origin.people_free)
        self.drafter = Drafter(fits, settings, load_body(body), alternatives or Alternatives(), seed)

    def prepare(self, jobs: Sequence[Job]) -> list[Sample]:
        """Draw and pose the samples of these jobs."""
        drafts = self.drafter.drafts(jobs)
        posed = self.poser.pose([draft.placed.parameters for draft in drafts])
        beside_them = [p for draft in drafts for p in draft.others]
        others = iter(self.poser.pose(beside_them) if beside_them else [])
        return [
            self._sample(draft, body, beside(body, [next(others) for _ in draft.others], draft.seed))
            for draft, body in zip(drafts, posed, strict=True)
        ]

    def _sample(self, draft: Draft, body: PosedBody, others: list[PosedBody]) -> Sample:
        seed, camera = draft.seed, draft.placed.camera
        rng = np.random.default_rng(derive_seed(seed, "scene"))
        background, name = self.backgrounds.draw(rng, self.settings.image_size)
        lighting = estimate_lighting(background, rng, self.settings.shadows)
        people = self._people(draft, [body, *others])
        occluded = rng.random() < self.settings.occluder_share
        scene = SceneSpec(
            people=people, occluders=(draw_occluder(body.vertices, camera, rng),) if occluded else (), camera=camera,
            lighting=lighting, background=background, background_name=name,
            floor=floor_below(body, rng) if self.settings.shadows else None,
            sensor=self.sensor.draw(rng, background, self.backgrounds.captured, seed),
        )  # fmt: skip
        points = project_points(body.keypoints.astype(np.float64), camera)
        visible = int(in_frame(points, camera).sum()) >= LEAST_KEYPOINTS
        return Sample(draft, scene, visible)

    def _people(self, draft: Draft, bodies: list[PosedBody]) -> tuple[Person, ...]:
        """The subject and the others, dressed."""
        serial = int(self.fits.person[draft.job.row]) * self.settings.per_pose + draft.job.repetition
        people = []
        for number, (parameters, body) in enumerate(zip([draft.placed.parameters, *draft.others], bodies, strict=True)):
            look = self.dresser.look(serial, parameters.shape, derive_seed(draft.seed, number) if number else draft.seed)
            meshes = tuple(layers_of(self.poser.body, body.vertices, look))
            people.append(Person(meshes, body.keypoints, body.reach, look.name))
        return tuple(people)


def floor_below(body: PosedBody, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """A floor that touches the body's lowest point; up is the image's up, as if the camera looked down by 2 to 20 degrees."""
    tilt = np.deg2rad(rng.uniform(2, 20))
    up, towards = -np.float32(np.cos(tilt)), -np.float32(np.sin(tilt))
    offset = float((body.vertices[:, 1] * up + body.vertices[:, 2] * towards).min())
    return (0.0, float(up), float(towards), offset)
