"""Textures from a folder of UV images in the body model's own layout (SMPL's: SURREAL, Varol et al. 2017)."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import distance_transform_edt

from smpl_assets.body.protocol import BodyModel
from smpl_assets.errors import InputError
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import BadImage
from smpl_assets.seeds import derive_seed
from smpl_assets.textures.look import Look, plain_look
from smpl_assets.textures.patches import rasterise_uvs
from smpl_assets.walk import files_below

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
LARGEST_TEXELS = 1024
_SMALLEST_TEXELS = 128
_EMPTY_SHARE = 0.6
_EMPTY_STEP = 3
_KEPT = 64

NOT_SQUARE = "not square (SMPL's layout is; a DensePose atlas is not)"
TOO_SMALL = f"smaller than {_SMALLEST_TEXELS} px"
WRONG_LAYOUT = "wrong layout (most of the body would get the image's empty ground)"


class FolderDresser:
    """Dresses bodies in the images of a folder.

    An image is used if it can be read, is square, at least 128 px wide and covers the body's UV islands; others are skipped.
    `skipped` counts those met so far, by reason.
    """

    def __init__(self, folder: Path, body: BodyModel) -> None:
        """InputError if the folder is missing or holds no image, or the body has no UVs."""
        if body.topology is None:
            raise InputError(f"body '{body.name}' has no texture coordinates", "give the model's UV file: body.uv")
        if not folder.is_dir():
            raise InputError(f"render.textures = '{folder}': no such folder", "a folder of UV images, or 'wardrobe'")
        self.folder, self.skipped = folder, dict[str, int]()
        self._topology = body.topology
        self._paths = sorted(folder / p for p in files_below(folder) if p.suffix.lower() in SUFFIXES)
        self._refused: set[Path] = set()
        self._looks: OrderedDict[Path, Look] = OrderedDict()
        self._padding: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._check_left()

    def look(self, serial: int, shape: Float[np.ndarray, " shape"], seed: int) -> Look:
        """The look of a sample: the image that its seed names, the next usable one where that is skipped."""
        start = derive_seed(seed, "texture") % len(self._paths)
        for path in self._paths[start:] + self._paths[:start]:
            look = None if path in self._refused else self._load(path)
            if look is not None:
                return look
        self._check_left()
        raise InputError(f"render.textures = '{self.folder}': no texture is left", "another folder, or 'wardrobe'")

    def _check_left(self) -> None:
        if len(self._refused) == len(self._paths):
            counts = "; ".join(f"{n} {reason}" for reason, n in self.skipped.items()) or "it holds no image"
            raise InputError(f"render.textures = '{self.folder}': no texture is left ({counts})", "another folder, or 'wardrobe'")

    def _load(self, path: Path) -> Look | None:
        if path in self._looks:
            self._looks.move_to_end(path)
            return self._looks[path]
        try:
            image = _read(path)
            reason = self._refusal(image)
        except BadImage as error:
            reason = str(error)
        if reason:
            self._refused.add(path)
            self.skipped[reason] = self.skipped.get(reason, 0) + 1
            return None
        self._looks[path] = look = plain_look(path.relative_to(self.folder).as_posix(), self._padded(image))
        if len(self._looks) > _KEPT:
            self._looks.popitem(last=False)
        return look

    def _refusal(self, image: UInt8[np.ndarray, "height width 3"]) -> str:
        """Why an image cannot be used, '' if it can."""
        height, width = image.shape[:2]
        if height != width:
            return NOT_SQUARE
        if height < _SMALLEST_TEXELS:
            return TOO_SMALL
        inside, _ = self._islands(_SMALLEST_TEXELS)
        small = cv2.resize(image, (_SMALLEST_TEXELS, _SMALLEST_TEXELS), interpolation=cv2.INTER_NEAREST)[inside].astype(int)
        levels = small // _EMPTY_STEP
        _, counts = np.unique(levels @ (1, 1000, 1000000), return_counts=True)
        return WRONG_LAYOUT if counts.max() > _EMPTY_SHARE * len(small) else ""

    def _islands(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Texels inside the UV islands (H, W) of a texture of this size; per texel the flat index of the nearest one inside."""
        if size not in self._padding:
            inside = rasterise_uvs(self._topology.uvs, self._topology.uv_faces, size)[0] >= 0
            row, column = distance_transform_edt(~inside, return_distances=False, return_indices=True)
            self._padding[size] = inside, row * size + column
        return self._padding[size]

    def _padded(self, image: UInt8[np.ndarray, "side side 3"]) -> UInt8[np.ndarray, "side side 3"]:
        """The image with its islands spread over their surroundings, so that filtering meets no seam."""
        size = len(image)
        return image.reshape(-1, 3)[self._islands(size)[1]].reshape(size, size, 3)


def _read(path: Path) -> UInt8[np.ndarray, "height width 3"]:
    """An RGB image of at most LARGEST_TEXELS; BadImage if it cannot be read."""
    image = Photograph(path).read()
    height, width = image.shape[:2]
    if height == width > LARGEST_TEXELS:
        image = cv2.resize(image, (LARGEST_TEXELS, LARGEST_TEXELS), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(image)
