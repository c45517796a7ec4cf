"""Which images are made of a shard of fits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from smpl_assets.errors import InputError
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import REPETITIONS
from smpl_assets.photographs import Photograph, without_people
from smpl_assets.pose_table import PoseTable
from smpl_assets.render.settings import RenderSettings
from smpl_assets.skeletons import Skeleton

MAX_TRIES = 8


@dataclass(frozen=True)
class Job:
    """One image to make: row of the fits, repetition of its pose, and how many tries went before."""

    row: int
    repetition: int
    tries: int = 0


@dataclass(frozen=True)
class Origin:
    """The data set that a shard of N fits comes from, as far as rendering asks.

    skeleton: the keypoints to label. annotations: (N,) ids of the annotations that were fitted. people_free: photographs without
    people. first_rank: rank of the first fit among all rare people of the run; rare_total: their number. poses, rarity: (N,)
    labels in the pool and rarity scores where the fits are not of people but of poses that were drawn, else none.
    """

    skeleton: Skeleton
    annotations: tuple[str, ...] = ()
    people_free: tuple[Photograph, ...] = ()
    first_rank: int = 0
    rare_total: int = 0
    poses: tuple[str, ...] = ()
    rarity: tuple[float, ...] = ()

    @classmethod
    def of(cls, table: PoseTable, images: Path, fits: Fits, first_rank: int, rare_total: int) -> Origin:
        """Of fits of a table's people; `images` is the folder that its file names are relative to."""
        annotations = tuple(table.source_id[row] for row in fits.person)
        return cls(table.skeleton, annotations, without_people(table.images, images), first_rank, rare_total)

    @classmethod
    def drawn(cls, table: PoseTable, images: Path, poses: tuple[str, ...], rarity: Float[np.ndarray, " poses"]) -> Origin:
        """Of poses that were drawn for a table's data set, before photographs of the same folder."""
        free = without_people(table.images, images)
        return cls(table.skeleton, ("",) * len(poses), free, poses=poses, rarity=tuple(rarity.tolist()))


def plan_jobs(fits: Fits, origin: Origin, settings: RenderSettings) -> list[Job]:
    """Every repetition of every accepted fit; InputError where a pose gets more of them than ids allow."""
    found = []
    for row in np.flatnonzero(fits.accepted):
        count = repetitions(origin.first_rank + int(row), origin.rare_total, settings)
        if count > REPETITIONS:
            raise InputError(
                f"render.count = {settings.count}: {count} images for each of {origin.rare_total} rare poses,"
                f" at most {REPETITIONS}",
                "a smaller render.count",
            )
        found += [Job(int(row), repetition) for repetition in range(count)]
    return found


def repetitions(rank: int, rare_total: int, settings: RenderSettings) -> int:
    """Images of the rare pose with this rank: `per_pose`, or its part of `count` (the first ones take the remainder)."""
    if settings.count == 0:
        return settings.per_pose
    return settings.count // rare_total + (rank < settings.count % rare_total)


def again(failed: list[Job]) -> list[Job]:
    """The jobs to try once more, with other draws: those that were not tried MAX_TRIES times."""
    return [Job(job.row, job.repetition, job.tries + 1) for job in failed if job.tries + 1 < MAX_TRIES]
