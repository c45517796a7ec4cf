"""U-GAT-IT as a way of translating: its training, and its generator's change brought to a render's full resolution."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.work import Bench
from style_transfer.domains import Domain
from style_transfer.fit import fit
from style_transfer.matching import Sampler, to_network
from style_transfer.method import Losses, Method
from style_transfer.networks import Generator
from style_transfer.pixels import SquareCrop, around_box, on_grey, resize, to_uint8
from style_transfer.settings import TranslatorSettings

_THIN = 0.05  # below this share of person in a pixel its change is that of the pixels around it


class GeneratorChange:
    """The generator's change at its own resolution, enlarged to the render's, so that the render's fine detail stays."""

    def __init__(self, generator: Generator, settings: TranslatorSettings) -> None:
        self.generator, self.settings = generator, settings

    def __call__(self, people: list[Float[np.ndarray, "height width 4"]]) -> list[Float[np.ndarray, "height width 3"]]:
        """What to add to the RGB of each person."""
        crops = [_crop(p, self.settings) for p in people]
        pairs = [_network_input(p, c, self.settings.image_size) for p, c in zip(people, crops, strict=True)]
        images, masks = (torch.from_numpy(np.stack(part)) for part in zip(*pairs, strict=True))
        device = next(self.generator.parameters()).device
        with torch.no_grad():
            moved = self.generator(images.to(device), masks.to(device)).image.cpu()
        inside = (moved - images) if self.settings.residual else (moved - images) * masks
        found = []
        for person, crop, change, mask in zip(people, crops, inside.numpy(), masks.numpy(), strict=True):
            whole = np.zeros((*person.shape[:2], 3), np.float32)
            crop.add(whole, _enlarge(change.transpose(1, 2, 0) * 127.5, mask[0], crop.side))
            found.append(whole)
        return found

    def tensors(self) -> Mapping[str, Tensor]:
        """The generator's weights."""
        return {f"generator.{n}": w.detach().cpu().contiguous() for n, w in self.generator.state_dict().items()}


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


def _fit(rendered: Domain, photographed: Domain, settings: TranslatorSettings, bench: Bench) -> tuple[GeneratorChange, Losses]:
    generator, losses = fit(Sampler(rendered, photographed, settings, bench.seed), settings, bench)
    return GeneratorChange(generator, settings), losses


def _load(tensors: Mapping[str, Tensor], settings: TranslatorSettings, device: str) -> GeneratorChange:
    with torch.random.fork_rng(devices=[]):
        network = Generator(settings)
    network.load_state_dict({n.removeprefix("generator."): w for n, w in tensors.items() if n.startswith("generator.")})
    return GeneratorChange(network.eval().requires_grad_(False).to(device), settings)


METHOD = Method(recolours=lambda settings: settings.start == "statistics", fit=_fit, load=_load)
