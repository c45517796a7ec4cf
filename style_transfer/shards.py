"""One shard of renders through a translator: images, labels with their drift, and a summary."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from smpl_assets.archive import ArchiveReader, ArchiveWriter, write_json
from smpl_assets.labels import SampleLabel, SampleLabels
from smpl_assets.pictures import encode_jpeg, encode_png
from smpl_assets.seeds import derive_seed
from smpl_assets.work import Bench
from style_transfer.pixels import GREY, Render, composite, read_render
from style_transfer.settings import TranslatorSettings
from style_transfer.translate import Translator

_PATCH_SHARE, _REACH_SHARE = 0.07, 0.06  # half the patch and the farthest shift looked for, of the person's longer side
_FLAT = 5.0  # patches whose brightness spreads less (counts) have no place to be found at
_LEAST_INSIDE = 0.1  # share of a patch that must show the person
_FITS = 0.9  # a patch that correlates this much where it was has not moved
_TIE = 0.02  # correlations this close are the same; the shortest shift of them counts
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Drift:
    """px: the farthest that the surroundings of a seen keypoint moved; structure: mean correlation in place, -1..1.

    joints: how many keypoints were measured.
    """

    px: float
    structure: float
    joints: int


def label_drift(
    before: UInt8[np.ndarray, "height width 3"],
    after: UInt8[np.ndarray, "height width 3"],
    alpha: Float[np.ndarray, "height width"],
    keypoints: Float[np.ndarray, "joints 2"],
    seen: Bool[np.ndarray, " joints"],
) -> Drift:
    """Compare a person before and after translation around its seen keypoints (px).

    Each keypoint's patch of the render is looked for in the translated person (normalised correlation of brightness, blind to
    tone and contrast). Only pixels well inside the person count, so neither background nor outline can hold a patch in place.
    """
    rows, columns = np.nonzero(alpha > 0.5)
    if not len(rows):
        return Drift(0.0, 1.0, 0)
    side = max(np.ptp(rows), np.ptp(columns)) + 1
    half, reach = max(round(_PATCH_SHARE * side), 4), max(round(_REACH_SHARE * side), 3)
    border = half + reach
    old, new = (_padded((i.astype(np.float32) @ _LUMA) * alpha + GREY * (1 - alpha), border, GREY) for i in (before, after))
    mask = _padded(cv2.erode((alpha > 0.9).astype(np.float32), np.ones((3, 3), np.uint8)), border, 0.0)
    found = [_follow(old, new, mask, point, half, reach) for point in keypoints[seen] if _inside(point, alpha.shape)]
    measured = [f for f in found if f is not None]
    if not measured:
        return Drift(0.0, _correlation(old, new), 0)
    return Drift(float(max(m[0] for m in measured)), float(np.mean([m[1] for m in measured])), len(measured))


def _inside(point: np.ndarray, shape: tuple[int, ...]) -> bool:
    return bool(np.isfinite(point).all() and 0 <= point[0] < shape[1] and 0 <= point[1] < shape[0])


def _padded(luma: np.ndarray, border: int, value: float | int) -> np.ndarray:
    return cv2.copyMakeBorder(luma, border, border, border, border, cv2.BORDER_CONSTANT, value=value)


def _follow(
    old: np.ndarray, new: np.ndarray, mask: np.ndarray, point: np.ndarray, half: int, reach: int
) -> tuple[float, float] | None:
    """(shift in px, correlation in place) of the person's part of the patch around `point`; None where that is flat or tiny."""
    x, y = int(point[0]) + half + reach, int(point[1]) + half + reach
    window = slice(y - half, y + half + 1), slice(x - half, x + half + 1)
    around = new[y - half - reach : y + half + reach + 1, x - half - reach : x + half + reach + 1]
    patch, inside = old[window], mask[window]
    if inside.mean() < _LEAST_INSIDE or patch[inside > 0.5].std() < _FLAT:
        return None
    match = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED, mask=inside)
    match = np.where(np.isfinite(match) & (np.abs(match) <= 1.001), match, 0.0)
    in_place = float(match[reach, reach])
    if in_place >= _FITS:
        return 0.0, in_place
    dy, dx = np.nonzero(match >= match.max() - _TIE)
    return float(np.hypot(dy - reach, dx - reach).min()), in_place


def _correlation(old: np.ndarray, new: np.ndarray) -> float:
    spread = old.std() * new.std()
    return float(((old - old.mean()) * (new - new.mean())).mean() / spread) if spread > 1e-6 else 1.0


def verdict(drift: Drift, width: int, height: int, settings: TranslatorSettings) -> tuple[bool, str]:
    """(kept, why): the bound of `drift_px` is for an image of 256 px and scales with the longer side.

    The reason is one that images are counted by; how far the labels drifted is beside it.
    """
    if drift.px > settings.drift_px * max(width, height) / 256:
        return False, "labels drifted"
    if drift.structure < settings.min_structure:
        return False, "structure lost"
    return True, "labels hold" if drift.joints else "no keypoint on a textured place to measure at"


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
        "reasons": dict(sorted(Counter(str(s.kept_reason) for s in samples).items())),
        "drift_px": {name: round(float(np.quantile(drifts, share)), 4) for name, share in shares.items()} if samples else {},
        "structure": round(float(np.mean(structures)), 4) if structures else None,
    }
