"""What was skipped and why, stage by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.report.run import Run, read_json

_EXAMPLES = 3


@dataclass(frozen=True)
class LeftOut:
    """One line: where, how many, why, and some of the entries."""

    stage: str
    count: int
    reason: str
    examples: tuple[str, ...] = ()


def build_left_out(run: Run) -> list[LeftOut]:
    """Lines in the order of the stages, the most frequent reason of each first."""
    rows = []
    for split, skipped in run.skipped.items():
        rows += _lines(f"annotations, {split}", skipped.counts, skipped.entries)
    for split in run.inputs.annotations:
        empty = int(run.rarity[split]["excluded"])
        rows += _lines(f"rare poses, {split}", {"people without any annotated joint": empty})
    rows += _lines("fit", Counter(r for r, a in zip(run.fits.reason, run.fits.accepted, strict=True) if not a))
    rows += _lines("render", _render_counts(run.inputs.render))
    for kind, people in (run.translator_card.get("people") or {}).items():
        rows += _lines(f"translator, {kind} people", people.get("skipped", {}))
    rows += _lines("translate", _unreadable(run.inputs.translate))
    for kind, parts in (run.augmented.get("skipped") or {}).items():
        for part in parts.values():
            rows += _lines(f"augment, {kind}", part["counts"], part["entries"])
    rows += _once("train", {v: read_json(f / "summary.json")["skipped"] for v, f in run.inputs.train.items()})
    rows += _once("evaluate", {v: m["skipped"] for v, m in run.metrics.items() if "skipped" in m})
    return rows


def _lines(stage: str, counts: Mapping[str, int], entries: Iterable[Mapping[str, str]] = ()) -> list[LeftOut]:
    listed: dict[str, list[str]] = {}
    for entry in entries:
        listed.setdefault(entry["reason"], []).append(entry["entry"])
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [LeftOut(stage, n, reason, tuple(listed.get(reason, ())[:_EXAMPLES])) for reason, n in ordered if n]


def _once(stage: str, skipped: Mapping[str, Mapping[str, Any]]) -> list[LeftOut]:
    """Lines of several variants; what all of them skipped alike is one line."""
    contents = list(skipped.values())
    if contents and all(c["counts"] == contents[0]["counts"] for c in contents):
        return _lines(stage, contents[0]["counts"], contents[0]["entries"])
    return [line for variant, c in skipped.items() for line in _lines(f"{stage} {variant}", c["counts"], c["entries"])]


def _render_counts(folders: Iterable[Path]) -> dict[str, int]:
    """Samples drawn again or given up, and backgrounds; rejected fits are counted under `fit` already."""
    counts: Counter[str] = Counter()
    backgrounds: Counter[str] = Counter()
    for folder in folders:
        summary = read_json(folder / "summary.json")
        counts.update({k: n for k, n in summary.get("counts", {}).items() if k != "rejected"})
        # every shard looks through the same backgrounds
        backgrounds |= Counter({f"background: {k}": n for k, n in summary.get("backgrounds_skipped", {}).items()})
    return dict(counts + backgrounds)


def _unreadable(folders: Iterable[Path]) -> dict[str, int]:
    return {"rendered image unreadable": sum(int(read_json(f / "summary.json").get("unreadable", 0)) for f in folders)}
