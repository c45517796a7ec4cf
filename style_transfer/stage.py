"""The stage `translator`: train on rendered and photographed people; `translate` has a module of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.archive import write_json
from smpl_assets.errors import InputError, StageError
from smpl_assets.pictures import encode_png
from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import in_words
from smpl_assets.work import Bench
from style_transfer.detail import DetailTransfer
from style_transfer.domains import Domain, read_photographed, read_rendered
from style_transfer.kid import check_features, compare
from style_transfer.matching import partners
from style_transfer.method import Losses
from style_transfer.pixels import off_grey, on_grey, resize, to_uint8
from style_transfer.settings import TranslatorSettings
from style_transfer.statistics import ColourTransfer
from style_transfer.translate import Translator, find_method, save_translator

_FINE_SIDE = 192  # px of the crops on which sharpness, noise and KID are measured
_SHEET = 8
_STRENGTHS = {"after": 1.0, "after_75": 0.75, "after_50": 0.5, "after_25": 0.25}  # what the card judges
_LEAST = 4


def train_translator(
    render_dirs: list[Path], table: PoseTable, image_root: Path, settings: TranslatorSettings, bench: Bench
) -> None:
    """Train (or measure) a translator; writes `translator.safetensors`, `losses.json`, `card.json`, `samples.png`, `losses.png`.

    Checkpoints lie in `bench.scratch`; from them an interrupted run of the same settings and seed goes on.

    Raises:
        StageError: there are too few people to learn from.
        InputError: `kid_weights` are none; before anything is trained.
    """
    cv2.setNumThreads(1)
    check_features(settings)
    seed, out, method = bench.seed, bench.out, find_method(settings)
    side = round(settings.image_size * settings.resize)
    rendered = read_rendered(render_dirs, table.skeleton, settings, side, settings.max_people, seed)
    photographed = read_photographed(table, image_root, settings, side, settings.max_people, seed)
    _enough(rendered, photographed, settings)
    exact = settings.model_copy(update={"synthetic_mask": "alpha"})
    fine = (
        read_rendered(render_dirs, table.skeleton, exact, _FINE_SIDE, settings.kid_samples, seed),
        read_photographed(table, image_root, settings, _FINE_SIDE, settings.kid_samples, seed),
    )
    colour = ColourTransfer.between(rendered, photographed)
    _enough(*fine, settings)
    change, losses = None, Losses()
    if method.fit is not None:
        start = colour.recolour(rendered) if method.recolours(settings) else rendered
        change, losses = method.fit(start, photographed, settings, bench)
    whole = settings.model_copy(update={"strength": _STRENGTHS["after"]})
    translator = Translator(whole, colour, DetailTransfer.between(*fine), change)
    card = {"seed": seed, "people": _people(rendered, photographed)} | _judge(translator, *fine, seed, out)
    save_translator(out, translator, card)
    write_json(out / "losses.json", losses)
    losses_figure(losses, out / "losses.png")


def _enough(rendered: Domain, photographed: Domain, settings: TranslatorSettings) -> None:
    """An error that names what most people were lost to, before anything is trained."""
    if len(rendered) < _LEAST:
        raise StageError(
            f"translator: {_lost(rendered)}{len(rendered)} usable rendered people, at least {_LEAST} are needed",
            "raise render.count, or loosen fit.gate so that more fits are accepted",
        )
    if len(photographed) < _LEAST:
        raise InputError(
            f"translator: {_lost(photographed)}{len(photographed)} usable photographed people, at least {_LEAST} are needed",
            f"check data.train.images, or lower translator.min_side ({settings.min_side:g} px) or translator.min_joints "
            f"({settings.min_joints})",
        )


def _lost(domain: Domain) -> str:
    return f"left out {in_words(domain.skipped)}; " if domain.skipped else ""


def _people(rendered: Domain, photographed: Domain) -> dict[str, object]:
    return {
        name: {"used": len(domain), "skipped": domain.skipped}
        for name, domain in (("rendered", rendered), ("photographed", photographed))
    }


def _judge(translator: Translator, rendered: Domain, photographed: Domain, seed: int, out: Path) -> dict[str, object]:
    """KID against the photographed people, at full resolution, of the whole change and parts of it; writes the sample sheet."""
    settings = translator.settings
    people = [off_grey(i, m) for i, m in zip(rendered.images, rendered.masks, strict=True)]
    changed, domains = translator.changed(people), {}
    for name, strength in _STRENGTHS.items():
        part = translator.with_settings(settings.model_copy(update={"strength": strength}))
        images = [to_uint8(on_grey(p)[0]) for p in part.finish(people, changed, list(range(len(people))))]
        domains[name] = dataclasses.replace(rendered, images=np.stack(images))
    translated = domains["after"]
    near = partners(rendered, photographed, "pose", 1)[:, 0]
    shown = np.linspace(0, len(people) - 1, min(_SHEET, len(people))).round().astype(int)
    rows = {"rendered": rendered, "translated": translated}
    tiles = {name: domain.images[shown] for name, domain in rows.items()}
    tiles["photographed\n(similar pose)"] = photographed.images[near[shown]]
    (out / "samples.png").write_bytes(sample_sheet(tiles))
    return {"kid": compare(rendered, domains, photographed, settings, seed), "moved": _moved(translator, people, changed)}


def _moved(translator: Translator, people: list[np.ndarray], changed: list[np.ndarray]) -> dict[str, float | None]:
    """Mean absolute change of the people's RGB in grey levels: by the statistics, and by what is learnt on top of them."""
    started = translator.started(people)
    learnt = None if translator.change is None else _grey_levels(started, changed)
    return {"statistics": _grey_levels(people, started), "network": learnt}


def _grey_levels(before: list[np.ndarray], after: list[np.ndarray]) -> float:
    inside = [np.abs(b[..., :3].astype(np.float32) - a[..., :3])[b[..., 3] > 127] for b, a in zip(before, after, strict=True)]
    return round(float(np.concatenate(inside).mean()), 4)


_TILE, _LABEL = 144, 96
_SHOWN = ("adversarial", "discriminator", "cycle", "identity", "cam", "structure", "tone", "colour")


def sample_sheet(rows: dict[str, UInt8[np.ndarray, "people side side 3"]]) -> bytes:
    """PNG bytes of one labelled row of tiles per entry; rows may have different lengths and sizes."""
    width = max(len(tiles) for tiles in rows.values())
    lines = []
    for name, tiles in rows.items():
        line = np.full((_TILE, _LABEL + width * _TILE, 3), 255, np.uint8)
        for i, word in enumerate(name.split("\n")):
            cv2.putText(line, word, (6, _TILE // 2 + 16 * i), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
        for i, tile in enumerate(tiles):
            line[:, _LABEL + i * _TILE : _LABEL + (i + 1) * _TILE] = resize(tile, _TILE)
        lines.append(line)
    return encode_png(np.vstack(lines))


def losses_figure(losses: list[dict[str, float | int]], path: Path) -> None:
    """Curves of the unweighted losses over the iterations, one small plot each; the same losses give the same file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [n for n in _SHOWN if losses and n in losses[0]]
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    for i, name in enumerate(shown):
        axes = figure.add_subplot(2, 4, i + 1)
        axes.plot([row["iteration"] for row in losses], [row[name] for row in losses], color="#00788a", linewidth=1)
        axes.set_title(name, fontsize=9, loc="left")
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("iteration", fontsize=7)
    figure.savefig(path, dpi=110, metadata={"Software": None})
