"""Translation of one rendered person at full resolution; its alpha stays the render's, so the silhouette cannot move."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from smpl_assets.archive import write_json
from smpl_assets.errors import StageError
from style_transfer.detail import DetailTransfer
from style_transfer.method import Change, Method
from style_transfer.pixels import to_uint8
from style_transfer.settings import TranslatorSettings
from style_transfer.statistics import ColourTransfer
from style_transfer.table import TRANSLATORS

_BATCH = 8


def find_method(settings: TranslatorSettings) -> Method:
    """The way of translating that the settings name."""
    method: Method = TRANSLATORS.load(settings.method)
    return method


@dataclass(frozen=True)
class Translator:
    """A learnt translation; `change` is None where the method learns nothing but the statistics."""

    settings: TranslatorSettings
    colour: ColourTransfer
    detail: DetailTransfer
    change: Change | None

    def __call__(
        self, people: list[UInt8[np.ndarray, "height width 4"]], seeds: list[int]
    ) -> list[UInt8[np.ndarray, "height width 4"]]:
        """Translate people given as straight RGBA; the result has the same alpha."""
        found = []
        for i in range(0, len(people), _BATCH):
            some = people[i : i + _BATCH]
            found += self.finish(some, self.changed(some), seeds[i : i + _BATCH])
        return found

    def changed(self, people: list[UInt8[np.ndarray, "height width 4"]]) -> list[Float32[np.ndarray, "height width 4"]]:
        """The whole change, whatever the strength, before anything is done to the detail."""
        started = self.started(people)
        if self.change is None:
            return started
        parts = (started[i : i + _BATCH] for i in range(0, len(started), _BATCH))
        changes = [change for part in parts for change in self.change(part)]
        return [_with_alpha(b[..., :3] + c, b) for b, c in zip(started, changes, strict=True)]

    def started(self, people: list[UInt8[np.ndarray, "height width 4"]]) -> list[Float32[np.ndarray, "height width 4"]]:
        """People as what is learnt finds them: recoloured by the statistics where the method begins with that."""
        return [self._start(p) for p in people]

    def finish(
        self,
        people: list[UInt8[np.ndarray, "height width 4"]],
        changed: list[Float32[np.ndarray, "height width 4"]],
        seeds: list[int],
    ) -> list[UInt8[np.ndarray, "height width 4"]]:
        """People and what `changed` made of them: as much of it as the strength says, with the detail of photographs."""
        return [self._finish(p, c, s) for p, c, s in zip(people, changed, seeds, strict=True)]

    def _start(self, person: np.ndarray) -> np.ndarray:
        image = person.astype(np.float32)
        recoloured = find_method(self.settings).recolours(self.settings)
        return _with_alpha(np.clip(self.colour(image[..., :3]), 0, 255), image) if recoloured else image

    def _finish(self, person: np.ndarray, translated: np.ndarray, seed: int) -> np.ndarray:
        before = person[..., :3].astype(np.float32)
        image = before + self.settings.strength * (translated[..., :3] - before)
        if self.settings.detail == "match":
            image = self.detail(image, person[..., 3].astype(np.float32) / 255, seed)
        return np.dstack([to_uint8(image), person[..., 3]])

    def with_settings(self, settings: TranslatorSettings) -> Translator:
        """The same translation applied as `settings` say (strength, detail); what was trained stays as it was trained."""
        applied = self.settings.model_copy(update={"strength": settings.strength, "detail": settings.detail})
        return Translator(applied, self.colour, self.detail, self.change)


def _with_alpha(image: np.ndarray, person: np.ndarray) -> np.ndarray:
    return np.dstack([image, person[..., 3]]).astype(np.float32)


def save_translator(out: Path, translator: Translator, card: dict[str, object]) -> None:
    """Write `translator.safetensors` and `card.json` (the card with settings, colour and detail added)."""
    colour = {"colour.matrix": torch.tensor(translator.colour.matrix), "colour.offset": torch.tensor(translator.colour.offset)}
    learnt = {} if translator.change is None else translator.change.tensors()
    save_file({**colour, **learnt}, out / "translator.safetensors")
    write_json(out / "card.json", {**card, "settings": translator.settings.model_dump(), "detail": translator.detail.to_dict()})


def load_translator(folder: Path, device: str) -> Translator:
    """Read what `save_translator` wrote; StageError where it is incomplete."""
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "translator.safetensors")
        settings = TranslatorSettings.model_validate(card["settings"])
        colour = ColourTransfer(tensors["colour.matrix"].numpy(), tensors["colour.offset"].numpy())
        if colour.matrix.shape != (3, 3) or colour.offset.shape != (3,):
            raise ValueError(f"colour.matrix {colour.matrix.shape}, colour.offset {colour.offset.shape}")
        detail = DetailTransfer.of(card["detail"])
        load = find_method(settings).load
        change = None if load is None else load(tensors, settings, device)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise StageError(f"{folder}: not a complete translator ({error})", "rarepose run --force translator") from error
    return Translator(settings, colour, detail, change)
