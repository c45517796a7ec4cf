"""Writes small motion files and computes where their joints are, independently of the readers' retargeting."""

import json
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

_TREE = {
    "Hips": (None, (0, 0, 0)),
    "LeftHip": ("Hips", (1.2, -1.6, 0.7)),
    "LeftKnee": ("LeftHip", (2.5, -6.9, 0)),
    "LeftAnkle": ("LeftKnee", (2.4, -6.5, 0)),
    "RightHip": ("Hips", (-1.2, -1.6, 0.7)),
    "RightKnee": ("RightHip", (-2.5, -6.9, 0)),
    "RightAnkle": ("RightKnee", (-2.4, -6.5, 0)),
    "Chest": ("Hips", (0, 2, 0)),
    "Chest2": ("Chest", (0, 2, 0)),
    "Neck": ("Chest2", (0, 1.6, 0.1)),
    "Head": ("Neck", (0, 1.6, 0)),
    "LeftShoulder": ("Chest2", (3, 1.5, 0)),
    "LeftElbow": ("LeftShoulder", (0, -4.3, 0)),
    "LeftWrist": ("LeftElbow", (0, -3.3, 0)),
    "RightShoulder": ("Chest2", (-3, 1.5, 0)),
    "RightElbow": ("RightShoulder", (0, -4.3, 0)),
    "RightWrist": ("RightElbow", (0, -3.3, 0)),
}


def write_bvh(path: Path, frames: int, seed: int) -> Path:
    """Random angles on CMU's skeleton."""
    order: list[str] = []

    def block(name: str, depth: int) -> list[str]:
        order.append(name)
        pad, children = "\t" * depth, [n for n, (parent, _) in _TREE.items() if parent == name]
        channels = (
            "6 Xposition Yposition Zposition Zrotation Yrotation Xrotation"
            if name == "Hips"
            else "3 Zrotation Yrotation Xrotation"
        )
        lines = [f"{pad}{'ROOT' if name == 'Hips' else 'JOINT'} {name}", pad + "{"]
        lines += [pad + "\tOFFSET " + " ".join(map(str, _TREE[name][1])), f"{pad}\tCHANNELS {channels}"]
        for child in children:
            lines += block(child, depth + 1)
        if not children:
            lines += [pad + "\tEnd Site", pad + "\t{", pad + "\t\tOFFSET 0 -1 0", pad + "\t}"]
        return [*lines, pad + "}"]

    hierarchy = block("Hips", 0)
    values = np.random.default_rng(seed).normal(size=(frames, 3 + 3 * len(order))) * 30
    rows = [" ".join(f"{v:.5f}" for v in row) for row in values]
    path.write_text("\n".join(["HIERARCHY", *hierarchy, "MOTION", f"Frames: {frames}", "Frame Time: .0083333", *rows]) + "\n")
    return path


def bvh_positions(motion, found: dict[str, int]) -> dict[str, np.ndarray]:
    """Joint positions by plain forward kinematics, by SMPL joint."""
    turns, places = [], []
    for joint, parent in enumerate(motion.parents):
        local = motion.rotations[:, joint]
        turns.append(local if parent < 0 else turns[parent] @ local)
        places.append(np.zeros((len(local), 3)) if parent < 0 else places[parent] + turns[parent] @ motion.offsets[joint])
    return {name: places[index] for name, index in found.items()}


_HUMANOID = [
    ("chest", "root", (0, 0.236, 0), 4), ("neck", "chest", (0, 0.224, 0), 4),
    ("right_hip", "root", (0, 0, 0.085), 4), ("right_knee", "right_hip", (0, -0.42, 0), 1),
    ("right_ankle", "right_knee", (0, -0.41, 0), 4),
    ("right_shoulder", "chest", (-0.024, 0.2435, 0.183), 4), ("right_elbow", "right_shoulder", (0, -0.275, 0), 1),
    ("right_wrist", "right_elbow", (0, -0.259, 0), 0),
    ("left_hip", "root", (0, 0, -0.085), 4), ("left_knee", "left_hip", (0, -0.42, 0), 1),
    ("left_ankle", "left_knee", (0, -0.41, 0), 4),
    ("left_shoulder", "chest", (-0.024, 0.2435, -0.183), 4), ("left_elbow", "left_shoulder", (0, -0.275, 0), 1),
    ("left_wrist", "left_elbow", (0, -0.259, 0), 0),
]  # fmt: skip


def write_deepmimic(path: Path, frames: int, seed: int | None) -> Path:
    """Random turns of the humanoid's joints (knees and elbows bend the way they can); without a seed it stands still."""
    random = np.random.default_rng(seed or 0)
    rows = []
    for _ in range(frames):
        row = [0.0333, 0.0, 0.85, 0.0]
        sizes = [("root", 4), *((name, size) for name, _, _, size in _HUMANOID)]
        for name, size in sizes:
            if size == 4:
                turn = Rotation.from_rotvec(random.normal(size=3) * (0.4 if seed is not None else 0.0)).as_quat()
                row += [turn[3], *turn[:3]]
            elif size == 1:
                bend = random.uniform(0.0, 2.0) if seed is not None else 0.0
                row.append(-bend if "knee" in name else bend)
        rows.append(row)
    path.write_text(json.dumps({"Loop": "none", "Frames": rows}))
    return path


def deepmimic_positions(frames: np.ndarray) -> dict[str, np.ndarray]:
    """Joint positions by plain forward kinematics, in SMPL's axes (y up, facing +z, left at +x)."""
    quaternion = lambda q: Rotation.from_quat(q[:, [1, 2, 3, 0]]).as_matrix()  # noqa: E731
    turns, places, column = {"root": quaternion(frames[:, 4:8])}, {"root": np.zeros((len(frames), 3))}, 8
    for name, parent, offset, size in _HUMANOID:
        places[name] = places[parent] + turns[parent] @ np.array(offset)
        local = np.tile(np.eye(3), (len(frames), 1, 1))
        if size == 4:
            local = quaternion(frames[:, column : column + 4])
        elif size == 1:
            local = Rotation.from_rotvec(frames[:, column, None] * np.array([0.0, 0.0, 1.0])).as_matrix()
        turns[name] = turns[parent] @ local
        column += size
    return {n: np.stack([-p[:, 2], p[:, 1], p[:, 0]], 1) for n, p in places.items()}
