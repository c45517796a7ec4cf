"""`rarepose rare`: the rare poses of an annotation file, without configuration or store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def find(annotations: Path, form: str | None, images: Path | None, given: dict[str, Any], seed: int, out: Path) -> str:
    """Read, rank, and write list, figures and report into `out`; what was found, in a sentence.

    given: values of the `rare_poses` section, None where they were left out.
    """
    if not annotations.exists():
        raise InputError(f"{annotations}: no such file or folder", "name a COCO, MPII, LSP or PoseTrack annotation file")
    if images is not None and not images.is_dir():
        raise InputError(f"{images}: no such folder of images", "leave --images out to do without the gallery")
    kind = form or recognise_format(annotations)
    if READERS.load(kind).make is not None:
        raise InputError(f"--format {kind}: a set that is made has no file", "leave --format out: files are recognised")
    settings = _settings({n: v for n, v in given.items() if v is not None})
    data = DataSettings.model_validate({"format": kind, "annotations": str(annotations), "images": str(images or "")})
    table, skipped = read_poses(data)
    images = READERS.load(kind).where(data, None).images
    out.mkdir(parents=True, exist_ok=True)
    section = next(s for s in SECTIONS if s.name == "rare")
    scores = rare_list(table, images, section, settings, Bench(seed, out), annotations.name)
    left_out = sum(skipped.counts.values())
    found = f"{annotations} ({kind}): {int(scores.rare.sum())} of {len(table)} people are rare, {left_out} entries skipped"
    noted = [f"noted: {', '.join(f'{n} x {what}' for what, n in skipped.noted.items())}"] if skipped.noted else []
    return "\n".join([found, *noted, *skipped.remarks, f"{out / 'rare_poses.csv'}  {out / 'report.html'}"])


def _settings(given: dict[str, Any]) -> RareSettings:
    policy = given.get("policy", "default")
    if policy not in POLICIES:
        raise InputError(f"--policy {policy}: not known", f"one of {', '.join(POLICIES)}")
    try:
        return RareSettings.model_validate(given | ({"policy": POLICIES[policy]} if "policy" in given else {}))
    except ValidationError as error:
        raise InputError("; ".join(e["msg"].removeprefix("Value error, ") for e in error.errors())) from error
