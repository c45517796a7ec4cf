"""Key postures from which the generator draws, read from `postures.toml` (which explains its notation)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.errors import InputError
from smpl_assets.poses.anatomy import ANGLE_COUNT, ANGLES

POSTURES = Path(__file__).with_name("postures.toml")


@dataclass(frozen=True)
class Movement:
    """A family of postures.

    label: what the pool calls it; phases: (P, A) angles, interpolated between neighbours (`cyclic`: also last to first).
    arms: (S, A) angles of arm sets that may replace the phases' own arms, in a share `free_arms` of the cases; S may be 0.
    spread: scale of the random variation; tilt: standard deviation (degrees) of the root's pitch and roll; weight: how often it
        is drawn.
    """

    label: str
    phases: Float[Tensor, "phases angles"]
    arms: Float[Tensor, "sets angles"]
    free_arms: float = 0.0
    spread: float = 1.0
    tilt: tuple[float, float] = (4.0, 3.0)
    cyclic: bool = False
    weight: float = 1.0


def parse_posture(text: str) -> Float[Tensor, " angles"]:
    """Angles (ANGLE_COUNT,) of a posture text; InputError naming the part that is not understood."""
    angles = torch.zeros(ANGLE_COUNT)
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, *values = part.split()
        stem, _, side = name.partition("_")
        sides = {"": ("left", "right"), "l": ("left",), "r": ("right",)}.get(side, ())
        keys = [name] if name in ANGLES else [f"{s}_{stem}" for s in sides]
        if not keys or any(k not in ANGLES for k in keys):
            raise InputError(f"posture part '{part}': no angles named '{name}'; known: {', '.join(ANGLES)}")
        for key in keys:
            wanted = ANGLES[key].stop - ANGLES[key].start
            if len(values) != wanted:
                raise InputError(f"posture part '{part}': {key} has {wanted} angles, {len(values)} given")
            angles[ANGLES[key]] = torch.tensor([float(v) for v in values])
    return angles


@lru_cache(maxsize=1)
def movements() -> dict[str, tuple[Movement, ...]]:
    """The movements by kind, `usual` and `extreme`."""
    raw = tomllib.loads(POSTURES.read_text(encoding="utf-8"))
    sets = {name: parse_posture(text) for name, text in raw["arms"].items()}
    groups = raw["arm_groups"]

    def movement(entry: dict) -> Movement:
        names = [a for name in entry.get("arms", []) for a in groups.get(name, [name])]
        phases = torch.stack([parse_posture(p) for p in entry["phases"]])
        arms = torch.stack([sets[a] for a in names]) if names else torch.zeros(0, ANGLE_COUNT)
        known = {k: float(entry[k]) for k in ("free_arms", "spread", "weight") if k in entry}
        tilt = entry.get("tilt", (4.0, 3.0))
        return Movement(
            entry["label"], phases, arms, tilt=(float(tilt[0]), float(tilt[1])), cyclic=entry.get("cyclic", False), **known
        )

    return {kind: tuple(movement(m) for m in raw[kind]) for kind in ("usual", "extreme")}
