"""Translation of one rendered person at full resolution; its alpha stays the render's, so the silhouette cannot move."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import UInt8
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from smpl_assets.archive import write_json
from smpl_assets.errors import StageError
from style_transfer.crops import SquareCrop, around_box, resize
from style_transfer.detail import DetailTransfer
from style_transfer.matching import to_network
from style_transfer.networks import Generator
from style_transfer.pixels import to_uint8
from style_transfer.renders import on_grey
from style_transfer.settings import TranslatorSettings
from style_transfer.statistics import ColourTransfer

_BATCH = 8
_THIN = 0.05  # below this share of person in a pixel its change is that of the pixels around it


@dataclass(frozen=True)
class Translator:
    """A learnt translation. `generator` is None under `method = "statistics"`."""

    settings: TranslatorSettings
    colour: ColourTransfer
    detail: DetailTransfer
    generator: Generator | None

    def __call__(
        self, people: list[UInt8[np.ndarray, "height width 4"]], seeds: list[int]
    ) -> list[UInt8[np.ndarray, "height width 4"]]:
        """Translate people given as straight RGBA; the result has the same alpha."""
        started = [self._start(p) for p in people]
        if self.generator is None:
            return [self._finish(p, b, s) for p, b, s in zip(people, started, seeds, strict=True)]
        found = []
        for i in range(0, len(people), _BATCH):
            changes = self._changes(self.generator, started[i : i + _BATCH])
            for person, base, change, seed in zip(people[i:], started[i:], changes, seeds[i:], strict=False):
                found.append(self._finish(person, _with_alpha(base[..., :3] + change, base), seed))
        return found

    def _start(self, person: np.ndarray) -> np.ndarray:
        """Float RGBA: recoloured by the statistics where the method begins with that."""
        image = person.astype(np.float32)
        recoloured = self.settings.method == "statistics" or self.settings.start == "statistics"
        return _with_alpha(np.clip(self.colour(image[..., :3]), 0, 255), image) if recoloured else image

    def _changes(self, generator: Generator, people: list[np.ndarray]) -> list[np.ndarray]:
        """The generator's change at its own resolution, enlarged to the render's, so that the render's fine detail stays."""
        crops = [_crop(p, self.settings) for p in people]
        pairs = [_network_input(p, c, self.settings.image_size) for p, c in zip(people, crops, strict=True)]
        images, masks = (torch.from_numpy(np.stack(part)) for part in zip(*pairs, strict=True))
        device = next(generator.parameters()).device
        with torch.no_grad():
            moved = generator(images.to(device), masks.to(device)).image.cpu()
        inside = (moved - images) if self.settings.residual else (moved - images) * masks
        found = []
        for person, crop, change, mask in zip(people, crops, inside.numpy(), masks.numpy(), strict=True):
            whole = np.zeros((*person.shape[:2], 3), np.float32)
            crop.add(whole, _enlarge(change.transpose(1, 2, 0) * 127.5, mask[0], crop.side))
            found.append(whole)
        return found

    def _finish(self, person: np.ndarray, translated: np.ndarray, seed: int) -> np.ndarray:
        before = person[..., :3].astype(np.float32)
        image = before + self.settings.strength * (translated[..., :3] - before)
        if self.settings.detail == "match":
            image = self.detail(image, person[..., 3].astype(np.float32) / 255, seed)
        return np.dstack([to_uint8(image), person[..., 3]])

    def with_settings(self, settings: TranslatorSettings) -> Translator:
        """The same translation applied as `settings` say (strength, detail); what was trained stays as it was trained."""
        applied = self.settings.model_copy(update={"strength": settings.strength, "detail": settings.detail})
        return Translator(applied, self.colour, self.detail, self.generator)


def _with_alpha(image: np.ndarray, person: np.ndarray) -> np.ndarray:
    return np.dstack([image, person[..., 3]]).astype(np.float32)


def _crop(person: np.ndarray, settings: TranslatorSettings) -> SquareCrop:
    x, y, width, height = cv2.boundingRect((person[..., 3] > 127).astype(np.uint8))
    box = (x, y, width, height) if width else (0, 0, person.shape[1], person.shape[0])
    return around_box(np.array(box, np.float64), settings.crop_margin)


def _network_input(person: np.ndarray, crop: SquareCrop, side: int) -> tuple[np.ndarray, np.ndarray]:
    image, alpha = on_grey(to_uint8(crop.cut(person, 0)))
    mask = np.clip(resize(alpha, side), 0, 1)
    return to_network(np.clip(resize(image, side), 0, 255)), mask[None].astype(np.float32)


def _enlarge(change: np.ndarray, mask: np.ndarray, side: int) -> np.ndarray:
    """Masked change (S, S, 3) -> straight change (side, side, 3): divided by the enlarged mask, so the outline follows."""
    big, share = (cv2.resize(v, (side, side), interpolation=cv2.INTER_LINEAR) for v in (change, mask))
    return big / np.maximum(share, _THIN)[..., None]


def save_translator(out: Path, translator: Translator, card: dict[str, object]) -> None:
    """Write `translator.safetensors` and `card.json` (the card with settings, colour and detail added)."""
    colour = {"colour.matrix": torch.tensor(translator.colour.matrix), "colour.offset": torch.tensor(translator.colour.offset)}
    weights: dict[str, Tensor] = translator.generator.state_dict() if translator.generator else {}
    tensors = {**colour, **{f"generator.{n}": w.detach().cpu().contiguous() for n, w in weights.items()}}
    save_file(tensors, out / "translator.safetensors")
    write_json(out / "card.json", {**card, "settings": translator.settings.model_dump(), "detail": translator.detail.to_dict()})


def load_translator(folder: Path, device: str) -> Translator:
    """Read what `save_translator` wrote; StageError where it is incomplete."""
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "translator.safetensors")
        settings = TranslatorSettings.model_validate(card["settings"])
        colour = ColourTransfer(tensors["colour.matrix"].numpy(), tensors["colour.offset"].numpy())
        detail = DetailTransfer(**card["detail"])
        generator = _generator(settings, tensors).to(device) if settings.method == "ugatit" else None
    except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
        raise StageError(f"{folder}: not a complete translator ({error})", "rarepose run --force translator") from error
    return Translator(settings, colour, detail, generator)


def _generator(settings: TranslatorSettings, tensors: dict[str, Tensor]) -> Generator:
    with torch.random.fork_rng(devices=[]):
        network = Generator(settings)
    network.load_state_dict({n.removeprefix("generator."): w for n, w in tensors.items() if n.startswith("generator.")})
    return network.eval().requires_grad_(False)
