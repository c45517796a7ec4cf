"""`rarepose track-evaluate`: the figures of any tracker's files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.datasets.posetrack_sequences import read_sequences
from training.metrics.track_evaluation import HEADLINES, TrackEvaluation, evaluate_tracks, people_figures, table_of
from training.metrics.track_frames import PersonSimilarity
from training.metrics.track_pairs import JOINTS
from training.metrics.track_tables import GROUPS, joint_hota

SHORT = {"shoulder": "shou", "elbow": "elb", "wrist": "wri", "ankle": "ank"}
PERCENT = ("HOTA", "DetA", "AssA", "LocA", "IDF1", "MOTA")
COUNTED = ("switches", "fragments", "misses", "false_positives")


def evaluate_files(truth: Path, predicted: Path, similarity: PersonSimilarity) -> TrackEvaluation:
    """Read both, and count.

    Raises:
        InputError: a path that is not there, or files that cannot be used or do not belong together.
    """
    for path, what in ((truth, "ground truth"), (predicted, "predictions")):
        if not path.exists():
            raise InputError(f"{path}: no such file or folder ({what})", "name a PoseTrack JSON file, or a folder of them")
    annotated, noted = read_sequences(truth)
    found, more = read_sequences(predicted, predicted=True)
    if truth.is_file() and predicted.is_file():
        found = [replace(found[0], name=annotated[0].name)]
    for what, count in more.noted.items():
        noted.noted[what] = noted.noted.get(what, 0) + count
    noted.entries += more.entries
    return evaluate_tracks(annotated, found, similarity, noted)


def labels_of(truth: Path) -> dict[str, Any]:
    """Which labels these are: `files`, and a digest of their names and contents. PoseTrack's exist in several versions."""
    files = sorted(truth.glob("*.json")) if truth.is_dir() else [truth]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return {"files": len(files), "sha256": digest.hexdigest()}


def beside(found: TrackEvaluation, honest: bool) -> dict[str, Any]:
    """The totals of the other way to count: honest ones beside the official, and the other way round."""
    table = found.table(not honest)
    totals = {name: float(getattr(table, name)[-1]) for name in ("mAP", "MOTA")}
    return {"kind": "official" if honest else "honest"} | {n: v if v == v else None for n, v in totals.items()}


def show(found: TrackEvaluation, honest: bool, samples: int, labels: Mapping[str, Any], console: Console) -> None:
    """The tables: groups of joints, whole people, sequences; intervals; and what was noted."""
    frames = sum(c.frames for c in found.counts)
    kind = "all labelled frames, errors counted once" if honest else "as poseval counts"
    console.print(f"{_times(len(found.counts), 'sequence')}, {_times(frames, 'labelled frame')}; {kind}; percent")
    console.print(_joints(found, honest))
    other = beside(found, honest)
    totals = ", ".join(f"{n} {'-' if other[n] is None else f'{other[n]:.1f}'}" for n in ("mAP", "MOTA"))
    console.print(f"{other['kind']} beside it: {totals}")
    console.print()
    console.print(_people(found))
    if len(found.counts) > 1:
        console.print()
        console.print(_sequences(found, honest))
    if samples and len(found.counts) > 1:
        bounds = found.intervals(honest, samples)
        shown = (f"{name} {b.low:.1f} .. {b.high:.1f}" for name, b in bounds.items())
        console.print("\n95 % over sequences: " + ", ".join(shown))
    console.print(f"\nlabels: {_times(labels['files'], 'file')}, sha256 {labels['sha256'][:16]}")
    for line in noted_lines(found.noted):
        console.print(Text(line))


def noted_lines(noted: Skipped) -> list[str]:
    """What somebody should know of the files, each with the first place where it was met."""
    first = {e["reason"]: e for e in reversed(noted.entries)}
    return [
        f"noted: {count} x {what}" + (f" (first: {first[what]['file']}: {first[what]['entry']})" if what in first else "")
        for what, count in noted.noted.items()
    ]


def _joints(found: TrackEvaluation, honest: bool) -> Table:
    table, hota = found.table(honest), joint_hota(found.counts)
    grid = _grid("", *(SHORT.get(g, g) for g in GROUPS), "total")
    for figure in HEADLINES:
        values = [table.group(figure, g) for g in GROUPS] + [float(getattr(table, figure)[-1])]
        grid.add_row(figure, *map(_number, values))
    places = [[JOINTS.index(j) for j in members] for members in GROUPS.values()]
    joints = [float(hota["HOTA"][p].mean()) for p in places] + [float(hota["HOTA"][-1])]
    grid.add_row("HOTA", *map(_number, joints))
    return grid


def _people(found: TrackEvaluation) -> Table:
    people = found.people()
    grid = _grid("", *PERCENT, *("false" if n == "false_positives" else n for n in COUNTED))
    grid.add_row("people", *(_number(people[n]) for n in PERCENT), *(f"{people[n]:.0f}" for n in COUNTED))
    return grid


def _sequences(found: TrackEvaluation, honest: bool) -> Table:
    grid = _grid("sequence", "frames", "mAP", "MOTA", "MOTP", "prec", "rec", "HOTA", "IDF1", "swi")
    for counts in found.counts:
        table, people = table_of([counts], honest), people_figures([counts])
        figures = [float(getattr(table, n)[-1]) for n in HEADLINES] + [people["HOTA"], people["IDF1"]]
        grid.add_row(Text(counts.name), str(counts.frames), *map(_number, figures), f"{people['switches']:.0f}")
    return grid


def _grid(first: str, *others: str) -> Table:
    grid = Table(box=None, pad_edge=False)
    grid.add_column(first, no_wrap=True)
    for name in others:
        grid.add_column(name, justify="right", no_wrap=True)
    return grid


def _number(value: float) -> str:
    return f"{value:.1f}" if value == value else "-"


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
