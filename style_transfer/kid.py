"""Kernel inception distance (KID x100) on features that are there offline, always named with the figure."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from smpl_assets.errors import InputError
from smpl_assets.seeds import numpy_generator, torch_generator
from style_transfer.domains import Domain
from style_transfer.settings import TranslatorSettings

_SIDE = 96
LEAST = 2  # people of a kind that a squared MMD needs
_TOO_FEW = "{} rendered and {} photographed people; " + f"{LEAST} of each are needed, {2 * LEAST} photographed ones for the floor"
Figures = dict[str, float | int | None]
_NAMES = {
    "random": "mean and spread of three layers of fixed random convolutions",
    "handcrafted": "colour moments, gradient histograms and detail energies",
    "resnet18": "ResNet-18 pooled features from the given weights",
    "resnet50": "ResNet-50 pooled features from the given weights",
}


def kid_x100(
    name: str,
    features: Float[np.ndarray, "first numbers"],
    others: Float[np.ndarray, "second numbers"],
    subset: int,
    subsets: int,
    seed: int,
) -> Figures:
    """`name`, `name_std` and `name_subset`: mean and standard deviation over random subsets, and the size of these.

    100 x the unbiased squared MMD under the cubic kernel (x.y / d + 1)^3; None below LEAST people of a kind.
    """
    size = min(subset, len(features), len(others))
    if size < LEAST:
        return {name: None, f"{name}_std": None, f"{name}_subset": size}
    rng = numpy_generator(seed, "kid subsets")
    pairs = [(rng.permutation(len(features))[:size], rng.permutation(len(others))[:size]) for _ in range(subsets)]
    values = [100 * _mmd2(features[rows], others[columns]) for rows, columns in pairs]
    return {name: round(float(np.mean(values)), 6), f"{name}_std": round(float(np.std(values)), 6), f"{name}_subset": size}


def _mmd2(x: np.ndarray, y: np.ndarray) -> float:
    count = len(x)
    xx, yy, xy = ((a @ b.T / a.shape[1] + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within = (xx.sum() - np.trace(xx) + yy.sum() - np.trace(yy)) / (count * (count - 1))
    return float(within - 2 * xy.mean())


def compare(
    rendered: Domain, translated: dict[str, Domain], photographed: Domain, settings: TranslatorSettings, seed: int
) -> dict[str, object]:
    """KID x100 against photographed people: of rendered ones (`before`), themselves (`floor`), and of translated ones by name.

    Features are divided by the root mean square of the photographed people's, so that the kernel works near 1 as on Inception's.
    Where there are too few people for a figure it is None, and `too_few` says so.
    """
    name, real = settings.kid_features, extract(photographed, settings)
    few = min(len(rendered), len(photographed)) < LEAST or len(photographed) < 2 * LEAST
    scale = float(np.sqrt((real**2).mean())) + 1e-6
    sets = {which: extract(domain, settings) / scale for which, domain in {"before": rendered, **translated}.items()}
    real = real / scale
    one = (settings.kid_subset, settings.kid_subsets, seed)
    return {
        "features": f"{name}: {_NAMES[name]} ({real.shape[1]} numbers); not comparable with Inception's",
        "scale": 100,
        "subsets": settings.kid_subsets,
        **({"too_few": _TOO_FEW.format(len(rendered), len(photographed))} if few else {}),
        **{key: value for which, features in sets.items() for key, value in kid_x100(which, features, real, *one).items()},
        **_floor(real, *one),
    }


def _floor(real: np.ndarray, subset: int, subsets: int, seed: int) -> Figures:
    """The photographed people against themselves: disjoint halves, drawn anew for every subset."""
    half, rng = len(real) // 2, numpy_generator(seed, "kid halves")
    orders = [rng.permutation(len(real)) for _ in range(subsets)]
    found = [kid_x100("floor", real[o[:half]], real[o[half:]], subset, 1, seed) for o in orders]
    values = [value for f in found if (value := f["floor"]) is not None]
    if not values:
        return found[0]
    spread: Figures = {"floor_std": round(float(np.std(values)), 6), "floor_subset": found[0]["floor_subset"]}
    return {"floor": round(float(np.mean(values)), 6), **spread}


def check_features(settings: TranslatorSettings) -> None:
    """InputError where the features cannot be computed: to be asked before anything is trained."""
    if settings.kid_features.startswith("resnet"):
        _resnet(settings.kid_features, Path(settings.kid_weights).expanduser())


def extract(people: Domain, settings: TranslatorSettings) -> Float[np.ndarray, "people numbers"]:
    """The features that `kid_features` names; all but the residual networks' look at the person alone, whatever its outline."""
    if settings.kid_features.startswith("resnet"):
        network = _resnet(settings.kid_features, Path(settings.kid_weights).expanduser())
        with torch.no_grad():
            return torch.cat([network(images) for images, _ in _batches(people, 224)]).double().numpy()
    if settings.kid_features == "handcrafted":
        return np.stack(
            [_handcrafted(_sized(i, _SIDE), _sized(m, _SIDE)) for i, m in zip(people.images, people.masks, strict=True)]
        )
    layers = _random_layers()
    with torch.no_grad():
        return torch.cat([_respond(layers, images, masks) for images, masks in _batches(people, _SIDE)]).double().numpy()


