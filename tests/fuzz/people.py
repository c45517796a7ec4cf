"""What can be said of a reading of spoilt annotations, because what was spoilt and the people underneath are known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import Skipped

Reading = tuple[PoseTable, Skipped]
_OF_IMAGES = ("image entry", "image not", "image file", "image in", "image name", "name ", "names ", "photograph", "picture")
_COMPARED = ("annotated", "visible", "bbox_xywh", "center", "scale", "head_size", "area", "person_id")


@dataclass(frozen=True)
class World:
    """The unspoilt set. table: its reading; entries: of each row the entry (annotation, MPII row, ...) that it came from."""

    table: PoseTable
    entries: list[Any]

    def __post_init__(self) -> None:
        if len(self.entries) != len(self.table) or len(set(_keys(self.table))) != len(self.table):
            raise ValueError("every person of the unspoilt set has to be read, and to have keypoints of its own")

    def peopled(self) -> set[str]:
        """The photographs with people, annotated or only said to be there."""
        images = self.table.images
        return {name for name, peopled in zip(images.file_name, images.has_person, strict=True) if peopled}


@dataclass
class Spoilt:
    """What was changed.

    people: entries any part of which was; unplaced: entries whose photograph may be another now; emptied: photographs that the
    changed file lawfully has nobody on. everything: nothing is known of who was meant. low, high: how many people the changed
    file lists, at least and at most; None where that cannot be said. same_box: boxes may not have changed either.
    """

    people: set[Any] = field(default_factory=set)
    unplaced: set[Any] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    everything: bool = False
    low: int | None = None
    high: int | None = None


def judge(world: World, spoilt: Spoilt, reading: Reading, harmless: bool = False) -> list[str]:
    """What is wrong with a reading, in sentences `what: details`."""
    table, skipped = reading
    wrong = [*malformed(table), *_count(spoilt, table, skipped)]
    if len(table) != skipped.read:
        wrong.append(f"skipped.read: {skipped.read}, but {len(table)} people")
    if not spoilt.everything:
        wrong += _backgrounds(world, spoilt, table) + _untouched(world, spoilt, reading)
    if harmless:
        wrong += _all_there(world, table)
    return wrong


def malformed(table: PoseTable) -> list[str]:
    """Rules that every table keeps."""
    wrong, images = [], table.images
    if not np.isfinite(table.keypoints).all() or not (table.keypoints[~table.annotated] == 0).all():
        wrong.append("keypoints: not finite, or not zero where nothing is annotated")
    if (table.visible & ~table.annotated).any():
        wrong.append("visible: a joint is seen that is not annotated")
    numbers = np.concatenate([table.bbox_xywh, table.center, table.scale[:, None], table.area[:, None]], 1)
    if not np.isfinite(numbers).all() or not (table.bbox_xywh[:, 2:] > 0).all() or not (table.area > 0).all():
        wrong.append(f"box: not finite or without area: {table.bbox_xywh.tolist()}")
    if not ((table.image >= 0) & (table.image < len(images))).all() or len(set(table.source_id)) < len(table):
        wrong.append("rows: an image that is not there, or a source id twice")
    size = images.size_wh[table.image]
    high = table.bbox_xywh[:, :2] + table.bbox_xywh[:, 2:]
    if (((table.bbox_xywh[:, :2] < 0) | (high > size + 1e-6)) & (size > 0)).any():
        wrong.append("box: reaches beyond its photograph")
    pictures = set(
        zip(images.file_name, map(tuple, images.size_wh.tolist()), strict=True)
    )  # without a folder sizes tell them apart
    if (images.size_wh < 0).any() or len(pictures) < len(images):
        wrong.append("images: a negative size, or a picture twice")
    if images.has_person[table.image].size and not images.has_person[table.image].all():
        wrong.append("background: a photograph with somebody read on it counts as one without people")
    return wrong


def kept(table: PoseTable, folder: Path) -> list[str]:
    """Whether a table comes back from its file as it was."""
    path = folder / "poses.npz"
    table.save(path)
    return [] if PoseTable.load(path) == table else ["poses.npz: the table comes back as another one"]


def same_id(one: Any, other: Any) -> bool:
    """Whether two ids are one: 1, 1.0, "1", "001"."""
    return plain_id(one) is not None and plain_id(one) == plain_id(other)


def plain_id(value: Any) -> Any:
    """An id in one form; None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value == int(value) else None
    if isinstance(value, str):
        bare = value.strip()
        if bare.lstrip("-").isascii() and bare.lstrip("-").isdigit() and len(bare) < 1000:
            return int(bare)
        try:
            return plain_id(float(bare))
        except ValueError:
            return bare or None
    return value if isinstance(value, int) else None


