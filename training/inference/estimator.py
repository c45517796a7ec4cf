"""A trained network that finds one pose in each box of a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Found
from training.feeds.transforms import CropMode, apply_affine, crop_matrix, invert, person_region, warp
from training.mpii_person import mpii_region
from training.predict import last_output
from training.systems.checkpoint import NetworkCard
from training.systems.pixels import normalise
from training.systems.system import PoseModel

Image = UInt8[np.ndarray, "_ _ 3"]
Boxes = Float[np.ndarray, "_ 4"]


@dataclass(frozen=True)
class Estimate:
    """The poses of one picture, one per box.

    keypoints: (N, J, 2) continuous px. joint_score: (N, J), of heatmaps the height of the peak. bbox_xywh: (N, 4) px.
    """

    keypoints: Float[np.ndarray, "people joints 2"]
    joint_score: Float[np.ndarray, "people joints"]
    bbox_xywh: Float[np.ndarray, "people 4"]

    @property
    def score(self) -> Float[np.ndarray, " people"]:
        """Of each pose, the mean over its joints."""
        return self.joint_score.mean(1)


@dataclass(frozen=True)
class Estimator:
    """A model with what its card says of the input. flip_test: average with the mirror image. batch_size: of crops."""

    model: PoseModel
    card: NetworkCard
    device: str = "cpu"
    flip_test: bool = True
    batch_size: int = 32

    @property
    def skeleton(self) -> Skeleton:
        """Of the people that it finds."""
        return self.model.skeleton

    def __call__(self, image: Image, bbox_xywh: Boxes | None = None) -> Estimate:
        """The pose in each box of an RGB picture; without boxes the one person that the whole picture shows.

        Raises:
            InputError: a box without area, or with a number that is not finite.
        """
        boxes = whole_picture(image) if bbox_xywh is None else bbox_xywh
        return next(self.stream([(image, boxes)]))

    def stream(self, pictures: Iterable[tuple[Image, Boxes]]) -> Iterator[Estimate]:
        """The same for many pictures, in their order; crops of several of them go through the network together."""
        waiting: list[tuple[Image, Boxes]] = []
        for picture in pictures:
            waiting.append(picture)
            if max(len(waiting), sum(len(boxes) for _, boxes in waiting)) >= self.batch_size:
                yield from self._solve(waiting)
                waiting = []
        yield from self._solve(waiting)

    def _solve(self, pictures: list[tuple[Image, Boxes]]) -> Iterator[Estimate]:
        matrices = [self._matrix(box) for _, boxes in pictures for box in boxes]
        images = [image for image, boxes in pictures for _ in boxes]
        joints = len(self.skeleton)
        points, score = np.zeros((len(images), joints, 2)), np.zeros((len(images), joints))
        for start in range(0, len(images), self.batch_size):
            part = range(start, min(start + self.batch_size, len(images)))
            found = self._found(np.stack([warp(images[i], matrices[i], self.card.input_size) for i in part]))
            for row, i in enumerate(part):
                points[i] = apply_affine(invert(matrices[i]), found.points[row].double().numpy())
                score[i] = found.score[row].double().numpy()
        ends = np.cumsum([0, *(len(boxes) for _, boxes in pictures)])
        for (_, boxes), first, last in zip(pictures, ends[:-1], ends[1:], strict=True):
            yield Estimate(points[first:last], score[first:last], boxes.astype(np.float64))

    def _matrix(self, box: np.ndarray) -> np.ndarray:
        if not (np.isfinite(box).all() and min(box[2:]) > 0):
            raise InputError(f"box {box.tolist()}: x, y, width, height are finite, and width and height above zero")
        center, scale = mpii_region(box[None].astype(np.float64))
        mode: CropMode = "center" if self.card.crop == "center" else "box"
        return crop_matrix(person_region(box, center[0], float(scale[0]), mode), self.card.input_size, self.card.padding)

    @torch.inference_mode()
    def _found(self, crops: UInt8[np.ndarray, "crops height width 3"]) -> Found:
        flip = self.skeleton.flip if self.flip_test and self.skeleton.mirrors else None
        output = last_output(self.model, normalise(torch.from_numpy(crops).to(self.device)), flip).float().cpu()
        return self.model.last.codec.decode(output, self.model.last.frame(self.card.input_size))


def whole_picture(image: Image) -> Boxes:
    """The one box (1, 4) of all of a picture."""
    return np.array([[0.0, 0.0, image.shape[1], image.shape[0]]])
