"""MPII as JSON: Convolutional Pose Machines' list (`joint_self`) and HRNet's (`joints`, `joints_vis`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.datasets.files import load_json
from training.datasets.mpii_entry import MpiiEntry


def read_entries(path: Path, split: str | None, skipped: Skipped) -> list[MpiiEntry]:
    """All people of the file, or, where it marks training and validation people, those of `split`.

    Raises:
        InputError: no JSON list of people in one of the two layouts.
    """
    rows = load_json(path, "MPII annotations")
    first = [row for row in rows[:20] if isinstance(row, dict)] if isinstance(rows, list) else []
    if not any("joint_self" in row or "joints_vis" in row for row in first):
        raise InputError(f"{path}: not a list of people with 'joint_self' or 'joints_vis'", "give MPII's JSON, or set `format`")
    entries = []
    for number, row in enumerate(rows):
        try:
            entry = _from_cpm(row, number) if "joint_self" in row else _from_hrnet(row, number)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            skipped.add("entry incomplete or of the wrong type", path, f"row {number}: {type(error).__name__} {error}")
            continue
        entries.append((entry, row.get("isValidation")))
    marks = {bool(mark) for _, mark in entries if mark is not None}
    wanted = split == "validation"
    return [e for e, mark in entries if split is None or len(marks) < 2 or mark is None or bool(mark) == wanted]


def _from_cpm(row: dict[str, Any], number: int) -> MpiiEntry:
    size = (row["img_width"], row["img_height"]) if "img_width" in row and "img_height" in row else None
    return MpiiEntry(
        source_id=str(number),
        image=str(row["img_paths"]),
        joints=row["joint_self"],
        objpos=row["objpos"],
        scale=float(row["scale_provided"]),
        image_size=size,
    )


def _from_hrnet(row: dict[str, Any], number: int) -> MpiiEntry:
    joints = [[*xy, seen] for xy, seen in zip(row["joints"], row["joints_vis"], strict=True)]
    return MpiiEntry(
        source_id=str(number), image=str(row["image"]), joints=joints, objpos=row["center"], scale=float(row["scale"])
    )
