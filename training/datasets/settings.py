"""The configuration's `data.train` and `data.validation`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from smpl_assets.plugins import known_name
from smpl_assets.settings import Settings
from training.datasets.table import READERS


class DataSettings(Settings):
    """One split of a data set.

    format: what wrote the annotations; `demo` is the set that RarePose makes itself.
    annotations: the annotation file; for PoseTrack also a folder of per-sequence JSON files, for YOLO data.yaml or its folder.
    images: the folder of the photographs, which are looked up by name in it and its sub-folders. For YOLO it may be left out,
        since data.yaml says it; given, it is the folder that paths in data.yaml start from.
    limit: keep only the first so many people, in the file's order (images are kept).
    image_list: a text file of image names, one a line, `#` starts a comment; only people on them are read (MPII's `.mat` holds no
        validation split).
    people, image_size: how many people the demo makes for this split, and the longer side of its images in px.
    unusual_share: of the people that the demo makes, how many take an unusual pose.
    """

    format: Annotated[str, AfterValidator(known_name(READERS))] = "demo"
    annotations: str = ""
    images: str = ""
    limit: int | None = Field(default=None, ge=1)
    image_list: str = ""
    people: int = Field(default=400, ge=1, le=1_000_000)
    image_size: int = Field(default=256, ge=64, le=2048)
    unusual_share: float = Field(default=0.05, ge=0, le=1)

    @property
    def made(self) -> bool:
        """Whether the set has no files, so that its reader makes it, images and all."""
        return not self.annotations

    @property
    def files(self) -> tuple[Path, Path | None]:
        """The annotations, and the image folder where one is given."""
        return Path(self.annotations).expanduser(), Path(self.images).expanduser() if self.images else None

    @model_validator(mode="after")
    def _files_fit_the_format(self) -> DataSettings:
        files = self.images or self.format in READERS.own
        if self.format != "demo" and self.made and files:
            raise ValueError(f"format '{self.format}' reads files: `annotations` is missing")
        if self.format == "demo" and (self.annotations or self.images):
            raise ValueError("format 'demo' makes its own images: leave out `annotations` and `images`, or name their format")
        return self
