"""Trained models (`.safetensors` with their cards, `.pth`) and what interrupted trainings leave."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn

from smpl_assets.inverse.function import read_card
from smpl_assets.inverse.prior import DIMENSIONS, PosePrior
from smpl_assets.skeletons import get_skeleton
from style_transfer.detail import DetailTransfer
from style_transfer.settings import TranslatorSettings
from style_transfer.statistics import ColourTransfer
from style_transfer.translate import Translator, load_translator, save_translator
from tests.fuzz.case import Case, Family
from tests.fuzz.families import trainings
from tests.fuzz.tensors import spoil_safetensors, spoil_torch
from tests.fuzz.trees import spoil_json
from training.codecs.codec import Knobs
from training.systems.build import build_model
from training.systems.checkpoint import NetworkCard, load_backbone, load_model, save_network

SKELETON = get_skeleton("coco17")


@cache
def _models() -> dict[str, dict[str, bytes]]:
    """The files of each kind of model as they are written."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for kind, make in {
            "network": _network,
            "prior": _prior,
            "translator": _translator,
            "card": _card,
            "backbone": _backbone,
        }.items():
            (root / kind).mkdir()
            make(root / kind)
        return {p.name: {f.name: f.read_bytes() for f in p.iterdir()} for p in root.iterdir()}


def _network(out: Path) -> None:
    network = build_model("simple_tiny", SKELETON, 0, Knobs()).network
    save_network(out, network, NetworkCard("simple_tiny", SKELETON.name, SKELETON.keypoints, (64, 64), "box", 1.25, "drp"))


def _prior(out: Path) -> None:
    PosePrior(torch.zeros(2), torch.zeros(2, DIMENSIONS), torch.eye(DIMENSIONS).repeat(2, 1, 1)).save(out / "prior.safetensors")


def _translator(out: Path) -> None:
    save_translator(
        out, Translator(TranslatorSettings(method="statistics"), ColourTransfer.identity(), DetailTransfer(), None), {"seed": 1}
    )


def _card(out: Path) -> None:
    (out / "card.json").write_text(json.dumps({"body": "anny", "shape_size": 10, "settings": {}, "seed": 1}))


def _bone() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def _backbone(out: Path) -> None:
    torch.manual_seed(0)
    torch.save({f"module.{n}": t for n, t in _bone().state_dict().items()}, out / "weights.pth")


def _use_backbone(folder: Path) -> list[str]:
    model = SimpleNamespace(network=SimpleNamespace(backbone=_bone()))
    taken = load_backbone(model, next(folder.glob("weights.*")))  # type: ignore[arg-type]
    return [] if taken >= 6 else [f"backbone: {taken} tensors"]


def _use_network(folder: Path) -> list[str]:
    model, card = load_model(folder, SKELETON)
    heights = model.network(torch.zeros(1, 3, 64, 64))
    return [] if heights[0].shape[1] == len(SKELETON) == len(card.keypoints) else [f"network: {heights[0].shape}"]


def _use_translator(folder: Path) -> list[str]:
    person = np.full((8, 8, 4), 100, np.uint8)
    (made,) = load_translator(folder, "cpu")([person], [0])
    return [] if made.shape == person.shape and made.dtype == np.uint8 else [f"translator: {made.shape} of {made.dtype}"]


def _use_prior(folder: Path) -> list[str]:
    surprise = PosePrior.load(folder / "prior.safetensors").surprise(torch.zeros(3, DIMENSIONS))
    return [] if surprise.shape == (3,) else [f"prior: {surprise.shape}"]


def _use_card(folder: Path) -> list[str]:
    read_card(folder)
    return []


# Each loads a model and uses it once; what is wrong with what came out.
READERS: dict[str, Callable[[Path], list[str]]] = {
    "network": _use_network,
    "prior": _use_prior,
    "translator": _use_translator,
    "card": _use_card,
    "backbone": _use_backbone,
}


def build(random: Random, folder: Path) -> Case:
    """A spoilt model, or a training that finds a spoilt checkpoint."""
    if random.random() < 0.06:
        return trainings.build(random, folder)
    kind = random.choice(("network", "network", "prior", "translator", "card", "backbone", "backbone"))
    files, done, harmless = dict(_models()[kind]), [kind], random.random() < 0.06
    if not harmless:
        name = random.choice(list(files))
        for _ in range(random.choice((1, 1, 2))):
            files[name], what = _spoilt(random, name, files[name], folder)
            done.append(f"{name}: {what}")
            if what.startswith(("header", "its pickle", "a bare")):
                break
    model = folder / "model"
    model.mkdir()
    for name, data in files.items():
        (model / name).write_bytes(data)
    if kind == "backbone" and random.random() < 0.1:
        (model / "weights.pth").rename(model / "weights.safetensors")
        harmless = False
    return Case(done, lambda: READERS[kind](model), lambda wrong: wrong, harmless)


def _spoilt(random: Random, name: str, data: bytes, folder: Path) -> tuple[bytes, str]:
    if name.endswith(".safetensors"):
        return spoil_safetensors(random, data)
    if name.endswith(".json"):
        return spoil_json(random, data)
    return spoil_torch(random, data, folder, {"fc.weight": 1})


FAMILY = Family("checkpoints", build)
