"""The gain on rare people in words: sentences for the page, lines below the table in the terminal."""

from __future__ import annotations

from markupsafe import Markup

from pipeline.report.gain import Change, Gain
from pipeline.report.words import signed
from training.metrics.rarity_table import Cell

_TOWARDS_RIVAL = {
    1: Markup("It beats the cheap rival “{}” too: {} on rare people, {} on usual ones."),
    0: Markup("Over the cheap rival “{}” it has no measurable lead: {} on rare people, {} on usual ones."),
    -1: Markup("The cheap rival “{}” does better: against it, this is {} on rare people, {} on usual ones."),
    None: Markup("Against the cheap rival “{}” it is {} on rare people, {} on usual ones."),
}


def gain_sentences(gain: Gain, baseline: str) -> list[Markup]:
    """What the best row did to rare people and to usual ones, and against the cheap rival.

    A difference whose interval contains zero is called what it may be. baseline: how to call the row's baseline.
    """
    return [_claim(gain, baseline) + Markup(" ") + _usual(gain), *(_rival(change) for change in gain.rivals)]


def gain_note(gain: Gain, baseline: str) -> str:
    """The line below the large number."""
    cell = gain.first.rare
    doubt = "" if cell.direction or cell.difference_low is None else ", may be chance"
    return ": ".join(filter(None, (f"{gain.title} against {baseline}", _span(cell)))) + doubt


def gain_text(gain: Gain) -> str:
    """The same in plain text, a line per row that it is held against; `*` as in the table."""
    apart = ", cheap rivals apart" if gain.rivals else ""
    best = f"Best of {gain.rows} rows on rare people{apart}" if gain.rows > 1 else "On rare people"
    lines = [
        f"  against {c.title}: {_plain(c.rare)} on {gain.rare} rare people, {_plain(c.usual)} on {gain.usual} usual ones"
        for c in gain.changes
    ]
    return "\n".join([f"{best}: {gain.title}", *lines])


def points(cell: Cell) -> str:
    """A difference with its sign; a dash where there is none."""
    return "–" if cell.difference is None else signed(cell.difference)


def _claim(gain: Gain, baseline: str) -> Markup:
    cell, of = gain.first.rare, f"{gain.metric_title} on the {gain.rare:,} rare validation people against {baseline}"
    best = f", the best of {gain.rows} variants on rare people," if gain.rows > 1 else ""
    moved = "gained" if cell.direction > 0 else "moved by"
    text = Markup("<b>{}</b>{} {} <b>{}</b> points of {}").format(gain.title, best, moved, points(cell), of)
    if cell.difference_low is None:
        return text + Markup(" (no interval).")
    drawn = "people (one training of each row)" if gain.seeds == 1 else f"people and {gain.seeds} trainings of each row"
    interval = f"{100 * gain.confidence:g} % interval {_span(cell)} over {drawn}"
    if cell.direction:
        return text + Markup("{}: {}.").format("" if cell.direction > 0 else ", a loss", interval)
    return text + Markup(", which <b>may be chance</b>: the {} contains zero.").format(interval)


def _usual(gain: Gain) -> Markup:
    cell, people = gain.first.usual, f"{gain.usual:,} usual people"
    if cell.difference_low is None:
        return Markup("The {} moved by {}.").format(people, _strong(cell))
    what = {1: "The {} gained", 0: "Nothing measurable changed for the {}", -1: "The {} lost"}[cell.direction].format(people)
    return Markup("{}: {}.").format(what, _strong(cell))


def _rival(change: Change) -> Markup:
    text = _TOWARDS_RIVAL[change.rare.direction if change.rare.difference_low is not None else None]
    return text.format(change.title, _strong(change.rare), _strong(change.usual))


def _strong(cell: Cell) -> Markup:
    """The difference set off, its interval behind it."""
    span = _span(cell)
    return Markup("<b>{}</b>{}").format(points(cell), f" ({span})" if span else "")


def _span(cell: Cell) -> str:
    if cell.difference_low is None or cell.difference_high is None:
        return ""
    return f"{signed(cell.difference_low)} to {signed(cell.difference_high)}"


def _plain(cell: Cell) -> str:
    if cell.difference is None:
        return "-"
    figure = f"{cell.difference:+.2f}{'*' if cell.direction else ''}"
    if cell.difference_low is None or cell.difference_high is None:
        return figure
    return f"{figure} ({cell.difference_low:+.2f} to {cell.difference_high:+.2f})"
