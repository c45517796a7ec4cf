"""The one form that ids and flags are brought to: exporters and data frames write the same one as 7, 7.0, "7" or "007"."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

from smpl_assets.skipped import Malformed

Identity = int | str
# Longer ones are no numbers of anybody's, and Python refuses to convert digits without end.
_NUMBER = re.compile(r"([+-]?[0-9]{1,400})(?:\.0*)?")
_TRUE = frozenset({"1", "1.0", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"", "0", "0.0", "false", "f", "no", "n", "off", "none", "null", "nan"})


def identity(value: Any) -> Identity | None:
    """An id: a whole number in any spelling as int, any other text without outer blanks in Unicode's composed form.

    None where it is no id: missing, null, NaN, empty, a truth value, a fraction, a list.
    """
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value.strip())
        number = _NUMBER.fullmatch(text)
        return int(number[1]) if number else text or None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if isinstance(value, int) or (math.isfinite(value) and value == int(value)) else None


def source_name(value: Any) -> str:
    """An id as text, '' where there is none."""
    found = identity(value)
    return "" if found is None else str(found)


def is_missing(value: Any) -> bool:
    """Whether nothing is said: null, or the NaN or empty text that data frames put there."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def flag(value: Any) -> bool:
    """A truth value, written as one, as a number or as text; nothing is False. Malformed if it can be neither."""
    if is_missing(value) or isinstance(value, (bool, int, float)):
        return not is_missing(value) and bool(value)
    text = value.strip().lower() if isinstance(value, str) else None
    if text not in _TRUE | _FALSE:
        raise Malformed("flag is neither true nor false", str(value)[:80])
    return text in _TRUE


def is_set(value: Any) -> bool:
    """`flag`, False for what is no truth value."""
    try:
        return flag(value)
    except Malformed:
        return False


def track_number(value: Any) -> int:
    """The number of a track, -1 where there is none. Malformed if it is no number."""
    number = identity(value)
    if isinstance(number, str) or (number is None and not is_missing(value)):
        raise Malformed("track number is no 64-bit number", str(value)[:80])
    return -1 if number is None else number
