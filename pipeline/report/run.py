"""All artifacts of a run, read once."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from pipeline.report.inputs import ReportInputs
from pipeline.report.pictures import Picture, picture, write_png
from pipeline.report.settings import ReportSettings
from smpl_assets.archive import ArchiveReader
from smpl_assets.body.protocol import BodyModel, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.drawing.poses import pose_flags
from smpl_assets.errors import StageError
from smpl_assets.inverse.export import annotated_tile
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import SampleLabel, SampleLabels
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import BadImage, decode_image
from smpl_assets.pose_table import PoseTable
from training.metrics.match import Matched, match_people
from training.poses import Poses
from training.rarity.scores import RareScores
from training.recipes import BASELINE, predictions_file


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
    """Artifacts that several sections look at, by what they hold; everything is read when first asked for.

    built: what the sections before show, by name. out: the folder of the page. unread: photographs that could not be shown, and
    why.
    """

    def __init__(self, inputs: ReportInputs, settings: ReportSettings, out: Path) -> None:
        self.inputs, self.settings, self.out = inputs, settings, out
        self.built: dict[str, Any] = {}
        self.unread: dict[Path, str] = {}

    def figure(self, name: str) -> Path:
        """The file of a figure."""
        return self.out / "figures" / f"{name}.png"

    def picture(self, image: UInt8[np.ndarray, "height width 3"], name: str, alt: str, drawing: bool = False) -> Picture:
        """A picture for the page, left as a figure too."""
        write_png(image, self.figure(name))
        return picture(image, alt, self.settings.quality, drawing)

    @cached_property
    def tables(self) -> dict[str, PoseTable]:
        """People by split."""
        return {split: PoseTable.load(folder / "poses.npz") for split, folder in self.inputs.units("annotations").items()}

    @cached_property
    def scores(self) -> dict[str, RareScores]:
        """Rarity by split."""
        folder = self.inputs.one("rare_poses")
        return {split: RareScores.load(folder / f"{split}.npz") for split in self.inputs.units("annotations")}

    @property
    def who(self) -> str:
        """What a sentence calls those whom samples are made for: `rare` people, or where errors choose them, `chosen` ones."""
        return "chosen" if self.inputs.units("choice") else "rare"

    @cached_property
    def rarity(self) -> dict[str, Any]:
        """The summary of the rare_poses stage."""
        return read_json(self.inputs.one("rare_poses") / "summary.json")

    @cached_property
    def fits(self) -> Fits:
        """Fits of all shards."""
        return self._fits("fit")

    @cached_property
    def drawn(self) -> Fits:
        """Poses of the pool that fill the gap."""
        return self._fits("fill")

    def _fits(self, stage: str) -> Fits:
        return Fits.concatenate([Fits.load(folder / "fits.npz") for folder in self.inputs.folders(stage)])

    @cached_property
    def rejected(self) -> Counter[str]:
        """Why people got no body: how many for each reason."""
        return Counter(r for r, accepted in zip(self.fits.reason, self.fits.accepted, strict=True) if not accepted)

    @cached_property
    def body(self) -> BodyModel:
        """The run's body model: from its configuration, which knows where files are, else by the name in the fits."""
        settings = (self.inputs.configuration or {}).get("body") or {"name": self.fits.body}
        return load_body(BodySettings.model_validate(settings))

    @cached_property
    def samples(self) -> list[Sample]:
        """Synthetic samples of all shards in the order of their ids."""
        translated: dict[int, tuple[SampleLabel, ArchiveReader]] = {}
        for folder in self.inputs.folders("translate"):
            archive = ArchiveReader(folder / "images.tar")
            translated |= {s.sample_id: (s, archive) for s in SampleLabels.load(folder / "labels.npz").samples}
        found = []
        for folder in self.inputs.folders("render"):
            archive = ArchiveReader(folder / "images.tar")
            for label in SampleLabels.load(folder / "labels.npz").samples:
                found.append(Sample(label, archive, *translated.get(label.sample_id, (None, None))))
        return sorted(found, key=lambda s: s.label.sample_id)

    @cached_property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """metrics.json by row of the result table."""
        return {row: read_json(folder / "metrics.json") for row, folder in self.inputs.units("evaluate").items()}

    def found(self, row: str) -> list[Matched]:
        """What each training of a row of the table found of the validation people."""
        folder, seeds = self.inputs.one("evaluate", row), range(self.metrics[row]["seeds"])
        return [match_people(Poses.load(folder / predictions_file(n)), self.tables["validation"]) for n in seeds]

    def baseline_words(self, row: str) -> str:
        """How a sentence calls a row that others are held against: `the baseline`, by its title where there are several."""
        baselines = [r for r in self.metrics.values() if r["recipe"] == BASELINE]
        return str(self.metrics[row]["title"]) if len(baselines) > 1 else "the baseline"

    @cached_property
    def translator_card(self) -> dict[str, Any]:
        """The translator's card."""
        return read_json(self.inputs.one("translator") / "card.json")

    def losses(self, stage: str) -> list[dict[str, Any]]:
        """Rows of a stage's losses.json; none where there are too few for a curve."""
        rows = read_json(self.inputs.one(stage) / "losses.json")
        return rows if isinstance(rows, list) and len(rows) > 1 else []

    def summaries(self, stage: str) -> dict[str, dict[str, Any]]:
        """summary.json by unit of a stage; empty where the stage is no part of the run."""
        return {unit: read_json(folder / "summary.json") for unit, folder in self.inputs.units(stage).items()}

    def photo(self, split: str, person: int) -> UInt8[np.ndarray, "height width 3"] | None:
        """The photograph of a person; None, and noted in `unread`, if it cannot be read."""
        table, root = self.tables[split], self.inputs.image_roots.get(split)
        if root is None:
            return None
        photograph = Photograph.of(table.images, table.image[person], root)
        try:
            return photograph.read()
        except BadImage as error:
            self.unread[photograph.path] = str(error)
            return None

    def fit(self, row: int) -> Fits:
        """One fitted person."""
        return self.fits.select(np.array([row]))

    def annotated(self, row: int, photo: UInt8[np.ndarray, "height width 3"], side: int) -> UInt8[np.ndarray, "side side 3"]:
        """The photograph's crop of a fitted person with the annotated pose."""
        table, person = self.tables["train"], int(self.fits.person[row])
        flags = pose_flags(table.annotated[person], table.visible[person])
        return annotated_tile(photo, self.fit(row), table.skeleton, table.keypoints[person], flags, side)
