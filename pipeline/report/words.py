"""Numbers as people write them."""

from __future__ import annotations

Number = int | float
KINDS = {"render": "rendered", "translated": "translated", "fill": "drawn"}  # of samples


def count(number: int, one: str, many: str = "") -> str:
    """`1 body`, `2,400 bodies`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(part: Number, whole: Number) -> str:
    """`3.1 %`; `0 %` of nothing."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.0f} %" if share == round(share) or share >= 10 else f"{share:.1f} %"


def duration(seconds: Number) -> str:
    """`48 s`, `7 min 05 s`, `2 h 10 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def signed(number: Number, digits: int = 1) -> str:
    """With its sign, and a true minus."""
    return f"{number:+.{digits}f}".replace("-", "−")


def joined(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
