"""Pairs of frames to train on: some frames apart, forwards or backwards in time, cut out of both frames alike."""

from __future__ import annotations

from collections.abc import Sequence as Rows
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from smpl_assets.errors import StageError
from smpl_assets.seeds import numpy_generator
from smpl_assets.skeletons import Skeleton
from training.feeds.jitter import Jitter
from training.feeds.photometric import noisy, recolour
from training.feeds.transforms import Affine, apply_affine, crop_matrix, warp
from training.tracking.film import Film
from training.tracking.people import UNTRACKED, People
from training.tracking.refine import within
from training.tracking.score import heights
from training.tracking.train_settings import TmlTrainSettings

_MORE = "label more frames, film more, or set track.train.strides: the numbers in the images' names count"


class Pair(NamedTuple):
    """Two frames under one augmentation, or B such pairs.

    images: ([B,] 2, H, W, 3) uint8 RGB, the earlier one first. keypoints: ([B,] 2, P, J, 2) px of the crop, NaN where not
    annotated; the same person in the same row. counts: ([B,] 2, rows, columns), cells that are supervised.
    """

    images: Tensor
    keypoints: Tensor
    counts: Tensor


class Pairs(Dataset[Pair]):
    """Item v is pair v of the whole training: its film, frames and augmentation come from the seed and v alone."""

    def __init__(self, films: Rows[Film], skeleton: Skeleton, stride: int, settings: TmlTrainSettings, seed: int) -> None:
        """`stride`: px per cell of the network.

        Raises:
            StageError: no two labelled frames are as far apart as `settings.strides` asks for, or of other joints.
        """
        self.films, self.skeleton, self.stride, self.settings, self.seed = films, skeleton, stride, settings, seed
        for film in films:
            if film.sequence.joints != skeleton.keypoints:
                raise StageError(f"{film.sequence.name}: its joints are not those of {skeleton.name}", "train on one skeleton")
        starts = [
            {apart: _starts(film, apart) for apart in range(settings.strides[0], settings.strides[1] + 1)} for film in films
        ]
        self.starts = [{apart: found for apart, found in of.items() if found} for of in starts]
        self.usable = [number for number, of in enumerate(self.starts) if of]
        if not self.usable:
            low, high = settings.strides
            raise StageError(f"track_train: no pair of labelled frames {low} to {high} apart", _MORE)

    def __getitem__(self, visit: int) -> Pair:
        rng, settings = numpy_generator(self.seed, "pair", visit), self.settings
        number = self.usable[rng.integers(len(self.usable))]
        film, strides = self.films[number], self.starts[number]
        apart = list(strides)[rng.integers(len(strides))]
        frames = strides[apart][rng.integers(len(strides[apart]))]
        if rng.random() < settings.reversed:
            frames = frames[::-1]
        shown = [film.sequence.frames[n] for n in frames]
        people = [frame.people for frame in shown if frame.people is not None]
        keypoints = same_rows(people[0], people[1])
        jitter = _jitter(rng, settings, self.skeleton.mirrors)
        matrix = self._matrix(rng, keypoints, jitter, film)
        points = apply_affine(matrix, keypoints)
        if jitter.flip:
            points = points[:, :, list(self.skeleton.flip)]
        images = [recolour(warp(film.picture(n), matrix, settings.input_size), jitter) for n in frames]
        images = [noisy(image, rng, settings.noise) for image in images]
        size = (film.sequence.width, film.sequence.height)
        regions = [[*frame.ignore, *_headless(p)] for frame, p in zip(shown, people, strict=True)]
        counts = np.stack([self._counts(matrix, region, size) for region in regions])
        return Pair(torch.from_numpy(np.stack(images)), torch.from_numpy(points.astype(np.float32)), torch.from_numpy(counts))

    def _matrix(self, rng: np.random.Generator, keypoints: np.ndarray, jitter: Jitter, film: Film) -> Affine:
        """crop_from_frame: about a random person, else the frame's middle, within the frame as far as it fits."""
        height, width = self.settings.input_size
        middle, tall = np.array([film.sequence.width / 2, film.sequence.height / 2]), 0.0
        rows = np.flatnonzero(np.isfinite(keypoints).all(3).any((0, 2)))
        if len(rows):
            person = keypoints[:, rows[rng.integers(len(rows))]]
            middle, tall = np.nanmean(person, (0, 1)), float(heights(person).max())
        zoom = rng.uniform(*self.settings.scale)
        if self.settings.person_share is not None and tall:
            zoom *= self.settings.person_share * height / tall
        size, frame = np.array([width, height]) / zoom, np.array([film.sequence.width, film.sequence.height])
        room = np.sort([size / 2, frame - size / 2], axis=0)  # no more beyond the frame than there has to be
        middle = np.clip(middle + rng.uniform(-0.25, 0.25, 2) * size, *room)
        region = np.concatenate([middle - size / 2, size])
        return crop_matrix(region, self.settings.input_size, 1.0, jitter)

    def _counts(self, matrix: Affine, regions: Rows[np.ndarray], size_wh: tuple[int, int]) -> Bool[np.ndarray, "rows columns"]:
        """Cells that show the frame and no ignored region of it."""
        rows, columns = (side // self.stride for side in self.settings.input_size)
        centres = np.stack(np.meshgrid(*((np.arange(n) + 0.5) * self.stride for n in (columns, rows))), -1)
        (width, height) = size_wh
        frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
        counts = within(centres, apply_affine(matrix, frame))
        for region in regions:
            counts = counts & ~within(centres, apply_affine(matrix, region))
        return counts


class Visits(Sampler[int]):
    """The pairs of the steps from `first` to the last, in order."""

    def __init__(self, first: int, steps: int, batch_size: int) -> None:
        self.range = range(first * batch_size, steps * batch_size)

    def __len__(self) -> int:
        return len(self.range)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self.range)


