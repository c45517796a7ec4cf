"""Checkpoints of a training run: written whole or not at all, read without unpickling."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import torch

from smpl_assets.errors import StageError
from style_transfer.settings import TranslatorSettings

# What may differ between the run that wrote a checkpoint and the one that goes on from it.
_FREE = {"checkpoint_every", "strength", "detail", "drift_px", "min_structure", "jpeg_quality", "kid_features", "kid_weights",
         "kid_samples", "kid_subset", "kid_subsets"}  # fmt: skip


def _identity(settings: TranslatorSettings, seed: int) -> str:
    return settings.model_dump_json(exclude=_FREE) + f" seed {seed}"


def save(path: Path, state: dict, settings: TranslatorSettings, seed: int) -> None:
    """Replace the checkpoint at `path` in one step."""
    partial = path.with_suffix(".partial")
    torch.save({"identity": _identity(settings, seed), "state": state}, partial)
    os.replace(partial, path)


def load(path: Path, settings: TranslatorSettings, seed: int, device: str) -> dict:
    """The state that `save` wrote; StageError where the file is broken or belongs to other settings or another seed."""
    try:
        saved = torch.load(path, map_location=device, weights_only=True)
        identity, state = saved["identity"], saved["state"]
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise StageError(f"{path}: not a readable checkpoint ({error})", "delete it to train from the start") from error
    if identity != _identity(settings, seed):
        raise StageError(f"{path}: checkpoint of other translator settings or another seed", "delete it to train from the start")
    return state
