"""One shard of renders through a translator: images, labels with their drift, and a summary."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np

from smpl_assets.archive import ArchiveReader, ArchiveWriter, write_json
from smpl_assets.labels import SampleLabel, SampleLabels
from smpl_assets.progress import Progress
from smpl_assets.seeds import derive_seed
from style_transfer.drift import Drift, label_drift, verdict
from style_transfer.pixels import encode_jpeg, encode_png
from style_transfer.renders import Render, composite, read_render
from style_transfer.settings import TranslatorSettings
from style_transfer.translate import Translator

_BATCH = 8


def translate_samples(
    render_dir: Path, translator: Translator, settings: TranslatorSettings, out: Path, progress: Progress
) -> None:
    """Write `images.tar`, `labels.json`, `summary.json` of the translated shard; unreadable renders are left out and counted."""
    labels, archive = SampleLabels.load(render_dir / "labels.json"), ArchiveReader(render_dir / "images.tar")
    written: list[SampleLabel] = []
    structures: list[float] = []
    unreadable = 0
    with ArchiveWriter(out / "images.tar") as tar:
        for i in range(0, len(labels.samples), _BATCH):
            found = [read_render(archive, label) for label in labels.samples[i : i + _BATCH]]
            renders = [r for r in found if r is not None]
            unreadable += len(found) - len(renders)
            people = translator([r.person for r in renders], [derive_seed(r.label.seed, "translate") for r in renders])
            for render, person in zip(renders, people, strict=True):
                drift = _measure(render, person)
                _store(tar, render, person, settings)
                written.append(_labelled(render.label, drift, settings))
                structures.append(drift.structure)
            progress(i + len(found), len(labels.samples))
    dataclasses.replace(labels, samples=tuple(written)).save(out / "labels.json")
    write_json(out / "summary.json", _summary(written, structures, unreadable))


def _store(tar: ArchiveWriter, render: Render, person: np.ndarray, settings: TranslatorSettings) -> None:
    tar.add(f"{render.label.name}.jpg", encode_jpeg(composite(person, render.background), settings.jpeg_quality))
    tar.add(f"{render.label.name}_person.png", encode_png(person))


def _measure(render: Render, person: np.ndarray) -> Drift:
    keypoints = np.array(render.label.keypoints, np.float64).reshape(-1, 3)
    alpha = render.person[..., 3].astype(np.float32) / 255
    return label_drift(render.person[..., :3], person[..., :3], alpha, keypoints[:, :2], keypoints[:, 2] == 2)


def _labelled(sample: SampleLabel, drift: Drift, settings: TranslatorSettings) -> SampleLabel:
    kept, why = verdict(drift, sample.width, sample.height, settings)
    return dataclasses.replace(sample, drift_px=round(drift.px, 4), kept=kept, kept_reason=why)


def _summary(samples: list[SampleLabel], structures: list[float], unreadable: int) -> dict[str, object]:
    drifts = np.array([s.drift_px for s in samples], np.float64)
    shares = {"median": 0.5, "p95": 0.95, "max": 1.0}
    return {
        "samples": len(samples),
        "kept": sum(bool(s.kept) for s in samples),
        "unreadable": unreadable,
        "reasons": dict(sorted(Counter(str(s.kept_reason).split(":")[0] for s in samples).items())),
        "drift_px": {name: round(float(np.quantile(drifts, share)), 4) for name, share in shares.items()} if samples else {},
        "structure": round(float(np.mean(structures)), 4) if structures else None,
    }
