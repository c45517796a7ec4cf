"""Systems that only some codecs fit."""

from __future__ import annotations

from typing import TypeVar

from smpl_assets.errors import InputError
from training.codecs.belief import Belief
from training.codecs.codec import Codec
from training.codecs.heatmap import Heatmap

Kind = TypeVar("Kind", bound=Codec)


def require_codec(codec: Codec, kind: type[Kind], why: str) -> Kind:
    """The codec, if it is of the kind that a system needs.

    Raises:
        InputError: `train.codec` names another one.
    """
    if not isinstance(codec, kind):
        raise InputError(f"train.codec: {why}", "leave train.codec out")
    return codec


def require_heatmaps(codec: Codec, why: str) -> Heatmap:
    """The codec, if it has heatmaps of joints and no other ones.

    Raises:
        InputError: `train.codec` names another one.
    """
    if isinstance(codec, Belief):
        raise InputError(f"train.codec: {why}, and belief maps have one more, the background's", "leave train.codec out")
    return require_codec(codec, Heatmap, why)
