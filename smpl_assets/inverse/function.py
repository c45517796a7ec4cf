"""The trained inverse function as the `inverse` stage leaves it: network, pose prior, card; with the rig of its body."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from smpl_assets.archive import write_json
from smpl_assets.body.protocol import BodyModel
from smpl_assets.errors import InputError, StageError
from smpl_assets.inverse.measure import build_rig
from smpl_assets.inverse.networks import Hypotheses, build_network
from smpl_assets.inverse.overlaps import RigCapsules, build_capsules
from smpl_assets.inverse.prior import PosePrior
from smpl_assets.inverse.rig import Rig
from smpl_assets.inverse.settings import InverseSettings
from smpl_assets.skeletons import Skeleton

NETWORK_FILE, PRIOR_FILE, CARD_FILE = "inverse.safetensors", "prior.safetensors", "card.json"


@dataclass(frozen=True)
class InverseFunction:
    """2D joints to hypotheses of a posed body, and what refining them needs."""

    network: nn.Module
    prior: PosePrior
    rig: Rig
    capsules: RigCapsules

    def guess(self, keypoints: Float[Tensor, "batch 13 2"], annotated: Float[Tensor, "batch 13"]) -> Hypotheses:
        """Hypotheses from the 13 shared joints: px of the 256 px crop from its centre, annotated 0 or 1."""
        with torch.no_grad():
            guess: Hypotheses = self.network(keypoints, annotated)
        return guess


def save_function(network: nn.Module, prior: PosePrior, card: dict[str, Any], out: Path) -> None:
    """Write the network (half precision), the prior and the card."""
    state = {n: (t.half() if t.is_floating_point() else t).contiguous() for n, t in network.state_dict().items()}
    save_file(state, out / NETWORK_FILE)
    prior.save(out / PRIOR_FILE)
    write_json(out / CARD_FILE, card)


def load_function(folder: Path, body: BodyModel, skeletons: tuple[Skeleton, ...]) -> InverseFunction:
    """Read what `save_function` wrote, for fitting `skeletons` with `body`.

    Raises:
        InputError: the function was trained for another body.
        StageError: a file is missing or is not what it should be.
    """
    card = read_card(folder)
    if (card["body"], card["shape_size"]) != (body.name, body.shape_size):
        raise InputError(
            f"{folder}: the inverse function is for the body '{card['body']}' with {card['shape_size']} shape numbers, "
            f"not for '{body.name}' with {body.shape_size}",
            "rarepose run inverse",
        )
    network = build_network(InverseSettings.model_validate(card["settings"]), body.shape_size)
    try:
        state = {n: t.float() if t.is_floating_point() else t for n, t in load_file(folder / NETWORK_FILE).items()}
        network.load_state_dict(state)
    except Exception as error:
        raise StageError(
            f"{folder / NETWORK_FILE}: not the weights of its card ({error})", "rarepose run --force inverse"
        ) from error
    return InverseFunction(network.eval(), PosePrior.load(folder / PRIOR_FILE), build_rig(body, skeletons), build_capsules(body))


def read_card(folder: Path) -> dict[str, Any]:
    """The card; StageError where it is missing or not one."""
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        if not {"body", "shape_size", "settings", "seed"} <= card.keys():
            raise ValueError("it lacks body, shape_size, settings or seed")
        return dict(card)
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise StageError(
            f"{folder / CARD_FILE}: not an inverse function's card ({error})", "rarepose run --force inverse"
        ) from error


FOLDER = Path(__file__).parent / "weights"
FILES = ("inverse.safetensors", "prior.safetensors", "card.json", "losses.json")


def matches(card: dict[str, Any], settings: InverseSettings, body_name: str, shape_size: int) -> bool:
    """Whether weights with this card are what training with these settings and this body would aim at (whatever the seed)."""
    if settings.weights != "shipped":
        return False
    made = InverseSettings.model_validate(card["settings"])
    same = made.model_copy(update={"weights": settings.weights}) == settings
    return same and (card["body"], card["shape_size"]) == (body_name, shape_size)


def copy_shipped(out: Path) -> None:
    """Copy the shipped files into `out`."""
    for name in FILES:
        shutil.copyfile(FOLDER / name, out / name)
