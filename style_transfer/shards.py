"""One shard of renders through a translator: images, labels with their drift, and a summary."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from smpl_assets.archive import ArchiveReader, ArchiveWriter, write_json
from smpl_assets.labels import SampleLabel, SampleLabels
from smpl_assets.seeds import derive_seed
from smpl_assets.work import Bench
from style_transfer.drift import Drift, label_drift, verdict
from style_transfer.pixels import encode_jpeg, encode_png
from style_transfer.renders import Render, composite, read_render
from style_transfer.settings import TranslatorSettings
from style_transfer.translate import Translator

_BATCH = 8


def translate_samples(render_dir: Path, translator: Translator, settings: TranslatorSettings, bench: Bench) -> None:
    """Write `images.tar`, `labels.npz`, `summary.json` of the translated shard; unreadable renders are left out and counted."""
    labels, archive = SampleLabels.load(render_dir / "labels.npz"), ArchiveReader(render_dir / "images.tar")
    drifts: dict[int, Drift] = {}
    with ArchiveWriter(bench.out / "images.tar") as tar:
        for i in range(0, len(labels.samples), _BATCH):
            found = [read_render(archive, label) for label in labels.samples[i : i + _BATCH]]
            renders = [r for r in found if r is not None]
            people = translator([r.person for r in renders], [derive_seed(r.label.seed, "translate") for r in renders])
            for render, person in zip(renders, people, strict=True):
                drifts[render.label.sample_id] = _measure(render, person)
                _store(tar, render, person, settings)
            bench.progress(i + len(found), len(labels.samples))
    moved = _judged(labels, drifts, settings)
    moved.save(bench.out / "labels.npz")
    structures = [drift.structure for drift in drifts.values()]
    write_json(bench.out / "summary.json", _summary(moved.samples, structures, len(labels.samples) - len(drifts)))


def _store(tar: ArchiveWriter, render: Render, person: np.ndarray, settings: TranslatorSettings) -> None:
    tar.add(f"{render.label.name}.jpg", encode_jpeg(composite(person, render.background), settings.jpeg_quality))
    tar.add(f"{render.label.name}_person.png", encode_png(person))


def _measure(render: Render, person: np.ndarray) -> Drift:
    keypoints = render.label.keypoints
    alpha = render.person[..., 3].astype(np.float32) / 255
    return label_drift(render.person[..., :3], person[..., :3], alpha, keypoints[:, :2], keypoints[:, 2] == 2)


def _judged(labels: SampleLabels, drifts: Mapping[int, Drift], settings: TranslatorSettings) -> SampleLabels:
    """The labels of the images that were translated, with what became of them."""
    there = labels.select(np.isin(labels.sample_id, list(drifts)))
    found = [drifts[int(i)] for i in there.sample_id]
    verdicts = [verdict(d, int(w), int(h), settings) for d, w, h in zip(found, there.width, there.height, strict=True)]
    return dataclasses.replace(
        there,
        drift_px=np.array([round(d.px, 4) for d in found], np.float64),
        kept=np.array([kept for kept, _ in verdicts], bool),
        kept_reason=tuple(why for _, why in verdicts),
    )


def _summary(samples: Sequence[SampleLabel], structures: list[float], unreadable: int) -> dict[str, object]:
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
