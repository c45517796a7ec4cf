"""What a reader left out, why, and where it stood."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smpl_assets.archive import write_json

LISTED_PER_REASON = 200


class Malformed(Exception):
    """One entry that cannot be used; `reason` is what entries are counted by, `detail` is this entry's own value."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def in_words(counts: Mapping[str, int]) -> str:
    """`3 x crowd region, 1 x box outside the image`, the most frequent first; '' if nothing was left out."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} x {reason}" for reason, count in ordered if count)


@dataclass
class Skipped:
    """Entries left out: all are counted by reason, the first 200 of each reason are listed.

    counts: reason -> how many.
    entries: {"file", "entry", "reason"} each, those left out and those noted.
    read: how many people the reader found usable.
    noted: what somebody should know of entries that were kept -> how many.
    remarks: what else is to be said of what was read, in sentences.
    """

    counts: dict[str, int] = field(default_factory=dict)
    entries: list[dict[str, str]] = field(default_factory=list)
    read: int = 0
    noted: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def add(self, reason: str, file: Path | str, entry: str) -> None:
        """Count one entry left out, and list it while the list of its reason is short."""
        self._count(self.counts, reason, file, entry)

    def note(self, what: str, file: Path | str, entry: str) -> None:
        """The same for an entry that was kept, of which somebody should know something."""
        self._count(self.noted, what, file, entry)

    def _count(self, counts: dict[str, int], reason: str, file: Path | str, entry: str) -> None:
        counts[reason] = counts.get(reason, 0) + 1
        if counts[reason] <= LISTED_PER_REASON:
            self.entries.append({"file": str(file), "entry": entry, "reason": reason})

    @property
    def total(self) -> int:
        """How many entries were left out."""
        return sum(self.counts.values())

    def summary(self) -> str:
        """`3 x crowd region, 1 x box outside the image`, the most frequent first; '' if nothing was left out."""
        return in_words(self.counts)

    def save(self, path: Path) -> None:
        """Write as JSON."""
        write_json(path, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Plain values; `noted` and `remarks` only where there are some."""
        values = {"counts": self.counts, "entries": self.entries, "read": self.read}
        return values | {name: found for name in ("noted", "remarks") if (found := getattr(self, name))}

    @classmethod
    def load(cls, path: Path) -> Skipped:
        """Read what `save` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))
