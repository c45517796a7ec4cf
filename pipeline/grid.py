"""Tables on stdout: aligned and coloured on a terminal, whole lines in a log, and marks that the console can show."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

_MARKS = {"ok": ("✓", "ok", "green"), "none": ("–", "-", "dim"), "problem": ("✗", "x", "red")}
_WIDEST = 48  # letters that later columns are put behind in a log
Cell = str | Text


def mark(state: str, encoding: str) -> Text:
    """`ok`, `none` (optional and absent) or `problem` as a sign, or in letters where the encoding has no such signs."""
    sign, letters, style = _MARKS[state]
    return Text(sign if can_show(sign, encoding) else letters, style)


def can_show(text: str, encoding: str) -> bool:
    """Whether an encoding has all letters of a text."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def show_grid(rows: Sequence[Sequence[Cell]], header: Sequence[str] = (), styles: Sequence[str] = ()) -> None:
    """Print rows of cells, letter by letter: brackets are no markup and colons no emoji.

    On a terminal long cells are folded; elsewhere every row is one line, whatever its length.
    """
    console = Console(markup=False, highlight=False, emoji=False)
    if console.is_terminal:
        table = Table(box=None, pad_edge=False, show_header=bool(header))
        for number in range(max(map(len, [header, *rows]))):
            style = styles[number] if number < len(styles) else ""
            table.add_column(header[number] if header else "", style=style, overflow="fold")
        for row in rows:
            table.add_row(*row)
        console.print(table)
        return
    lines = [[str(cell) for cell in row] for row in ([header] if header else []) + list(rows)]
    columns = range(max(map(len, lines)) - 1)
    widths = [min(max(len(line[n]) for line in lines if n < len(line) - 1), _WIDEST) for n in columns]
    for line in lines:
        padded = [cell.ljust(widths[n]) if n < len(line) - 1 else cell for n, cell in enumerate(line)]
        console.print("  ".join(padded).rstrip(), soft_wrap=True)


def stdout_encoding() -> str:
    """The encoding of what is printed."""
    return Console().encoding
