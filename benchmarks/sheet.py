"""Pictures of what renders look like: the sheets that the docs show.

    python benchmarks/sheet.py renders DATA_FOLDER docs/images/renders_64.jpg    # half before DATA_FOLDER's photos without people
    python benchmarks/sheet.py wardrobe docs/images/wardrobe.jpg                 # thirty-two looks before built-in places

DATA_FOLDER is in COCO's layout. People stand in poses of the built-in pool, each in a look of its own.
The same seed gives the same sheet.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8
from people import SKELETON, poses

from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fits import Fits
from smpl_assets.photographs import Photograph, without_people
from smpl_assets.pictures import encode_jpeg
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.jobs import Job, Origin
from smpl_assets.render.studio.studio import Studio
from training.datasets.coco import read_coco

Image = UInt8[np.ndarray, "height width 3"]
QUALITY = 88


def people_free(folder: Path) -> list[Photograph]:
    """A COCO folder's photographs without people."""
    found = []
    for split in sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name != "annotations"):
        table, _ = read_coco(folder / "annotations" / f"person_keypoints_{split}.json", folder / split)
        found += without_people(table.images, folder / split)
    return found


def upright(fits: Fits, count: int) -> Fits:
    """The first `count` people who stand, walk or sit: head over hips over ankles."""
    head, hips, ankles = (
        fits.keypoints[:, 0, 1],
        fits.keypoints[:, 11:13, 1].mean(axis=1),
        fits.keypoints[:, 15:17, 1].mean(axis=1),
    )
    side = fits.crop_xywh[:, 3]
    return fits.select(np.flatnonzero((hips - head > 0.2 * side) & (ankles - hips > 0.15 * side))[:count])


def tiles(fits: Fits, backgrounds: str, photos: list[Photograph], seed: int, size: int = 256) -> list[Image]:
    """Renders of `size` px, one for each of the fits."""
    count = len(fits)
    settings = RenderSettings(backgrounds=backgrounds, images_per_look=1, image_size=size)
    studio = Studio(fits, Origin(SKELETON, people_free=tuple(photos)), settings, BodySettings(), seed)
    found = []
    for start in range(0, count, studio.batch):
        samples = studio.prepare([Job(i, 0) for i in range(start, min(start + studio.batch, count))])
        found += [picture.image for _, picture in studio.backend.photograph([sample.scene for sample in samples])]
    return found


def sheet(images: list[Image], columns: int, side: int) -> Image:
    """The images in rows of `columns`, each `side` px."""
    cells = [cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA) for image in images]
    return np.concatenate([np.concatenate(cells[i : i + columns], axis=1) for i in range(0, len(cells), columns)])


def renders(folder: Path, count: int = 64) -> Image:
    """The upper half before a data set's photographs, the lower half before built-in places."""
    half = count // 2
    fits = poses(count)
    first, second = fits.select(np.arange(half)), fits.select(np.arange(half, count))
    return sheet([*tiles(first, "data", people_free(folder), 0), *tiles(second, "builtin", [], 0)], 8, 160)


def wardrobe() -> Image:
    """Thirty-two looks before built-in places."""
    return sheet(tiles(upright(poses(256), 32), "builtin", [], 3), 8, 200)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    both = commands.add_parser("renders", help="64 renders")
    both.add_argument("data", type=Path)
    for command in (both, commands.add_parser("wardrobe", help="32 looks")):
        command.add_argument("out", type=Path)
    options = parser.parse_args()
    image = renders(options.data) if options.what == "renders" else wardrobe()
    options.out.write_bytes(encode_jpeg(image, QUALITY))


if __name__ == "__main__":
    main()
