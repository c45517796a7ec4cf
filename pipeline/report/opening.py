"""The page's first lines: what was gained, what was rare, what was made, in words, numbers and pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipeline.report.gain import Gain
from pipeline.report.gain_words import gain_note, gain_sentences, points
from pipeline.report.run import Run
from pipeline.report.sections.samples import pairs_of
from pipeline.report.words import count, duration, joined, percent


@dataclass(frozen=True)
class Tile:
    """A large number with what it counts and a line below."""

    value: str
    label: str
    note: str


Part = tuple[Markup, Tile | None]  # a sentence, '' for none, and what stands large for it


def build_opening(run: Run) -> dict[str, Any]:
    """What the sections on the page say in short; nothing is claimed whose interval includes zero.

    Sentences with their numbers set off, tiles, and pairs of a photograph and an image made from it.
    """
    built = run.built
    parts = [*_gain(run), *(_rare(run) if "rare" in built else ()), *_chosen(run), *_made(run), *_filled(run)]
    sentences = [sentence for sentence, _ in parts if sentence]
    total = built.get("times", {}).get("total")
    if total:
        sentences.append(Markup("The work of all stages adds up to <b>{}</b>.").format(duration(total)))
    pairs = pairs_of(built.get("samples", {}).get("strips", []))
    return {"sentences": sentences, "tiles": [tile for _, tile in parts if tile], "pairs": pairs}


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


def _chosen(run: Run) -> list[Part]:
    """Whom samples are made for, where errors chose them."""
    shown = run.built.get("choice")
    if shown is None:
        return []
    text = Markup("Samples are made for as many, chosen by {}: <b>{}</b> of these <b>{}</b> hold a rare pose.")
    return [(text.format(shown["by"], f"{shown['rare']:,}", count(shown["chosen"], "person", "people")), None)]


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


def _gain(run: Run) -> list[Part]:
    """The row that gained most on rare people, what it did to usual ones, and how it stands against the cheap rival."""
    gain: Gain | None = run.built.get("results", {}).get("gain")
    if gain is None:
        return []
    base = run.baseline_words(gain.first.against)
    tile = Tile(points(gain.first.rare), f"{gain.metric_title} on rare people", gain_note(gain, base))
    first, *others = gain_sentences(gain, base)
    return [(first, tile), *((sentence, None) for sentence in others)]
