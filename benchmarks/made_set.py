"""Writes the made set of `rare_gain_made.py`: COCO annotations, photographs, lists of who is trained on and tested.

python -m benchmarks.made_set FOLDER [--people COUNT]     # minutes on one core; COUNT is of usual training people
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks.made_camera import dead_leaves, photograph
from benchmarks.made_looks import hard_light, paint_look
from benchmarks.made_people import Kind, draw_people
from smpl_assets.archive import write_json
from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.body.protocol import BodyModel, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.camera import focal_from_fov
from smpl_assets.errors import InputError
from smpl_assets.inverse.crop import CROP_PX
from smpl_assets.inverse.pairs import frame_people
from smpl_assets.render.protocol import RenderOutput, get_backend
from smpl_assets.render.studio.people import Poser
from smpl_assets.scene import Camera, Person, SceneSpec
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.skeletons import SKELETONS
from smpl_assets.textures.look import layers_of
from training.augmented.coco import CATEGORY, flat_keypoints, write_coco

SKELETON = SKELETONS["coco17"]
SIDE_PX = 176
FOV_DEG = (35.0, 65.0)  # across the person; the pipeline's renders have 12 to 45
_BATCH = 32


@dataclass(frozen=True)
class Counts:
    """People of each part: trained on, in the oracle's training set only, tested."""

    train_common: int = 3000
    train_rare: int = 30
    rare_pool: int = 931
    val_common: int = 500
    val_rare: int = 1000

    def scaled(self, usual: int) -> Counts:
        """The same set with so many usual training people, and as many rare ones among them as before."""
        share = usual / self.train_common
        return Counts(
            usual, self.train_rare, *(max(round(share * n), 1) for n in (self.rare_pool, self.val_common, self.val_rare))
        )

    def lists(self) -> dict[str, tuple[str, ...]]:
        """The lists of the set and the parts in each."""
        trained, tested = ("train_common", "train_rare"), ("val_common", "val_rare")
        parts = {name: (name,) for name in asdict(self)}
        return parts | {"train_longtail": trained, "train_oracle": (*trained, "rare_pool"), "val_both": tested}


def write_set(folder: Path, counts: Counts, seed: int = 1) -> None:
    """Write `annotations.json`, `images/`, `lists/` and `made.json`; nothing where the same set is there already.

    The same counts and seed give the same bytes; a part's people hang on its own name, so no part changes with another's size.

    Raises:
        InputError: another set, or something else, is there.
    """
    card, made = {"counts": asdict(counts), "seed": seed, "side_px": SIDE_PX}, folder / "made.json"
    if made.exists() and json.loads(made.read_text()) == card:
        return
    if folder.exists():
        raise InputError(f"{folder}: there is something else than the made set with {card}", "name another folder, or remove it")
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "images").mkdir(parents=True)
    (unfinished / "lists").mkdir()
    images: list[dict[str, Any]] = []
    people: list[dict[str, Any]] = []
    names: dict[str, list[str]] = {}
    for part, count in asdict(counts).items():
        names[part] = [f"{part}_{number:05}.jpg" for number in range(count)]
        for name, (picture, person) in zip(names[part], _pictures(part, count, seed), strict=True):
            (unfinished / "images" / name).write_bytes(picture)
            number = len(images) + 1
            images.append({"id": number, "file_name": name, "width": SIDE_PX, "height": SIDE_PX})
            people.append({**person, "id": number, "image_id": number})
    for name, parts in counts.lists().items():
        (unfinished / "lists" / f"{name}.txt").write_text("".join(f"{n}\n" for part in parts for n in names[part]))
    write_coco(unfinished / "annotations.json", SKELETON, images, people)
    write_json(unfinished / "made.json", card)
    unfinished.rename(folder)


def _pictures(part: str, count: int, seed: int) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Photographs of a part's people, and what their annotations say."""
    kind: Kind = "usual" if part.endswith("common") else "rare"
    body = load_body(BodySettings())
    poser, backend = Poser(body, SKELETON, lot=_BATCH), get_backend("warp")
    people = draw_people(kind, count, derive_seed(seed, part), body.shape_size)
    for first in range(0, count, _BATCH):
        lot = people.select(slice(first, min(first + _BATCH, count)))
        rngs = [numpy_generator(seed, part, first + i) for i in range(len(lot.transl))]
        transl, cameras = _framed(lot, body, rngs)
        posed = poser.pose(
            [BodyParameters(lot.global_orient[i], lot.body_pose[i], lot.shape[i], t) for i, t in enumerate(transl)]
        )
        scenes = []
        for member, camera, rng in zip(posed, cameras, rngs, strict=True):
            meshes = tuple(layers_of(body, member.vertices, paint_look(part, rng)))
            person = Person(meshes, member.keypoints, member.reach)
            scenes.append(SceneSpec((person,), camera, hard_light(rng), dead_leaves(rng, SIDE_PX)))
        for scene, output, rng in zip(scenes, backend.render(scenes), rngs, strict=True):
            yield photograph(_over(scene.background, output), rng), _annotation(output)


def _framed(people: BodyParameters, body: BodyModel, rngs: list[np.random.Generator]) -> tuple[np.ndarray, list[Camera]]:
    """Where bodies stand (N, 3), m, and cameras that see them whole, of any size between half and most of the picture."""
    pose = BodyPose.from_axis_angle(people)
    with torch.inference_mode():
        spots = body.sparse_keypoints((SKELETON,), pose)[0][SKELETON.name]
    fov = torch.tensor([np.deg2rad(rng.uniform(*FOV_DEG)) for rng in rngs], dtype=torch.float32)
    transl, focal, _ = frame_people(spots, torch.ones(spots.shape[:2], dtype=torch.bool), focal_from_fov(fov, CROP_PX))
    cameras = []
    for rng, length in zip(rngs, focal.tolist(), strict=True):
        share = rng.uniform(0.55, 0.95)
        px = length / CROP_PX * share * SIDE_PX
        centre = SIDE_PX * (0.5 + 0.5 * (1 - share) * rng.uniform(-1, 1, 2))
        cameras.append(Camera(SIDE_PX, SIDE_PX, np.array([px, px, *centre])))
    return transl.double().numpy(), cameras


def _over(background: np.ndarray, output: RenderOutput) -> np.ndarray:
    """The person (premultiplied) before its surroundings."""
    left = cv2.multiply(background, cv2.merge([255 - output.subject[..., 3]] * 3), scale=1 / 255)
    return cv2.add(left, np.ascontiguousarray(output.subject[..., :3]))


def _annotation(output: RenderOutput) -> dict[str, Any]:
    keypoints = flat_keypoints(output.keypoints[0], output.in_frame[0], output.seen[0])
    return {
        "category_id": CATEGORY, "iscrowd": 0, "keypoints": keypoints, "num_keypoints": int(output.in_frame[0].sum()),
        "bbox": [round(float(v), 3) for v in output.bbox[0]], "area": float((output.owner == 0).sum()),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--people", type=int, default=Counts().train_common, help="usual training people")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    write_set(args.folder, Counts().scaled(args.people), args.seed)


if __name__ == "__main__":
    main()
