"""All artifacts of a run, read once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from pipeline.report.inputs import ReportInputs
from pipeline.report.pictures import decode_image, read_image
from smpl_assets.archive import ArchiveReader
from smpl_assets.errors import StageError
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import SampleLabel, SampleLabels
from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import Skipped
from training.rarity.scores import RareScores


def read_json(path: Path) -> Any:
    """The value of an artifact's JSON file; StageError if it is missing or unreadable."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StageError(f"{path}: cannot be read ({error})", "rarepose verify --deep") from error


@dataclass(frozen=True)
class Sample:
    """One synthetic sample: its label, the shard's archive of renders and, if it was translated, that label and archive."""

    label: SampleLabel
    rendered: ArchiveReader
    translated: SampleLabel | None
    translations: ArchiveReader | None

    def render(self) -> UInt8[np.ndarray, "height width 3"]:
        """The rendered image."""
        return decode_image(self.rendered.read(f"{self.label.name}.jpg"))

    def translation(self) -> UInt8[np.ndarray, "height width 3"] | None:
        """The translated image, None if there is none."""
        if self.translated is None or self.translations is None or f"{self.label.name}.jpg" not in self.translations:
            return None
        return decode_image(self.translations.read(f"{self.label.name}.jpg"))


class Run:
    """Artifacts by what they hold; everything is read when first asked for."""

    def __init__(self, inputs: ReportInputs) -> None:
        self.inputs = inputs

    @cached_property
    def tables(self) -> dict[str, PoseTable]:
        """People by split."""
        return {split: PoseTable.load(folder / "poses.npz") for split, folder in self.inputs.annotations.items()}

    @cached_property
    def skipped(self) -> dict[str, Skipped]:
        """What the readers left out, by split."""
        return {split: Skipped.load(folder / "skipped.json") for split, folder in self.inputs.annotations.items()}

    @cached_property
    def scores(self) -> dict[str, RareScores]:
        """Rarity by split."""
        return {split: RareScores.load(self.inputs.rare_poses / f"{split}.npz") for split in self.inputs.annotations}

    @cached_property
    def rarity(self) -> dict[str, Any]:
        """The summary of the rare_poses stage."""
        return read_json(self.inputs.rare_poses / "summary.json")

    @cached_property
    def fits(self) -> Fits:
        """Fits of all shards."""
        return Fits.concatenate([Fits.load(folder / "fits.npz") for folder in self.inputs.fit])

    @cached_property
    def samples(self) -> list[Sample]:
        """Synthetic samples of all shards in the order of their ids."""
        translated: dict[int, tuple[SampleLabel, ArchiveReader]] = {}
        for folder in self.inputs.translate:
            archive = ArchiveReader(folder / "images.tar")
            translated |= {s.sample_id: (s, archive) for s in SampleLabels.load(folder / "labels.npz").samples}
        found = []
        for folder in self.inputs.render:
            archive = ArchiveReader(folder / "images.tar")
            for label in SampleLabels.load(folder / "labels.npz").samples:
                found.append(Sample(label, archive, *translated.get(label.sample_id, (None, None))))
        return sorted(found, key=lambda s: s.label.sample_id)

    @cached_property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """metrics.json by variant."""
        return {variant: read_json(folder / "metrics.json") for variant, folder in self.inputs.evaluate.items()}

    @cached_property
    def augmented(self) -> dict[str, Any]:
        """The summary of the augment stage."""
        return read_json(self.inputs.augment / "summary.json")

    @cached_property
    def translator_card(self) -> dict[str, Any]:
        """The translator's card."""
        return read_json(self.inputs.translator / "card.json")

    def photo(self, split: str, person: int) -> UInt8[np.ndarray, "height width 3"] | None:
        """The photograph of a person; None if it is not there."""
        table = self.tables[split]
        return read_image(self.inputs.image_roots[split] / table.file_name(person))
