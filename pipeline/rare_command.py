"""`rarepose rare`: the rare poses of an annotation file, without configuration or store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline.report.rare_list import rare_list
from pipeline.report.table import SECTIONS
from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import Skipped, in_words
from smpl_assets.work import Bench
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses, recognise_format
from training.datasets.table import READERS
from training.rarity.settings import RareSettings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

POLICIES = {"default": "neighbours", "neighbours": "neighbours", "thesis": "thesis"}


def find(annotations: Path, form: str | None, images: Path | None, given: dict[str, Any], seed: int, out: Path) -> str:
    """Read, rank, and write list, figures and report into `out`; what was found, in a sentence.

    given: values of the `rare_poses` section, None where they were left out.
    """
    settings = _settings({n: v for n, v in given.items() if v is not None})
    table, skipped, data = read_file(annotations, form, images)
    kind, images = data.format, READERS.load(data.format).where(data, None).images
    out.mkdir(parents=True, exist_ok=True)
    section = next(s for s in SECTIONS if s.name == "rare")
    with _options_as_typed():
        scores = rare_list(table, images, section, settings, Bench(seed, out), annotations.name)
    skipped.save(out / "skipped.json")
    left_out = sum(skipped.counts.values())
    entries = "1 entry" if left_out == 1 else f"{left_out} entries"
    rare = int(scores.rare.sum())
    found = [f"{annotations} ({kind}): {rare} of {len(table)} people are rare, {entries} skipped"]
    found += [f"skipped: {skipped.summary()} (each in {out / 'skipped.json'})"] if left_out else []
    found += [f"noted: {in_words(skipped.noted)}"] if skipped.noted else []
    return "\n".join([*found, *skipped.remarks, f"{out / 'rare_poses.csv'}  {out / 'report.html'}"])


def read_file(annotations: Path, form: str | None, images: Path | None) -> tuple[PoseTable, Skipped, DataSettings]:
    """The people of an annotation file, what was skipped, and the settings that name it; InputError where it is none."""
    if not annotations.exists():
        raise InputError(f"{annotations}: no such file or folder", "name a COCO, MPII, LSP or PoseTrack annotation file")
    if images is not None and not images.is_dir():
        raise InputError(f"{images}: no such folder of images", "leave --images out to do without the gallery")
    kind = form or recognise_format(annotations)
    if READERS.load(kind).make is not None:
        raise InputError(f"--format {kind}: a set that is made has no file", "leave --format out: files are recognised")
    data = DataSettings.model_validate({"format": kind, "annotations": str(annotations), "images": str(images or "")})
    return *read_poses(data), data


def lacking(train: Path, other: Path, form: str | None, images: Path | None, given: dict[str, Any], seed: int, out: Path) -> str:
    """Which poses of another set this one lacks: `gaps.html` and `gaps.csv` in `out`; what was found, in a sentence."""
    from pipeline.judge.look import compare_sets

    settings = _settings({n: v for n, v in given.items() if v is not None})
    return compare_sets(train, other, form, images, settings, seed, out)


def _settings(given: dict[str, Any]) -> RareSettings:
    policy = given.get("policy", "default")
    if policy not in POLICIES:
        raise InputError(f"--policy {policy}: not known", f"one of {', '.join(POLICIES)}")
    try:
        return RareSettings.model_validate(given | ({"policy": POLICIES[policy]} if "policy" in given else {}))
    except ValidationError as error:
        raise InputError("; ".join(_rule(e) for e in error.errors())) from error


def _rule(error: ErrorDetails) -> str:
    said = error["msg"].removeprefix("Value error, ")
    return f"{_option(str(error['loc'][0]))} {error['input']}: {said}" if error["loc"] else said


def _option(field: str) -> str:
    return f"--{field.replace('_', '-')}"


@contextmanager
def _options_as_typed() -> Iterator[None]:
    """Errors name `--clusters`, not the key of a configuration that nobody wrote."""
    try:
        yield
    except InputError as error:
        what, step = (re.sub(r"rare_poses\.(\w+)( =)?", lambda m: _option(m[1]), t) for t in (error.what, error.next_step))
        raise InputError(what, step) from error
