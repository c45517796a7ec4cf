"""The page's first lines: what was rare, what was made, what it changed, in words, numbers and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipeline.report.pictures import Picture
from pipeline.report.run import Run
from pipeline.report.sections.bodies import Bodies
from pipeline.report.sections.results import Results, best_on_rare, usual_and_rare
from pipeline.report.sections.samples import Samples, pairs_of
from pipeline.report.sections.times import Times
from pipeline.report.sections.translation import Translation
from pipeline.report.words import count, duration, joined, percent, signed
from training.metrics.rarity_table import Cell


@dataclass(frozen=True)
class Tile:
    """A large number with what it counts and a line below."""

    value: str
    label: str
    note: str


@dataclass(frozen=True)
class Opening:
    """Sentences with their numbers set off, tiles, and pairs of a photograph and an image made from it."""

    sentences: list[Markup]
    tiles: list[Tile]
    pairs: list[tuple[Picture, Picture]]


def build_opening(run: Run, built: Mapping[str, Any]) -> Opening:
    """What the sections on the page say in short; nothing is claimed whose interval includes zero."""
    made = _made(run, built.get("bodies"), built.get("samples"), built.get("translation"))
    change = _change(run, built["results"]) if "results" in built else None
    parts = [p for p in (_rare(run) if "rare" in built else None, *made, change) if p is not None]
    sentences = [sentence for sentence, _ in parts if sentence]
    times: Times | None = built.get("times")
    if times is not None and times.total:
        sentences.append(Markup("The work of all stages adds up to <b>{}</b>.").format(duration(times.total)))
    pairs = pairs_of(built["samples"].strips) if "samples" in built else []
    return Opening(sentences, [tile for _, tile in parts], pairs)


Part = tuple[Markup, Tile]


def _rare(run: Run) -> Part:
    train = run.rarity["train"]
    share = percent(train["rare"], train["included"])
    reasons = sorted(((n, r) for r, n in train["reasons"].items() if n), key=lambda x: (-x[0], x[1]))
    why = joined([f"{r} ({n})" for n, r in reasons[:3]])
    kind = "training " if run.rarity["validation"]["people"] else ""
    people = count(train["included"], f"{kind}person", f"{kind}people")
    text = Markup("Of <b>{}</b>, <b>{}</b> ({}) hold a pose that is rare in this set").format(people, f"{train['rare']:,}", share)
    text += Markup("; most often because of {}.").format(why) if why else Markup(".")
    return text, Tile(f"{train['rare']:,}", "rare poses", f"{share} of {train['included']:,} {kind}people")


def _made(run: Run, bodies: Bodies | None, samples: Samples | None, translation: Translation | None) -> list[Part]:
    """One sentence, in the first part, and a tile each for the bodies and for the images."""
    if bodies is None or samples is None:
        return []
    text = Markup("<b>{}</b> of them got a body").format(f"{bodies.accepted:,}")
    if bodies.median_error is not None:
        text += Markup(" (half of these reproject within {:.1f} % of the person's crop)").format(bodies.median_error)
    made, note = len(run.samples), f"from {bodies.accepted:,} bodies"
    text += Markup(", <b>{}</b> {} rendered from these bodies").format(made or "no", "image was" if made == 1 else "images were")
    if translation is not None:
        note = f"{translation.kept:,} of {translation.translated:,} translations kept"
        if translation.translated:
            text += Markup(", and <b>{}</b> of them kept their labels through the translation").format(f"{translation.kept:,}")
    fitted = Tile(f"{bodies.accepted:,}", "bodies fitted", f"of {bodies.tried:,}, {percent(bodies.accepted, bodies.tried)}")
    return [(text + Markup("."), fitted), (Markup(""), Tile(f"{made:,}", "images made", note))]


def _change(run: Run, results: Results) -> Part | None:
    """The row that gained most on rare people, with what it did to usual ones."""
    best = best_on_rare(run, results)
    columns = usual_and_rare(run.metrics[best]) if best else None
    if best is None or columns is None:
        return None
    usual, rare = columns
    table, title = results.tables[0], run.metrics[best]["title"]
    cells = dict(table.rows)[title]
    others = sum(any(c.difference is not None for c in row) for _, row in table.rows)
    chosen = f"the best of {others} variants on rare people" if others > 1 else "the one variant trained"
    sentence = Markup(
        "{} ({}) moved {} by <b>{}</b> points on the {} rare validation people ({}) and by <b>{}</b> on the usual ones ({})."
    ).format(
        title, chosen, table.title, _points(cells[rare]), f"{table.people[rare]:,}", _certainty(cells[rare]),
        _points(cells[usual]), _certainty(cells[usual]),
    )  # fmt: skip
    doubt = "" if cells[rare].direction else "may be chance; "
    return sentence, Tile(
        _points(cells[rare]), f"{table.title} on rare people", f"{title}; {doubt}usual people {_points(cells[usual])}"
    )


def _points(cell: Cell) -> str:
    return "–" if cell.difference is None else signed(cell.difference)


def _certainty(cell: Cell) -> str:
    if cell.difference_low is None or cell.difference_high is None:
        return "no interval"
    interval = f"{signed(cell.difference_low)} to {signed(cell.difference_high)}"
    return f"interval {interval}" if cell.direction else f"interval {interval}: may be chance"
