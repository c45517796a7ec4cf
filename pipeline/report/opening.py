"""The page's first lines: what was rare, what was made, what it changed, in words, numbers and pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipeline.report.run import Run
from pipeline.report.sections.results import best_on_rare, usual_and_rare
from pipeline.report.sections.samples import pairs_of
from pipeline.report.words import count, duration, joined, percent, signed
from training.metrics.rarity_table import Cell


@dataclass(frozen=True)
class Tile:
    """A large number with what it counts and a line below."""

    value: str
    label: str
    note: str


def build_opening(run: Run) -> dict[str, Any]:
    """What the sections on the page say in short; nothing is claimed whose interval includes zero.

    Sentences with their numbers set off, tiles, and pairs of a photograph and an image made from it.
    """
    built = run.built
    parts = [*(_rare(run) if "rare" in built else ()), *_made(run), *_filled(run), *_change(run)]
    sentences = [sentence for sentence, _ in parts if sentence]
    total = built.get("times", {}).get("total")
    if total:
        sentences.append(Markup("The work of all stages adds up to <b>{}</b>.").format(duration(total)))
    pairs = pairs_of(built.get("samples", {}).get("strips", []))
    return {"sentences": sentences, "tiles": [tile for _, tile in parts], "pairs": pairs}


def _rare(run: Run) -> list[Part]:
    train = run.rarity["train"]
    share = percent(train["rare"], train["included"])
    reasons = sorted(((n, r) for r, n in train["reasons"].items() if n), key=lambda x: (-x[0], x[1]))
    why = joined([f"{r} ({n})" for n, r in reasons[:3]])
    kind = "training " if run.rarity["validation"]["people"] else ""
    people = count(train["included"], f"{kind}person", f"{kind}people")
    text = Markup("Of <b>{}</b>, <b>{}</b> ({}) hold a pose that is rare in this set").format(people, f"{train['rare']:,}", share)
    text += Markup("; most often because of {}.").format(why) if why else Markup(".")
    return [(text, Tile(f"{train['rare']:,}", "rare poses", f"{share} of {train['included']:,} {kind}people"))]


def _made(run: Run) -> list[Part]:
    """One sentence, in the first part, and a tile each for the bodies and for the images."""
    bodies, translation = run.built.get("bodies"), run.built.get("translation")
    if bodies is None or "samples" not in run.built:
        return []
    accepted, tried, error = bodies["accepted"], bodies["tried"], bodies["median_error"]
    text = Markup("<b>{}</b> of them got a body").format(f"{accepted:,}")
    if error is not None:
        text += Markup(" (half of these reproject within {:.1f} % of the person's crop)").format(error)
    made, note = sum(math.isnan(s.label.rarity) for s in run.samples), f"from {accepted:,} bodies"
    text += Markup(", <b>{}</b> {} rendered from these bodies").format(made or "no", "image was" if made == 1 else "images were")
    if translation is not None:
        kept, translated = translation["kept"], translation["translated"]
        note = f"{kept:,} of {translated:,} translations kept"
        if translated:
            text += Markup(", and <b>{}</b> of them kept their labels through the translation").format(f"{kept:,}")
    fitted = Tile(f"{accepted:,}", "bodies fitted", f"of {tried:,}, {percent(accepted, tried)}")
    return [(text + Markup("."), fitted), (Markup(""), Tile(f"{made:,}", "images made", note))]


def _filled(run: Run) -> list[Part]:
    """Poses that fill the gap."""
    if not run.inputs.units("fill") or "samples" not in run.built:
        return []
    made, chosen = sum(not math.isnan(s.label.rarity) for s in run.samples), len(run.drawn)
    text = Markup("<b>{}</b> poses of the pool that are rare in this set too fill the gap between these people, on <b>{}</b>.")
    images = count(made, "image", "images")
    return [(text.format(f"{chosen:,}", images), Tile(f"{chosen:,}", "poses fill the gap", f"drawn from the pool, on {images}"))]


def _change(run: Run) -> list[Part]:
    """The row that gained most on rare people, with what it did to usual ones."""
    best = best_on_rare(run)
    columns = usual_and_rare(run.metrics[best]) if best else None
    if best is None or columns is None:
        return []
    table, title = run.built["results"]["tables"][0], run.metrics[best]["title"]
    usual, rare = (dict(table.rows)[title][column] for column in columns)
    others = sum(any(c.difference is not None for c in row) for _, row in table.rows)
    chosen = f"the best of {others} variants on rare people" if others > 1 else "the one variant trained"
    sentence = Markup(
        "{} ({}) moved {} by <b>{}</b> points on the {} rare validation people ({}) and by <b>{}</b> on the usual ones ({})."
    ).format(
        title, chosen, table.title, _points(rare), f"{table.people[columns[1]]:,}", _certainty(rare), _points(usual),
        _certainty(usual),
    )  # fmt: skip
    doubt = "" if rare.direction else "may be chance; "
    note = f"{title}; {doubt}usual people {_points(usual)}"
    return [(sentence, Tile(_points(rare), f"{table.title} on rare people", note))]


def _points(cell: Cell) -> str:
    return "–" if cell.difference is None else signed(cell.difference)


def _certainty(cell: Cell) -> str:
    if cell.difference_low is None or cell.difference_high is None:
        return "no interval"
    interval = f"{signed(cell.difference_low)} to {signed(cell.difference_high)}"
    return f"interval {interval}" if cell.direction else f"interval {interval}: may be chance"
