"""Who was called what and when: one line per person, coloured by track."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from smpl_assets.drawing.palette import INK, RULE
from smpl_assets.drawing.track_colours import track_colour

_ROW, _LABEL, _WIDTH, _FOOT = 20, 92, 880, 26  # px
_LEAST = 24.0  # px of a span that has room for its number


@dataclass(frozen=True)
class Span:
    """A track from one frame to another, both counted."""

    first: int
    last: int
    track: int


@dataclass(frozen=True)
class Line:
    """One row. present: frames in which the person is there at all, shown pale where nobody has a track for it."""

    label: str
    spans: tuple[Span, ...]
    present: tuple[Span, ...] = ()


def spans(tracks: Sequence[int | None]) -> tuple[Span, ...]:
    """Runs of equal tracks; None where there is none."""
    found: list[Span] = []
    for frame, track in enumerate(tracks):
        if track is None:
            continue
        if found and found[-1].track == track and found[-1].last == frame - 1:
            found[-1] = Span(found[-1].first, frame, track)
        else:
            found.append(Span(frame, frame, track))
    return tuple(found)


def timeline_svg(lines: Sequence[Line], frames: int, unit: str = "frame") -> str:
    """An SVG for a page; every span says in its title who and when, and a change of colour within a line is a swap."""
    height = _ROW * len(lines) + _FOOT
    scale = (_WIDTH - _LABEL) / max(1, frames)
    parts = [_line(row, line, scale) for row, line in enumerate(lines)]
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**6) if frames / s <= 12)
    foot = _ROW * len(lines)
    for frame in range(0, frames, step):
        x = _LABEL + frame * scale
        parts.append(f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{foot}" stroke="{RULE}" stroke-width=".6"/>')
        parts.append(f'<text x="{x:.1f}" y="{foot + 14}" font-size="11" fill="{INK}">{frame}</text>')
    parts.append(f'<text x="0" y="{foot + 14}" font-size="11" fill="{INK}">{html.escape(unit)}</text>')
    body = "\n".join(parts)
    return f'<svg viewBox="0 0 {_WIDTH} {height}" width="100%" font-family="sans-serif" role="img">\n{body}\n</svg>'


def _line(row: int, line: Line, scale: float) -> str:
    top = row * _ROW
    parts = [f'<text x="0" y="{top + 14}" font-size="11" fill="{INK}">{html.escape(line.label)}</text>']
    for span in line.present:
        x, width = _LABEL + span.first * scale, (span.last - span.first + 1) * scale
        parts.append(f'<rect x="{x:.1f}" y="{top + 8}" width="{width:.1f}" height="4" fill="{RULE}"/>')
    for span in line.spans:
        x, width = _LABEL + span.first * scale, (span.last - span.first + 1) * scale
        title = f"<title>track {span.track}, {span.first} to {span.last}</title>"
        box = f'x="{x:.1f}" y="{top + 3}" width="{max(width, 1.0):.1f}" height="14" rx="2"'
        parts.append(f'<rect {box} fill="{track_colour(span.track)}">{title}</rect>')
        if width >= _LEAST:
            at = f'x="{x + 4:.1f}" y="{top + 14}" font-size="10"'
            parts.append(f'<text {at} fill="#fff" stroke="#000" stroke-width="2" paint-order="stroke">{span.track}</text>')
    return "".join(parts)
