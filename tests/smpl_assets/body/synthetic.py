"""Writes files in SMPL's format: a body of round limbs around SMPL-like joints, in the official pickles' layout or as .npz."""

import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.sparse import csc_matrix

from smpl_assets.body.kinematics import MEAN_OFFSETS
from smpl_assets.body.protocol import SMPL_PARENTS

VERTICES, JOINTS = 6890, 24
T = TypeVar("T")


def rest_joints() -> np.ndarray:
    offsets = MEAN_OFFSETS.double().numpy()
    joints = np.zeros((JOINTS, 3))
    for joint in range(1, JOINTS):
        joints[joint] = joints[SMPL_PARENTS[joint]] + offsets[joint]
    return joints + np.array([0.0, -0.22, 0.03])


def model_arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """Every joint sits exactly in the middle of eight of the vertices; the others surround the bones."""
    random, joints = np.random.default_rng(seed), rest_joints()
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * 0.03
    rings = (joints[:, None] + corners).reshape(-1, 3)
    owners = list(np.repeat(np.arange(JOINTS), 8))
    half = (VERTICES - len(rings)) // 2
    points = []
    for i in range(half):
        child = 1 + i % (JOINTS - 1)
        share = random.uniform()
        around = random.normal(size=3)
        centre = joints[SMPL_PARENTS[child]] * (1 - share) + joints[child] * share
        points.append(centre + 0.07 * around / np.linalg.norm(around))
        owners.append(SMPL_PARENTS[child])
    cloud = np.array(points)
    flip = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22]
    template = np.concatenate([rings, cloud, cloud * [-1, 1, 1]])
    owners = np.array(owners + [flip[o] for o in owners[len(rings) :]])
    regressor = np.zeros((JOINTS, VERTICES))
    for joint in range(JOINTS):
        regressor[joint, joint * 8 : joint * 8 + 8] = 1 / 8
    weights = np.zeros((VERTICES, JOINTS))
    weights[np.arange(VERTICES), owners] = 1.0
    faces = np.stack([np.arange(VERTICES - 2), np.arange(1, VERTICES - 1), np.arange(2, VERTICES)], 1)
    parents = np.array([2**32 - 1, *SMPL_PARENTS[1:]])
    return {
        "v_template": template,
        "shapedirs": np.stack([template * 0.03] + [random.normal(size=template.shape) * 0.001 for _ in range(9)], axis=2),
        "posedirs": random.normal(size=(VERTICES, 3, 207)) * 1e-4,
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.stack([parents, np.arange(JOINTS)]),
        "f": faces.astype(np.uint32),
    }


def write_npz(path: Path, arrays: dict[str, np.ndarray] | None = None) -> Path:
    np.savez(path, **(arrays or model_arrays()))
    return path


def write_pickle(path: Path, arrays: dict[str, np.ndarray] | None = None, protocol: int = 2) -> Path:
    """As the official files: chumpy arrays, a chumpy view, a sparse regressor, text beside them."""
    path.write_bytes(with_chumpy(lambda ch: pickle.dumps(official(arrays or model_arrays(), ch), protocol=protocol)))
    return path


def official(arrays: dict[str, np.ndarray], ch: types.ModuleType) -> dict[str, object]:
    """The arrays in the classes of the official files."""
    shapes = arrays["shapedirs"]
    return {
        **arrays,
        "v_template": ch.Ch(x=arrays["v_template"]),
        "posedirs": ch.Ch(x=np.asfortranarray(arrays["posedirs"])),
        "shapedirs": ch.Select(a=ch.Ch(x=shapes.ravel()), idxs=np.arange(shapes.size), preferred_shape=shapes.shape),
        "J_regressor": csc_matrix(arrays["J_regressor"]),
        "bs_style": "lbs",
        "pose_training_info": {"gender": "female"},
    }


def with_chumpy(use: Callable[[types.ModuleType], T]) -> T:
    """`use` of a module `chumpy.ch` whose classes are pickled as chumpy's are: by name, with their attributes as the state."""
    package, module = types.ModuleType("chumpy"), types.ModuleType("chumpy.ch")

    def build(self: object, **state: object) -> None:
        vars(self).update(state, _dirty_vars={"x"}, _itr=None, _depends_on_deps={}, dterms=state.get("dterms", ("x",)))

    for name in ("Ch", "Select", "Reshape", "transpose", "swapaxes", "rollaxis", "Concatenate", "AtleastNd", "add"):
        setattr(module, name, type(name, (), {"__init__": build, "__module__": "chumpy.ch"}))
    sys.modules.update({"chumpy": package, "chumpy.ch": module})
    try:
        return use(module)
    finally:
        del sys.modules["chumpy"], sys.modules["chumpy.ch"]
