"""`rarepose rare`: the rare poses of an annotation file, without configuration or store."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from pipeline.report.rare_list import rare_list
from pipeline.report.table import SECTIONS
from smpl_assets.errors import InputError
from smpl_assets.work import Bench
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses, recognise_format
from training.datasets.table import READERS
from training.rarity.settings import RareSettings

POLICIES = {"default": "neighbours", "neighbours": "neighbours", "thesis": "thesis"}


def find(
    annotations: Path,
    form: str | None,
    images: Path | None,
    clusters: int | None,
    threshold: float | None,
    rare_share: float | None,
    policy: str | None,
    seed: int,
    out: Path,
) -> str:
    """Read, rank, and write list, figures and report into `out`; what was found, in a sentence."""
    if not annotations.exists():
        raise InputError(f"{annotations}: no such file or folder", "name a COCO, MPII, LSP or PoseTrack annotation file")
    if images is not None and not images.is_dir():
        raise InputError(f"{images}: no such folder of images", "leave --images out to do without the gallery")
    kind = form or recognise_format(annotations)
    if READERS.load(kind).make is not None:
        raise InputError(f"--format {kind}: a set that is made has no file", "leave --format out: files are recognised")
    settings = _settings(clusters, threshold, rare_share, policy)
    data = DataSettings.model_validate({"format": kind, "annotations": str(annotations), "images": str(images or "")})
    table, skipped = read_poses(data)
    out.mkdir(parents=True, exist_ok=True)
    section = next(s for s in SECTIONS if s.name == "rare")
    scores = rare_list(table, images, section, settings, Bench(seed, out), annotations.name)
    left_out = sum(skipped.counts.values())
    return (
        f"{annotations} ({kind}): {int(scores.rare.sum())} of {len(table)} people are rare, {left_out} entries skipped\n"
        f"{out / 'rare_poses.csv'}  {out / 'report.html'}"
    )


def _settings(clusters: int | None, threshold: float | None, rare_share: float | None, policy: str | None) -> RareSettings:
    given = {"clusters": clusters, "threshold": threshold, "rare_share": rare_share}
    if policy is not None:
        if policy not in POLICIES:
            raise InputError(f"--policy {policy}: not known", f"one of {', '.join(POLICIES)}")
        given["policy"] = POLICIES[policy]  # type: ignore[assignment]
    try:
        return RareSettings.model_validate({n: v for n, v in given.items() if v is not None})
    except ValidationError as error:
        raise InputError("; ".join(e["msg"].removeprefix("Value error, ") for e in error.errors())) from error
