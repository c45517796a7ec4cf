"""The command that lists what a configuration can choose by name, ours and that of installed packages."""

from __future__ import annotations

import json

import typer

from pipeline.cli_options import JsonOption
from smpl_assets.plugins import TABLES, Table, table_of


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(plugins)


def plugins(as_json: JsonOption = False) -> None:
    """List bodies, renderers, readers, systems ...: name, package, and what to install where it cannot be imported here."""
    rows = [row for kind in TABLES for row in _rows(kind, table_of(kind))]
    if as_json:
        typer.echo(json.dumps({"plugins": rows}))
        return
    from rich.console import Console
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False)
    for column in ("chosen by", "name", "from", "here"):
        grid.add_column(column)
    for row in rows:
        grid.add_row(row["setting"], row["name"], row["from"], row["problem"] or "yes")
    Console(soft_wrap=True, markup=False, highlight=False).print(grid)


def _rows(kind: str, table: Table) -> list[dict[str, str]]:
    return [
        {
            "kind": kind,
            "setting": table.setting,
            "name": name,
            "from": entry.origin,
            "module": f"{entry.module}:{entry.attribute}",
            "problem": _problem(table, name),
            "install": entry.install,
        }
        for name, entry in table.items()
    ]


def _problem(table: Table, name: str) -> str:
    """Why an entry cannot be used here, and what to install; '' if it can. Somebody else's module may raise anything."""
    try:
        why = table.missing(name)
    except Exception as error:
        why = f"cannot be imported here ({type(error).__name__}: {error})"
    return f"{why}; {table[name].install}" if why and table[name].install else why
