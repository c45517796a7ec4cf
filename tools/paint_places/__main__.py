"""Paint the built-in places anew, from the repository's root:

python -m tools.paint_places [FOLDER]    # smpl_assets/backgrounds/data by default; about a second a place
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from smpl_assets.backgrounds.builtin import KINDS, SCENES, place_file
from smpl_assets.pictures import encode_jpeg
from smpl_assets.seeds import numpy_generator
from tools.paint_places.places import PLACES

HEIGHT, WIDTH = 384, 512
QUALITY = 95


def paint(number: int) -> UInt8[np.ndarray, "height width 3"]:
    """Place `number` of SCENES, before it is compressed."""
    return PLACES[KINDS[number % len(KINDS)]](numpy_generator(0, "place", number), HEIGHT, WIDTH)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=place_file(0).parent)
    folder = parser.parse_args().folder
    for number in range(SCENES):
        (folder / place_file(number).name).write_bytes(encode_jpeg(paint(number), QUALITY))


if __name__ == "__main__":
    main()
