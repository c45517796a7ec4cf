"""Odd values: what exports, spreadsheets, other languages and people with bad intentions put where a number or a name belongs."""

from __future__ import annotations

import unicodedata
from random import Random
from typing import Any

NUMBERS: tuple[Any, ...] = (
    0, -0.0, 1, -1, 2, 3, 0.5, 1.0, 7.0, 1e-300, 5e-324, 1e5, 1e300, 1.7976931348623157e308, float("nan"), float("inf"),
    float("-inf"), 255, 65536, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**40, 10**400, True, False,
)  # fmt: skip
TEXTS = (
    "", " ", "0", "1", "1.0", "007", "-1", "nan", "null", "None", "true", "1,5", "x", "a" * 5000, "a/" * 2500, "\x00",
    "a\x00.jpg", "\ud800", "\u202e", "\ufeff", "../../etc/passwd", "/etc/passwd", "/dev/zero", "C:\\data\\a.jpg",
    "\\\\server\\share\\a.jpg", "file:///a.jpg", "https://h/a.jpg?x=1#y", "%2e%2e%2f", "%zz", "[bold]a[/]", "[/]", "a\nb",
    "{0}", "%s", ".", "..", "~",
    "~root",
    "con", "a|b", "*", "a" * 300 + ".jpg", "$(touch code-was-run)", "`id`", "😀.jpg",
)  # fmt: skip


def odd(random: Random) -> Any:
    """Any value that JSON can hold, deep and empty ones included."""
    kind = random.random()
    if kind < 0.45:
        return random.choice(NUMBERS)
    if kind < 0.75:
        return random.choice(TEXTS)
    if kind < 0.80:
        return None
    if kind < 0.90:
        return [odd(random) for _ in range(random.choice((0, 1, 1, 2, 4, 17)))]
    if kind < 0.97:
        return {random.choice(TEXTS): odd(random) for _ in range(random.choice((0, 1, 2)))}
    return nested(random.choice((10, 200)))


def nested(depth: int) -> list[Any]:
    """Lists in lists."""
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


def other_number(random: Random, value: float) -> Any:
    """A number near another one, or the same one written differently."""
    return random.choice((
        value + 1, value - 1, -value, value * 1000, value / 1000, value + 0.5, str(value), float(value), int(value), [value],
        f" {value} ", bool(value),
    ))  # fmt: skip


def other_text(random: Random, text: str) -> str:
    """A text near another one: as other systems, encodings and languages write it, or damaged."""
    cut = random.randrange(len(text) + 1)
    return random.choice((
        text.upper(), text.lower(), text.title(), text + " ", " " + text, text + "\n", text.replace("/", "\\"), "/" + text,
        "images/" + text, "./" + text, text.replace("/", "//"), unicodedata.normalize("NFD", text), unicodedata.normalize("NFC",
        text),
        text[:cut], text[cut:], text + text, text[:cut] + "\x00" + text[cut:], text[:cut] + "é" + text[cut:], "../" + text,
        text.replace(".jpg", ".JPG"), text.replace(".jpg", ""), text.rpartition("/")[2], text.replace("_", "-"),
        text.replace("_", ""),
    ))  # fmt: skip
