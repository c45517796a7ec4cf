"""Images of the augmented set by kind and name, from a folder or from tars, bounded in size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from smpl_assets.archive import ArchiveReader
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import MAX_MEGAPIXELS, BadImage, decode_image

REAL = "real"


class ImageStore:
    """Reads images: kind `real` below a folder, any other kind from its tar. Safe to pickle."""

    def __init__(self, root: Path, archives: Mapping[str, Path] | None = None, max_megapixels: float = MAX_MEGAPIXELS) -> None:
        """`archives` maps a kind to its tar; a missing tar is an error that names it when it is opened here."""
        self.root = Path(root)
        self.max_megapixels = max_megapixels
        self._archives = {kind: ArchiveReader(path) for kind, path in (archives or {}).items()}

    def read(
        self, kind: str, name: str, size_wh: tuple[int, int] = (0, 0), orientation: int = 1
    ) -> UInt8[np.ndarray, "height width 3"]:
        """One image, a real one as its table means it (`Photograph`); BadImage with the reason if there is none."""
        if kind == REAL:
            return Photograph(self.root / name, size_wh, orientation).read(self.max_megapixels)
        return decode_image(self._member(kind, name), self.max_megapixels, size_wh)

    def _member(self, kind: str, name: str) -> bytes:
        try:
            return self._archives[kind].read(Path(name).name)
        except (OSError, KeyError) as error:
            raise BadImage("no such image" if isinstance(error, KeyError) else "not readable") from error