def _keys(table: PoseTable) -> list[bytes]:
    return [p[a].tobytes() + a.tobytes() for p, a in zip(table.keypoints, table.annotated, strict=True)]


def people_left_out(skipped: Skipped) -> int:
    """How many people `skipped` counts (other reasons are photographs' and listed names')."""
    return sum(n for reason, n in skipped.counts.items() if not reason.startswith(_OF_IMAGES))


def _count(spoilt: Spoilt, table: PoseTable, skipped: Skipped) -> list[str]:
    if spoilt.low is None or spoilt.high is None:
        return []
    accounted = len(table) + people_left_out(skipped)
    if spoilt.low <= accounted <= spoilt.high:
        return []
    kind = "lost without being counted" if accounted < spoilt.low else "counted more than once"
    listed = skipped.counts
    return [f"people {kind}: {spoilt.low}..{spoilt.high} listed, {len(table)} read, {people_left_out(skipped)} counted: {listed}"]


def _backgrounds(world: World, spoilt: Spoilt, table: PoseTable) -> list[str]:
    peopled = world.peopled() - spoilt.emptied
    taken = [n for n in table.images.without_people() if n in peopled]
    return [f"background: photographs of people count as ones without: {taken}"] if taken else []


def _rows(table: PoseTable) -> Mapping[bytes, list[int]]:
    rows: dict[bytes, list[int]] = {}
    for row, key in enumerate(_keys(table)):
        rows.setdefault(key, []).append(row)
    return rows


def _untouched(world: World, spoilt: Spoilt, reading: Reading) -> list[str]:
    """People that were not touched are read as before, or counted; nobody is on somebody else's photograph."""
    (table, skipped), wrong = reading, []
    rows, missing = _rows(table), 0
    for before, (entry, key) in enumerate(zip(world.entries, _keys(world.table), strict=True)):
        found = rows.get(key, [])
        names = {table.file_name(r).replace("\\", "/") for r in found}  # either spelling is that picture
        if entry not in spoilt.unplaced and names - {world.table.file_name(before)}:
            wrong.append(f"photograph: {entry} is on {world.table.file_name(before)}, read on {sorted(names)}")
        if entry in spoilt.people or entry in spoilt.unplaced:
            continue
        missing += not found
        for row in found:
            wrong += [
                f"{name} of an untouched person: {entry}: {getattr(world.table, name)[before]} became {getattr(table, name)[row]}"
                for name in _COMPARED
                if not np.array_equal(
                    getattr(world.table, name)[before], getattr(table, name)[row], equal_nan=name == "head_size"
                )
            ]
    if missing > people_left_out(skipped):
        wrong.append(f"untouched people lost: {missing} missing, {people_left_out(skipped)} counted")
    return wrong


def _all_there(world: World, table: PoseTable) -> list[str]:
    """After a change that means nothing everybody is read, on the same photograph."""
    rows, wrong = _rows(table), []
    for before, key in enumerate(_keys(world.table)):
        found = rows.get(key, [])
        if len(found) != 1 or table.file_name(found[0]) != world.table.file_name(before):
            names = [table.file_name(r) for r in found]
            wrong.append(f"harmless, lost: {world.entries[before]} of {world.table.file_name(before)} is read on {names}")
    empty = set(world.table.images.without_people()) ^ set(table.images.without_people())
    return wrong + ([f"harmless, backgrounds: {sorted(empty)} changed sides"] if empty else [])
