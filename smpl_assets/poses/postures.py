"""Postures in the words of a clinic (flexion, abduction, twist; degrees) turned into SMPL's 23 body rotations, and the key ones.

Forty-two angles describe a posture, all zero = standing with straight arms hanging down. Directions, for both sides:
collar: up, forward; shoulder: elevation (0 hanging, 90 horizontal, 180 overhead), plane (0 to the side, 90 forward, 180 across),
    inward twist;
elbow: flexion, pronation (0 = SMPL's T-pose); wrist: flexion, deviation; hand: finger flexion; hip: flexion, abduction, outward
    twist;
knee: flexion; ankle: plantar flexion, inversion; foot: toe flexion; spine and neck: flexion, bending to the left, twist to the
left;
root: pitch (90 prone, -90 supine, 180 upside down) and roll (90 lying on the left side).
The key postures, from which the generator draws, are read from `postures.toml` (which explains its notation).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.errors import InputError
from smpl_assets.rotations import flip_rotation, rotation_about

_SIDED: dict[str, int] = {
    "collar": 2, "shoulder": 3, "elbow": 2, "wrist": 2, "hand": 1, "hip": 3, "knee": 1, "ankle": 2, "foot": 1,
}  # fmt: skip
_MIDDLE: dict[str, int] = {"spine": 3, "neck": 3, "root": 2}


def _layout() -> dict[str, slice]:
    slices, start = {}, 0
    groups = _MIDDLE | {f"{side}_{n}": size for side in ("left", "right") for n, size in _SIDED.items()}
    for name, size in groups.items():
        slices[name] = slice(start, start + size)
        start += size
    return slices


ANGLES = _layout()
ANGLE_COUNT = max(s.stop for s in ANGLES.values())
_SPINE_SHARES = {"spine1": 0.36, "spine2": 0.36, "spine3": 0.28}
_NECK_SHARES = {"neck": 0.5, "head": 0.5}


def mirror_angles(angles: Float[Tensor, "n angles"]) -> Float[Tensor, "n angles"]:
    """The same postures with left and right exchanged."""
    mirrored = angles.clone()
    for name in _SIDED:
        left, right = ANGLES[f"left_{name}"], ANGLES[f"right_{name}"]
        mirrored[:, left], mirrored[:, right] = angles[:, right], angles[:, left]
    for name in ("spine", "neck"):
        mirrored[:, ANGLES[name]] = angles[:, ANGLES[name]] * torch.tensor([1.0, -1.0, -1.0])
    mirrored[:, ANGLES["root"]] = angles[:, ANGLES["root"]] * torch.tensor([1.0, -1.0])
    return mirrored


def _trunk(angles: Tensor) -> Tensor:
    """Flexion, bending to the left, twist to the left (radians, (n, 3)) as one rotation."""
    flex, bend, twist = angles.unbind(-1)
    return rotation_about("x", flex) @ rotation_about("z", -bend) @ rotation_about("y", twist)


def _limb(name: str, angles: Tensor) -> Tensor:
    """Rotation of a left joint from its angles (radians, (n, k))."""
    a = angles.unbind(-1)
    if name == "collar":
        return rotation_about("y", -a[1]) @ rotation_about("z", a[0])
    if name == "shoulder":
        # Swing from hanging in the plane at a[1], so that a forward raised arm keeps its thumb up and its elbow bends upwards.
        swing = rotation_about("y", -a[1]) @ rotation_about("z", a[0]) @ rotation_about("y", a[1])
        return swing @ rotation_about("z", torch.full_like(a[0], -torch.pi / 2)) @ rotation_about("x", a[2])
    if name == "elbow":
        return rotation_about("y", -a[0]) @ rotation_about("x", a[1])
    if name == "wrist":
        return rotation_about("z", -a[0]) @ rotation_about("y", -a[1])
    if name == "hand":
        return rotation_about("z", -a[0])
    if name == "hip":
        return rotation_about("x", -a[0]) @ rotation_about("z", a[1]) @ rotation_about("y", a[2])
    if name == "ankle":
        return rotation_about("x", a[0]) @ rotation_about("z", a[1])
    return rotation_about("x", a[0])


def body_pose_from_angles(angles: Float[Tensor, "n angles"]) -> Float[Tensor, "n 23 3 3"]:
    """SMPL body rotations of postures given in degrees (n, ANGLE_COUNT)."""
    radians = torch.deg2rad(angles)
    rotations = torch.eye(3).repeat(len(angles), len(SMPL_JOINTS) - 1, 1, 1)
    for group, shares in (("spine", _SPINE_SHARES), ("neck", _NECK_SHARES)):
        for joint, share in shares.items():
            rotations[:, SMPL_JOINTS.index(joint) - 1] = _trunk(radians[:, ANGLES[group]] * share)
    for name in _SIDED:
        for side in ("left", "right"):
            turn = _limb(name, radians[:, ANGLES[f"{side}_{name}"]])
            if name == "shoulder":  # its angles are relative to the trunk, SMPL's rotation to the collar bone
                turn = _limb("collar", radians[:, ANGLES[f"{side}_collar"]]).transpose(-1, -2) @ turn
            rotations[:, SMPL_JOINTS.index(f"{side}_{name}") - 1] = turn if side == "left" else flip_rotation(turn)
    return rotations


def root_from_angles(angles: Float[Tensor, "n angles"], heading: Float[Tensor, " n"]) -> Float[Tensor, "n 3 3"]:
    """Rotation of the body in a world whose y is up: heading (radians about y), then the posture's pitch and roll."""
    pitch, roll = torch.deg2rad(angles[:, ANGLES["root"]]).unbind(-1)
    return rotation_about("y", heading) @ rotation_about("x", pitch) @ rotation_about("z", -roll)


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
