"""Systems that only some codecs fit."""

from __future__ import annotations

from typing import TypeVar

from smpl_assets.errors import InputError
from training.codecs.codec import Codec

Kind = TypeVar("Kind", bound=Codec)


def require_codec(codec: Codec, kind: type[Kind], why: str) -> Kind:
    """The codec, if it is of the kind that a system needs.

    Raises:
        InputError: `train.codec` names another one.
    """
    if not isinstance(codec, kind):
        raise InputError(f"train.codec: {why}", "leave train.codec out")
    return codec
