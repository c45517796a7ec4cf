"""Kernel inception distance (KID x100) on features that are there offline, always named with the figure."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from smpl_assets.errors import InputError, StageError
from smpl_assets.seeds import numpy_generator, torch_generator
from style_transfer.settings import TranslatorSettings

_SIDE = 96
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
) -> dict[str, float | int]:
    """`name`, `name_std` and `name_subset`: mean and standard deviation over random subsets, and the size of these.

    100 x the unbiased squared MMD under the cubic kernel (x.y / d + 1)^3. Raises StageError below two people of a kind.
    """
    size = min(subset, len(features), len(others))
    if size < 2:
        raise StageError(f"KID {name}: {len(features)} against {len(others)} people, at least 2 of each are needed")
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
    rendered: UInt8[np.ndarray, "rendered side side 3"],
    translated: UInt8[np.ndarray, "rendered side side 3"],
    photographed: UInt8[np.ndarray, "photographed side side 3"],
    settings: TranslatorSettings,
    seed: int,
) -> dict[str, object]:
    """KID x100 of rendered and of translated people against photographed ones, and of two halves of these (the floor).

    Features are divided by the root mean square of the photographed people's, so that the kernel works near 1 as on Inception's.
    """
    name, real = settings.kid_features, extract(photographed, settings)
    scale = float(np.sqrt((real**2).mean())) + 1e-6
    sets = [extract(images, settings) / scale for images in (rendered, translated)]
    real = real / scale
    halves = np.array_split(real[numpy_generator(seed, "kid halves").permutation(len(real))], 2)
    one = (settings.kid_subset, settings.kid_subsets, seed)
    return {
        "features": f"{name}: {_NAMES[name]} ({real.shape[1]} numbers); not comparable with Inception's",
        "scale": 100,
        "subsets": settings.kid_subsets,
        **kid_x100("before", sets[0], real, *one),
        **kid_x100("after", sets[1], real, *one),
        **kid_x100("floor", halves[0], halves[1], *one),
    }


def extract(images: UInt8[np.ndarray, "images side side 3"], settings: TranslatorSettings) -> Float[np.ndarray, "images numbers"]:
    """The features that `kid_features` names."""
    side = 224 if settings.kid_features.startswith("resnet") else _SIDE
    sized = np.stack([cv2.resize(i, (side, side), interpolation=cv2.INTER_AREA) for i in images])
    if settings.kid_features == "handcrafted":
        return np.stack([_handcrafted(i) for i in sized])
    network = (
        _random_layers() if settings.kid_features == "random" else _resnet(settings.kid_features, Path(settings.kid_weights))
    )
    with torch.no_grad():
        batches = torch.from_numpy(sized).permute(0, 3, 1, 2).float().div(255).split(16)
        return torch.cat([network(b) for b in batches]).double().numpy()


class _RandomFeatures(nn.Module):
    """Mean and standard deviation of every channel of three random convolution layers."""

    def __init__(self, layers: list[Tensor]) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        found, x = [], 2 * x - 1
        for weight in self.layers:
            x = functional.relu(functional.conv2d(x, weight, padding=1))
            found += [x.mean((2, 3)), x.std((2, 3))]
            x = functional.avg_pool2d(x, 2)
        return torch.cat(found, 1)


def _random_layers() -> _RandomFeatures:
    generator, layers, channels = torch_generator(0, "kid random convolutions"), [], 3
    for out in (48, 96, 192):
        layers.append(torch.randn(out, channels, 3, 3, generator=generator) * (2 / (9 * channels)) ** 0.5)
        channels = out
    return _RandomFeatures(layers)


def _handcrafted(image: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float64).reshape(-1, 3) / 32 - 4
    centred = lab - lab.mean(0)
    found = [lab.mean(0), lab.std(0), np.cbrt((centred**3).mean(0))]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    for sigma in (0.5, 1.0, 2.0):
        smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
        dx, dy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
        length = np.hypot(dx, dy)
        bins = np.histogram(np.arctan2(dy, dx) % np.pi, bins=8, range=(0, np.pi), weights=length)[0] / max(
            float(length.sum()), 1e-6
        )
        found += [4 * bins, np.array([length.mean() / 16, length.std() / 32, (grey - smooth).std() / 8])]
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
        raise InputError(f"translator.kid_weights: {path} does not hold torchvision's {name} weights ({error})") from error
    network.fc = nn.Identity()
    scale = torchvision.transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    return nn.Sequential(scale, network).eval()
