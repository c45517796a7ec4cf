"""The `render` stage: fitted people become labelled images."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.body.settings import BodySettings
from smpl_assets.errors import InputError
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import REPETITIONS, LabelWriter, coco_keypoints, run_length, sample_id_of
from smpl_assets.progress import Progress
from smpl_assets.render.contact_sheet import contact_sheet
from smpl_assets.render.encode import encode_depth, encode_jpeg, encode_png
from smpl_assets.render.placement import MAX_TRIES, repetitions
from smpl_assets.render.protocol import Picture, RenderOutput
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio import Sample, Studio
from smpl_assets.scene import SceneSpec
from smpl_assets.skeletons import Skeleton

SMALLEST_AREA_PX = 40


@dataclass(frozen=True)
class Job:
    """One image to make: row of the fits, repetition of its pose, and how many tries went before."""

    row: int
    repetition: int
    tries: int = 0


def render_fits(
    fits: Fits,
    skeleton: Skeleton,
    source_annotations: tuple[str, ...],
    first_rank: int,
    rare_total: int,
    people_free: list[Path],
    settings: RenderSettings,
    seed: int,
    out: Path,
    device: str,
    progress: Progress,
    body: BodySettings | None = None,
) -> None:
    """Render every accepted fit of a shard and write `images.tar`, `labels.npz`, `summary.json` (docs/architecture.md).

    Args:
        fits: the shard's fits; those not accepted are left out and counted.
        skeleton: the keypoints to label.
        source_annotations: per row of `fits`, the id of the annotation it comes from.
        first_rank: rank of the first row among all rare people of the run.
        rare_total: their number.
        people_free: the data set's photographs without people.
        seed: the run's; every sample derives its own from it, its person and its repetition.
        settings: the `render` section.
        out: empty directory.
        device: `cpu`, `cuda`, `cuda:N`.
        progress: called after every batch.
        body: where the body model's files are; by default the fits' body without files.

    Raises:
        InputError: backend, body, textures or backgrounds that cannot be used; more repetitions than ids allow.
    """
    cv2.setNumThreads(1)
    jobs = _jobs(fits, first_rank, rare_total, settings)
    counts: Counter[str] = Counter(rejected=int((~fits.accepted).sum()))
    studio = Studio(fits, skeleton, people_free, settings, seed, device, body or BodySettings.model_validate({"name": fits.body}))
    total, waiting = len(jobs), deque(jobs)
    with ArchiveWriter(out / "images.tar") as archive, LabelWriter(out / "labels.npz", skeleton, fits.body) as labels:
        while waiting:
            batch = [waiting.popleft() for _ in range(min(len(waiting), studio.at_once))]
            waiting.extendleft(reversed(_render_batch(studio, batch, source_annotations, archive, labels, counts)))
            progress(len(labels), total)
    write_json(out / "summary.json", _summary(studio, len(labels), counts))
    if settings.contact_sheet and len(labels):
        (out / "contact_sheet.jpg").write_bytes(encode_jpeg(contact_sheet(out), 88))


def _jobs(fits: Fits, first_rank: int, rare_total: int, settings: RenderSettings) -> list[Job]:
    found = []
    for row in np.flatnonzero(fits.accepted):
        count = repetitions(first_rank + int(row), rare_total, settings)
        if count > REPETITIONS:
            raise InputError(
                f"render.count = {settings.count}: {count} images for each of {rare_total} rare poses, at most {REPETITIONS}",
                "a smaller render.count",
            )
        found += [Job(int(row), repetition) for repetition in range(count)]
    return found


def _render_batch(
    studio: Studio,
    batch: list[Job],
    annotations: tuple[str, ...],
    archive: ArchiveWriter,
    labels: LabelWriter,
    counts: Counter[str],
) -> list[Job]:
    """Render one batch; returns the jobs to try again with other draws."""
    samples = studio.prepare([(job.row, job.repetition, job.tries) for job in batch])
    ready = [(job, sample) for job, sample in zip(batch, samples, strict=True) if sample.visible]
    pictures = _in_parts(studio, [sample.scene for _, sample in ready])
    done = set()
    for (job, sample), (output, picture) in zip(ready, pictures, strict=True):
        if int((output.owner == sample.scene.subject).sum()) < SMALLEST_AREA_PX:
            continue
        people = _labels(studio, sample, output, annotations[job.row])
        _store(archive, people[0]["sample_id"], sample, output, picture, studio.settings)
        labels.add(people)
        counts.update(("outside", "hidden", "seen")[int(k[2])] for k in people[0]["keypoints"])
        done.add(job)
    failed = [job for job in batch if job not in done]
    counts["resampled"] += sum(job.tries + 1 < MAX_TRIES for job in failed)
    counts["never in frame"] += sum(job.tries + 1 >= MAX_TRIES for job in failed)
    return [Job(job.row, job.repetition, job.tries + 1) for job in failed if job.tries + 1 < MAX_TRIES]


def _in_parts(studio: Studio, scenes: list[SceneSpec]) -> Iterator[tuple[RenderOutput, Picture]]:
    """Outputs and pictures in order, `batch` scenes at a time."""
    for start in range(0, len(scenes), studio.batch):
        yield from studio.backend.photograph(scenes[start : start + studio.batch])


def _store(
    archive: ArchiveWriter, sample_id: int, sample: Sample, output: RenderOutput, picture: Picture, settings: RenderSettings
) -> None:
    name, quality = f"{sample_id:012d}", sample.scene.sensor.jpeg_quality
    archive.add(f"{name}.jpg", encode_jpeg(picture.image, quality))
    archive.add(f"{name}_person.png", encode_png(picture.person))
    archive.add(f"{name}_background.jpg", encode_jpeg(picture.background, max(quality, 92)))
    if settings.depth:
        archive.add(f"{name}_depth.png", encode_depth(output.depth))


def _labels(studio: Studio, sample: Sample, output: RenderOutput, annotation: str) -> list[dict[str, Any]]:
    """The image's people as `SampleLabels.of` takes them, its subject first."""
    scene, me = sample.scene, sample.scene.subject
    person = int(studio.fits.person[sample.row])
    image = {
        "sample_id": sample_id_of(person, sample.repetition),
        "source_person": person,
        "source_annotation": annotation,
        "width": scene.camera.width,
        "height": scene.camera.height,
        "intrinsics": _rounded(scene.camera.intrinsics, 6),
        "background": scene.background_name,
        "seed": sample.seed,
    }
    subject = {
        "subject": True,
        "keypoints_3d": _rounded(scene.people[me].keypoints, 5),
        "texture": scene.people[me].texture,
        **sample.parameters.to_json(),
    }
    others = [i for i in range(len(scene.people)) if i != me]
    return [{**image, **_seen(output, me), **subject}, *({**image, **_seen(output, i)} for i in others)]


def _seen(output: RenderOutput, index: int) -> dict[str, Any]:
    """What the picture shows of one person."""
    mask = output.owner == index
    return {
        "keypoints": coco_keypoints(output.keypoints[index], output.in_frame[index], output.seen[index]),
        "bbox": _rounded(output.bbox[index]),
        "bbox_amodal": _rounded(output.bbox_amodal[index]),
        "segmentation": run_length(mask),
        "area": float(mask.sum()),
    }


def _rounded(values: np.ndarray, digits: int = 3) -> np.ndarray:
    return np.asarray(values, np.float64).round(digits)


def _summary(studio: Studio, samples: int, counts: Counter[str]) -> dict[str, Any]:
    keypoints = {name: counts.pop(name, 0) for name in ("seen", "hidden", "outside")}
    return {
        "samples": samples,
        "counts": {reason: n for reason, n in sorted(counts.items()) if n},
        "backgrounds_skipped": dict(sorted(studio.backgrounds.skipped.items())),
        "textures_skipped": dict(sorted(studio.dresser.skipped.items())),
        "keypoints": keypoints,
        "backend": studio.backend.name,
        "backend_version": studio.backend.version,
    }
