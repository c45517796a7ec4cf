"""BVH motion files on CMU's skeleton (both namings in use), retargeted to SMPL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from smpl_assets.errors import InputError
from smpl_assets.poses.clips import Clip, ClipFormat, thin
from smpl_assets.poses.retarget import ALIGNED_BONES, finite, retarget

# SMPL joint -> names in CMU's BVH releases (cgspeed's Daz-friendly one, and the MotionBuilder-friendly one).
_ALIASES: dict[str, tuple[str, ...]] = {
    "pelvis": ("Hips",),
    "spine1": ("lowerback", "LowerBack"),
    "spine2": ("Chest", "Spine"),
    "spine3": ("Chest2", "Spine1"),
    "neck": ("Neck", "Neck1"),
    "head": ("Head",),
    **{
        f"{side}_{joint}": tuple(f"{prefix}{n}" for n in names)
        for side, prefix in (("left", "Left"), ("right", "Right"))
        for joint, names in {
            "hip": ("Hip", "UpLeg"),
            "knee": ("Knee", "Leg"),
            "ankle": ("Ankle", "Foot"),
            "foot": ("Toe", "ToeBase"),
            "shoulder": ("Arm", "Shoulder"),
            "elbow": ("Elbow", "ForeArm"),
            "wrist": ("Wrist", "Hand"),
        }.items()
    },
}


@dataclass(frozen=True)
class BvhMotion:
    """names, parents and offsets (J, 3) of the joints; rotations (T, J, 3, 3) local; rate in frames a second."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Float[np.ndarray, "joints 3"]
    rotations: Float[np.ndarray, "frames joints 3 3"]
    rate: float

    def global_rotations(self) -> Float[np.ndarray, "frames joints 3 3"]:
        """Turn of every joint from the rest posture, world frame."""
        whole = self.rotations.copy()
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                whole[:, joint] = whole[:, parent] @ self.rotations[:, joint]
        return whole


def is_clip(path: Path) -> bool:
    """Whether to try this file at all."""
    return path.suffix.lower() == ".bvh"


def read_bvh(path: Path) -> BvhMotion:
    """Parse a BVH file; InputError naming the line that is wrong."""
    try:
        text = path.read_text(encoding="utf-8", errors="strict")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable BVH file ({error})", "check the path") from error
    head, found, tail = text.partition("MOTION")
    if not found or not head.lstrip().startswith("HIERARCHY"):
        raise InputError(f"{path}: a BVH file has a HIERARCHY and a MOTION section", "check that the download is complete")
    names, parents, offsets, channels = _hierarchy(path, head)
    lines = tail.strip().splitlines()
    try:
        count = int(lines[0].split(":")[1])
        step = float(lines[1].split(":")[1])
        values = np.array(" ".join(lines[2 : 2 + count]).split(), dtype=float)
    except (IndexError, ValueError) as error:
        raise InputError(f"{path}: the MOTION section is malformed ({error})", "check that the download is complete") from error
    wanted = sum(len(c) for c in channels)
    if count < 1 or step <= 0 or values.size != count * wanted or not finite(values):
        raise InputError(
            f"{path}: {count} frames of {wanted} channels expected, {values.size} numbers found", "check the download"
        )
    return BvhMotion(names, parents, offsets, _rotations(values.reshape(count, wanted), channels), 1.0 / step)


def _hierarchy(path: Path, head: str) -> tuple[tuple[str, ...], tuple[int, ...], np.ndarray, list[list[str]]]:
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[list[str]] = []
    stack: list[int] = []
    ends = 0
    for number, line in enumerate(head.splitlines(), start=1):
        words = line.split()
        try:
            if not words or words[0] in ("HIERARCHY", "{"):
                continue
            if words[0] in ("ROOT", "JOINT"):
                parents.append(stack[-1] if stack else -1)
                stack.append(len(names))
                names.append(words[1])
                offsets.append([0.0, 0.0, 0.0])
                channels.append([])
            elif words[0] == "End":
                ends += 1
                stack.append(-1)
            elif words[0] == "OFFSET" and stack[-1] >= 0:
                offsets[stack[-1]] = [float(w) for w in words[1:4]]
            elif words[0] == "CHANNELS":
                channels[stack[-1]] = words[2 : 2 + int(words[1])]
            elif words[0] == "}":
                stack.pop()
        except (IndexError, ValueError) as error:
            raise InputError(f"{path}, line {number}: '{line.strip()}' is not BVH ({error})", "check the file") from error
    if not names or not ends:
        raise InputError(f"{path}: the hierarchy has no joints", "check the file")
    return tuple(names), tuple(parents), np.array(offsets), channels


def _rotations(values: np.ndarray, channels: list[list[str]]) -> np.ndarray:
    result = np.tile(np.eye(3), (len(values), len(channels), 1, 1))
    column = 0
    for joint, names in enumerate(channels):
        turns = [(n[0].upper(), column + i) for i, n in enumerate(names) if n.endswith("rotation")]
        column += len(names)
        if turns:
            axes, columns = "".join(t[0] for t in turns), [t[1] for t in turns]
            result[:, joint] = Rotation.from_euler(axes, values[:, columns], degrees=True).as_matrix().reshape(-1, 3, 3)
    return result


def joint_names(motion: BvhMotion, path: Path) -> dict[str, int]:
    """SMPL joint -> joint of the file; InputError if hips, limbs or spine are not there under a known name."""
    daz = "LeftElbow" in motion.names or "LeftHip" in motion.names
    found = {}
    for joint, names in _ALIASES.items():
        usable = [n for n in names if n in motion.names and not (n.endswith("Shoulder") and not daz)]
        if usable:
            found[joint] = motion.names.index(usable[0])
    missing = [j for j in ("pelvis", *ALIGNED_BONES) if j not in found]
    if missing:
        raise InputError(
            f"{path}: no joint found for {', '.join(missing)} among {', '.join(motion.names)}",
            "BVH files of CMU's skeleton are read",
        )
    return found


def rest_directions(motion: BvhMotion, found: dict[str, int]) -> dict[str, torch.Tensor]:
    """Direction of every aligned bone in the file's rest posture."""
    return {
        joint: torch.from_numpy(motion.offsets[found[end]]).float()
        for joint, end in ALIGNED_BONES.items()
        if end in found and np.linalg.norm(motion.offsets[found[end]]) > 0
    }


def read_clip(path: Path, frames_per_second: float = 0.0) -> Clip:
    """One file as SMPL poses, thinned to about `frames_per_second` (0: all frames)."""
    motion = read_bvh(path)
    found = joint_names(motion, path)
    rows = thin(len(motion.rotations), motion.rate, frames_per_second)
    whole = torch.from_numpy(motion.global_rotations()).float()[rows]
    return retarget(path.stem, {joint: whole[:, index] for joint, index in found.items()}, rest_directions(motion, found))


BVH = ClipFormat(("*.bvh",), is_clip, read_clip)
