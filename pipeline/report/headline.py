"""The report's first lines: what was rare, what was made, what it changed, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from pipeline.report.bodies import Bodies
from pipeline.report.results import Results, best_on_rare, usual_and_rare
from pipeline.report.run import Run
from pipeline.report.translation import Translation
from pipeline.report.words import count, duration, joined, percent, signed
from training.metrics.table import Cell
from training.variants import parse_variant


@dataclass(frozen=True)
class Tile:
    """A large number with what it counts and a line below."""

    value: str
    label: str
    note: str


@dataclass(frozen=True)
class Headline:
    """The opening: sentences with their numbers set off, and tiles."""

    sentences: list[Markup]
    tiles: list[Tile]


def build_headline(run: Run, bodies: Bodies, translation: Translation, results: Results) -> Headline:
    """Sentences from the artifacts; nothing is claimed whose interval includes zero."""
    train = run.rarity["train"]
    share = percent(train["rare"], train["included"])
    sentences = [_rare_sentence(run), _made_sentence(run, bodies, translation)]
    tiles = [
        Tile(f"{train['rare']:,}", "rare poses", f"{share} of {train['included']:,} training people"),
        Tile(f"{bodies.accepted:,}", "bodies fitted", f"of {bodies.tried:,}, {percent(bodies.accepted, bodies.tried)}"),
        Tile(f"{len(run.samples):,}", "images made", f"{translation.kept:,} of {translation.translated:,} translations kept"),
    ]
    change = _change(run, results)
    if change is not None:
        sentence, tile = change
        sentences.append(sentence)
        tiles.append(tile)
    total = sum(t.seconds for t in run.inputs.timings)
    if total:
        sentences.append(Markup("The work of all stages adds up to <b>{}</b>.").format(duration(total)))
    return Headline(sentences, tiles)


def _rare_sentence(run: Run) -> Markup:
    train = run.rarity["train"]
    reasons = sorted(((n, r) for r, n in train["reasons"].items() if n), key=lambda x: (-x[0], x[1]))
    why = joined([f"{r} ({n})" for n, r in reasons[:3]])
    people = count(train["included"], "training person", "training people")
    text = Markup("Of <b>{}</b>, <b>{}</b> ({}) hold a pose that is rare in this set").format(
        people,
        f"{train['rare']:,}",
        percent(train["rare"], train["included"]),
    )
    return text + (Markup("; most often because of {}.").format(why) if why else Markup("."))


def _made_sentence(run: Run, bodies: Bodies, translation: Translation) -> Markup:
    text = Markup("<b>{}</b> of them got a body").format(f"{bodies.accepted:,}")
    if bodies.median_error is not None:
        text += Markup(" (half of these reproject within {:.1f} % of the person's crop)").format(bodies.median_error)
    made = len(run.samples)
    text += Markup(", <b>{}</b> {} rendered from these bodies").format(made or "no", "image was" if made == 1 else "images were")
    if translation.translated:
        text += Markup(", and <b>{}</b> of them kept their labels through the translation").format(f"{translation.kept:,}")
    return text + Markup(".")


def _change(run: Run, results: Results) -> tuple[Markup, Tile] | None:
    """The variant that gained most on rare people, with what it did to usual ones."""
    best = best_on_rare(run, results)
    columns = usual_and_rare(run.metrics[best]) if best else None
    if best is None or columns is None:
        return None
    usual, rare = columns
    table, title = results.tables[0], parse_variant(best).title
    cells = dict(table.rows)[title]
    others = len(table.rows) - 1
    chosen = f"the best of {others} variants on rare people" if others > 1 else "the one variant trained"
    sentence = Markup(
        "{} ({}) moved {} by <b>{}</b> points on the {} rare validation people ({}) and by <b>{}</b> on the usual ones ({})."
    ).format(
        title, chosen, table.title, _points(cells[rare]), f"{table.people[rare]:,}", _certainty(cells[rare]),
        _points(cells[usual]), _certainty(cells[usual]),
    )  # fmt: skip
    doubt = "" if cells[rare].direction else "may be chance; "
    note = f"{title}; {doubt}usual people {_points(cells[usual])}"
    return sentence, Tile(_points(cells[rare]), f"{table.title} on rare people", note)


def _points(cell: Cell) -> str:
    return "–" if cell.difference is None else signed(cell.difference)


def _certainty(cell: Cell) -> str:
    if cell.difference_low is None or cell.difference_high is None:
        return "no interval"
    interval = f"{signed(cell.difference_low)} to {signed(cell.difference_high)}"
    return f"interval {interval}" if cell.direction else f"interval {interval}: may be chance"