def _sized(image: np.ndarray, side: int) -> np.ndarray:
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)


def _batches(people: Domain, side: int) -> Iterator[tuple[Tensor, Tensor]]:
    """(images in [0, 1], masks in [0, 1]) as (B, 3, side, side), (B, 1, side, side)."""
    for start in range(0, len(people), 16):
        some = slice(start, start + 16)
        images = np.stack([_sized(i, side) for i in people.images[some]])
        masks = np.stack([_sized(m, side) for m in people.masks[some]])
        yield torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255, torch.from_numpy(masks)[:, None].float() / 255


def _random_layers() -> list[Tensor]:
    generator, layers, channels = torch_generator(0, "kid random convolutions"), [], 3
    for out in (48, 96, 192):
        layers.append(torch.randn(out, channels, 3, 3, generator=generator) * (2 / (9 * channels)) ** 0.5)
        channels = out
    return layers


def _respond(layers: list[Tensor], images: Tensor, masks: Tensor) -> Tensor:
    """Mean and standard deviation over the person of every channel of every layer."""
    found, x = [], 2 * images - 1
    for weight in layers:
        x = functional.relu(functional.conv2d(x, weight, padding=1))
        share = masks / masks.sum((2, 3), keepdim=True).clamp(min=1e-3)
        mean = (x * share).sum((2, 3), keepdim=True)
        spread = ((x - mean) ** 2 * share).sum((2, 3)).clamp(min=1e-8).sqrt()
        found += [mean.flatten(1), spread]
        x, masks = functional.avg_pool2d(x, 2), functional.avg_pool2d(masks, 2)
    return torch.cat(found, 1)


def _handcrafted(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    inside = mask > 127 if (mask > 127).any() else np.ones_like(mask, bool)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[inside].astype(np.float64) / 32 - 4
    found = [lab.mean(0), lab.std(0), np.cbrt(((lab - lab.mean(0)) ** 3).mean(0))]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    for sigma in (0.5, 1.0, 2.0):
        smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
        dx, dy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)[inside], cv2.Sobel(smooth, cv2.CV_32F, 0, 1)[inside]
        length = np.hypot(dx, dy)
        bins = np.histogram(np.arctan2(dy, dx) % np.pi, bins=8, range=(0, np.pi), weights=length)[0]
        bins = bins / max(float(length.sum()), 1e-6)
        found += [4 * bins, np.array([length.mean() / 16, length.std() / 32, (grey - smooth)[inside].std() / 8])]
    return np.concatenate(found)


def _resnet(name: str, path: Path) -> nn.Module:
    """The torchvision network with the given weights (.safetensors, .pth) and no classifier; InputError where they do not fit."""
    import torchvision
    from safetensors.torch import load_file

    network = getattr(torchvision.models, name)(weights=None)
    try:
        state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(state)
    except Exception as error:
        no_tensors = isinstance(error, pickle.UnpicklingError) or not str(error)  # torch advises to load it unsafely
        what = "it is no file of tensors" if no_tensors else str(error).splitlines()[0]
        raise InputError(
            f"translator.kid_weights: {path} does not hold torchvision's {name} weights ({what})",
            f"save torchvision.models.{name}(...).state_dict() there, or set translator.kid_features = 'random'",
        ) from error
    network.fc = nn.Identity()
    scale = torchvision.transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    return nn.Sequential(scale, network).eval()
