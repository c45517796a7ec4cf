"""Makes the demo set: people in mostly usual and few rare poses, dressed, in places, through a camera of its own."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from smpl_assets.archive import write_json
from smpl_assets.labels import HIDDEN, coco_keypoints, run_length
from smpl_assets.render.compose.composite import compose
from smpl_assets.render.protocol import RenderOutput, get_backend
from smpl_assets.render.studio.lighting import estimate_lighting
from smpl_assets.render.studio.studio import floor_below
from smpl_assets.scene import MeshLayer, Person, SceneSpec
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.skeletons import get_skeleton
from smpl_assets.work import Bench
from training.datasets.coco import read_coco
from training.datasets.demo.camera import develop, draw_development, draw_sensor
from training.datasets.demo.cast import Cast, CastMember
from training.datasets.demo.places import DemoPlaces
from training.datasets.demo.plan import SKELETON, PicturePlan, plan_pictures
from training.datasets.demo.staging import draw_camera, draw_prop, stage_people
from training.datasets.settings import DataSettings

_PIXEL_CENTRE = 0.5
_HIDDEN_LEFT_OUT = 0.35
_LEAST_AREA_PX = 60


def image_entry(plan: PicturePlan) -> dict[str, Any]:
    """The picture's row in `images`."""
    return {
        "id": plan.number + 1,
        "file_name": f"{plan.number + 1:012d}.jpg",
        "width": plan.shape.width,
        "height": plan.shape.height,
    }


def annotation_entries(
    plan: PicturePlan, output: RenderOutput, members: list[CastMember], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """The rows of its people; as with people who annotate, a third of the hidden keypoints is left out."""
    entries = []
    for order, person in enumerate(plan.people):
        mask = output.owner == order
        if mask.sum() < _LEAST_AREA_PX:
            continue
        known = coco_keypoints(output.keypoints[order], output.in_frame[order], output.seen[order]).tolist()
        points = [[0.0, 0.0, 0] if v == HIDDEN and rng.random() < _HIDDEN_LEFT_OUT else [x, y, v] for x, y, v in known]
        member = members[person]
        entries.append({
            "id": person + 1, "image_id": plan.number + 1, "category_id": 1, "iscrowd": 0,
            "keypoints": [value for point in points for value in _indexed(*point)],
            "num_keypoints": sum(v > 0 for *_, v in points),
            "bbox": [round(float(b), 2) for b in output.bbox[order]], "area": int(mask.sum()), "segmentation": run_length(mask),
            "demo": {"posture": member.posture, "unusual": member.unusual},
        })  # fmt: skip
    return entries


def _indexed(x: float, y: float, v: float | int) -> tuple[float, float, int]:
    """A COCO triple: the file counts pixels from their centres."""
    return (round(x - _PIXEL_CENTRE, 3), round(y - _PIXEL_CENTRE, 3), int(v)) if v else (0.0, 0.0, 0)


def write_annotations(path: Path, images: list[dict[str, Any]], annotations: list[dict[str, Any]], seed: int) -> None:
    """Write the file, ordered by id."""
    skeleton = get_skeleton(SKELETON)
    category = {
        "id": 1, "name": "person", "supercategory": "person", "keypoints": list(skeleton.keypoints),
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.limb_indices],
    }  # fmt: skip
    document = {
        "info": {"description": "RarePose demo set: rendered people, CC0", "seed": seed},
        "categories": [category],
        "images": sorted(images, key=lambda i: i["id"]),
        "annotations": sorted(annotations, key=lambda a: a["id"]),
    }
    write_json(path, document)


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
    order = [i for batch in batches for plan in batch for i in plan.people]
    studio = DemoStudio(order, split, own, settings.unusual_share)
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

    def __init__(self, order: list[int], split: str, seed: int, unusual_share: float) -> None:
        self.cast = Cast(order, seed, unusual_share)
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
