"""Makes the demo set: people in mostly usual and few rare poses, dressed, in places, through a camera of its own."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import cv2
import numpy as np

from smpl_assets.render.compose.composite import compose
from smpl_assets.render.protocol import RenderOutput, get_backend
from smpl_assets.render.studio.lighting import estimate_lighting
from smpl_assets.render.studio.studio import floor_below
from smpl_assets.scene import MeshLayer, Person, SceneSpec
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.work import Bench
from training.datasets.coco import read_coco
from training.datasets.demo.camera import develop, draw_development, draw_sensor
from training.datasets.demo.cast import Cast
from training.datasets.demo.coco_file import annotation_entries, image_entry, write_annotations
from training.datasets.demo.places import DemoPlaces
from training.datasets.demo.plan import PicturePlan, plan_pictures
from training.datasets.demo.staging import draw_camera, draw_prop, stage_people
from training.datasets.settings import DataSettings

BATCH = 8


def make_demo(settings: DataSettings, split: str, bench: Bench) -> None:
    """Make one split (`train` or `validation`) of the demo set and read it.

    Writes `annotations.json` (COCO keypoints) and `images/*.jpg`, reads them back with the COCO reader and writes
    `poses.npz` and `skipped.json`. Splits share nothing but the code: their seeds are derived from the split's name.
    """
    cv2.setNumThreads(1)
    own = derive_seed(bench.seed, "demo", split)
    pictures = plan_pictures(settings.people, settings.image_size, own)
    batches = _batches(pictures)
    studio = DemoStudio([i for batch in batches for plan in batch for i in plan.people], split, own)
    folder = bench.out / "images"
    folder.mkdir()
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for batch in batches:
        for plan, jpeg, entries in studio.shoot(batch):
            images.append(image_entry(plan))
            annotations += entries
            (folder / images[-1]["file_name"]).write_bytes(jpeg)
        bench.progress(len(images), len(pictures))
    write_annotations(bench.out / "annotations.json", images, annotations, bench.seed)
    table, skipped = read_coco(bench.out / "annotations.json", folder)
    table.save(bench.out / "poses.npz")
    skipped.save(bench.out / "skipped.json")


def _batches(pictures: list[PicturePlan]) -> list[list[PicturePlan]]:
    """Pictures of one shape together, as renderers want them."""
    shapes: dict[tuple[int, int], list[PicturePlan]] = defaultdict(list)
    for plan in pictures:
        shapes[plan.shape.width, plan.shape.height].append(plan)
    return [group[i : i + BATCH] for group in shapes.values() for i in range(0, len(group), BATCH)]


class DemoStudio:
    """What all pictures of a split share: the cast, the places, the renderer."""

    def __init__(self, order: list[int], split: str, seed: int) -> None:
        self.cast = Cast(order, seed)
        self.places = DemoPlaces(split)
        self.backend = get_backend("warp", "cpu", 2)

    def shoot(self, plans: list[PicturePlan]) -> list[tuple[PicturePlan, bytes, list[dict[str, Any]]]]:
        """Pictures of one shape as JPEG with their annotations."""
        peopled = [plan for plan in plans if plan.people]
        posed = iter(self.cast.pose([i for plan in peopled for i in plan.people]))
        scenes = {plan.number: self._scene(plan, [next(posed) for _ in plan.people]) for plan in peopled}
        outputs = dict(zip(scenes, self.backend.render(list(scenes.values())) if scenes else [], strict=True))
        return [self._finish(plan, scenes.get(plan.number), outputs.get(plan.number)) for plan in plans]

    def _scene(self, plan: PicturePlan, posed: list[Any]) -> SceneSpec:
        rng = numpy_generator(plan.seed, "scene")
        camera = draw_camera(plan.shape, rng)
        placed = stage_people(plan, posed, camera, rng)
        people = []
        for person, body in zip(plan.people, placed, strict=True):
            look = self.cast.look(person)
            people.append(Person(tuple(self.cast.layers(body, look)), body.keypoints, body.reach, look.name))
        background = self._background(plan)
        occluders: tuple[MeshLayer, ...] = (draw_prop(placed[0], camera, rng),) if plan.occluded else ()
        return SceneSpec(
            people=tuple(people), camera=camera, lighting=estimate_lighting(background, rng), background=background,
            occluders=occluders, floor=floor_below(placed[0], rng), sensor=draw_sensor(rng, plan.seed),
        )  # fmt: skip

    def _background(self, plan: PicturePlan) -> np.ndarray:
        return self.places.draw(numpy_generator(plan.seed, "background"), plan.shape)

    def _finish(
        self, plan: PicturePlan, scene: SceneSpec | None, output: RenderOutput | None
    ) -> tuple[PicturePlan, bytes, list[dict[str, Any]]]:
        rng = numpy_generator(plan.seed, "development")
        if scene is None or output is None:
            return plan, develop(self._background(plan), draw_development(rng)), []
        entries = annotation_entries(plan, output, self.cast.members, rng)
        return plan, develop(compose(scene, output).image, draw_development(rng)), entries
