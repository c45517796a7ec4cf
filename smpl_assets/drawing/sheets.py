"""Many pictures as one: rows of tiles, titled blocks of captioned tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from smpl_assets.drawing.palette import INK

Picture = UInt8[np.ndarray, "_ _ 3"]
_TITLE_PX, _CAPTION_PX, _LEADING = 17, 12, 1.3


def sheet(tiles: Sequence[Picture], columns: int, gap: int = 4) -> Picture:
    """Tiles of one size in rows on white."""
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    canvas = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        canvas[top : top + height, left : left + width] = tile
    return canvas


@dataclass(frozen=True)
class Block:
    """Tiles of one size under a coloured title ('' for none), each with a caption of one or more lines above it."""

    title: str
    colour: str
    tiles: list[Picture]
    captions: list[str]


def blocks_sheet(blocks: Sequence[Block], columns: int, gap: int = 8) -> Picture:
    """The blocks one below the other, on white."""
    drawn = [_block(block, columns, gap) for block in blocks]
    white = np.full((2 * gap, drawn[0].shape[1], 3), 255, np.uint8)
    return np.concatenate([part for one in drawn for part in (white, one)][1:])


def _block(block: Block, columns: int, gap: int) -> Picture:
    lines = max((c.count("\n") + 1 for c in block.captions if c), default=0)
    tiles = [_captioned(t, c, lines) for t, c in zip(block.tiles, block.captions, strict=True)]
    body = sheet(tiles, columns, gap)
    if not block.title:
        return body
    head = np.full((round(_TITLE_PX * 1.7), body.shape[1], 3), 255, np.uint8)
    return np.concatenate([_written(head, block.title, 0, _TITLE_PX, block.colour), body])


def _captioned(tile: Picture, caption: str, lines: int) -> Picture:
    """The tile with room for so many lines above it."""
    room = np.full((round(lines * _CAPTION_PX * _LEADING), tile.shape[1], 3), 255, np.uint8)
    for number, line in enumerate(caption.split("\n")):
        room = _written(room, line, round(number * _CAPTION_PX * _LEADING), _CAPTION_PX, INK)
    return np.concatenate([room, tile])


def _written(image: Picture, text: str, top: int, size: int, colour: str) -> Picture:
    """A line of text on a copy of the image."""
    if not text:
        return image
    page = Image.fromarray(image)
    ImageDraw.Draw(page).text((1, top), text, fill=colour, font=ImageFont.load_default(size))
    return np.asarray(page)
