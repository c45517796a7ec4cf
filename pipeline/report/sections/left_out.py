"""What was skipped and why, stage by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.run import Run
from smpl_assets.skipped import Skipped

_EXAMPLES = 3


@dataclass(frozen=True)
class Line:
    """One line: where, how many, why, and some of the entries."""

    stage: str
    count: int
    reason: str
    examples: tuple[str, ...] = ()


def build(run: Run) -> list[Line]:
    """Lines in the order of the stages, the most frequent reason of each first; stages that are no part of the run have none."""
    return [*_readers(run), *_synthesis(run), *_augment(run), *_networks(run), *_sequences(run), *_photographs(run)]


def _readers(run: Run) -> list[Line]:
    rows = []
    for split, folder in run.inputs.units("annotations").items():
        skipped = Skipped.load(folder / "skipped.json")
        rows += _lines(f"annotations, {split}", skipped.counts, skipped.entries)
        rows += _lines(f"annotations, {split}: not left out, but", skipped.noted, skipped.entries)
    for split in run.inputs.units("annotations") if run.inputs.units("rare_poses") else ():
        empty = int(run.rarity[split]["excluded"])
        rows += _lines(f"rare poses, {split}", {"people without any annotated joint": empty})
    return rows


def _synthesis(run: Run) -> list[Line]:
    rows = []
    if run.inputs.units("fit"):
        rows += _lines("fit", run.rejected)
    for summary in run.summaries("fill").values():
        rows += _lines("fill", summary["refused"])
    rows += _lines("render", _render_counts(run.summaries("render").values()))
    people = run.translator_card.get("people") if run.inputs.units("translator") else None
    for kind, counts in (people or {}).items():
        rows += _lines(f"translator, {kind} people", counts.get("skipped", {}))
    unreadable = sum(int(s.get("unreadable", 0)) for s in run.summaries("translate").values())
    return rows + _lines("translate", {"rendered image unreadable": unreadable})


def _augment(run: Run) -> list[Line]:
    parts = [(kind, part) for kind, s in run.summaries("augment").items() for part in s.get("skipped", {}).values()]
    return [line for kind, part in parts for line in _lines(f"augment, {kind}", part["counts"], part["entries"])]


def _networks(run: Run) -> list[Line]:
    rows = _once("train", {v: s["skipped"] for v, s in run.summaries("train").items()})
    return rows + _once("evaluate", {v: m["skipped"] for v, m in run.metrics.items() if "skipped" in m})


def _sequences(run: Run) -> list[Line]:
    rows = []
    for unit, folder in run.inputs.units("track_data").items():
        if "-own-" in unit:
            skipped = Skipped.load(folder / "skipped.json")
            rows += _lines(f"track_data, {unit}", skipped.counts, skipped.entries)
            rows += _lines(f"track_data, {unit}: not left out, but", skipped.noted, skipped.entries)
    return rows


def _photographs(run: Run) -> list[Line]:
    """Photographs that no section before this one could show."""
    entries = [{"reason": reason, "entry": path.name} for path, reason in sorted(run.unread.items())]
    return _lines("report, photographs", Counter(run.unread.values()), entries)


def _lines(stage: str, counts: Mapping[str, int], entries: Iterable[Mapping[str, str]] = ()) -> list[Line]:
    listed: dict[str, list[str]] = {}
    for entry in entries:
        listed.setdefault(entry["reason"], []).append(entry["entry"])
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Line(stage, n, reason, tuple(listed.get(reason, ())[:_EXAMPLES])) for reason, n in ordered if n]


def _once(stage: str, skipped: Mapping[str, Mapping[str, Any]]) -> list[Line]:
    """Lines of several units; what all of them skipped alike is one line."""
    contents = list(skipped.values())
    if contents and all(c["counts"] == contents[0]["counts"] for c in contents):
        return _lines(stage, contents[0]["counts"], contents[0]["entries"])
    return [line for unit, c in skipped.items() for line in _lines(f"{stage} {unit}", c["counts"], c["entries"])]


def _render_counts(summaries: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Samples drawn again or given up, and backgrounds; rejected fits are counted under `fit` already."""
    counts: Counter[str] = Counter()
    backgrounds: Counter[str] = Counter()
    for summary in summaries:
        counts.update({k: n for k, n in summary.get("counts", {}).items() if k != "rejected"})
        # every shard looks through the same backgrounds
        backgrounds |= Counter({f"background: {k}": n for k, n in summary.get("backgrounds_skipped", {}).items()})
    return dict(counts + backgrounds)
