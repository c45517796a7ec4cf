"""The pictures of a render shard, taken apart into person and background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.archive import ArchiveReader
from smpl_assets.errors import StageError
from smpl_assets.labels import SampleLabel
from style_transfer.pixels import GREY, decode_rgb, decode_rgba, to_uint8

_FAINT = 8 / 255  # alpha below which a straight colour is not worth recovering


@dataclass(frozen=True)
class Render:
    """A rendered picture taken apart: `person` straight RGBA over `background` RGB is the picture, grain included."""

    label: SampleLabel
    person: UInt8[np.ndarray, "height width 4"]
    background: UInt8[np.ndarray, "height width 3"]


def read_render(archive: ArchiveReader, label: SampleLabel) -> Render | None:
    """A sample of a render shard; None where one of its images is missing, broken or of another size.

    What the camera added to the picture (grain, compression) is shared out to person and background, so that it survives
    the person's exchange.
    """
    try:
        picture = decode_rgb(archive.read(f"{label.name}.jpg"), label.name)
        person = decode_rgba(archive.read(f"{label.name}_person.png"), label.name)
        background = decode_rgb(archive.read(f"{label.name}_background.jpg"), label.name)
    except (KeyError, StageError):
        return None
    if not picture.shape[:2] == person.shape[:2] == background.shape[:2] == (label.height, label.width):
        return None
    added = picture.astype(np.float32) - composite(person, background)
    return Render(label, np.dstack([to_uint8(person[..., :3] + added), person[..., 3]]), to_uint8(background + added))


def composite(
    person: UInt8[np.ndarray, "height width 4"], background: UInt8[np.ndarray, "height width 3"]
) -> UInt8[np.ndarray, "height width 3"]:
    """Straight RGBA over a background of the same size."""
    alpha = person[..., 3:].astype(np.float32) / 255
    return to_uint8(person[..., :3] * alpha + background * (1 - alpha))


def on_grey(
    person: UInt8[np.ndarray, "height width 4"],
) -> tuple[Float[np.ndarray, "height width 3"], Float[np.ndarray, "height width"]]:
    """Straight RGBA -> the person over neutral grey (0..255) and its alpha in [0, 1]."""
    alpha = person[..., 3].astype(np.float32) / 255
    return person[..., :3] * alpha[..., None] + np.float32(GREY) * (1 - alpha[..., None]), alpha


def off_grey(
    image: UInt8[np.ndarray, "height width 3"], mask: UInt8[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "height width 4"]:
    """Inverse of `on_grey` up to rounding: a person over grey and its mask -> straight RGBA."""
    alpha = mask.astype(np.float32)[..., None] / 255
    straight = GREY + (image.astype(np.float32) - GREY) / np.maximum(alpha, _FAINT)
    return np.dstack([to_uint8(straight), mask])
