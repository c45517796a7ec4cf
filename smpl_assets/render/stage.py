"""The `render` stage: fitted people become labelled images."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import LabelWriter, coco_keypoints, run_length, sample_id_of
from smpl_assets.pictures import encode_depth, encode_jpeg, encode_png
from smpl_assets.render.contact_sheet import contact_sheet
from smpl_assets.render.protocol import Picture, RenderOutput
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.jobs import Job, Origin, again, plan_jobs
from smpl_assets.render.studio.postures import Alternatives
from smpl_assets.render.studio.studio import Sample, Studio
from smpl_assets.scene import SceneSpec
from smpl_assets.work import Bench

SMALLEST_AREA_PX = 40


def render_fits(
    fits: Fits, origin: Origin, settings: RenderSettings, body: BodySettings, bench: Bench,
    alternatives: Alternatives | None = None, layers: bool = True,
) -> None:  # fmt: skip
    """Render every accepted fit of a shard and write `images.tar`, `labels.npz`, `summary.json` (docs/architecture.md).

    Args:
        fits: the shard's fits; those not accepted are left out and counted.
        origin: the data set that they come from.
        settings: the `render` section.
        body: where the body model's files are.
        bench: its seed is the run's; every sample derives its own from it, its person and its repetition.
        alternatives: what repetitions take other postures from; none: the fits' own, and the built-in pool.
        layers: write the person and the background apart too, as translation asks.

    Raises:
        InputError: backend, body, textures or backgrounds that cannot be used; more repetitions than ids allow.
    """
    cv2.setNumThreads(1)
    waiting, counts = deque(plan_jobs(fits, origin, settings)), Counter(rejected=int((~fits.accepted).sum()))
    total, out = len(waiting), bench.out
    studio = Studio(fits, origin, settings, body, bench.seed, bench.device, alternatives)
    with ArchiveWriter(out / "images.tar") as archive, LabelWriter(out / "labels.npz", origin.skeleton, fits.body) as labels:
        shard = _Shard(studio, origin, archive, labels, counts, layers)
        while waiting:
            batch = [waiting.popleft() for _ in range(min(len(waiting), studio.at_once))]
            waiting.extendleft(reversed(shard.render(batch)))
            bench.progress(len(labels), total)
    write_json(out / "summary.json", _summary(studio, len(labels), counts) | {"varied": dict(sorted(shard.varied.items()))})
    if settings.contact_sheet and len(labels):
        (out / "contact_sheet.jpg").write_bytes(encode_jpeg(contact_sheet(out), 88))


@dataclass(frozen=True)
class _Shard:
    """What is rendered, and where it goes."""

    studio: Studio
    origin: Origin
    archive: ArchiveWriter
    labels: LabelWriter
    counts: Counter[str]
    layers: bool
    varied: Counter[str] = field(default_factory=Counter)

    def render(self, batch: list[Job]) -> list[Job]:
        """Render one batch; returns the jobs to try again with other draws."""
        ready = [sample for sample in self.studio.prepare(batch) if sample.visible]
        done = set()
        for sample, (output, picture) in zip(ready, self._photographs([s.scene for s in ready]), strict=True):
            if int((output.owner == sample.scene.subject).sum()) >= SMALLEST_AREA_PX:
                self._store(sample, output, picture)
                done.add(sample.draft.job)
        failed = [job for job in batch if job not in done]
        retried = again(failed)
        self.counts["resampled"] += len(retried)
        self.counts["never in frame"] += len(failed) - len(retried)
        return retried

    def _photographs(self, scenes: list[SceneSpec]) -> Iterator[tuple[RenderOutput, Picture]]:
        """Outputs and pictures in order, `studio.batch` scenes at a time."""
        for start in range(0, len(scenes), self.studio.batch):
            yield from self.studio.backend.photograph(scenes[start : start + self.studio.batch])

    def _store(self, sample: Sample, output: RenderOutput, picture: Picture) -> None:
        quality = sample.scene.sensor.jpeg_quality
        people = self._labels(sample, output)
        name = f"{people[0]['sample_id']:012d}"
        self.archive.add(f"{name}.jpg", encode_jpeg(picture.image, quality))
        if self.layers:
            self.archive.add(f"{name}_person.png", encode_png(picture.person))
            self.archive.add(f"{name}_background.jpg", encode_jpeg(picture.background, max(quality, 92)))
        if self.studio.settings.depth:
            self.archive.add(f"{name}_depth.png", encode_depth(output.depth))
        self.labels.add(people)
        self.varied.update(sample.draft.varied.split("+"))
        self.counts.update(("outside", "hidden", "seen")[int(k[2])] for k in people[0]["keypoints"])

    def _labels(self, sample: Sample, output: RenderOutput) -> list[dict[str, Any]]:
        """The image's people as `SampleLabels.of` takes them, its subject first."""
        scene, me, draft, origin = sample.scene, sample.scene.subject, sample.draft, self.origin
        row, person = draft.job.row, int(self.studio.fits.person[draft.job.row])
        image = {
            "sample_id": sample_id_of(person, draft.job.repetition), "source_person": person,
            "source_annotation": origin.annotations[row], "intrinsics": _rounded(scene.camera.intrinsics, 6),
            "width": scene.camera.width, "height": scene.camera.height, "background": scene.background_name, "seed": draft.seed,
        }  # fmt: skip
        subject = {
            "subject": True,
            "keypoints_3d": np.asarray(scene.people[me].keypoints, np.float64).round(5),
            "texture": scene.people[me].texture,
            "variation": draft.varied,
            "pose": draft.pose or (origin.poses[row] if origin.poses else ""),
            "rarity": origin.rarity[row] if origin.rarity else float("nan"),
            **draft.placed.parameters.to_json(),
        }
        others = [i for i in range(len(scene.people)) if i != me]
        return [{**image, **_seen(output, me), **subject}, *({**image, **_seen(output, i)} for i in others)]


def _seen(output: RenderOutput, index: int) -> dict[str, Any]:
    """What a label says of a person of the image, the subject or another."""
    mask = output.owner == index
    return {
        "keypoints": coco_keypoints(output.keypoints[index], output.in_frame[index], output.seen[index]),
        "bbox": _rounded(output.bbox[index]),
        "bbox_amodal": _rounded(output.bbox_amodal[index]),
        "segmentation": run_length(mask),
        "area": float(mask.sum()),
    }


def _backgrounds_skipped(studio: Studio) -> dict[str, int]:
    """By reason: photographs that no picture shows, and those that the sensor could not be matched to."""
    unmeasured = {f"not measured, {reason}": n for reason, n in studio.sensor.skipped.items()}
    return dict(sorted((unmeasured | studio.backgrounds.skipped).items()))


def _rounded(values: np.ndarray, digits: int = 3) -> np.ndarray:
    return np.asarray(values, np.float64).round(digits)


def _summary(studio: Studio, samples: int, counts: Counter[str]) -> dict[str, Any]:
    keypoints = {name: counts.pop(name, 0) for name in ("seen", "hidden", "outside")}
    return {
        "samples": samples,
        "counts": {reason: n for reason, n in sorted(counts.items()) if n},
        "backgrounds_skipped": _backgrounds_skipped(studio),
        "textures_skipped": dict(sorted(studio.dresser.skipped.items())),
        "keypoints": keypoints,
        "backend": studio.backend.name,
        "backend_version": studio.backend.version,
    }
