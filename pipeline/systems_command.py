"""`rarepose systems`: the pose systems that a configuration can train."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from smpl_assets.skeletons import get_skeleton
from training.systems.listing import Listed, listed_systems

_TITLES = ("train.network", "parameters", "reads", "sides", "ONNX", "preset", "source", "its figure", "to bring")


def show_systems(skeleton: str, as_json: bool) -> None:
    """Print a table, or one line of JSON; InputError for an unknown skeleton."""
    found = list(listed_systems(get_skeleton(skeleton)))
    if as_json:
        typer.echo(json.dumps({"skeleton": skeleton, "systems": [asdict(row) for row in found]}))
        return
    rows = [_TITLES, *(_cells(row) for row in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if i == 1 else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        typer.echo("  ".join(cells).rstrip())


def _cells(row: Listed) -> tuple[str, ...]:
    count = f"{row.parameters:,}" if row.parameters is not None else "-"
    source = row.source.partition(",")[0]
    shown = row.name, count, row.reads, f"n x {row.multiple}", ", ".join(row.onnx), ", ".join(row.presets), source, row.published
    return *shown, row.problem or row.brings
