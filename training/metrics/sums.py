"""Records of counts that add up over sequences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np


@dataclass(frozen=True)
class Sums:
    """Base of records whose fields are all arrays of counts."""


Counted = TypeVar("Counted", bound=Sums)


def total(parts: Iterable[Counted]) -> Counted:
    """The sum, field by field, of one record or more."""
    rows = list(parts)
    return replace(rows[0], **{f.name: np.sum([getattr(row, f.name) for row in rows], axis=0) for f in fields(rows[0])})