def collate(pairs: Rows[Pair]) -> Pair:
    """Pairs of different numbers of people as one; rows that nobody has are NaN."""
    most = max(pair.keypoints.shape[1] for pair in pairs)
    keypoints = torch.full((len(pairs), 2, most, *pairs[0].keypoints.shape[2:]), torch.nan)
    for row, pair in zip(keypoints, pairs, strict=True):
        row[:, : pair.keypoints.shape[1]] = pair.keypoints
    return Pair(torch.stack([p.images for p in pairs]), keypoints, torch.stack([p.counts for p in pairs]))


def same_rows(first: People, second: People) -> Float[np.ndarray, "2 people joints 2"]:
    """Both frames' keypoints with each track in one row; who is in one frame only is NaN in the other."""
    tracked = np.union1d(first.ids, second.ids)
    tracked = tracked[tracked != UNTRACKED]
    loose = [np.flatnonzero(p.ids == UNTRACKED) for p in (first, second)]
    keypoints = np.full((2, len(tracked) + sum(map(len, loose)), *first.keypoints.shape[1:]), np.nan)
    filled = len(tracked)
    for frame, (people, rows) in enumerate(zip((first, second), loose, strict=True)):
        known = np.flatnonzero(people.ids != UNTRACKED)
        keypoints[frame, np.searchsorted(tracked, people.ids[known])] = people.keypoints[known]
        keypoints[frame, filled : filled + len(rows)] = people.keypoints[rows]
        filled += len(rows)
    return keypoints


def _starts(film: Film, apart: int) -> list[tuple[int, int]]:
    """Places of two labelled frames whose numbers are so far apart, with somebody in either."""

    def somebody(first: int, later: int) -> bool:
        one, other = (film.sequence.frames[place].people for place in (first, later))
        return one is not None and other is not None and bool(len(one) or len(other))

    return [places for places in film.sequence.pairs(apart) if somebody(*places)]


def _jitter(rng: np.random.Generator, settings: TmlTrainSettings, mirrors: bool) -> Jitter:
    light, contrast = 1 + rng.uniform(-settings.colour, settings.colour, 2)
    red, green, blue = (float(v) for v in light * (1 + rng.uniform(-settings.colour, settings.colour, 3) / 3))
    angle = float(rng.uniform(-settings.rotation_deg, settings.rotation_deg))
    flip = bool(rng.random() < 0.5) and settings.flip and mirrors
    return Jitter(rotation_deg=angle, flip=flip, gains=(red, green, blue), contrast=float(contrast))


def _headless(people: People) -> list[Float[np.ndarray, "4 2"]]:
    """Head boxes of people without any joint: somebody is there, nobody knows how."""
    boxes = people.head_boxes[~people.present.any(1)]
    x0, y0, x1, y1 = boxes[np.isfinite(boxes).all(1)].T
    return list(np.stack([np.stack([x0, y0], 1), np.stack([x1, y0], 1), np.stack([x1, y1], 1), np.stack([x0, y1], 1)], 1))
